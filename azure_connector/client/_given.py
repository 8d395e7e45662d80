"""The SDK's own arguments, checked where they are given: it would stumble over them in the first call."""

from __future__ import annotations

import math
from collections.abc import Mapping

import openai
from openai import NotGiven

from .._utils import type_name
from ..errors import ConfigurationError

__all__ = ["check_given", "check_tables"]


def check_given(
    timeout: object,
    max_retries: object,
    default_headers: object,
    default_query: object,
    organization: object,
    project: object,
    webhook_secret: object,
) -> None:
    """Checks a constructor's arguments that are no settings.

    Raises:
        ConfigurationError: one is of a kind that cannot be used.
    """
    if not _is_timeout(timeout):
        raise _wrong("timeout", "seconds (a number above 0), an openai.Timeout, or None for no limit", timeout)
    whole = isinstance(max_retries, int) and not isinstance(max_retries, bool) and max_retries >= 0
    if not whole and max_retries is not None:
        raise _wrong("max_retries", "a whole number, 0 or more", max_retries)
    check_tables(default_headers=default_headers, default_query=default_query)
    for name, text in (("organization", organization), ("project", project), ("webhook_secret", webhook_secret)):
        if not isinstance(text, str | None):
            raise _wrong(name, "text", text)


def check_tables(**tables: object) -> None:
    """Checks headers and queries, by their names.

    Raises:
        ConfigurationError: one is no table.
    """
    for name, table in tables.items():
        if not isinstance(table, Mapping | None):
            raise _wrong(name, "a table (dict) of names and values", table)


def _is_timeout(value: object) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value > 0 and math.isfinite(value)
    # `as_dict`: also of the other HTTP library than the SDK's.
    return value is None or isinstance(value, NotGiven | openai.Timeout) or hasattr(value, "as_dict")


def _wrong(name: str, wanted: str, given: object) -> ConfigurationError:
    shown = given if isinstance(given, int | float) else type_name(given)
    return ConfigurationError(f"{name} (argument) must be {wanted}, not {shown}.")
