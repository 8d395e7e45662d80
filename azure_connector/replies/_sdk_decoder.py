"""What stands in the place of the SDK's decoder, for the streams that the SDK itself makes of events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from .._utils import Json, parse_json
from ._normalize import NoAnswerError, read_event
from ._pairs import PairJoiner
from ._response_events import events_of
from ._sse import BodyDecoder, Event

__all__ = ["SdkEventDecoder"]


class SdkEvent:
    """One event, with what the SDK reads of its own: parsed here, so that it is parsed once.

    Attributes:
        event: its name.
        data: its text; only its beginning is looked at.
    """

    __slots__ = ("_body", "data", "event")

    def __init__(self, event: str | None, data: str, body: Json) -> None:
        self.event, self.data, self._body = event, data, body

    def json(self) -> Any:
        """Its JSON object."""
        return self._body


class SdkEventDecoder:
    """Reads events as the chat streams do: errors in every shape, JSON of every depth, whole replies.

    Raises, while it is read:
        Failure: an event, or the whole body, tells of an error.
        NoAnswerError: the body is neither a stream nor a reply.
        ValueError: an event is no JSON object.
    """

    def __init__(self) -> None:
        self._decoder = BodyDecoder("")
        self._pairs = PairJoiner()

    def iter_bytes(self, pieces: Iterator[bytes]) -> Iterator[SdkEvent]:
        """The events of a body."""
        for piece in pieces:
            yield from self._events(self._decoder.feed(piece))
        yield from self._last()

    async def aiter_bytes(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[SdkEvent]:
        """As `iter_bytes`."""
        async for piece in pieces:
            for event in self._events(self._decoder.feed(piece)):
                yield event
        for event in self._last():
            yield event

    def _events(self, events: list[Event]) -> Iterator[SdkEvent]:
        for event in events:
            if event.data.startswith(b"[DONE]"):
                yield SdkEvent(event.name, "[DONE]", {})
            elif event.data or event.name == "error":
                body = read_event(event)
                if body.get("object") == "response" and "type" not in body:
                    yield from _whole(body)
                else:
                    for one in self._pairs.take(body) if event.may_split or self._pairs.holding else (body,):
                        yield SdkEvent(event.name, "{", one)

    def _last(self) -> Iterator[SdkEvent]:
        yield from self._events(self._decoder.flush())
        for one in self._pairs.left():
            yield SdkEvent(None, "{", one)
        if (text := self._decoder.text) is not None:
            try:
                body = parse_json(text)
            except ValueError as garbled:
                raise NoAnswerError(str(garbled), text) from None
            yield from _whole(body)


def _whole(body: object) -> Iterator[SdkEvent]:
    for event in events_of(body):
        yield SdkEvent(event["type"], "{", event)
