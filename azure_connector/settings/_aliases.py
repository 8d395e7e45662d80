"""What the SDK and frameworks call a setting, read as the setting."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pydantic.fields import FieldInfo

from ._hosts import classify
from ._secret_values import is_blank
from ._setting import setting_of

__all__ = ["Read", "aliases_of", "by_setting", "endpoint_of_name", "read_alias"]

_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?", re.IGNORECASE)


class Read(NamedTuple):
    """A value as its setting takes it, and the `api_form` that its name stands for; None leaves that open."""

    value: Any
    api_form: str | None = None


def aliases_of(fields: Mapping[str, FieldInfo]) -> dict[str, str]:
    """Alias -> setting, of some fields."""
    return {alias: name for name, field in fields.items() for alias in setting_of(field).aliases}


def read_alias(name: str, value: object) -> Read:
    """What a value says that is given by an alias.

    Raises:
        ValueError: it cannot be read.
    """
    if name == "resource_name":
        return Read(endpoint_of_name(value))
    if name == "base_url":
        # The SDK's word for an address whose operations stand right below it; httpx's URLs are no text.
        address = str(value)
        return Read(address, None if _on_azure(address) else "as-is")
    return Read(value)


def by_setting(table: Mapping[str, object], aliases: Mapping[str, str]) -> dict[str, Any]:
    """A table with the settings' own names.

    Raises:
        ValueError: a setting stands there by two names, or cannot be read.
    """
    found = {name: value for name, value in table.items() if name not in aliases}
    given: dict[str, str] = {}
    for name, setting in aliases.items():
        if is_blank(value := table.get(name)):
            continue
        other = given.get(setting, setting)
        if not is_blank(found.get(setting)):
            raise ValueError(f"has {name} and {other}, which are one setting: give one of them")
        read = read_alias(name, value)
        found[setting], given[setting] = read.value, name
        if read.api_form and is_blank(found.get("api_form")):
            found["api_form"] = read.api_form
    return found


def endpoint_of_name(name: object) -> str:
    """The address of a resource by its bare name.

    Raises:
        ValueError: it is no bare name.
    """
    if not isinstance(name, str) or not _DNS_LABEL.fullmatch(name.strip()):
        raise ValueError("is not a resource's bare name; put a whole URL into azure_endpoint")
    return f"https://{name.strip().lower()}.openai.azure.com"


def _on_azure(address: str) -> bool:
    """Whether an address is a resource's own; one that cannot be read is told later."""
    try:
        host = urlsplit(address if "://" in address else f"https://{address}").hostname
    except ValueError:
        return True
    return classify((host or "").lower())[0] in ("azure", "foundry")
