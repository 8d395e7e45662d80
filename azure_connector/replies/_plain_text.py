"""Chunks of plain text, told apart by their JSON: what one has in common with the next ones."""

from __future__ import annotations

from typing import cast

from openai.types.chat import ChatCompletionChunk

from .._utils import Json

__all__ = ["PlainText"]

# Newer SDKs declare `obfuscation`, which differs in every chunk.
_DECLARED = frozenset(ChatCompletionChunk.model_fields) - {"choices", "obfuscation"}
_DECLARED_OF_CHOICE = ("finish_reason", "index", "logprobs")


class PlainText:
    """A chunk that brings text and nothing else, for adapters that copy their own type of it instead of making it anew.

    Args:
        chunk: its JSON.
        choice: its only choice.

    Attributes:
        more: what the SDK's type does not declare, such as the filter's verdicts: there the next ones may differ.
        choice_more: the same of the choice.
    """

    def __init__(self, chunk: Json, choice: Json) -> None:
        self._keys, self._choice_keys = set(chunk), set(choice)
        self._same = [(name, chunk[name]) for name in _DECLARED & self._keys]
        self._choice_same = [(name, choice[name]) for name in _DECLARED_OF_CHOICE if name in choice]
        self.more = self._keys - _DECLARED - {"choices"}
        self.choice_more = self._choice_keys - {"delta", *_DECLARED_OF_CHOICE}

    @classmethod
    def of(cls, chunk: Json) -> PlainText | None:
        """What stands in a chunk; None where that is more than one text."""
        choice = _text_choice(chunk)
        return None if choice is None or chunk.get("usage") is not None else cls(chunk, choice)

    def fits(self, chunk: Json) -> bool:
        """Whether a chunk differs from this one in its text and undeclared fields only."""
        choice = _text_choice(chunk)
        if choice is None or choice.keys() != self._choice_keys or chunk.keys() != self._keys:
            return False
        for name, value in self._same:
            if chunk[name] != value:
                return False
        return all(choice[name] == value for name, value in self._choice_same)


def _text_choice(chunk: Json) -> Json | None:
    """The only choice of a chunk that brings text and nothing else; None for all other chunks."""
    choices = cast("list[Json] | None", chunk.get("choices"))
    if type(choices) is not list or len(choices) != 1:
        return None
    delta = cast("Json | None", choices[0].get("delta"))
    if type(delta) is not dict or len(delta) != 1 or not isinstance(delta.get("content"), str):
        return None
    return choices[0]
