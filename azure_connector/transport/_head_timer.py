"""The timer of an exchange over aiohttp, from the connection to the last byte of the reply's head."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable
from contextvars import ContextVar
from typing import TypeVar

__all__ = ["HeadTimer", "current_timer"]

_T = TypeVar("_T")


class HeadTimer:
    """Ends an exchange in which the service is silent, or drips a head without an end.

    Args:
        silence: seconds that a head may take, once everything is sent; None for ever.
        writing: seconds that each piece of the request may take; None for ever.

    Attributes:
        end: when the head must be here, by the event loop's clock; None where there is no limit.
        closed: the client was closed meanwhile.
        expired: it has ended the exchange.
    """

    __slots__ = ("_loop", "_running", "_writing", "closed", "end", "expired", "silence")

    def __init__(self, silence: float | None, writing: float | None) -> None:
        self.silence, self._writing = silence, writing
        self._loop = asyncio.get_running_loop()
        self._running: asyncio.Timeout | None = None
        self.end: float | None = None
        self.closed = self.expired = False

    async def run(self, exchange: Awaitable[_T]) -> _T:
        """Awaits the exchange.

        Raises:
            TimeoutError: it has taken too long (`expired`), or the client was closed (`closed`).
        """
        self._running = running = asyncio.timeout(None)  # connecting has limits of its own
        token = current_timer.set(self)
        try:
            async with running:
                return await exchange
        finally:
            current_timer.reset(token)
            self.expired = running.expired()
            # A connection keeps the context in which it was opened, so this object; a timeout keeps the caller's task.
            self._running = None

    def connected(self) -> None:
        """The request is on its way."""
        self._begin(self.silence)

    def close(self) -> None:
        """Ends the exchange now."""
        self.closed = True
        self._reschedule(self._loop.time())

    async def sending(self, pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """The pieces of a request, each with its time; after the last the head's begins."""
        async for piece in pieces:
            self._begin(self._writing)
            yield piece
        self._begin(self.silence)

    def _begin(self, seconds: float | None) -> None:
        if not self.closed:
            self.end = None if seconds is None else self._loop.time() + seconds
            self._reschedule(self.end)

    def _reschedule(self, at: float | None) -> None:
        running = self._running
        if running is not None and not running.expired():
            running.reschedule(at)


current_timer: ContextVar[HeadTimer | None] = ContextVar("azure_connector_head_timer", default=None)
