"""Small texts: the closest known name, an enumeration, how to install a part, and what a terminal may be shown."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Iterable
from pathlib import Path

__all__ = ["estimated_tokens", "install_hint", "money", "nearest", "printable", "sentence"]

_ROOT = Path(__file__).parents[2]

# Control characters but for tab and line feed, with the C1 set (one of them begins an escape sequence), and the marks
# that turn the direction of writing around.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def estimated_tokens(characters: int) -> float:
    """About how many tokens a text of so many characters is: one for four (OpenAI's help on tokens)."""
    return characters / 4


def money(amount: float, currency: str = "") -> str:
    """An amount as it is shown: with cents; small ones to the millionth, and still smaller ones with two digits."""
    small = 0 < amount < 1
    digits = max(6, 1 - math.floor(math.log10(amount))) if small else 2
    text = f"{amount:,.{digits}f}"
    if small:
        whole, _, part = text.partition(".")
        text = f"{whole}.{part.rstrip('0'):0<2}"
    return f"{text} {currency}".rstrip()


def nearest(name: str, known: Collection[str]) -> str:
    """` Did you mean 'x'?` for the known name that is closest, or nothing."""
    matches = difflib.get_close_matches(name.lower().replace("-", "_"), sorted(known), n=1, cutoff=0.6)
    return f" Did you mean {matches[0]!r}?" if matches else ""


def sentence(items: Iterable[str], word: str = "and") -> str:
    """`a, b and c`."""
    *first, last = items
    return f"{', '.join(first)} {word} {last}" if first else last


def install_hint(extra: str) -> str:
    """What to run to get an extra of `pyproject.toml`, for the errors of every part.

    Of a package that is installed already pip adds only what the extra needs, whether or not an index has the package.
    From a clone an extra can always be named by the clone's own path.

    Args:
        extra: its name, e.g. `cli`.
    """
    if (_ROOT / "pyproject.toml").is_file():
        return f'pip install ".[{extra}]" in your clone of azure-connector'
    return f'pip install "azure-connector[{extra}]"'


def printable(text: str) -> str:
    """The text without what could steer a terminal: a control character becomes its escape, such as `\\x1b`.

    A carriage return before a line feed goes.
    """
    if text.isprintable():
        return text
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text.replace("\r\n", "\n"))
