"""Streams of the SDK's own events (Responses, audio, images), monitored while they pass.

The SDK reads and builds the events. Watching them adds what a bare stream lacks: a break becomes a typed error that
carries what had arrived, an early failure can still be answered elsewhere, and the ids of stored responses become known
before the stream has ended.
"""

from __future__ import annotations

from typing import Any, cast

import openai

from .._utils import Json
from ..errors import PartialReply
from ..requests import StreamRules
from ._chat_stream import StreamErrorFactory, gathered_calls
from ._info import AzureInfo
from ._stream import AsyncConnectorStream, ConnectorStream

__all__ = ["AsyncEventStream", "EventStream", "ResponseStreamMonitor", "monitored"]

_END = frozenset({"response.completed", "response.incomplete", "response.failed", "response.cancelled"})
# Nothing that a caller could miss, should the stream begin again elsewhere.
_OPENING = frozenset(
    {
        "response.queued",
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.reasoning_summary_part.added",
        "keepalive",
    }
)

_REFUSALS = (openai.BadRequestError, openai.NotFoundError, openai.UnprocessableEntityError)


class ResponseStreamMonitor:
    """Looks at every event of one stream.

    Attributes:
        info: where the reply comes from.
        begun: something was delivered that may not be delivered twice.
        ended: nothing more will come: read to the end, or broken.
        error: what ended the stream early.
    """

    def __init__(self, info: AzureInfo, response: Any, rules: StreamRules, failure: StreamErrorFactory) -> None:
        self.info = info
        self.begun = False
        self.ended = False
        self.error: Exception | None = None
        self._response, self._rules, self._failure = response, rules, failure
        self._seen = False
        self._complete = False
        self._text: list[str] = []
        self._calls: dict[int, Json] = {}
        self._response_id: str | None = None
        self._number: int | None = None

    def take(self, event: Any) -> list[Any]:
        """What is to be passed on for an event; None says that the body has ended."""
        if event is None:
            nothing_left = self._rules.resumed and not self._seen
            return self._end(None if self._complete or not self._rules.ends or nothing_left else self._broken())
        kind = getattr(event, "type", None)
        if kind == "error":
            return self._end(self._refused({name: getattr(event, name, None) for name in ("code", "message", "param")}))
        self._seen = True
        number = getattr(event, "sequence_number", None)
        self._number = number if isinstance(number, int) else self._number
        if (reply := getattr(event, "response", None)) is not None:
            self._take_reply(reply, last=kind in _END)
            if kind == "response.failed" and (error := self._of_failed(reply)) is not None:
                return self._end(error)
        self._gather(kind, event)
        if kind in _END:
            self._complete = self.begun = True
        elif kind not in _OPENING or not self._rules.repeatable:
            self.begun = True
        return [event]

    def fail(self, cause: Exception) -> list[Any]:
        """Notes the exception that ended the stream early."""
        body = getattr(cause, "body", None)
        said = isinstance(cause, openai.APIError) and isinstance(body, dict)
        return self._end(self._refused(cast("Json", body)) if said else self._broken(cause))

    def _end(self, error: Exception | None) -> list[Any]:
        self.ended, self.error = True, error
        return []

    def _take_reply(self, reply: Any, *, last: bool) -> None:
        self._response_id = getattr(reply, "id", None) or self._response_id
        if self._rules.note is not None:
            self._rules.note(reply)
        if last and self._rules.on_model is not None and isinstance(model := getattr(reply, "model", None), str):
            self._rules.on_model(model)
        if (usage := getattr(reply, "usage", None)) is not None:
            self.info.usage = usage.model_dump() if hasattr(usage, "model_dump") else usage

    def _of_failed(self, reply: Any) -> Exception | None:
        """The exception for a response that failed before its first word, where asking elsewhere may help."""
        if self.begun:
            return None
        error = getattr(reply, "error", None)
        made = self._refused({name: getattr(error, name, None) for name in ("code", "message")})
        # A refusal is the service's last word: the event tells it, as the SDK has it.
        return None if isinstance(made, _REFUSALS) else made

    def _gather(self, kind: object, event: Any) -> None:
        """Collects the text and the tool calls, for the error of a stream that breaks."""
        index = getattr(event, "output_index", 0) or 0
        if kind == "response.output_text.delta":
            self._text.append(event.delta or "")
        elif kind in ("response.function_call_arguments.delta", "response.custom_tool_call_input.delta"):
            self._call(index)["pieces"].append(event.delta or "")
        elif kind == "response.output_item.added" and getattr(event.item, "call_id", None):
            self._call(index).update(id=event.item.call_id, name=getattr(event.item, "name", None))

    def _call(self, index: int) -> Json:
        return self._calls.setdefault(index, {"id": None, "name": None, "pieces": []})

    def _broken(self, cause: Exception | None = None) -> Exception:
        return self._failure(self._partial(), self._response, cause=cause)

    def _refused(self, error: Json) -> Exception:
        detail = {name: value for name, value in error.items() if value is not None}
        return self._failure(self._partial(), self._response, error=detail or {"code": "error"})

    def _partial(self) -> PartialReply:
        return PartialReply(
            "".join(self._text), gathered_calls(self._calls.values()), self.info.usage, self._response_id, self._number
        )


class EventStream(ConnectorStream):
    """Monitored events, for the sync client."""

    def __init__(self, inner: openai.Stream[Any], monitor: ResponseStreamMonitor) -> None:
        events = iter(inner)

        def pull() -> list[Any]:
            try:
                event = next(events, None)
            except Exception as broken:  # noqa: BLE001  # transports raise classes of their own, and so does bad JSON
                return monitor.fail(broken)
            return monitor.take(event)

        super().__init__(inner.response, inner.response, monitor, pull)


class AsyncEventStream(AsyncConnectorStream):
    """Monitored events, for the async client."""

    def __init__(self, inner: openai.AsyncStream[Any], monitor: ResponseStreamMonitor) -> None:
        events = aiter(inner)

        async def pull() -> list[Any]:
            try:
                event = await anext(events, None)
            except Exception as broken:  # noqa: BLE001  # transports raise classes of their own, and so does bad JSON
                return monitor.fail(broken)
            return monitor.take(event)

        super().__init__(inner.response, inner.response, monitor, pull)


def monitored(
    stream: Any, info: AzureInfo, rules: StreamRules, failure: StreamErrorFactory
) -> EventStream | AsyncEventStream:
    """The stream that the SDK made, monitored."""
    monitor = ResponseStreamMonitor(info, stream.response, rules, failure)
    return (AsyncEventStream if hasattr(stream, "__aiter__") else EventStream)(stream, monitor)
