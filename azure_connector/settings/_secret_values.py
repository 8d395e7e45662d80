"""Secrets wrapped, so that no repr shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NoReturn

from pydantic import SecretStr

from ..errors import ConfigurationError

__all__ = [
    "HEADER_NAME",
    "MASK",
    "Headers",
    "HiddenText",
    "InvalidSecret",
    "check_headers",
    "hidden",
    "is_blank",
    "unsendable_header",
]

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A header's name (https://www.rfc-editor.org/rfc/rfc9110#name-tokens)."""

MASK = "**********"
"""What stands in place of a secret, as in pydantic."""


class HiddenText(str):
    """Text that is sent as it is and that no repr shows: loggers show the locals of frames, and the SDK its options."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(MASK)


def hidden(headers: Mapping[str, object]) -> dict[str, Any]:
    """The headers with their texts hidden; what is no text, such as the SDK's `Omit`, stays."""
    return {name: HiddenText(value) if isinstance(value, str) else value for name, value in headers.items()}


class Headers(Mapping[str, str]):
    """HTTP headers whose repr hides the values, also one by one: gateways' keys stand there.

    Args:
        headers: name -> value.
    """

    __slots__ = ("_headers",)

    def __init__(self, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        self._headers = hidden(headers)

    def __getitem__(self, name: str) -> str:
        return self._headers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)

    def __repr__(self) -> str:
        return f"Headers({dict.fromkeys(self._headers, MASK)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Headers hold secrets and are not pickled")


@dataclass(frozen=True, slots=True)
class InvalidSecret:
    """Stands for a secret of a type that no secret has, so that the value itself is never printed."""

    type_name: str


def unsendable_header(headers: Mapping[str, object]) -> str | None:
    """The first header whose name is no token or whose value is no printable ASCII text; None where all can be sent."""
    for name, text in headers.items():
        sendable = isinstance(text, str) and text.isprintable() and text.isascii()
        if not sendable or not HEADER_NAME.fullmatch(name):
            return name
    return None


def check_headers(headers: Mapping[str, object]) -> None:
    """Refuse headers that cannot be sent, before an HTTP library quotes them.

    Raises:
        ConfigurationError: a name or a value cannot be sent. The value is not shown.
    """
    if (name := unsendable_header(headers)) is not None:
        raise ConfigurationError(f"the header {name!r} must be printable ASCII text")


def is_blank(value: object) -> bool:
    """Templates and CI systems leave settings empty: None and blank text count as not given."""
    if isinstance(value, SecretStr):
        return not value.get_secret_value().strip()
    return value is None or (isinstance(value, str) and not value.strip())
