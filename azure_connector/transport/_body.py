"""The body of a streamed reply: read piece by piece, and read to its end when the stream is over.

After `[DONE]` a few bytes are still to come that end the HTTP reply. Whoever leaves them unread gives the connection
up, and behind TLS the next stream pays for a handshake. So they are read, but never for long: a server may keep the
reply open after `[DONE]`.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

from ._network import body_deadline, current

__all__ = ["AsyncBody", "Body"]

DRAIN = 0.1
"""Seconds for the end of a body."""


class _Reader(Protocol):
    done: bool


class Body:
    """A sync body.

    Args:
        response: the reply.
        reader: knows whether the service has said `[DONE]`.
    """

    def __init__(self, response: Any, reader: _Reader) -> None:
        self._response, self._reader = response, reader
        self._pieces = response.iter_bytes()
        self._ended = False

    @property
    def is_closed(self) -> bool:
        return bool(self._response.is_closed)

    def read(self) -> bytes:
        """The next piece; empty at the end."""
        data: bytes = next(self._pieces, b"")
        self._ended = not data
        return data

    def close(self) -> None:
        """Frees the connection, for the next request where the stream was read to its end."""
        try:
            if self._reader.done and not self._ended and not self._response.is_closed:
                self._drain()
        finally:
            self._response.close()

    def _drain(self) -> None:
        """Reads the end. Only the network can say when there is more, so its own timeout is shortened for once."""
        if not _can_hurry(self._response.extensions.get("network_stream")):
            return  # another library's stream: the connection is given up
        with suppress(Exception), body_deadline(DRAIN):  # whatever goes wrong now is no matter of the reader's
            while self.read():
                pass


def _can_hurry(stream: object) -> bool:
    """Lets reads of a connection that is not our own mind the clock, from now on.

    With the last byte the connection goes to whoever waits for one, perhaps in another thread: what is put in place
    here must mean nothing to that thread, and is not taken away again.
    """
    own: dict[str, Any] = getattr(stream, "__dict__", {})
    if "read" in own or getattr(stream, "minds_clock", False):
        return True
    kind = stream.__class__
    read = getattr(kind, "read", None)
    if read is None or not hasattr(stream, "__dict__"):
        return False
    known = weakref.ref(stream)  # not the stream itself: a cycle would keep its socket until the collector comes by

    def soon(max_bytes: int, timeout: float | None = None) -> bytes:
        if (clock := current()) is not None and (left := clock.left(timeout)) is not None:
            timeout = max(left, 0.001)
        return read(known(), max_bytes, timeout=timeout)

    own["read"] = soon
    return True


class AsyncBody:
    """As `Body`, for an event loop."""

    def __init__(self, response: Any, reader: _Reader) -> None:
        self._response, self._reader = response, reader
        self._ended = False
        self.read: Callable[[], Awaitable[bytes]] = self._reading(response)

    @property
    def is_closed(self) -> bool:
        return bool(self._response.is_closed)

    def _reading(self, response: Any) -> Callable[[], Awaitable[bytes]]:
        """Our own transport's bytes as they come, where nothing is to be decoded; else through the HTTP library."""
        direct = response.extensions.get("read_some")
        if direct is not None and "content-encoding" not in response.headers:
            return direct
        pieces = response.aiter_bytes()

        async def read() -> bytes:
            return await anext(pieces, b"")

        return read

    async def aclose(self) -> None:
        """As `Body.close`."""
        try:
            if self._reader.done and not self._response.is_closed:
                with suppress(Exception):  # as above, and the timeout
                    async with asyncio.timeout(DRAIN):
                        while await self.read():
                            pass
        finally:
            await self._response.aclose()
