"""Small texts for errors: the closest known name, an enumeration."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

__all__ = ["nearest", "sentence"]


def nearest(name: str, known: Collection[str]) -> str:
    """` Did you mean 'x'?` for the known name that is closest, or nothing."""
    matches = difflib.get_close_matches(name.lower().replace("-", "_"), sorted(known), n=1, cutoff=0.6)
    return f" Did you mean {matches[0]!r}?" if matches else ""


def sentence(items: Iterable[str], word: str = "and") -> str:
    """`a, b and c`."""
    *first, last = items
    return f"{', '.join(first)} {word} {last}" if first else last
