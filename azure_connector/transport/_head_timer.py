"""The timer of an exchange over aiohttp, from the connection to the last byte of the reply's head."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from contextvars import ContextVar, Token
from typing import Any

__all__ = ["HeadTimer", "current_timer"]


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

    __slots__ = ("_loop", "_outer", "_running", "_writing", "closed", "end", "expired", "silence")

    def __init__(self, silence: float | None, writing: float | None) -> None:
        self.silence, self._writing = silence, writing
        self._loop = asyncio.get_running_loop()
        self._running: asyncio.Timeout | None = None
        self._outer: Token[HeadTimer | None] | None = None
        self.end: float | None = None
        self.closed = self.expired = False

    async def __aenter__(self) -> None:
        """The exchange begins. It ends in a `TimeoutError` where it takes too long or the client is closed."""
        self._running = asyncio.timeout(None)  # connecting has limits of its own
        self._outer = current_timer.set(self)
        await self._running.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        # A connection keeps the context in which it was opened, so this object; a timeout keeps the caller's task.
        running, self._running, outer, self._outer = self._running, None, self._outer, None
        assert running is not None
        assert outer is not None
        current_timer.reset(outer)
        try:
            await running.__aexit__(*error)
        finally:
            self.expired = running.expired()

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
