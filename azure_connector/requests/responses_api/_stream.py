"""The events of a streamed Responses reply to the chunks of a chat completion."""

from __future__ import annotations

import json

from ..._utils import Json, as_list, as_object
from ...tools import as_function_call
from ._chunk_emitter import ChunkEmitter, Progress
from ._reply import Failure, seconds, to_chat
from ._shapes import sound_event, sound_items, without

__all__ = ["ResponseStream"]

# What the deltas have passed on already when the reply ends.
_TOLD = ("role", "content", "refusal", "tool_calls", "reasoning_content")


class ResponseStream:
    """Translates one streamed reply, event by event, into what `to_chat` makes of the whole one.

    Deltas are passed on as they come, except commentary, which waits until it is known whether an answer follows it
    (see `MessageText`). What the deltas left out is taken from the `done` events and from the final reply. No chunk
    comes before something is said, so a reply that fails at once can still be asked for again.

    Args:
        model: the model's name where the reply holds none.
        include_usage: whether the caller asked for the token counts, which then come last, without a choice.
        origin: names where the reply comes from; see `to_chat`.

    Attributes:
        complete: whether the reply was finished; a stream that ends before that was cut off.
    """

    def __init__(self, *, model: str | None = None, include_usage: bool = False, origin: str | None = None) -> None:
        self.complete = False
        self._model, self._include_usage, self._origin = model, include_usage, origin
        frame: Json = {"id": "", "object": "chat.completion.chunk", "created": 0, "model": model or ""}
        frame["system_fingerprint"] = None
        if include_usage:
            frame["usage"] = None
        self._teller = ChunkEmitter(frame)
        self._items: dict[int, Progress] = {}
        self._failed: Failure | None = None
        self._handlers = {
            "response.created": self._on_reply,
            "response.queued": self._on_reply,
            "response.in_progress": self._on_reply,
            "response.output_item.added": self._on_item,
            "response.output_item.done": self._on_item,
            "response.content_part.done": self._on_part,
            "response.output_text.delta": self._on_text,
            "response.output_text.done": self._on_text,
            "response.refusal.delta": self._on_refusal,
            "response.refusal.done": self._on_refusal,
            "response.reasoning_summary_text.delta": self._on_summary,
            "response.reasoning_summary_text.done": self._on_summary,
            "response.reasoning_summary_part.done": self._on_summary,
            "response.reasoning_text.delta": self._on_thought,
            "response.reasoning_text.done": self._on_thought,
            "response.function_call_arguments.delta": self._on_arguments,
            "response.function_call_arguments.done": self._on_arguments,
            "response.custom_tool_call_input.delta": self._on_arguments,
            "response.custom_tool_call_input.done": self._on_arguments,
            "response.completed": self._on_end,
            "response.incomplete": self._on_end,
            "response.failed": self._on_failure,
            "response.cancelled": self._on_failure,
        }

    def feed(self, event: Json) -> list[Json]:
        """Takes one event; unknown ones are skipped.

        Args:
            event: the event's data, with its `type`.

        Returns:
            The chunks that it gives, often none.

        Raises:
            Failure: the reply failed, or the service reported an error.
        """
        event = sound_event(event)
        kind = event.get("type")
        if kind == "error" or (kind is None and event.get("error")):
            raise Failure.reported(as_object(event.get("error")) or event)
        if isinstance(event.get("item"), dict):
            event = {**event, "item": _readable(event["item"], begun=kind == "response.output_item.added")}
        take = None if self.complete else self._handlers.get(str(kind))
        if take is not None:
            take(event)
        return self._drain()

    def finish(self) -> list[Json]:
        """What is left once the events have ended; nothing after a complete reply."""
        if self._failed is not None:
            raise self._failed
        if not self.complete:
            self._teller.flush()
        return self._drain()

    def _drain(self) -> list[Json]:
        chunks, self._teller.chunks = self._teller.chunks, []
        return chunks

    def _progress(self, event: Json) -> Progress:
        index = event.get("output_index")
        if not isinstance(index, int):
            known = (n for n, progress in self._items.items() if progress.item.get("id") == event.get("item_id"))
            index = next(known, max(self._items, default=0))
        return self._item(index)

    def _item(self, index: int) -> Progress:
        if index not in self._items:
            self._items[index] = Progress(index)
        return self._items[index]

    def _on_reply(self, event: Json) -> None:
        reply = as_object(event.get("response"))
        found = {key: reply[key] for key in ("id", "model", "service_tier") if isinstance(reply.get(key), str)}
        self._teller.frame.update(found)
        if reply.get("created_at"):
            self._teller.frame["created"] = seconds(reply["created_at"])

    def _on_item(self, event: Json) -> None:
        item = as_object(event.get("item"))
        self._teller.item(self._progress(event), item, whole=event["type"] == "response.output_item.done")

    def _on_part(self, event: Json) -> None:
        self._teller.part(self._progress(event), _position(event), as_object(event.get("part")))

    def _on_text(self, event: Json) -> None:
        progress = self._progress(event)
        if event.get("delta") is None:
            self._teller.part(progress, _position(event), event)
        else:
            self._teller.say(progress, _position(event), event["delta"], as_list(event.get("logprobs")))

    def _on_refusal(self, event: Json) -> None:
        progress, n = self._progress(event), _position(event)
        self._teller.refuse(progress, n, event.get("delta") or progress.rest("refusal", n, event.get("refusal")))

    def _on_summary(self, event: Json) -> None:
        progress, n = self._progress(event), event.get("summary_index") or 0
        whole = event.get("text") or as_object(event.get("part")).get("text")
        self._teller.think(progress, "summary", n, event.get("delta") or progress.rest("summary", n, whole))

    def _on_thought(self, event: Json) -> None:
        progress, n = self._progress(event), _position(event)
        self._teller.think(progress, "text", n, event.get("delta") or progress.rest("text", n, event.get("text")))

    def _on_arguments(self, event: Json) -> None:
        progress = self._progress(event)
        whole = event.get("arguments", event.get("input"))
        self._teller.arguments(progress, event.get("delta") or progress.rest("call", 0, whole))

    def _on_end(self, event: Json) -> None:
        self._on_reply(event)
        known = [self._items[index].item for index in sorted(self._items)]
        reply: Json = {"status": event["type"].removeprefix("response."), **as_object(event.get("response"))}
        # Some gateways leave the items out of the final reply.
        reply["output"] = [_readable(item) for item in sound_items(reply.get("output"))] or known
        chat = to_chat(reply, model=self._model, origin=self._origin)
        for index, item in enumerate(reply["output"]):
            self._teller.item(self._item(index), item, whole=True)
        self._teller.flush()
        choice = chat["choices"][0]
        delta = without(choice["message"], *_TOLD)
        if choice["message"]["content"] == "":
            delta["content"] = ""
        self._teller.emit(delta, end=without(choice, "index", "message", "logprobs"))
        if "prompt_filter_results" in chat:
            self._teller.chunks[-1]["prompt_filter_results"] = chat["prompt_filter_results"]
        if self._include_usage and chat["usage"] is not None:
            self._teller.chunks.append({**self._teller.frame, "choices": [], "usage": chat["usage"]})
        self.complete = True

    def _on_failure(self, event: Json) -> None:
        reply = as_object(event.get("response"))
        failure = Failure.reported(as_object(reply.get("error")), code=event["type"].removeprefix("response."))
        if reply.get("error"):
            raise failure
        self._failed = failure  # the reason may follow in an `error` event


def _readable(item: Json, *, begun: bool = False) -> Json:
    """An item whose arguments, if it is a call, are text: what is passed on of them is counted in characters."""
    item = as_function_call(item, begun=begun)
    given = item.get("arguments")
    return item if given is None or isinstance(given, str) else {**item, "arguments": json.dumps(given)}


def _position(event: Json) -> int:
    return event.get("content_index") or 0
