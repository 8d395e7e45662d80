"""A stream's chunks in LiteLLM's own type and order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from typing import Any, cast

from litellm.types.utils import ModelResponseStream

from azure_connector.replies import PlainText, build_chunk

from .carried import packed

__all__ = ["Chunks"]


class Chunks:
    """Turns the service's chunks into LiteLLM's.

    LiteLLM stops reading a custom provider's stream at the first finish: what stands in the same chunk or comes after
    it (text, the usage, late verdicts of the content filter, other choices) is passed on before, or would be lost and
    the usage estimated. Azure's first chunk, without choices, is merged into the next one.

    Args:
        served: told the model that the service named.

    Attributes:
        model: the model that the service named.
        fingerprint: the service's fingerprint.
        finishes: choice -> its finish, to be passed on last of all.
        plain: the last chunk of plain text, which says nothing of an end.
    """

    def __init__(self, served: Callable[[str], None]) -> None:
        self.model: str | None = None
        self.fingerprint: str | None = None
        self.finishes: dict[int, ModelResponseStream] = {}
        self.plain: ModelResponseStream | None = None
        self._served = served
        self._merged: dict[str, Any] = {}
        self._pattern: _Pattern | None = None

    def feed(self, chunk: dict[str, Any]) -> ModelResponseStream | None:
        """What to pass on for a chunk's JSON; None where there is nothing to pass on yet."""
        if self._pattern is not None and self._pattern.fits(chunk):
            self.plain = self._pattern.filled(chunk)
            return self.plain
        return self._translated(chunk)

    def finish(self) -> ModelResponseStream | None:
        """The next finish that was held; None where there is none any more."""
        return self.finishes.pop(next(iter(self.finishes))) if self.finishes else None

    def _translated(self, json: dict[str, Any]) -> ModelResponseStream | None:
        chunk = build_chunk(dict(json))
        if chunk.model and chunk.model != self.model:
            self.model = chunk.model
            self._served(chunk.model)
        self.fingerprint = chunk.system_fingerprint or self.fingerprint
        fields = chunk.model_dump(warnings=False)  # Azure's values are passed on, whatever the SDK declares
        if not chunk.choices and chunk.usage is None:
            extra = chunk.model_extra or {}
            self._merged |= {name: value for name, value in extra.items() if value is not None}
            self._pattern = None  # the next chunk gets more than it brings
            return None
        changed = bool(self._merged)
        fields |= self._merged
        self._merged = {}
        if chunk.usage is None:
            del fields["usage"]  # LiteLLM's type takes a usage of None for one
        for choice in fields["choices"] or ():
            choice["delta"] = packed(choice.get("delta") or {})
        if any(choice.get("finish_reason") is not None for choice in fields["choices"] or ()):
            return self._split(fields)
        made = ModelResponseStream(**fields)
        self._pattern = None if changed else _Pattern.of(json, made)
        return made

    def _split(self, fields: dict[str, Any]) -> ModelResponseStream | None:
        """Holds the finishes of a chunk; gives what else stands in it, if anything does."""
        said: list[dict[str, Any]] = []
        usage = fields.pop("usage", None)
        for choice in fields["choices"]:
            if (reason := choice.get("finish_reason")) is not None:
                # The asynchronous filter may finish a choice once more, in other words: the last ones stand.
                last = {"index": choice.get("index", 0), "delta": {}, "finish_reason": reason}
                self.finishes[last["index"]] = ModelResponseStream(**{**fields, "choices": [last]})
            rest = {**choice, "finish_reason": None}
            rest.pop("native_finish_reason", None)
            if any(rest[name] for name in rest.keys() - {"index", "delta"}) or any((rest.get("delta") or {}).values()):
                said.append(rest)
        if usage is not None:
            fields["usage"] = usage
        return ModelResponseStream(**{**fields, "choices": said}) if said or usage is not None else None


class _Pattern:
    """A chunk of plain text that the next ones are copied from, since making one anew takes four times as long.

    Args:
        text: what it has in common with the next ones.
        made: LiteLLM's chunk that was made of it.
    """

    def __init__(self, text: PlainText, made: ModelResponseStream) -> None:
        self.fits, self._more, self._choice_more = text.fits, text.more, text.choice_more
        self._made = copy(made)
        self._choice = copy(made.choices[0])
        self._delta = copy(self._choice.delta)

    @classmethod
    def of(cls, chunk: dict[str, Any], made: ModelResponseStream) -> _Pattern | None:
        """The pattern that a chunk makes; None where it holds more than one text."""
        text = PlainText.of(chunk)
        pattern = None if text is None else cls(text, made)
        return pattern if pattern is not None and pattern._is_open() else None

    def _is_open(self) -> bool:
        """Whether LiteLLM's types keep what is filled in among the undeclared fields, whose dictionary is public."""
        delta, choice, made = (one.model_extra or {} for one in (self._delta, self._choice, self._made))
        return "content" in delta and {"delta", *self._choice_more} <= choice.keys() and self._more <= made.keys()

    def filled(self, chunk: Mapping[str, Any]) -> ModelResponseStream:
        """LiteLLM's chunk for one that fits."""
        given = chunk["choices"][0]
        made, choice, delta = copy(self._made), copy(self._choice), copy(self._delta)
        # Not by assignment: for an undeclared field that takes pydantic longer than all the rest.
        cast("dict[str, Any]", delta.model_extra)["content"] = given["delta"]["content"]
        extra = cast("dict[str, Any]", choice.model_extra)
        extra["delta"] = delta
        for name in self._choice_more:
            extra[name] = given[name]
        vars(made)["choices"] = [choice]
        for name in self._more:
            cast("dict[str, Any]", made.model_extra)[name] = chunk[name]
        made._hidden_params = {}  # LiteLLM's own name; it writes into it
        return made
