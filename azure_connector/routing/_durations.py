"""Durations as services write them: `7`, `0.5`, `120ms`, `1s`, `6m0s`, an HTTP date, or a sentence that names one.

Every function takes whatever a header held and answers with finite, non-negative seconds, or None. None ever raises.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

__all__ = ["duration_in_text", "parse_duration", "parse_retry_after"]

_TOO_LONG = timedelta(days=366).total_seconds()  # what says more than a year is a time stamp or a mistake
_LONGEST_TEXT = 64

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)", re.ASCII)
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?\s*(?:ms|s|m|h|d)\s*)+", re.ASCII)
_NUMBER = re.compile(r"\+?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_SENTENCE = re.compile(
    r"(?:retry|try again)\s+(?:after|in)\s+(\d{1,9}(?:\.\d{1,9})?)\s*"
    r"(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|h)\b",
    re.IGNORECASE | re.ASCII,
)


def parse_duration(text: str | None) -> float | None:
    """Seconds of `12`, `0.5`, `120ms`, `1s`, `6m0s`, `1h2m3.5s`; None for anything else, a negative number included."""
    if text is None:
        return None
    text = text[: _LONGEST_TEXT + 1].strip().lower()
    if len(text) > _LONGEST_TEXT:
        return None
    if _NUMBER.fullmatch(text):
        return _sane(float(text))
    if _WHOLE.fullmatch(text):
        return _sane(sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text)))
    return None


def parse_retry_after(text: str | None, date: str | None = None) -> float | None:
    """Seconds of a `retry-after`: a number, a duration, or an HTTP date.

    Args:
        text: the header's value.
        date: the reply's `Date` header. A date is measured against it where it can be read, since the local clock may
            be wrong; a date that has passed means 0.
    """
    seconds = parse_duration(text)
    if seconds is not None or text is None:
        return seconds
    until = _parse_date(text)
    if until is None:
        return None
    since = _parse_date(date) or datetime.now(UTC)
    return _sane(max(0.0, (until - since).total_seconds()))


def duration_in_text(message: str | None) -> float | None:
    """Seconds in a sentence such as "Please retry after 7 seconds."; the last resort where no header says it."""
    match = _SENTENCE.search(message[:4000]) if message else None
    if match is None:
        return None
    unit = match.group(2).lower()
    factor = _UNITS["ms"] if unit.startswith(("ms", "milli")) else _UNITS[unit[0]]
    return _sane(float(match.group(1)) * factor)


def _sane(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) and 0.0 <= seconds <= _TOO_LONG else None


def _parse_date(text: str | None) -> datetime | None:
    if not text or len(text) > _LONGEST_TEXT:
        return None
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)
