"""Tool names: within Azure's limits on the wire, as the caller wrote them everywhere else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import sha256
from typing import Literal

__all__ = [
    "MAX_NAME_LENGTH",
    "Api",
    "NameMap",
    "is_wire_name",
    "message_name",
    "name_map",
    "sanitize_name",
    "unique_id",
]

Api = Literal["chat", "responses"]

MAX_NAME_LENGTH = 64
"""Azure refuses a function's name that does not match `^[a-zA-Z0-9_-]{1,64}$`."""

_WIRE_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_REFUSED = re.compile(r"[^a-zA-Z0-9_-]")
# What stands beside a message's role may be any other text without spaces: `^[^\s<|\\/>]+$`.
_AUTHOR = re.compile(r"[^\s<|\\/>]{1,64}")
_NO_AUTHOR = re.compile(r"[\s<|\\/>]+")
_TELLING = re.compile(r"[a-zA-Z0-9]")
_SEPARATOR = re.compile(r"[\W_]")
# Models put their internal namespace before a tool's name now and then.
_NAMESPACE = "functions."

# From strict to lenient: separators alike, then case too, then no separators at all.
_FOLDS: tuple[Callable[[str], str], ...] = (
    lambda name: _SEPARATOR.sub("_", name),
    lambda name: _SEPARATOR.sub("_", name).casefold(),
    lambda name: _SEPARATOR.sub("", name).casefold(),
)


def is_wire_name(name: str) -> bool:
    """Whether Azure accepts the name of a tool as it is."""
    return _WIRE_NAME.fullmatch(name) is not None


def sanitize_name(name: str) -> str:
    """A name within Azure's limits: the name itself where it is, else always the same replacement for the same name."""
    if is_wire_name(name):
        return name
    text = _REFUSED.sub("_", name)
    if not _TELLING.search(text):
        return f"tool_{_digest(name)}"
    return text if len(text) <= MAX_NAME_LENGTH else _marked(text, name)


def message_name(name: str) -> str:
    """The name of a message's author as Azure takes it: the name itself, or one without what Azure refuses."""
    if _AUTHOR.fullmatch(name):
        return name
    text = _NO_AUTHOR.sub("_", name.strip())
    return text if _AUTHOR.fullmatch(text) and text.strip("_") else sanitize_name(name)


def _digest(name: str) -> str:
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _marked(text: str, name: str) -> str:
    return f"{text[: MAX_NAME_LENGTH - 9]}_{_digest(name)}"


class NameMap:
    """The tool names of one request, there and back.

    A name that Azure accepts is its own wire name. Every other name gets a wire name that depends on the set of names
    alone, never on their order, and that no other tool has.

    Args:
        names: the tools' names as the caller wrote them.

    Attributes:
        known: these names.
        foreign: caller's name -> wire name, for the names that Azure refuses; empty for most requests.
    """

    __slots__ = ("_callers", "_folded", "_wire_names", "foreign", "known")

    def __init__(self, names: Iterable[str]) -> None:
        self.known = frozenset(names)
        self.foreign = _wire_names(self.known)
        self._callers = {wire: name for name, wire in self.foreign.items()}
        self._wire_names = (self.known - self.foreign.keys()) | self._callers.keys() if self.foreign else self.known
        self._folded: tuple[dict[str, set[str]], ...] | None = None

    def __repr__(self) -> str:
        return f"NameMap({sorted(self.known)!r})"

    def wire(self, name: str) -> str:
        """The name to send for a caller's name, also for one that is not among the request's tools."""
        return self.foreign.get(name) or sanitize_name(name)

    def caller(self, name: str) -> str:
        """The caller's name for one that a model gave back.

        A name that came back changed (`p.fn` or `P_fn` for `p-fn`, `functions.p-fn`, a name repeated over and over)
        becomes the caller's where exactly one tool can be meant; any other name stays as it is.
        """
        if name in self.known:
            return name
        return self._callers.get(name) or self._meant(name) or name

    def can_grow(self, name: str) -> bool:
        """Whether more letters could still make a tool's name, or another tool's name, out of this text."""
        return name not in self._wire_names or any(o != name and o.startswith(name) for o in self._wire_names)

    def can_begin(self, text: str) -> bool:
        """Whether some tool's wire name begins with this text."""
        return any(name.startswith(text) for name in self._wire_names)

    def is_wire(self, name: str) -> bool:
        """Whether this is exactly a tool's name on the wire."""
        return name in self._wire_names

    def _meant(self, name: str) -> str | None:
        plain = name.strip()
        for text in (plain, plain.removeprefix(_NAMESPACE)):
            for fold, table in zip(_FOLDS, self._tables(), strict=True):
                folded = fold(text)
                if folded and (found := table.get(folded)):
                    # What is ambiguous under a strict fold is so under the lenient ones too.
                    return next(iter(found)) if len(found) == 1 else None
        # Models have been seen to repeat a name until the limit.
        repeated = [tool for tool in self._wire_names if len(name) > len(tool) and _repeats(name, tool)]
        if len(repeated) == 1:
            return self._callers.get(repeated[0], repeated[0])
        return None

    def _tables(self) -> tuple[dict[str, set[str]], ...]:
        if self._folded is None:
            tables = tuple(dict[str, set[str]]() for _ in _FOLDS)
            for table, fold in zip(tables, _FOLDS, strict=True):
                for name in self.known:
                    table.setdefault(fold(name), set()).add(name)
                    table.setdefault(fold(self.foreign.get(name, name)), set()).add(name)
            self._folded = tables
        return self._folded


def _repeats(name: str, tool: str) -> bool:
    whole, rest = divmod(len(name), len(tool))
    return name == tool * whole + tool[:rest] and whole > 1


def _wire_names(known: frozenset[str]) -> dict[str, str]:
    foreign = sorted(name for name in known if not is_wire_name(name))
    if not foreign:
        return {}
    wanted = {name: sanitize_name(name) for name in foreign}
    taken = set(known.difference(foreign))
    shared = Counter(wanted.values())
    for name, candidate in wanted.items():
        wire = candidate
        if shared[candidate] > 1 or candidate in known:
            wire = _marked(candidate, name)
        salt = 0
        while wire in taken:
            salt += 1
            wire = _marked(candidate, f"{name}\0{salt}")
        taken.add(wire)
        wanted[name] = wire
    return wanted


@lru_cache(maxsize=256)
def name_map(known: frozenset[str]) -> NameMap:
    """The map for a set of names, kept, since most programs send the same tools over and over."""
    return NameMap(known)


def unique_id(wanted: str, taken: set[str], limit: int = 40) -> str:
    """The id, or the same with a number after it where it is taken; at most `limit` characters."""
    candidate, number = wanted, 1
    while candidate in taken:
        number += 1
        suffix = f"_{number}"
        candidate = wanted[: limit - len(suffix)] + suffix
    taken.add(candidate)
    return candidate
