"""What a reply amounts to while it arrives in pieces: the one gatherer of streamed text and tool calls."""

from __future__ import annotations

from typing import Any

from .._utils import Json, as_object
from ..errors import PartialReply

__all__ = ["ReplyAccumulator"]

_TEXTS = frozenset({"response.output_text.delta", "transcript.text.delta"})
_ARGUMENTS = frozenset({"response.function_call_arguments.delta", "response.custom_tool_call_input.delta"})
_ITEMS = frozenset({"response.output_item.added", "response.output_item.done"})


class ReplyAccumulator:
    """The text and the tool calls of a chat stream or of a stream of Responses' events.

    Attributes:
        add_text: takes a piece of text.
        calls: the calls so far, of `id`, `name` and `pieces` each, by whatever numbers them.
    """

    __slots__ = ("_texts", "add_text", "calls")

    def __init__(self) -> None:
        self._texts: list[str] = []
        self.add_text = self._texts.append  # as it is: it is called for every chunk
        self.calls: dict[Any, Json] = {}

    def add_call(self, number: object, identity: object, name: object, arguments: object) -> None:
        """Takes what a piece tells of a call; what it leaves empty stays as it was."""
        call = self.calls.get(number)
        if call is None:
            call = self.calls[number] = {"id": None, "name": None, "pieces": []}
        if identity:
            call["id"] = identity
        if name:
            call["name"] = name
        if arguments:
            call["pieces"].append(arguments)

    def add_delta(self, number: object, delta: Json) -> str:
        """Takes a tool call of a chat chunk's delta; gives the arguments that it adds."""
        called = as_object(delta.get("function") or delta.get("custom"))
        arguments = called.get("arguments") or called.get("input") or ""
        self.add_call(number, delta.get("id"), called.get("name"), arguments)
        return arguments

    def add_event(self, kind: str, event: Any) -> str:
        """Takes an event of the SDK's; gives the text or the arguments that it adds."""
        number, delta = getattr(event, "output_index", 0), getattr(event, "delta", None)
        number = number if isinstance(number, int) else 0
        if kind in _ITEMS:
            identity, name = getattr(event.item, "call_id", None), getattr(event.item, "name", None)
            if identity and name:  # results have an id, too
                self.add_call(number, identity, name, None)
        elif isinstance(delta, str):
            if kind in _TEXTS:
                self.add_text(delta)
                return delta
            if kind in _ARGUMENTS:
                self.add_call(number, None, None, delta)
                return delta
        return ""

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._texts)

    @property
    def tool_calls(self) -> list[Json]:
        """The calls so far, in Chat Completions' shape."""
        return [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": call["name"], "arguments": "".join(call["pieces"])},
            }
            for call in self.calls.values()
        ]

    def partial(self, usage: Any, response_id: str | None = None, number: int | None = None) -> PartialReply:
        """What a break leaves, with the usage, the id and the last event's number as far as they are known."""
        return PartialReply(self.text, self.tool_calls, usage, response_id, number)
