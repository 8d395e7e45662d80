"""How much of a streamed reply has been passed on, and the chunks that pass on more of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..._utils import Json, as_list
from ._message_text import MessageText
from ._reply import chat_call, commentary
from ._shapes import objects

__all__ = ["ChunkEmitter", "Progress"]

_CALL_TEXTS = {"function_call": ("function", "arguments"), "custom_tool_call": ("custom", "input")}


@dataclass(slots=True)
class Progress:
    """How much of one output item has been passed on.

    Attributes:
        index: its place among the items.
        item: the item as far as it is known.
        passed: characters taken of each of its texts, by kind and position.
        tokens: log probabilities taken of each part.
        tool: its index among the tool calls, once it has been announced.
    """

    index: int
    item: Json = field(default_factory=dict[str, Any])
    passed: dict[tuple[str, int], int] = field(default_factory=dict[tuple[str, int], int])
    tokens: dict[int, int] = field(default_factory=dict[int, int])
    tool: int | None = None

    def rest(self, kind: str, part: int, whole: object) -> str:
        """What has not been taken yet of a text that is now known whole."""
        return whole[self.passed.get((kind, part), 0) :] if isinstance(whole, str) else ""

    def take(self, kind: str, part: int, text: str) -> None:
        self.passed[kind, part] = self.passed.get((kind, part), 0) + len(text)


class ChunkEmitter:
    """Makes the chunks of one choice: the role first, then whatever is new.

    Attributes:
        frame: what stands on every chunk.
        chunks: the chunks that have not been handed out yet.
    """

    def __init__(self, frame: Json) -> None:
        self.frame = frame
        self.chunks: list[Json] = []
        self._speech, self._refusals, self._thought = MessageText(), MessageText(), MessageText()
        self._held_logprobs: list[Any] = []
        self._tools = 0
        self._begun = False

    def emit(self, delta: Json, *, logprobs: list[Any] | None = None, end: Json | None = None) -> None:
        """Adds a chunk with this delta; `end` holds what the choice says beside it."""
        if not self._begun:
            self._begun = True
            self.emit({"role": "assistant", "content": "" if "content" in delta else None, "refusal": None})
        found = {"content": logprobs, "refusal": None} if logprobs else None
        choice = {"index": 0, "delta": delta, "logprobs": found, "finish_reason": None, **(end or {})}
        self.chunks.append({**self.frame, "choices": [choice]})

    def item(self, progress: Progress, item: Json, *, whole: bool) -> None:
        """Tells what is new in an item that the service has sent, at its beginning or whole."""
        progress.item = item
        kind = item.get("type")
        if kind in _CALL_TEXTS:
            if progress.tool is None and (whole or (item.get("call_id") and item.get("name"))):
                self._announce(progress, item)
            self.arguments(progress, progress.rest("call", 0, item.get(_CALL_TEXTS[kind][1])))
        elif kind in ("message", "reasoning"):
            for n, part in enumerate(objects(item.get("content"))):
                self.part(progress, n, part)
            for n, part in enumerate(objects(item.get("summary"))):
                self.think(progress, "summary", n, progress.rest("summary", n, part.get("text")))

    def part(self, progress: Progress, n: int, part: Json) -> None:
        """Tells what is new in a content part that is whole."""
        if part.get("type") == "reasoning_text":
            self.think(progress, "text", n, progress.rest("text", n, part.get("text")))
            return
        self.refuse(progress, n, progress.rest("refusal", n, part.get("refusal")))
        logprobs = as_list(part.get("logprobs"))[progress.tokens.get(n, 0) :]
        self.say(progress, n, progress.rest("text", n, part.get("text")), logprobs)

    def say(self, progress: Progress, n: int, text: str, logprobs: list[Any]) -> None:
        """Tells a piece of a message's text; commentary waits."""
        if not text and not logprobs:
            return
        progress.take("text", n, text)
        progress.tokens[n] = progress.tokens.get(n, 0) + len(logprobs)
        working = commentary(progress.item)
        added = self._speech.say(progress.index, text, commentary=working)
        if working:
            self._held_logprobs.extend(logprobs)
        else:
            self._held_logprobs.clear()
            self.emit({"content": added}, logprobs=logprobs)

    def flush(self) -> None:
        """A tool call or the end has come: the commentary before it is part of the text."""
        text, logprobs = self._speech.flush(), self._held_logprobs
        self._held_logprobs = []
        if text or logprobs:
            self.emit({"content": text}, logprobs=logprobs)

    def refuse(self, progress: Progress, n: int, text: str) -> None:
        """Tells a piece of a refusal."""
        if text:
            progress.take("refusal", n, text)
            self._speech.answer()
            self._held_logprobs.clear()
            self.emit({"refusal": self._refusals.say(progress.index, text)})

    def think(self, progress: Progress, kind: str, n: int, text: str) -> None:
        """Tells a piece of reasoning; `kind` tells summaries from open models' own text."""
        if text:
            progress.take(kind, n, text)
            self.emit({"reasoning_content": self._thought.say((progress.index, kind, n), text)})

    def _announce(self, progress: Progress, item: Json) -> None:
        self.flush()
        progress.tool = self._tools
        self._tools += 1
        kind, key = _CALL_TEXTS[item["type"]]
        call = chat_call(item, progress.index)
        progress.take("call", 0, call[kind][key])
        self.emit({"tool_calls": [{"index": progress.tool, **call}]})

    def arguments(self, progress: Progress, text: str) -> None:
        """Tells a piece of a call's arguments; nothing before the call's name and id are known."""
        if text and progress.tool is not None:
            kind, key = _CALL_TEXTS[progress.item["type"]]
            progress.take("call", 0, text)
            self.emit({"tool_calls": [{"index": progress.tool, kind: {key: text}}]})
