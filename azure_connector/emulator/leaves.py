"""Numbers, strings and booleans for a schema, taken from a text where it has some that fit. Pure functions."""

from __future__ import annotations

import contextlib
import math
import re
import time
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .patterns import sample, usable
from .phrases import names, numbers, quotations, stem, words
from .values import Json, text_of, whole

__all__ = ["Source", "boolean", "number", "string"]

T = TypeVar("T")

_READ_VALUES, _MOST_VALUES = 400, 20_000
_FORMATS = {
    "date": (r"\d{4}-\d{2}-\d{2}", "2026-01-15"),
    "date-time": (r"\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})", "2026-01-15T09:00:00Z"),
    "time": (r"\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})", "09:00:00Z"),
    "duration": (r"P(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?(?<!P)\b", "PT1H"),
    "email": (r"[\w.+-]+@[\w-]+\.[\w.]*\w", "someone@example.com"),
    "uri": (r"https?://[^\s\"'<>)]+", "https://example.com/"),
    "uuid": (r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "00000000-0000-4000-8000-000000000000"),
    "ipv4": (r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b", "192.0.2.1"),
    "ipv6": (r"\b[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4}){7}\b", "2001:db8::1"),
    "hostname": (r"\b(?:[a-z0-9-]+\.)+[a-z]{2,}\b", "example.com"),
}
# What a parameter's name says about its format when the schema does not.
_NAMED_FORMATS = {"date": "date", "day": "date", "email": "email", "mail": "email", "url": "uri", "uri": "uri"}
# Parameters that want the sentence, not a name in it.
_WHOLE_WORDS = (
    "query question prompt request instruction expression code sql message body content summary description reason "
    "explanation answer reasoning thought command search keyword sentence note topic subject task input text"
)
_WHOLE = frozenset(stem(word) for word in _WHOLE_WORDS.split())


@dataclass
class Source:
    """A text's values, each given out once before any is repeated.

    Attributes:
        text: where the values come from.
        context: more text, for what `text` does not hold.
        root: the schema that `$ref`s point into.
        room: how many characters may still be made, whatever the schema's numbers say.
        endless: the schema wants more than there is room for, or has no finite value.
    """

    text: str
    context: str
    root: Json
    room: int = 150_000
    endless: bool = False
    quoted: list[str] = field(init=False)
    figures: list[float] = field(init=False)
    proper: list[str] = field(init=False)
    _used: set[str] = field(default_factory=set[str])
    _found: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    _values: int = 0
    _patience: float = 0.5

    def __post_init__(self) -> None:
        self.quoted = _merged(quotations(self.text), quotations(self.context))
        self.figures = _merged(numbers(self.text), numbers(self.context))
        self.proper = _merged(names(self.text), names(self.context))

    def spend(self) -> bool:
        """Count one more value; whether it may be made. Later ones of very many are made without a look at the text."""
        self._values += 1
        if self._values == _READ_VALUES:
            self.text = self.context = ""
            self.quoted, self.figures, self.proper = [], [], []
        if self._values > _MOST_VALUES or self.room <= 0:
            self.endless = True
            return False
        return True

    def first(self, pattern: str) -> str | None:
        """The first match of one of our own patterns, looked for once."""
        if pattern not in self._found:
            match = re.search(pattern, f"{self.text}\n{self.context}")
            self._found[pattern] = match.group() if match else None
        return self._found[pattern]

    def matches(self, pattern: str, value: str) -> bool:
        """Whether a value matches; a pattern that is none, or takes for ever, counts as matched."""
        if self._patience <= 0 or not usable(pattern):
            return True
        import regex  # here, since most emulators never need it

        began = time.perf_counter()
        try:
            return regex.search(pattern, value, timeout=self._patience) is not None
        except (regex.error, TimeoutError, RecursionError, OverflowError, MemoryError, ValueError):
            return True
        finally:
            self._patience -= time.perf_counter() - began

    def take(self, values: list[T]) -> T | None:
        """The first value that was not given out yet, else the last one; None of an empty list."""
        for value in values:
            if repr(value) not in self._used:
                self._used.add(repr(value))
                return value
        return values[-1] if values else None


def _merged(first: list[T], second: list[T]) -> list[T]:
    return [*first, *(one for one in second if one not in first)]


@dataclass(frozen=True, slots=True)
class _Bounds:
    """A number's limits, exclusive ones included."""

    whole: bool
    lowest: float | None
    highest: float | None
    after: float | None
    before: float | None
    step: float | None

    def fit(self, value: float) -> bool:
        return (
            math.isfinite(value)
            and not (self.whole and value != int(value))
            and not (self.lowest is not None and value < self.lowest)
            and not (self.highest is not None and value > self.highest)
            and not (self.after is not None and value <= self.after)
            and not (self.before is not None and value >= self.before)
            and not (self.step and not _is_multiple(value, self.step))
        )

    def guesses(self) -> list[float]:
        """Values worth trying, plain ones first."""
        floor = next((one for one in (self.lowest, self.after) if one is not None), None)
        ceiling = next((one for one in (self.highest, self.before) if one is not None), None)
        tries: list[float] = [1, 0]
        for edge, sign in ((floor, 1), (ceiling, -1)):
            if edge is not None:
                tries += [edge, int(edge) + sign, edge + sign * 0.5]
        if floor is not None and ceiling is not None:
            tries.append((floor + ceiling) / 2)
        if self.step:
            start = floor if floor is not None else ceiling if ceiling is not None else 0
            with contextlib.suppress(OverflowError, ValueError):  # such a step has no multiple there
                multiple = int(start // self.step)
                tries += [(multiple + turn) * self.step for turn in (-1, 0, 1, 2)]
        return [one for one in tries if math.isfinite(one)]


def _is_multiple(value: float, step: float) -> bool:
    quotient = value / step
    return math.isfinite(quotient) and abs(quotient - round(quotient)) <= 1e-9


def number(rules: Json, source: Source, name: str, *, whole: bool, required: bool) -> float | None:
    """A number within the schema's limits: the text's own where one fits."""
    bounds = _Bounds(
        whole=whole,
        lowest=_bound(rules.get("minimum")),
        highest=_bound(rules.get("maximum")),
        after=_bound(rules.get("exclusiveMinimum")),
        before=_bound(rules.get("exclusiveMaximum")),
        step=_bound(rules.get("multipleOf")),
    )
    label = re.escape(name.replace("_", " "))
    named = re.search(rf"(?i)\b{label}\W+(?:(?:is|of|to|at)\W+)?(-?\d+(?:\.\d+)?)(?!\d)", source.text) if name else None
    if named and len(named.group(1)) < 18 and bounds.fit(float(named.group(1))):
        value: float | None = float(named.group(1))
    else:
        value = source.take([figure for figure in source.figures if bounds.fit(figure)])
    if value is None:
        if not required:
            return None
        default = _bound(rules.get("default"))
        tries = [default, *bounds.guesses()] if default is not None else bounds.guesses()
        value = next((one for one in tries if bounds.fit(one)), 1)
    return int(value) if value == int(value) else value


def _bound(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def boolean(rules: Json, source: Source, name: str, *, required: bool) -> bool | None:
    """True where the text mentions the subject, false where it says no to it."""
    mentioned = set(words(name)) & set(words(source.text))
    if mentioned:
        topic = re.escape(min(mentioned))
        refused = rf"\b(?:no|not|without|don't|never|disable)\b(?:\W+\w+){{0,3}}?\W+{topic}"
        return not re.search(refused, source.text.lower())
    return bool(rules.get("default", True)) if required else None


def string(rules: Json, source: Source, name: str, *, required: bool) -> str | None:
    """A string of the schema's format, pattern and length."""
    value = _string(rules, source, name, required=required)
    if value is None:
        return None
    pattern = text_of(rules.get("pattern"))
    if pattern and not source.matches(pattern, value):
        words_there = re.findall(r"[\w.@/#:+-]+", f"{source.text} {source.context}")
        candidates = [*source.quoted, *source.proper, *words_there][:100]
        value = next((one for one in candidates if source.matches(pattern, one)), None) or sample(pattern)
    least, most = whole(rules.get("minLength"), 0), whole(rules.get("maxLength"), len(value))
    value = value[: max(0, most)]
    if len(value) < least:
        source.endless = source.endless or least > source.room
        value += "x" * (min(least, source.room) - len(value))
    source.room -= len(value)
    return value


def _string(rules: Json, source: Source, name: str, *, required: bool) -> str | None:
    topics = set(words(name)) or {stem(name.lower())}
    form = text_of(rules.get("format")) or next((_NAMED_FORMATS[one] for one in topics if one in _NAMED_FORMATS), "")
    if form in _FORMATS:
        pattern, default = _FORMATS[form]
        found = source.first(pattern)
        if found:
            return found
        if rules.get("format") or form in {"email", "uri"}:
            return default if required else None
    label = re.escape(name.replace("_", " "))
    said = re.search(rf"(?i)\b{label}\s*(?:\bis\b|=|:|\bof\b|\bnamed\b)\s*[\"']?([\w@./-]+)", source.text)
    if name and said:
        return said.group(1).rstrip(".")
    if not required:
        return _optional(source, topics)
    if source.quoted:
        return source.take(source.quoted)
    whole = source.text.strip() or source.context.strip()
    if topics & _WHOLE:
        return whole or name
    if source.proper:
        return source.take(source.proper)
    default = rules.get("default")
    if isinstance(default, str):
        return default
    after = re.findall(r"(?i)\b(?:in|at|for|to|from|about|of|on)\s+(?:the\s+)?([a-zA-Z][\w'-]+)", source.text)
    return after[-1] if after else whole or name or "text"


def _optional(source: Source, topics: set[str]) -> str | None:
    """An optional parameter is given only where the text names what it is about."""
    if topics & set(words(source.text)):
        return source.take(source.quoted) or source.take(source.proper)
    return None
