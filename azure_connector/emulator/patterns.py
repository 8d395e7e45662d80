"""A string that matches a regular expression of the kind that schemas use."""

from __future__ import annotations

import math
import re

__all__ = ["sample", "usable"]

_CLASSES = {"d": "1", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a"}
_PATIENCE, _LONGEST = 0.1, 2_000
_LONGEST_PATTERN, _MOST_WRITTEN_OUT = 500, 5_000
_COUNTED = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_REPEAT = re.compile(r"\*|\+|\?|\{(\d+)(?:,(\d*))?\}")


def usable(pattern: str) -> bool:
    """Whether a pattern may be compiled: the library writes counted repetitions out, those inside others too."""
    counts = [max(int(number) for number in pair if number) for pair in _COUNTED.findall(pattern)]
    return len(pattern) <= _LONGEST_PATTERN and math.prod(max(1, count) for count in counts) <= _MOST_WRITTEN_OUT


def sample(pattern: str) -> str:
    """A match of `pattern`; the pattern's own text where it is beyond the subset of literals, classes and groups."""
    if not usable(pattern):
        return pattern[:_LONGEST_PATTERN]
    import regex  # here, since most emulators never need it

    try:
        text, _ = _alternatives(pattern, 0)
        return text if regex.search(pattern, text, timeout=_PATIENCE) else pattern
    except (regex.error, TimeoutError, RecursionError, OverflowError, MemoryError, ValueError, IndexError):
        return pattern


def _alternatives(pattern: str, at: int) -> tuple[str, int]:
    """The first alternative's sample, and where the group ends."""
    text, at = _sequence(pattern, at)
    while at < len(pattern) and pattern[at] == "|":
        _, at = _sequence(pattern, at + 1)
    return text, at


def _sequence(pattern: str, at: int) -> tuple[str, int]:
    made: list[str] = []
    while at < len(pattern) and pattern[at] not in "|)":
        atom, at = _atom(pattern, at)
        repeat = _REPEAT.match(pattern, at)
        if repeat:
            at = repeat.end()
            least = int(repeat.group(1)[:9]) if repeat.group(1) else 1 if repeat.group() == "+" else 0
            atom = (atom * min(least, _LONGEST))[:_LONGEST]
            if pattern[at : at + 1] in {"?", "+"}:
                at += 1
        made.append(atom)
    return "".join(made)[:_LONGEST], at


def _atom(pattern: str, at: int) -> tuple[str, int]:
    first = pattern[at]
    if first in "^$":
        return "", at + 1
    if first == "(":
        inner = re.compile(r"\((?:\?(?::|P<\w+>|[=!]|<[=!]))?").match(pattern, at)
        text, end = _alternatives(pattern, inner.end() if inner else at + 1)
        return ("" if inner and inner.group().endswith(("=", "!")) else text), end + 1
    if first == "[":
        return _class(pattern, at)
    if first == "\\":
        letter = pattern[at + 1 : at + 2]
        return ("" if letter in "bBAZ" else _CLASSES.get(letter, letter)), at + 2
    return ("a" if first == "." else first), at + 1


def _class(pattern: str, at: int) -> tuple[str, int]:
    end = at + 1
    while end < len(pattern) and (pattern[end] != "]" or end == at + 1 or pattern[end - 1] == "\\"):
        end += 1
    import regex

    source = pattern[at : end + 1]
    candidates = "aA1xX0-_. /:@bcdefghijklmnopqrstuvwyzBCDEFGHIJKLMNOPQRSTUVWYZ23456789!#$%&*+,;<=>?^`{|}~()[]\\\"'"
    return next((one for one in candidates if regex.fullmatch(source, one, timeout=_PATIENCE)), ""), end + 1
