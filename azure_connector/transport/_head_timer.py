"""The timer of an exchange over aiohttp, from the connection to the last byte of the reply's head."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterable, AsyncIterator
from contextvars import Context
from types import TracebackType

__all__ = ["HeadTimer", "HeadTimers"]


class HeadTimer:
    """Ends an exchange in which the service is silent, or drips a head without an end.

    `with` it, the task's exchange ends in a `TimeoutError` where it takes too long or the client is closed.

    Args:
        timers: those of the transport, among which it is while the exchange lasts.
        silence: seconds that a head may take, once everything is sent; None for ever.
        writing: seconds that each piece of the request may take; None for ever.

    Attributes:
        end: when the head must be here, by the event loop's clock; None where there is no limit, as while connecting,
            which has limits of its own.
        closed: the client was closed meanwhile.
        expired: it has ended the exchange.
    """

    __slots__ = ("_cancelling", "_task", "_timers", "_writing", "closed", "end", "expired", "silence")

    def __init__(self, timers: HeadTimers, silence: float | None, writing: float | None) -> None:
        self._timers, self.silence, self._writing = timers, silence, writing
        self.end: float | None = None
        self.closed = self.expired = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request is sent within a task")
        self._task, self._cancelling = task, task.cancelling()
        self._timers.running[task] = self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._timers.running.pop(self._task, None)
        # As `asyncio.timeout`: whoever else cancels the task meanwhile is not kept from it.
        if self.expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def connected(self) -> None:
        """The request is on its way."""
        self._begin(self.silence)

    def close(self) -> None:
        """Ends the exchange now."""
        self.closed = True
        self.expire()

    def expire(self) -> None:
        """Ends the exchange in a `TimeoutError`."""
        if not self.expired:
            self.expired = True
            self._task.cancel()

    async def sending(self, pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """The pieces of a request, each with its time; after the last the head's begins."""
        async for piece in pieces:
            self._begin(self._writing)
            yield piece
        self._begin(self.silence)

    def _begin(self, seconds: float | None) -> None:
        if seconds is None:
            self.end = None
        else:
            self.end = self._timers.loop.time() + seconds
            self._timers.watch(self.end)


class HeadTimers:
    """The timers of the exchanges of one transport, over a single timer of its event loop.

    Nearly every exchange is over long before its end, so one timer is set to the first end that there was, and looks
    for the next one when that comes; a timer for each call would cost more than all that is done with it.

    Attributes:
        loop: the event loop.
        running: the exchanges' timers, by their tasks.
    """

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.running: dict[object, HeadTimer] = {}
        self._next: asyncio.TimerHandle | None = None

    def connected(self) -> None:
        """The request of the present task is on its way."""
        if (timer := self.running.get(asyncio.current_task())) is not None:
            timer.connected()

    def watch(self, end: float) -> None:
        """Looks at the timers at `end` at the latest."""
        before = self._next
        if before is not None:
            if before.when() <= end:
                return
            before.cancel()
        # Weakly: a transport that is dropped must not wait for its timer. In a context of its own: the caller's would
        # be kept, and one for all could not be entered by two threads' loops at once.
        known: weakref.ref[HeadTimers] = weakref.ref(self)
        self._next = self.loop.call_at(end, _look, known, context=Context())

    def look(self) -> None:
        """Ends what has waited too long, and looks again when the next one will have."""
        self._next = None
        now = self.loop.time()
        for timer in list(self.running.values()):
            if timer.end is None or timer.expired:
                continue
            if timer.end <= now:
                timer.expire()
            else:
                self.watch(timer.end)

    def close(self) -> None:
        """Ends every exchange now."""
        for timer in list(self.running.values()):
            timer.close()
        if self._next is not None:
            self._next.cancel()
            self._next = None


def _look(known: weakref.ref[HeadTimers]) -> None:
    if (timers := known()) is not None:
        timers.look()
