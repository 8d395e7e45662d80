"""How well a tool fits what a text says. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .phrases import words
from .thinking import ToolSpec
from .values import items_of, object_of, text_of

__all__ = ["Fitting", "meanings"]

_SYNONYMS = (
    ("weather", "forecast", "rain", "temperature", "sunny", "umbrella", "degrees"),
    ("add", "plus", "sum", "total"),
    ("subtract", "minus", "difference"),
    ("multiply", "times", "product"),
    ("divide", "quotient"),
    ("email", "mail"),
    ("light", "lamp"),
    ("buy", "order", "purchase"),
    ("search", "look", "lookup"),
    ("time", "clock", "hour"),
)
_SIGNS = {
    r"\d\s*\+\s*\d": "add",
    r"\d\s*[*\u00d7x]\s*\d": "multiply",
    r"\d\s*[/\u00f7]\s*\d": "divide",
    r"\d\s+[-\u2212]\s+\d": "subtract",
}
_MEANING = {form: words(group[0])[0] for group in _SYNONYMS for one in group for form in words(one)}
# Of a tool's words so many are looked at.
_MOST_OPTIONS, _LONGEST_TEXT = 100, 2_000


def meanings(text: str) -> set[str]:
    """The text's words, each synonym by its group's first word, and arithmetic signs by name."""
    found = {_MEANING.get(word, word) for word in words(text[:_LONGEST_TEXT])}
    return found | {name for sign, name in _SIGNS.items() if re.search(sign, text)}


@dataclass(frozen=True, slots=True)
class _Words:
    """What a tool is called, what is told of it, and what its inputs are about."""

    called: set[str]
    told: set[str]
    inputs: set[str]

    def score(self, meant: set[str]) -> int:
        """Its name counts most, then its description, least what its parameters are called."""
        rest = self.inputs & meant - self.called - self.told
        return 3 * len(self.called & meant) + 2 * len(self.told & meant - self.called) + len(rest)


def _read(tool: ToolSpec) -> _Words:
    properties = object_of(object_of(tool.parameters).get("properties"))
    inputs = meanings(" ".join(properties))
    options = {
        word
        for rules in list(properties.values())[:_MOST_OPTIONS]
        for option in items_of(object_of(rules).get("enum"))[:_MOST_OPTIONS]
        for word in meanings(text_of(option))
    }
    return _Words(meanings(tool.name), meanings(tool.description) - inputs, inputs | options)


class Fitting:
    """The tools on offer, read once.

    Args:
        tools: at least one.
    """

    def __init__(self, tools: Sequence[ToolSpec]) -> None:
        self._tools = [(tool, _read(tool)) for tool in tools]

    def best(self, text: str) -> tuple[ToolSpec, int]:
        """The tool that fits best, and its score; the first one where several do."""
        meant = meanings(text)
        tool, told = max(self._tools, key=lambda pair: pair[1].score(meant))
        return tool, told.score(meant)
