"""The SDK's own arguments, checked where they are given: it would stumble over them in the first call."""

from __future__ import annotations

import math
from collections.abc import Mapping

import openai
from openai import NotGiven

from ..errors import ConfigurationError

__all__ = ["check_given"]

_NONE = type(None)


def check_given(timeout: object, max_retries: object, tables: Mapping[str, type], texts: Mapping[str, type]) -> None:
    """Checks the arguments that are no settings.

    Args:
        timeout, max_retries: as given.
        tables: name -> class of what was given for a table. Not the tables, since the locals of frames are shown.
        texts: the same of texts.

    Raises:
        ConfigurationError: one is of a kind that cannot be used.
    """
    if not _is_timeout(timeout):
        raise _wrong("timeout", "seconds (a number above 0), an openai.Timeout, or None for no limit", timeout)
    whole = isinstance(max_retries, int) and not isinstance(max_retries, bool) and max_retries >= 0
    if not whole and max_retries is not None:
        raise _wrong("max_retries", "a whole number, 0 or more", max_retries)
    for name, kind in tables.items():
        if not issubclass(kind, (Mapping, _NONE)):
            raise _wrong(name, "a table (dict) of names and values", kind)
    for name, kind in texts.items():
        if not issubclass(kind, (str, _NONE)):
            raise _wrong(name, "text", kind)


def _is_timeout(value: object) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value > 0 and math.isfinite(value)
    # `as_dict`: also of the other HTTP library than the SDK's.
    return value is None or isinstance(value, NotGiven | openai.Timeout) or hasattr(value, "as_dict")


def _wrong(name: str, wanted: str, given: object) -> ConfigurationError:
    if not isinstance(given, int | float):
        given = (given if isinstance(given, type) else type(given)).__name__
    return ConfigurationError(f"{name} (argument) must be {wanted}, not {given}.")
