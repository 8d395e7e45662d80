"""One answer of a realtime session: thought out, and told as the sequence of events that Azure sends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..brain import think
from ..completion import Completion, most_tokens, settle
from ..counting import count_value, pieces
from ..identifiers import Identifiers
from ..responses.composing import read_ask
from ..responses.reading import turns_of
from ..thinking import ToolCall
from ..values import Json
from .dialects import Dialect

__all__ = ["Event", "Responder", "complete"]

LONGEST = 4_096
"""Tokens of an answer, as the realtime models have it."""
Event = tuple[str, Json]
"""An event's type, and what it holds beside that and its id."""


def complete(settings: Json, items: list[Json], dialect: Dialect, ids: Identifiers) -> Completion:
    """Think, and cut the answer to the session's limit."""
    limit = most_tokens(settings.get(dialect.limit), LONGEST)
    turns = turns_of(items, settings.get("instructions"))
    return settle(
        think(read_ask(settings, turns, parallel=True, room=limit)),
        ids,
        prompt=3 + count_value(items) + count_value(settings.get("tools")) + count_value(settings.get("instructions")),
        thinking=0,
        limit=limit,
    )


@dataclass
class Responder:
    """Tells one answer.

    Attributes:
        dialect: the form's names.
        ids: where ids come from.
        settings: the session's, with what `response.create` changed for this answer.
        conversation: the conversation's id; None for an answer outside of it.
        previous: the id of the conversation's last item.
    """

    dialect: Dialect
    ids: Identifiers
    settings: Json
    conversation: str | None
    previous: str | None = None

    def __post_init__(self) -> None:
        self.output: list[Json] = []
        self._response: Json = {
            "object": "realtime.response",
            "id": f"resp_{self.ids.letters(21)}",
            "status": "in_progress",
            "status_details": None,
            "output": [],
            "conversation_id": self.conversation,
            self.dialect.modalities: self.settings[self.dialect.modalities],
            "max_output_tokens": self.settings[self.dialect.limit],
            "usage": None,
            "metadata": self.settings.get("metadata"),
        }

    def events(self, reply: Completion) -> Iterator[Event]:
        """From `response.created` to `response.done`; `output` is filled on the way."""
        yield "response.created", {"response": self._response}
        status = "incomplete" if reply.finish_reason == "length" else "completed"
        for call in reply.calls:
            yield from self._item(self._call(call), status, self._arguments(call))
        if reply.text is not None:
            yield from self._item(self._message(), status, self._text(reply.text))
        yield "response.done", {"response": {**self._response, **self._end(status, reply)}}

    def _item(self, item: Json, status: str, contents: Iterator[tuple[str, Json, Json]]) -> Iterator[Event]:
        """An output item: its opening, its contents, its end."""
        index = len(self.output)
        about: Json = {"response_id": self._response["id"], "output_index": index}
        yield "response.output_item.added", {**about, "item": item}
        yield from self._in_conversation(self.dialect.begun, item)
        whole = {**item, "status": status}
        for name, event, change in contents:
            whole |= change
            yield name, {**about, "item_id": item["id"], **event}
        self.output.append(whole)
        yield from self._in_conversation(self.dialect.ended, whole)
        yield "response.output_item.done", {**about, "item": whole}
        self.previous = item["id"]

    def _in_conversation(self, names: tuple[str, ...], item: Json) -> Iterator[Event]:
        if self.conversation is not None:
            for name in names:
                yield name, {"previous_item_id": self.previous, "item": item}

    def _message(self) -> Json:
        return {**self._opening("message"), "role": "assistant", "content": []}

    def _call(self, call: ToolCall) -> Json:
        return {**self._opening("function_call"), "name": call.name, "call_id": call.call_id, "arguments": ""}

    def _opening(self, kind: str) -> Json:
        return {
            "id": f"item_{self.ids.letters(21)}",
            "object": "realtime.item",
            "type": kind,
            "status": "in_progress",
        }

    def _text(self, text: str) -> Iterator[tuple[str, Json, Json]]:
        """Events of a text, each with what it changes in its item."""
        name, place = f"response.{self.dialect.text}", {"content_index": 0}
        yield "response.content_part.added", {**place, "part": {"type": "text", "text": ""}}, {}
        for piece in pieces(text):
            yield f"{name}.delta", {**place, "delta": piece}, {}
        yield f"{name}.done", {**place, "text": text}, {"content": [{"type": self.dialect.text, "text": text}]}
        yield "response.content_part.done", {**place, "part": {"type": "text", "text": text}}, {}

    def _arguments(self, call: ToolCall) -> Iterator[tuple[str, Json, Json]]:
        name = "response.function_call_arguments"
        for piece in pieces(call.arguments):
            yield f"{name}.delta", {"call_id": call.call_id, "delta": piece}, {}
        done: Json = {"call_id": call.call_id, "name": call.name, "arguments": call.arguments}
        yield f"{name}.done", done, {"arguments": call.arguments}

    def _end(self, status: str, reply: Completion) -> Json:
        cut: Json = {"type": "incomplete", "reason": "max_output_tokens"}
        spent, prompt = reply.completion_tokens, reply.prompt_tokens
        cached: Json = {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0}
        usage: Json = {
            "total_tokens": prompt + spent,
            "input_tokens": prompt,
            "output_tokens": spent,
            "input_token_details": {
                "text_tokens": prompt,
                "audio_tokens": 0,
                "image_tokens": 0,
                "cached_tokens": 0,
                "cached_tokens_details": cached,
            },
            "output_token_details": {"text_tokens": spent, "audio_tokens": 0},
        }
        details = cut if status == "incomplete" else None
        return {"status": status, "status_details": details, "output": list(self.output), "usage": usage}
