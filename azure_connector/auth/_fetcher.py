"""Carries fetches out: a sync source in a thread of its own, an async one on an event loop."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import weakref
from collections.abc import Callable

from pydantic import SecretStr

from .._utils import Flight, running_loop
from ._background_loop import BackgroundLoop
from ._failures import Failure
from ._tokens import CachedToken, FetchedToken, PendingToken, Source

__all__ = ["Fetcher", "Outcome"]

Outcome = CachedToken | Failure

_CLOSING = 1.0  # seconds that `close` waits for a fetch under way


class Fetcher:
    """Carries out the fetches of one source.

    Threads are daemons, so that a credential that hangs holds up no exit, and end with their fetch. An async source
    works on the event loop that asks, or on the private loop where none does.

    Args:
        source: gets the credential.
        hold: makes of it what the cache holds.
        explain: turns an exception into a failure without secrets.
        land: told of every outcome.
        loop: the private loop.
    """

    def __init__(
        self,
        source: Source,
        *,
        hold: Callable[[FetchedToken], CachedToken],
        explain: Callable[[BaseException], Failure],
        land: Callable[[Flight[Outcome], Outcome | None], None],
        loop: BackgroundLoop,
    ) -> None:
        self._source = source
        self._hold = hold
        self._explain = explain
        self._land = land
        self._private = loop
        self._tasks: set[asyncio.Task[None]] = set()
        self._threads: weakref.WeakSet[threading.Thread] = weakref.WeakSet()

    @property
    def is_busy(self) -> bool:
        """Whether a thread is at work."""
        return any(thread.is_alive() for thread in tuple(self._threads))

    def launch(self, flight: Flight[Outcome], previous: SecretStr | None) -> None:
        """Start a fetch; `previous` is the credential that it is to replace."""
        if self._source.asynchronous:
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

    def close(self) -> None:
        """Give a fetch under way a moment to end."""
        for thread in tuple(self._threads):
            if thread.ident is not None and thread is not threading.current_thread():
                thread.join(timeout=_CLOSING)
        for task in tuple(self._tasks):
            loop = task.get_loop()
            if not loop.is_closed():
                loop.call_soon_threadsafe(task.cancel)

    def after_fork(self) -> None:
        """In the child: no thread of the parent lives here."""
        self._tasks = set()
        self._threads = weakref.WeakSet()

    def _fly(self, flight: Flight[Outcome], previous: SecretStr | None) -> None:
        outcome: Outcome
        try:
            got = self._source.fetch(previous)
            if isinstance(got, PendingToken):
                self._fly_on_loop(flight, previous, got)
                return
            outcome = self._hold(got)
        except BaseException as error:  # noqa: BLE001 - whoever waits must hear of anything, even of SystemExit
            outcome = self._explain(error)
        self._land(flight, outcome)

    def _fly_on_loop(self, flight: Flight[Outcome], previous: SecretStr | None, pending: PendingToken | None) -> None:
        asker = flight.asker
        loop = asker if asker is not None and asker.is_running() else self._private.get()
        flight.loop = loop

        def start() -> None:
            task = loop.create_task(self._afly(flight, previous, pending))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            # A task that is cancelled before its first step lands nowhere by itself.
            task.add_done_callback(lambda _: self._land(flight, None))

        if loop is running_loop():
            start()
            return
        try:
            loop.call_soon_threadsafe(start)
        except RuntimeError:  # closed meanwhile
            self._land(flight, None)

    async def _afly(self, flight: Flight[Outcome], previous: SecretStr | None, pending: PendingToken | None) -> None:
        outcome: Outcome
        try:
            outcome = self._hold(await self._source.afetch(previous, pending))
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of anything
            outcome = self._explain(error)
        self._land(flight, outcome)
