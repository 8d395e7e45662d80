"""Search in texts by the words that they share with a question. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .counting import pieces
from .phrases import words
from .values import Json, items_of, object_of

__all__ = ["Hit", "Passage", "matches", "passages", "search"]

MOST_PASSAGES = 512
LONGEST_TEXT = 1_000_000


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a file.

    Attributes:
        text: what stands there.
        stems: the stems of its words.
    """

    text: str
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found.

    Attributes:
        source: number of the file among those that were searched.
        text: the passage.
        score: from 0 to 1.
    """

    source: int
    text: str
    score: float


def passages(text: str, size: int = 800, overlap: int = 400) -> list[Passage]:
    """A text, cut into overlapping pieces of `size` tokens."""
    tokens = pieces(text[:LONGEST_TEXT])
    step = max(1, size - overlap)
    starts = range(0, max(1, len(tokens) - overlap), step)[:MOST_PASSAGES]
    cut = ["".join(tokens[start : start + size]) for start in starts]
    return [Passage(one, frozenset(words(one))) for one in cut if one.strip()]


def search(queries: Sequence[str], files: Sequence[Sequence[Passage]], *, most: int, least: float = 0.0) -> list[Hit]:
    """The best passages, the best first.

    Args:
        queries: what is looked for.
        files: the passages of each file.
        most: how many are given at most.
        least: the lowest score that counts.
    """
    asked = [frozenset(words(query)) for query in queries]
    found: list[Hit] = []
    for number, parts in enumerate(files):
        for part in parts:
            score = max((_score(stems, part.stems) for stems in asked), default=0.0)
            if score > 0 and score >= least:
                found.append(Hit(number, part.text, round(score, 4)))
    return sorted(found, key=lambda hit: -hit.score)[:most]


def _score(asked: frozenset[str], found: frozenset[str]) -> float:
    shared = len(asked & found)
    return shared / math.sqrt(len(asked) * min(len(found), 4 * len(asked))) if shared else 0.0


def matches(wanted: Json, attributes: Json) -> bool:
    """Whether attributes pass a filter: a comparison, or `and`/`or` of such."""
    kind = wanted.get("type")
    if kind in {"and", "or"}:
        told = [matches(object_of(one), attributes) for one in items_of(wanted.get("filters"))]
        return all(told) if kind == "and" else any(told)
    key = wanted.get("key")
    return isinstance(key, str) and key in attributes and _compares(kind, attributes[key], wanted.get("value"))


def _compares(kind: Any, held: Any, value: Any) -> bool:
    if kind in {"eq", "ne"}:
        return (held == value) == (kind == "eq")
    if kind in {"in", "nin"}:
        return (held in items_of(value)) == (kind == "in")
    numbers = all(isinstance(one, int | float) for one in (held, value))
    if not numbers and not (isinstance(held, str) and isinstance(value, str)):
        return False
    told = {"gt": held > value, "gte": held >= value, "lt": held < value, "lte": held <= value}
    return told.get(str(kind), False)
