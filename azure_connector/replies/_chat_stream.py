"""Streams of chunks: the SDK's own `Stream` and `AsyncStream` types over a reader that does all the work.

`ChunkParser` is pure: bytes in, finished chunk objects out. The two stream classes only wait for bytes and release the
connection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any, Protocol

from .._utils import ARRAY, OBJECT, Json, as_list, as_object, parse_json
from ..errors import PartialReply
from ..requests import Failure
from ..transport import AsyncBody, Body, TooLargeError
from ._accumulator import ReplyAccumulator
from ._info import AzureInfo, attach
from ._normalize import NoAnswerError, read_event
from ._pairs import PairJoiner
from ._sse import BodyDecoder, Event
from ._stream import AsyncConnectorStream, ConnectorStream

__all__ = [
    "AsyncChatStream",
    "ChatStream",
    "ChunkParser",
    "StreamErrorFactory",
    "is_chunk",
]


class StreamErrorFactory(Protocol):
    """Makes the exception for a stream that broke: `cause` from the transport, or `error` from the service.

    `begun` says whether anything worth reading had been delivered.
    """

    def __call__(
        self,
        partial: PartialReply,
        response: object,
        *,
        begun: bool,
        cause: Exception | None = None,
        error: Mapping[str, object] | None = None,
    ) -> Exception: ...


class ChunkParser:
    """Reads one stream: events to JSON, JSON to normalized chunks, chunks to the SDK's objects.

    Attributes:
        begun: something worth reading was delivered; from then on the stream is never asked for again.
        ended: nothing more will come: read to the end, or broken.
        done: the service said `[DONE]`, or the whole reply was one JSON text.
        error: what ended the stream early; raised by the stream after the chunks before it.
    """

    def __init__(
        self,
        info: AzureInfo,
        response: Any,
        *,
        normalize: Callable[[Json], list[Json]],
        close: Callable[[], list[Json]],
        whole: Callable[[object], list[Json]] | None = None,
        text: Callable[[Json], str | None] | None = None,
        build: Callable[[Json], Any],
        failure: StreamErrorFactory,
    ) -> None:
        self.info = info
        self.begun = False
        self.ended = False
        self.done = False
        self.error: Exception | None = None
        self._response = response
        self._decoder = BodyDecoder(response.headers.get("content-type", ""))
        self._normalize, self._close, self._build, self._failure = normalize, close, build, failure
        self._pairs: PairJoiner | None = None
        self._reply = ReplyAccumulator()
        self._finished = False
        self._seen = False
        self._whole, self._text_of = whole, text

    def take(self, data: bytes) -> list[Any]:
        """The chunks that `data` completes, ready to be handed out; nothing says that the body has ended."""
        try:
            chunks = self._read(self._decoder.feed(data)) if data else []
        except TooLargeError as too_large:
            chunks, self.error = [], self.broken(too_large)
        if not data or self.done or self.error is not None:
            self.ended = True
            if self.error is None:
                chunks += self._finish()
        return chunks

    def _finish(self) -> list[Any]:
        """The last chunks, once the body has ended; sets `error` where it ended too early."""
        chunks = [] if self.done else self._read(self._decoder.flush())
        if self._decoder.text is not None:
            self._take_whole(self._decoder.text, chunks)
        if self.error is None:
            for half in self._pairs.left() if self._pairs is not None else ():
                self._deliver(self._normalize(half), chunks)
            self._deliver(self._close(), chunks)
        if self.error is None and not self._seen and not chunks:
            self.error = NoAnswerError("the stream holds no answer")
        if self.error is None and not self.done and not self._finished:
            self.error = self.broken()
        return chunks

    def _take_whole(self, text: bytes, chunks: list[Any]) -> None:
        """Takes a reply that is one JSON text, from a server that was asked for a stream and gave none."""
        try:
            body = parse_json(text)
            self._deliver(self._whole(body) if self._whole is not None else [], chunks)
        except (NoAnswerError, Failure) as failed:
            self.error = failed
        except ValueError as garbled:
            self.error = NoAnswerError(str(garbled), text)
        else:
            self.done = self.begun = True

    def broken(self, cause: Exception | None = None) -> Exception:
        """The exception for a connection that ended before the stream did."""
        return self._fail(cause=cause)

    def _fail(self, **what: Any) -> Exception:
        return self._failure(self._reply.partial(self.info.usage), self._response, begun=self.begun, **what)

    def _read(self, events: list[Event]) -> list[Any]:
        chunks: list[Any] = []
        for event in events:
            if self.done or self.error is not None:
                break
            if event.data.startswith(b"[DONE]"):
                self.done = True
            elif event.data:
                self._take(event, chunks)
        return chunks

    def _take(self, event: Event, chunks: list[Any]) -> None:
        try:
            body = read_event(event)
            if (
                self._text_of is not None
                and (text := self._text_of(body)) is not None
                and self._pairs is None
                and not event.may_split
            ):
                self._deliver_text(body, text, chunks)
                return
            if not is_chunk(body):
                raise ValueError("an event that is no chunk")
            self._seen = True
            if self._pairs is None and event.may_split:
                self._pairs = PairJoiner()
            for one in (body,) if self._pairs is None else self._pairs.take(body):
                self._deliver(self._normalize(one), chunks)
        except Failure as failed:
            self.error = self._fail(error=failed.body)
        except ValueError as garbled:
            self.error = self.broken(garbled)

    def _deliver(self, bodies: list[Json], chunks: list[Any]) -> None:
        for body in bodies:
            self._note(body)
            chunk = self._build(body)
            attach(chunk, self.info)
            chunks.append(chunk)

    def _deliver_text(self, body: Json, text: str, chunks: list[Any]) -> None:
        """The short way of `_deliver`, for one more piece of text: nearly every chunk is one."""
        if text:
            self.begun = True
        self._reply.add_text(text)
        chunk = self._build(body)
        attach(chunk, self.info)
        chunks.append(chunk)

    def _note(self, body: Json) -> None:
        """Keeps what a break would have to tell, and how far the stream has come."""
        for choice in body.get("choices") or ():
            if choice.get("finish_reason"):
                self._finished = self.begun = True
            delta = choice.get("delta")
            if delta:
                # A lone role, or content still empty, is nothing that a caller could miss.
                if not self.begun:
                    self.begun = any(value for name, value in delta.items() if name != "role")
                if delta.get("finish_reason"):  # some gateways put it here
                    self._finished = True
                if isinstance(text := delta.get("content"), str):
                    self._reply.add_text(text)
                if calls := delta.get("tool_calls"):
                    for piece in map(as_object, as_list(calls)):
                        self._reply.add_delta((choice.get("index", 0), piece.get("index", 0)), piece)
        if body.get("usage"):
            self.info.usage = body["usage"]


_DELTAS, _INDICES = (dict, NoneType), (int, NoneType)


def is_chunk(body: Json) -> bool:
    """Whether an event has a chunk's shape where it has choices at all: what stands in them is read without asking."""
    choices: Any = body.get("choices")
    if type(choices) is not ARRAY:
        return choices is None
    for choice in choices:  # a loop, and exact types: it is asked of nearly every chunk
        if type(choice) is not OBJECT:
            return False
        if type(choice.get("delta")) not in _DELTAS or type(choice.get("index")) not in _INDICES:
            return False
    return True


class ChatStream(ConnectorStream):
    """Chunks, for the sync client."""

    def __init__(self, response: object, reader: ChunkParser) -> None:
        body = Body(response, reader)

        def pull() -> list[Any]:
            try:
                data = body.read()
            except Exception as broken:  # noqa: BLE001  # transports raise classes of their own: httpx, httpx2, aiohttp
                data, reader.error = b"", reader.broken(broken)
            return reader.take(data)

        super().__init__(response, body, reader, pull)


class AsyncChatStream(AsyncConnectorStream):
    """Chunks, for the async client."""

    def __init__(self, response: object, reader: ChunkParser) -> None:
        body = AsyncBody(response, reader)

        async def pull() -> list[Any]:
            try:
                data = await body.read()
            except Exception as broken:  # noqa: BLE001  # transports raise classes of their own: httpx, httpx2, aiohttp
                data, reader.error = b"", reader.broken(broken)
            return reader.take(data)

        super().__init__(response, body, reader, pull)
