"""One credential in hand, refreshed ahead of its expiry, one fetch at a time however many callers wait."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import threading
import time
import weakref
from collections.abc import Callable

from pydantic import SecretStr

from ._background_loop import PrivateLoop
from ._failures import Failure
from ._fetcher import Fetcher
from ._flights import Flight, Outcome, running_loop, wait, wait_async
from ._headers import AuthHeaders
from ._tokens import Fetched, Held, Source, expiry_text, hold_times

__all__ = ["TokenCache"]

_log = logging.getLogger("azure_connector.auth")
_marks = itertools.count(1)

_RETRY = 30.0  # seconds between background refreshes that fail


class TokenCache:
    """The credential of one method and scope. Safe across threads and event loops.

    Args:
        name: the method, for the log.
        source: gets the credential.
        make: turns a value and its mark into headers.
        explain: turns an exception into a failure without secrets.
        loop: runs async sources for sync callers.
        clock: seconds since the epoch.

    Attributes:
        held: the credential in hand.
        failure: why the last fetch gave none, if it did not.
        replaced_at: when a refused credential was last dropped, seconds since the epoch.
        now: the clock.
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
        self.replaced_at: float | None = None
        self.now = clock
        self._name = name
        self._make = make
        self._private = loop
        self._lock = threading.Lock()
        self._flight: Flight | None = None
        self._dropped: SecretStr | None = None
        self._retry_at = 0.0
        self._fetcher = Fetcher(source, hold=self._hold, explain=explain, land=self._land, loop=loop)
        _caches.add(self)

    @property
    def is_busy(self) -> bool:
        """Whether a fetch is under way in a thread."""
        return self._fetcher.is_busy

    def seed(self, got: Fetched) -> None:
        """Take a credential that need not be fetched.

        Raises:
            ConfigurationError: it cannot be sent in a header.
        """
        self.held = self._hold(got)

    def get(self, within: float) -> Held | Failure | None:
        """The credential, fetched if need be; None when `within` seconds have passed."""
        held = self.held
        if held is not None and self.now() < held.refresh_at:
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
        if held is not None and self.now() < held.refresh_at:
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
            self.replaced_at = self.now()
        self.source.renew()

    def close(self) -> None:
        """Release the source; a credential in hand still serves, and the next fetch starts anew."""
        self._fetcher.close()
        self.source.close()

    def after_fork(self) -> None:
        """In the child: no thread of the parent lives here, and its connections are not ours to use."""
        self._lock = threading.Lock()
        self._flight = None
        self._fetcher.after_fork()
        self._private.after_fork()
        self.source.after_fork()

    def _current(
        self, loop: asyncio.AbstractEventLoop | None, blocked: asyncio.AbstractEventLoop | None
    ) -> Held | Flight:
        """What serves now, or the fetch to wait for; starts one where it is time.

        Args:
            loop: the event loop that asks.
            blocked: the event loop that stands still while the caller waits.
        """
        with self._lock:
            now = self.now()
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
        self._fetcher.launch(flight, previous)
        return serving or flight

    def _hold(self, got: Fetched) -> Held:
        now = self.now()
        mark = next(_marks)
        headers = self._make(got.value.get_secret_value(), mark)
        refresh_at, dead_at = hold_times(got, now)
        if got.expires_on is not None and got.expires_on <= now:
            advice = (
                "pass a token provider or a credential, which give new ones"
                if got.fixed
                else "is this machine's clock right?"
            )
            _log.warning(
                "The %s gave a token that has expired (%s); %s", self._name, expiry_text(got.expires_on), advice
            )
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
                    now = self.now()
                    self._retry_at = now + min(_RETRY, max(0.0, held.dead_at - now) / 4)
        self._report(outcome, held, time.monotonic() - flight.started)
        flight.land(outcome)

    def _report(self, outcome: Outcome, held: Held | None, seconds: float) -> None:
        if isinstance(outcome, Held):
            _log.debug("The %s gave a credential in %.3f s, %s", self._name, seconds, expiry_text(outcome.expires_on))
        elif outcome is not None and held is not None and self.now() < held.dead_at:
            _log.warning(
                "The %s could not be refreshed; the old token serves on (%s): %s",
                self._name,
                expiry_text(held.expires_on),
                outcome.text,
            )
        elif outcome is not None:
            _log.debug("The %s gave no credential after %.3f s: %s", self._name, seconds, outcome.text)


_caches: weakref.WeakSet[TokenCache] = weakref.WeakSet()


def _after_fork() -> None:
    for cache in tuple(_caches):
        cache.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
