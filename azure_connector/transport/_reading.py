"""How a reply is read over httpx: a whole one within its time and size, a streamed one with time for each piece."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from ._clock import Clock, current
from ._library import http_library
from ._network import AsyncStream, Stream

__all__ = [
    "LARGEST",
    "AsyncTimedBody",
    "TimedBody",
    "TooLargeError",
    "aread_refusal",
    "aread_whole",
    "clock_for",
    "is_whole",
    "read_refusal",
    "read_whole",
]

LARGEST = 256 * 1024 * 1024
"""Bytes of a JSON reply, decompressed: beyond it is a fault or an attack, never an answer."""

_LARGEST_REFUSAL = 1024 * 1024  # bytes of what is only read for its message

_library: Any = http_library()


class TooLargeError(ValueError):
    """A reply of JSON, or one event of a stream, is larger than any answer can be."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} of more than {LARGEST // 1024**2} MB")


def clock_for(request: Any) -> Clock:
    """The clock for one request: its own timeout, and the deadline of whoever waits already."""
    outer = current()
    limits: dict[str, float | None] = request.extensions.get("timeout") or {}
    return Clock(limits.get("read"), None if outer is None else outer.deadline, exchange=True)


def is_whole(kind: str, accept: str) -> bool:
    """Whether a reply that somebody reads piece by piece is no stream: JSON or a web page, where events or JSON were
    asked for. Then all waiting for it has one limit, instead of each piece: what drips does not outlast it.

    Args:
        kind: the reply's content type.
        accept: what was asked for.
    """
    kind = kind.lower()
    if accept in ("application/json", "text/event-stream"):
        return not kind.startswith("text/event-stream")
    # Sound comes as it is made; a file may be of any kind and size.
    return accept == "application/octet-stream" and kind.startswith(("application/json", "text/html"))


def _is_whole(response: Any) -> bool:
    accept = response.request.headers.get("accept", "application/json")
    return is_whole(response.headers.get("content-type", ""), accept)


class TimedBody(_library.SyncByteStream):
    """A body each piece of which has its time, by the clock of the request.

    Args:
        response: the reply, whose body it becomes.
        connection: what it is read from.
        clock: the request's.
    """

    def __init__(self, response: Any, connection: Stream, clock: Clock) -> None:
        self._stream, self._clock = response.stream, clock
        self._whole = _is_whole(response)
        connection.body = clock

    def __iter__(self) -> Iterator[bytes]:
        clock = self._clock
        clock.end = None  # until the connection is waited for
        for piece in self._stream:
            if self._whole:
                clock.spend()
            yield piece
            clock.end = None

    def close(self) -> None:
        self._stream.close()


class AsyncTimedBody(_library.AsyncByteStream):
    """As `TimedBody`, for an event loop."""

    def __init__(self, response: Any, connection: AsyncStream, clock: Clock) -> None:
        self._stream, self._clock = response.stream, clock
        self._whole = _is_whole(response)
        connection.body = clock

    async def __aiter__(self) -> AsyncIterator[bytes]:
        clock = self._clock
        clock.end = None
        async for piece in self._stream:
            if self._whole:
                clock.spend()
            yield piece
            clock.end = None

    async def aclose(self) -> None:
        await self._stream.aclose()


def _may_be_too_large(response: Any) -> bool:
    """Whether a reply must be counted: JSON whose size is not known. Files and sound may have any size."""
    length, encoded = b"", False
    for name, value in response.headers.raw:  # in one pass: each look-up walks the whole list
        match name.lower():
            case b"content-length":
                length = value
            case b"content-encoding":
                encoded = True
            case _:
                pass
    if not encoded and length.isdigit() and int(length) <= LARGEST:
        return False
    return response.request.headers.get("accept", "application/json") == "application/json"


def read_whole(response: Any) -> None:
    """Reads a reply to its end.

    Raises:
        TooLargeError: it is JSON of more than `LARGEST`.
    """
    try:
        if _may_be_too_large(response):
            response.iter_bytes = _counted(response.iter_bytes)
        response.read()
    except BaseException:
        response.close()
        raise
    response.__dict__.pop("iter_bytes", None)


async def aread_whole(response: Any) -> None:
    """As `read_whole`."""
    try:
        if _may_be_too_large(response):
            response.aiter_bytes = _acounted(response.aiter_bytes)
        await response.aread()
    except BaseException:
        await response.aclose()
        raise
    response.__dict__.pop("aiter_bytes", None)


def read_refusal(response: Any) -> None:
    """Reads what a reply that is no success says, also where a stream was asked for, as far as it comes in time: its
    status and headers have told already what it is.
    """
    pieces: list[bytes] = []
    size = 0
    try:
        for piece in response.iter_bytes():
            pieces.append(piece)
            if (size := size + len(piece)) > _LARGEST_REFUSAL:
                break
    except _library.RequestError:
        pass  # the rest is lost, and its status is not
    finally:
        response.close()
    response._content = b"".join(pieces)


async def aread_refusal(response: Any) -> None:
    """As `read_refusal`."""
    pieces: list[bytes] = []
    size = 0
    try:
        async for piece in response.aiter_bytes():
            pieces.append(piece)
            if (size := size + len(piece)) > _LARGEST_REFUSAL:
                break
    except _library.RequestError:
        pass  # as above
    finally:
        await response.aclose()
    response._content = b"".join(pieces)


def _counted(pieces: Any) -> Any:
    def counting(*args: Any) -> Iterator[bytes]:
        size = 0
        for piece in pieces(*args):
            size += len(piece)
            if size > LARGEST:
                raise TooLargeError("a reply")
            yield piece

    return counting


def _acounted(pieces: Any) -> Any:
    async def counting(*args: Any) -> AsyncIterator[bytes]:
        size = 0
        async for piece in pieces(*args):
            size += len(piece)
            if size > LARGEST:
                raise TooLargeError("a reply")
            yield piece

    return counting
