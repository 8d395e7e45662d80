"""Streams of the SDK's own events (Responses, audio, images), monitored while they pass.

The SDK reads and builds the events. Watching them adds what a bare stream lacks: a break becomes a typed error that
carries what had arrived, an early failure can still be answered elsewhere, and the ids of stored responses become known
before the stream has ended.
"""

from __future__ import annotations

from typing import Any, cast

import openai

from .._utils import Json, as_object, parse_json
from ..requests import Failure, ReplyPlan
from ._accumulator import ReplyAccumulator
from ._chat_stream import StreamErrorFactory
from ._info import AzureInfo
from ._normalize import NoAnswerError
from ._output_items import normalize_output, normalized_item
from ._response_events import cut_off
from ._stream import AsyncConnectorStream, ConnectorStream

__all__ = ["AsyncEventStream", "EventStream", "ResponseStreamMonitor", "monitored"]

_END = frozenset(
    {
        "response.completed",
        "response.incomplete",
        "response.failed",
        "response.cancelled",
        "image_generation.completed",
        "image_edit.completed",
        "transcript.text.done",
    }
)
# Before the service makes anything: what fails here is asked for elsewhere, where the service says that nothing ran.
_ACCEPTED = frozenset({"response.queued", "response.created", "response.in_progress", "keepalive"})
# Nothing that a caller could miss, should the stream begin again elsewhere.
_OPENING = _ACCEPTED | {
    "response.output_item.added",
    "response.content_part.added",
    "response.reasoning_summary_part.added",
}


class ResponseStreamMonitor:
    """Looks at every event of one stream.

    Attributes:
        info: where the reply comes from.
        begun: something was delivered that may not be delivered twice.
        ended: nothing more will come: read to the end, or broken.
        error: what ended the stream early.
    """

    def __init__(self, info: AzureInfo, response: object, plan: ReplyPlan, failure: StreamErrorFactory) -> None:
        self.info = info
        self.begun = False
        self.ended = False
        self.error: Exception | None = None
        self._response, self._plan, self._rules, self._failure = response, plan, plan.rules, failure
        self._opening = (
            frozenset[str]() if self._rules.background else _OPENING if self._rules.repeatable else _ACCEPTED
        )
        self._seen = False
        self._complete = False
        self._failed = False
        self._held: list[Any] = []
        self._reply = ReplyAccumulator()
        self._response_id: str | None = None
        self._number: int | None = None

    def take(self, event: object) -> list[Any]:
        """What is to be passed on for an event; None says that the body has ended."""
        if event is None:
            return self._end(self._missing_end())
        kind = getattr(event, "type", None)
        if kind == "error":  # where the SDK decodes by itself
            return self._end(self._refused(_said(event)))
        kind = kind if isinstance(kind, str) else ""
        self._seen = True
        number = getattr(event, "sequence_number", None)
        self._number = number if isinstance(number, int) else self._number
        reply = getattr(event, "response", None)
        if isinstance(reply, openai.BaseModel):
            self._take_reply(reply, last=kind in _END)
        if kind == "response.failed" and self._rules.creates and not self.begun:
            return self._take_failure(getattr(reply, "error", None))
        self._gather(kind, event)
        if kind in _END:
            self._complete = self.begun = True
        elif kind not in self._opening:
            self.begun = True
        return self._parsable(kind, event) if self._rules.parsed else [event]

    def _parsable(self, kind: str, event: Any) -> list[Any]:
        """An event for the SDK's helper, which parses each text that is done: one that is cut off waits for the end."""
        if self._held and kind in _END:
            held, self._held = self._held, []
            return [*held, event] if kind == "response.completed" else [event, *self._cut(event)]
        if self._held or (kind == "response.output_text.done" and not _is_json(event.text)):
            self._held.append(event)
            return []
        return [event, *self._cut(event)]

    def _cut(self, event: object) -> list[Any]:
        """Ends the stream in an error where the event is that of a response that was cut off."""
        if (error := cut_off(getattr(event, "response", None))) is None:
            return []
        return self._end(self._fail(begun=False, error=error))

    def fail(self, cause: Exception) -> list[Any]:
        """Notes the exception that ended the stream early."""
        if isinstance(cause, NoAnswerError) and not self._seen:
            return self._end(cause)
        if isinstance(cause, Failure):
            return self._end(self._refused(cause.body))
        if isinstance(cause, openai.APIError) and (body := as_object(cause.body)):
            return self._end(self._refused(body))
        return self._end(self.broken(cause))

    def _end(self, error: Exception | None) -> list[Any]:
        self.ended, self.error = True, error
        return []

    def _missing_end(self) -> Exception | None:
        """What is wrong with a stream whose body has ended properly."""
        if self._failed:
            return self._refused({"code": "failed", "message": "the model failed to answer"})
        if not self._seen:
            return None if self._rules.resumed else NoAnswerError("the stream holds no answer")
        return None if self._complete or not self._rules.ends else self.broken()

    def _take_failure(self, error: object) -> list[Any]:
        """Takes the event of a response that failed before its first word: an error, like any other."""
        self._failed = True
        if error is None:
            return []  # the reason may follow in an `error` event
        return self._end(self._refused(_said(error)))

    def _take_reply(self, reply: openai.BaseModel, *, last: bool) -> None:
        self._response_id = getattr(reply, "id", None) or self._response_id
        if self._rules.note is not None:
            self._rules.note(reply)
        if last and self._rules.on_model is not None and isinstance(model := getattr(reply, "model", None), str):
            self._rules.on_model(model)
        if isinstance(usage := getattr(reply, "usage", None), openai.BaseModel):
            self.info.usage = usage.to_dict(mode="json", warnings=False)
        if isinstance(output := getattr(reply, "output", None), list):
            normalize_output(cast("list[Any]", output), self._plan, self._reply.calls)

    def _gather(self, kind: str, event: Any) -> None:
        """Collects the text and the tool calls, for the error of a stream that breaks."""
        if kind in ("response.output_item.added", "response.output_item.done"):
            index = event.output_index if isinstance(getattr(event, "output_index", None), int) else 0
            known = self._reply.calls.get(index, {}).get("id")
            event.item = normalized_item(event.item, self._plan, index, call_id=known)
        self._reply.add_event(kind, event)

    def broken(self, cause: Exception | None = None) -> Exception:
        """The exception for a connection that ended before the stream did."""
        return self._fail(cause=cause)

    def _refused(self, error: Json) -> Exception:
        error = error or {"message": "the service reported an error without saying which"}
        return self._fail(error=error)

    def _fail(self, **what: Any) -> Exception:
        partial = self._reply.partial(self.info.usage, self._response_id, self._number)
        what.setdefault("begun", self.begun)
        return self._failure(partial, self._response, **what)


def _is_json(text: object) -> bool:
    try:
        parse_json(str(text).encode("utf-8", "surrogatepass"))
    except ValueError:
        return False
    return True


def _said(error: object) -> Json:
    """What an error of the SDK's own types says."""
    found = error.to_dict(mode="json", warnings=False) if isinstance(error, openai.BaseModel) else as_object(error)
    return {name: value for name, value in found.items() if value is not None}


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
    stream: Any, info: AzureInfo, plan: ReplyPlan, failure: StreamErrorFactory
) -> EventStream | AsyncEventStream:
    """The stream that the SDK made, monitored."""
    monitor = ResponseStreamMonitor(info, stream.response, plan, failure)
    return (AsyncEventStream if hasattr(stream, "__aiter__") else EventStream)(stream, monitor)
