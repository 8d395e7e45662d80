"""One credential in hand, refreshed ahead of its expiry, one fetch at a time however many callers wait."""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
import time
from collections.abc import Callable

from pydantic import SecretStr

from .._utils import Flight, renew_after_fork, running_loop, wait, wait_async
from ._background_loop import BackgroundLoop
from ._failures import Failure
from ._fetcher import Fetcher, Outcome
from ._headers import AuthHeaders
from ._tokens import CachedToken, FetchedToken, Source, expiry_text, hold_times

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
        cached: the credential in hand.
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
        loop: BackgroundLoop,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.source = source
        self.cached: CachedToken | None = None
        self.failure: Failure | None = None
        self.replaced_at: float | None = None
        self.now = clock
        self._name = name
        self._make = make
        self._private = loop
        self._lock = threading.Lock()
        self._flight: Flight[Outcome] | None = None
        self._dropped: SecretStr | None = None
        self._retry_at = 0.0
        self._fetcher = Fetcher(source, hold=self._hold, explain=explain, land=self._land, loop=loop)
        renew_after_fork(self)

    @property
    def is_busy(self) -> bool:
        """Whether a fetch is under way in a thread."""
        return self._fetcher.is_busy

    def seed(self, got: FetchedToken) -> None:
        """Take a credential that need not be fetched.

        Raises:
            ConfigurationError: it cannot be sent in a header.
        """
        self.cached = self._hold(got)

    def get(self, within: float) -> Outcome | None:
        """The credential, fetched if need be; None when `within` seconds have passed."""
        cached = self.cached
        if cached is not None and self.now() < cached.refresh_at:
            return cached
        end = time.monotonic() + within
        blocked = running_loop()
        outcome: Outcome | None = None
        while outcome is None and time.monotonic() < end:
            got = self._current(None, blocked)
            outcome = got if isinstance(got, CachedToken) else wait(got, end)
        return outcome

    async def aget(self, within: float) -> Outcome | None:
        """Like `get`, without holding up the loop. A caller that is cancelled leaves the fetch to the others."""
        cached = self.cached
        if cached is not None and self.now() < cached.refresh_at:
            return cached
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        outcome: Outcome | None = None
        while outcome is None and loop.time() < end:
            got = self._current(loop, None)
            outcome = got if isinstance(got, CachedToken) else await wait_async(got, end)
        return outcome

    def last(self) -> SecretStr | None:
        """The credential in hand, or the one that was dropped last."""
        cached = self.cached
        return cached.value if cached is not None else self._dropped

    def drop(self, mark: int) -> None:
        """Forget the credential of that mark, and whatever would give it again."""
        with self._lock:
            if self.cached is None or self.cached.mark != mark:
                return
            self._dropped = self.cached.value
            self.cached = None
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
    ) -> CachedToken | Flight[Outcome]:
        """What serves now, or the fetch to wait for; starts one where it is time.

        Args:
            loop: the event loop that asks.
            blocked: the event loop that stands still while the caller waits.
        """
        with self._lock:
            now = self.now()
            cached, flight = self.cached, self._flight
            if cached is not None and now < cached.refresh_at:
                return cached
            if flight is not None and flight.is_lost(blocked):
                flight.land(None)
                self._flight = flight = None
            serving = cached if cached is not None and now < cached.dead_at else None
            if serving is not None and (flight is not None or now < self._retry_at):
                return serving
            if flight is not None:
                return flight
            flight = self._flight = Flight(asker=loop)
            previous = cached.value if cached is not None else self._dropped
        self._fetcher.launch(flight, previous)
        return serving or flight

    def _hold(self, got: FetchedToken) -> CachedToken:
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
        return CachedToken(headers, got.value, refresh_at, dead_at, got.expires_on, now, mark)

    def _land(self, flight: Flight[Outcome], outcome: Outcome | None) -> None:
        if flight.future.done():
            return
        with self._lock:
            if self._flight is flight:
                self._flight = None
            cached = self.cached
            if isinstance(outcome, CachedToken):
                if cached is None or outcome.mark > cached.mark:
                    self.cached, self.failure = outcome, None
            elif outcome is not None:
                self.failure = outcome
                if cached is not None:
                    now = self.now()
                    self._retry_at = now + min(_RETRY, max(0.0, cached.dead_at - now) / 4)
        self._report(outcome, cached, time.monotonic() - flight.started)
        flight.land(outcome)

    def _report(self, outcome: Outcome | None, cached: CachedToken | None, seconds: float) -> None:
        if isinstance(outcome, CachedToken):
            _log.debug("The %s gave a credential in %.3f s, %s", self._name, seconds, expiry_text(outcome.expires_on))
        elif outcome is not None and cached is not None and self.now() < cached.dead_at:
            _log.warning(
                "The %s could not be refreshed; the old token serves on (%s): %s",
                self._name,
                expiry_text(cached.expires_on),
                outcome.text,
            )
        elif outcome is not None:
            _log.debug("The %s gave no credential after %.3f s: %s", self._name, seconds, outcome.text)
