"""One credential in hand, refreshed ahead of its expiry, one fetch at a time however many callers wait."""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import logging
import os
import threading
import time
import weakref
from collections.abc import Callable

from pydantic import SecretStr

from .failures import Failure
from .flights import Flight, Outcome, running_loop, wait, wait_async
from .headers import AuthHeaders
from .loops import PrivateLoop
from .tokens import Fetched, Held, Source, Unfinished, hold_times

__all__ = ["TokenCache"]

_log = logging.getLogger("azure_connector.auth")
_marks = itertools.count(1)

_RETRY = 30.0  # seconds between background refreshes that fail


class TokenCache:
    """The credential of one method and scope.

    Safe across threads and event loops: a sync source works in a thread of its own, an async one on the event loop
    that asks, or on a private loop where none does.

    Args:
        name: the method, for the log.
        source: gets the credential.
        make: turns a value and its mark into headers.
        explain: turns an exception into a failure without secrets.
        loop: runs async sources for sync callers.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        name: str,
        source: Source,
        *,
        make: Callable[[str, int], AuthHeaders],
        explain: Callable[[BaseException], Failure],
        loop: PrivateLoop,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.source = source
        self.held: Held | None = None
        self.failure: Failure | None = None
        self._name = name
        self._make = make
        self._explain = explain
        self._private = loop
        self._clock = clock
        self._lock = threading.Lock()
        self._flight: Flight | None = None
        self._dropped: SecretStr | None = None
        self._retry_at = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._threads: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
        _caches.add(self)

    def get(self, within: float) -> Held | Failure | None:
        """The credential, fetched if need be; None when `within` seconds have passed."""
        held = self.held
        if held is not None and self._clock() < held.refresh_at:
            return held
        end = time.monotonic() + within
        blocked = running_loop()
        outcome: Outcome = None
        while outcome is None and time.monotonic() < end:
            got = self._current(None, blocked)
            outcome = got if isinstance(got, Held) else wait(got, end)
        return outcome

    async def aget(self, within: float) -> Held | Failure | None:
        """Like `get`, without holding up the loop. A caller that is cancelled leaves the fetch to the others."""
        held = self.held
        if held is not None and self._clock() < held.refresh_at:
            return held
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        outcome: Outcome = None
        while outcome is None and loop.time() < end:
            got = self._current(loop, None)
            outcome = got if isinstance(got, Held) else await wait_async(got, end)
        return outcome

    def drop(self, mark: int) -> None:
        """Forget the credential of that mark, and whatever would give it again."""
        with self._lock:
            if self.held is None or self.held.mark != mark:
                return
            self._dropped = self.held.value
            self.held = None
        self.source.renew()

    def close(self) -> None:
        """Release the source; give a fetch under way a moment to end."""
        for thread in tuple(self._threads):
            if thread is not threading.current_thread():
                thread.join(timeout=1.0)
        for task in tuple(self._tasks):
            loop = task.get_loop()
            if not loop.is_closed():
                loop.call_soon_threadsafe(task.cancel)
        self.source.close()

    def after_fork(self) -> None:
        """In the child: no thread of the parent lives here, and its connections are not ours to use."""
        self._lock = threading.Lock()
        self._flight = None
        self._private.forget()
        self.source.renew()

    def _current(
        self, loop: asyncio.AbstractEventLoop | None, blocked: asyncio.AbstractEventLoop | None
    ) -> Held | Flight:
        """What serves now, or the fetch to wait for; starts one where it is time."""
        with self._lock:
            now = self._clock()
            held, flight = self.held, self._flight
            if held is not None and now < held.refresh_at:
                return held
            if flight is not None and flight.is_lost(blocked):
                flight.land(None)
                self._flight = flight = None
            serving = held if held is not None and now < held.dead_at else None
            if serving is not None and (flight is not None or now < self._retry_at):
                return serving
            if flight is not None:
                return flight
            flight = self._flight = Flight(asker=loop)
            previous = held.value if held is not None else self._dropped
        self._launch(flight, previous)
        return serving or flight

    def _launch(self, flight: Flight, previous: SecretStr | None) -> None:
        if self.source.asynchronous:
            self._fly_on_loop(flight, previous, None)
            return
        context = contextvars.copy_context()
        thread = threading.Thread(
            target=context.run, args=(self._fly, flight, previous), name="azure-connector-token", daemon=True
        )
        self._threads.add(thread)
        try:
            thread.start()
        except RuntimeError as error:  # no more threads, or the interpreter is shutting down
            self._land(flight, self._explain(error))

    def _fly(self, flight: Flight, previous: SecretStr | None) -> None:
        """In a thread of its own: fetch, and tell everybody."""
        outcome: Outcome
        try:
            got = self.source.fetch(previous)
            if isinstance(got, Unfinished):
                self._fly_on_loop(flight, previous, got)
                return
            outcome = self.hold(got)
        except BaseException as error:  # noqa: BLE001 - whoever waits must hear of anything, even of SystemExit
            outcome = self._explain(error)
        self._land(flight, outcome)

    def _fly_on_loop(self, flight: Flight, previous: SecretStr | None, pending: Unfinished | None) -> None:
        asker = flight.asker
        loop = asker if asker is not None and asker.is_running() else self._private.get()
        flight.loop = loop

        def start() -> None:
            task = loop.create_task(self._afly(flight, previous, pending))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            # A task cancelled before its first step never reaches its own `finally`.
            task.add_done_callback(lambda _: self._land(flight, None))

        if loop is running_loop():
            start()
            return
        try:
            loop.call_soon_threadsafe(start)
        except RuntimeError:  # closed meanwhile
            self._land(flight, None)

    async def _afly(self, flight: Flight, previous: SecretStr | None, pending: Unfinished | None) -> None:
        outcome: Outcome
        try:
            outcome = self.hold(await self.source.afetch(previous, pending))
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of anything
            outcome = self._explain(error)
        self._land(flight, outcome)

    def hold(self, got: Fetched) -> Held:
        """What is in hand once `got` has come."""
        now = self._clock()
        mark = next(_marks)
        headers = self._make(got.value.get_secret_value(), mark)
        refresh_at, dead_at = hold_times(got, now)
        if got.expires_on is not None and got.expires_on <= now:
            _log.warning("The token of the %s had expired on arrival; is this machine's clock right?", self._name)
        return Held(headers, got.value, refresh_at, dead_at, got.expires_on, now, mark)

    def _land(self, flight: Flight, outcome: Outcome) -> None:
        if flight.future.done():
            return
        with self._lock:
            if self._flight is flight:
                self._flight = None
            held = self.held
            if isinstance(outcome, Held):
                if held is None or outcome.mark > held.mark:
                    self.held, self.failure = outcome, None
            elif outcome is not None:
                self.failure = outcome
                if held is not None:
                    now = self._clock()
                    self._retry_at = now + min(_RETRY, max(0.0, held.dead_at - now) / 4)
        self._report(outcome, held)
        flight.land(outcome)

    def _report(self, outcome: Outcome, held: Held | None) -> None:
        if isinstance(outcome, Held):
            _log.debug("The %s gave a credential, %s", self._name, expiry_text(outcome.expires_on))
        elif outcome is not None and held is not None and self._clock() < held.dead_at:
            _log.warning(
                "The %s could not be refreshed, the old token serves on (%s): %s",
                self._name,
                expiry_text(held.expires_on),
                outcome.text,
            )


def expiry_text(expires_on: float | None) -> str:
    """E.g. `expires at 2026-11-21T08:00:00Z`."""
    if expires_on is None:
        return "expiry unknown"
    return time.strftime("expires at %Y-%m-%dT%H:%M:%SZ", time.gmtime(expires_on))


_caches: weakref.WeakSet[TokenCache] = weakref.WeakSet()


def _after_fork() -> None:
    for cache in tuple(_caches):
        cache.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
