"""`AuthHeaders`: what goes on the wire, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, NoReturn, Self

from ..errors import ConfigurationError

__all__ = ["AuthHeaders", "check_header"]

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# Visible Latin-1, space and tab inside; the HTTP libraries encode header values as Latin-1.
_VALUE = re.compile(r"[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff\t]*[\x21-\x7e\x80-\xff])?")
_MASK = "**********"


def check_header(name: str, value: str, setting: str) -> None:
    """Refuse what could break out of its header line. The error never shows the value.

    Raises:
        ConfigurationError: the name is no header name, or the value holds line breaks, control or non-Latin-1
            characters, or spaces around it.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError(f"{setting}: {name!r} cannot be the name of an HTTP header.")
    if not _VALUE.fullmatch(value):
        raise ConfigurationError(
            f"{setting}: the value cannot be sent in the header {name}.",
            hint="It is empty, has spaces around it, or holds line breaks or other characters that no header may "
            "have; copy it again without them.",
        )


class AuthHeaders(Mapping[str, str]):
    """Header names and secret values, to be put on a request at the last moment.

    Immutable. The values are in no repr, are never pickled, and are shared instead of copied.
    """

    __slots__ = ("_values", "mark", "pairs")

    def __init__(self, values: Mapping[str, str], mark: int = 0) -> None:
        """Args:
        values: header name to value, already checked.
        mark: which fetch of which method these came from; `Authenticator.refused` compares it.
        """
        self._values = dict(values)
        self.pairs = tuple(self._values.items())
        self.mark = mark

    def apply(self, target: MutableMapping[str, str]) -> None:
        """Put the headers on `target`, over what is there."""
        target.update(self._values)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"AuthHeaders({', '.join(f'{name}={_MASK}' for name in self._values)})"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("AuthHeaders hold secrets and are not pickled")
