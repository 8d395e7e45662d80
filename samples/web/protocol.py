"""What happens in an answer, as typed events of the Agent User Interaction Protocol (AG-UI 1.0)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any
from uuid import uuid4

from ag_ui import core
from ag_ui.encoder import EventEncoder

__all__ = ["Happening", "encoded"]

Happening = tuple[str, dict[str, Any]]


async def encoded(happenings: AsyncGenerator[Happening], thread_id: str, run_id: str) -> AsyncIterator[str]:
    """The server-sent events of one run."""
    run, encoder = _Run(thread_id, run_id), EventEncoder()
    yield encoder.encode(core.RunStartedEvent(thread_id=thread_id, run_id=run_id, protocol_version="1.0"))
    async with aclosing(happenings):  # a reader who goes away ends the model's work, too
        async for name, data in happenings:
            for event in run.take(name, data):
                yield encoder.encode(event)


class _Run:
    """Opens and closes messages as the protocol wants it: what is open is closed before something else begins."""

    def __init__(self, thread_id: str, run_id: str) -> None:
        self._thread_id, self._run_id = thread_id, run_id
        self._open = ""  # text or reasoning
        self._message = ""  # the message being written, or the one that holds the turn's calls
        self._reasoning = ""

    def take(self, name: str, data: dict[str, Any]) -> Iterator[core.BaseEvent]:
        if name in ("text", "reasoning"):
            if self._open != name:
                yield from self._close()
                yield from self._begin(name)
            if name == "text":
                yield core.TextMessageContentEvent(message_id=self._message, delta=data["text"])
            else:
                yield core.ReasoningMessageContentEvent(message_id=self._reasoning, delta=data["text"])
            return
        yield from self._close()
        yield from self._other(name, data)

    def _begin(self, name: str) -> Iterator[core.BaseEvent]:
        self._open = name
        if name == "text":
            self._message = str(uuid4())
            yield core.TextMessageStartEvent(message_id=self._message, role="assistant")
        else:
            self._reasoning = str(uuid4())
            yield core.ReasoningStartEvent(message_id=self._reasoning)
            yield core.ReasoningMessageStartEvent(message_id=self._reasoning, role="reasoning")

    def _close(self) -> Iterator[core.BaseEvent]:
        was, self._open = self._open, ""
        if was == "text":
            yield core.TextMessageEndEvent(message_id=self._message)
        elif was == "reasoning":
            yield core.ReasoningMessageEndEvent(message_id=self._reasoning)
            yield core.ReasoningEndEvent(message_id=self._reasoning)

    def _other(self, name: str, data: dict[str, Any]) -> Iterator[core.BaseEvent]:
        if name == "turn":
            self._message = ""
        elif name == "tool_call":
            # One message holds all calls of a turn: several would be refused when the history comes back.
            self._message = self._message or str(uuid4())
            call = {"tool_call_id": data["id"]}
            yield core.ToolCallStartEvent(**call, tool_call_name=data["name"], parent_message_id=self._message)
            yield core.ToolCallArgsEvent(**call, delta=data["arguments"])
            yield core.ToolCallEndEvent(**call)
        elif name == "tool_result":
            yield core.ToolCallResultEvent(message_id=str(uuid4()), tool_call_id=data["id"], content=data["result"])
        elif name == "done":
            result, usage = {"finish_reason": data["finish_reason"]}, [core.TokenUsage(**data["usage"])]
            yield core.RunFinishedEvent(thread_id=self._thread_id, run_id=self._run_id, result=result, usage=usage)
        elif name == "error":
            # The protocol has one line for an error; the page shows more.
            yield core.CustomEvent(name="error", value=data)
            said = "\n".join(filter(None, (data["message"], data["hint"])))
            yield core.RunErrorEvent(message=said, code=data["type"])
        else:
            yield core.CustomEvent(name=name, value=data)
