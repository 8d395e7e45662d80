"""Secrets wrapped, so that no repr shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NoReturn

from pydantic import SecretStr

from ..errors import ConfigurationError

__all__ = ["MASK", "Headers", "HiddenText", "InvalidSecret", "check_headers", "hidden", "is_blank"]

MASK = "**********"
"""What stands in place of a secret, as in pydantic."""


class HiddenText(str):
    """Text that is sent as it is and that no repr shows: loggers show the locals of frames, and the SDK its options."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(MASK)


def hidden(headers: Mapping[str, Any]) -> dict[str, Any]:
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


def check_headers(headers: Mapping[str, object]) -> None:
    """Refuse headers that cannot be sent, before an HTTP library quotes them.

    Raises:
        ConfigurationError: a name or a value is no printable ASCII text. The value is not shown.
    """
    for name, text in headers.items():
        if not isinstance(text, str) or not text.isprintable() or not text.isascii() or not name.isascii():
            raise ConfigurationError(f"the header {name!r} must be printable ASCII text")


def is_blank(value: object) -> bool:
    """Templates and CI systems leave settings empty: None and blank text count as not given."""
    if isinstance(value, SecretStr):
        return not value.get_secret_value().strip()
    return value is None or (isinstance(value, str) and not value.strip())
