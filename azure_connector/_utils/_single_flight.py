"""One fetch under way, however many threads and tasks want its outcome."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Generic, TypeVar

from ._forks import renew_after_fork

__all__ = ["Flight", "SingleFlight", "running_loop", "wait", "wait_async"]

_T = TypeVar("_T")

_SLICE = 0.25  # seconds between looks at whether a foreign event loop still runs


class Flight(Generic[_T]):
    """One fetch under way, which any number of callers wait for.

    Args:
        asker: the event loop of the caller that starts it.
        loop: the event loop that it needs, None while a thread carries it.

    Attributes:
        future: its outcome; None where it was abandoned. Never cancelled, so a caller that gives up takes nobody along.
        started: when, on the monotonic clock.
        pid: the process in which somebody works at it.
    """

    __slots__ = ("asker", "future", "loop", "pid", "started")

    def __init__(
        self, asker: asyncio.AbstractEventLoop | None = None, loop: asyncio.AbstractEventLoop | None = None
    ) -> None:
        self.asker = asker
        self.loop = loop
        self.future: Future[_T | None] = Future()
        self.future.set_running_or_notify_cancel()
        self.started = time.monotonic()
        self.pid = os.getpid()

    def land(self, outcome: _T | None) -> None:
        """Tell everybody who waits."""
        if not self.future.done():
            self.future.set_result(outcome)

    def is_lost(self, blocked: asyncio.AbstractEventLoop | None = None) -> bool:
        """Whether nobody will finish it: its loop has stopped, or is `blocked` by the caller, or we were forked."""
        if self.pid != os.getpid():
            return True
        return self.loop is not None and (self.loop is blocked or not self.loop.is_running())


class SingleFlight:
    """Lets one of many callers do what all of them want done, and the others wait for it.

    Safe across threads and event loops. Whoever waited looks again whether it is done, and does it itself if not.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flight: Flight[bool] | None = None
        renew_after_fork(self)

    @property
    def is_busy(self) -> bool:
        """Whether somebody is at it."""
        return self._flight is not None

    def after_fork(self) -> None:
        """In the child: whoever was at it is the parent's."""
        self._lock = threading.Lock()
        self._flight = None

    def run(self, work: Callable[[], object], *, is_done: Callable[[], bool], patience: float) -> None:
        """Does the work, or waits for whoever is at it.

        Args:
            work: does it, blocking.
            is_done: whether nothing is left to do.
            patience: seconds to wait for others at most.
        """
        end = time.monotonic() + patience
        blocked = running_loop()
        while time.monotonic() < end:
            flight, mine = self._board(is_done, None, blocked)
            if flight is None:
                return
            if mine:
                try:
                    work()
                finally:
                    self._land(flight)
                return
            wait(flight, end)

    async def arun(
        self, work: Callable[[], Awaitable[object]], *, is_done: Callable[[], bool], patience: float
    ) -> None:
        """As `run`, without blocking the event loop; a caller that is cancelled leaves the work to the others."""
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        while loop.time() < end:
            flight, mine = self._board(is_done, loop, None)
            if flight is None:
                return
            if mine:
                try:
                    await work()
                finally:
                    self._land(flight)
                return
            await wait_async(flight, end)

    def _board(
        self,
        is_done: Callable[[], bool],
        loop: asyncio.AbstractEventLoop | None,
        blocked: asyncio.AbstractEventLoop | None,
    ) -> tuple[Flight[bool] | None, bool]:
        """What to wait for, and whether it is the caller's own to do; None where nothing is left to do."""
        with self._lock:
            if is_done():
                return None, False
            if self._flight is not None and not self._flight.is_lost(blocked):
                return self._flight, False
            self._flight = Flight(loop, loop)
            return self._flight, True

    def _land(self, flight: Flight[bool]) -> None:
        with self._lock:
            if self._flight is flight:
                self._flight = None
        flight.land(True)


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop of this thread, if one runs."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def wait(flight: Flight[_T], end: float) -> _T | None:
    """Block until the flight has landed, or is lost, or `end` (of the monotonic clock) has come."""
    while (left := end - time.monotonic()) > 0:
        try:
            return flight.future.result(min(left, _SLICE))
        except FutureTimeoutError:
            if flight.is_lost():
                return None
    return None


async def wait_async(flight: Flight[_T], end: float) -> _T | None:
    """Like `wait`, on the running loop; `end` is of that loop's clock."""
    loop = asyncio.get_running_loop()
    landed: asyncio.Future[None] = loop.create_future()

    def tell(_: Future[_T | None]) -> None:
        # The waiter's loop may have been closed meanwhile: then nobody is left to tell.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_set, landed)

    flight.future.add_done_callback(tell)
    while (left := end - loop.time()) > 0:
        await asyncio.wait((landed,), timeout=left if flight.loop in (None, loop) else min(left, _SLICE))
        if flight.future.done():
            return flight.future.result()
        if flight.is_lost():
            return None
    return None


def _set(landed: asyncio.Future[None]) -> None:
    if not landed.done():
        landed.set_result(None)
