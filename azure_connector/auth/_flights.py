"""A fetch under way, and how threads and tasks wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field

from ._failures import Failure
from ._tokens import Held

__all__ = ["Flight", "Outcome", "running_loop", "wait", "wait_async"]

Outcome = Held | Failure | None
"""None: the fetch was abandoned, since its event loop is gone; whoever waits must start again."""

_SLICE = 0.25  # seconds between looks at whether a foreign event loop still runs


def _future() -> Future[Outcome]:
    return Future()


@dataclass(slots=True, eq=False)
class Flight:
    """One fetch under way, which any number of callers wait for.

    Attributes:
        asker: the event loop of the caller that started it.
        loop: the event loop that it needs, None while a thread of its own carries it.
        future: its outcome; never cancelled, so a caller that gives up takes nobody along.
        started: when, on the monotonic clock.
        pid: the process in which somebody works at it.
    """

    asker: asyncio.AbstractEventLoop | None = None
    loop: asyncio.AbstractEventLoop | None = None
    future: Future[Outcome] = field(default_factory=_future)
    started: float = field(default_factory=time.monotonic)
    pid: int = field(default_factory=os.getpid)

    def __post_init__(self) -> None:
        self.future.set_running_or_notify_cancel()

    def land(self, outcome: Outcome) -> None:
        """Tell everybody who waits."""
        if not self.future.done():
            self.future.set_result(outcome)

    def is_lost(self, blocked: asyncio.AbstractEventLoop | None = None) -> bool:
        """Whether nobody will finish it: its loop has stopped, or is `blocked` by the caller, or we were forked."""
        if self.pid != os.getpid():
            return True
        return self.loop is not None and (self.loop is blocked or not self.loop.is_running())


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop of this thread, if one runs."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def wait(flight: Flight, end: float) -> Outcome:
    """Block until the flight has landed, or is lost, or `end` (of the monotonic clock) has come."""
    while (left := end - time.monotonic()) > 0:
        try:
            return flight.future.result(min(left, _SLICE))
        except FutureTimeoutError:
            if flight.is_lost():
                return None
    return None


async def wait_async(flight: Flight, end: float) -> Outcome:
    """Like `wait`, on the running loop; `end` is of that loop's clock."""
    loop = asyncio.get_running_loop()
    landed: asyncio.Future[None] = loop.create_future()

    def tell(_: Future[Outcome]) -> None:
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
