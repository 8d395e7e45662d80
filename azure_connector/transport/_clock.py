"""How long the network may still be waited for, by whoever waits: a thread, or a task on an event loop.

A socket's own timeout begins anew with every byte, so headers that drip outlast it for ever. What a caller was promised
is an end: of the call, of the reply's head, of a whole reply. The streams of `transport/_network` ask here for it.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

__all__ = ["Clock", "body_deadline", "current", "keeping"]


class Clock:
    """The ends that hold for what one thread or task waits for.

    Args:
        silence: seconds that the service may take for what is waited for; None for ever.
        deadline: when the call must be over, on the monotonic clock.
        exchange: it is of one request, from connecting on; otherwise it only adds a deadline.

    Attributes:
        end: when what is waited for must be here; it begins anew with everything that is sent.
    """

    __slots__ = ("deadline", "end", "exchange", "silence")

    def __init__(self, silence: float | None, deadline: float | None = None, *, exchange: bool = False) -> None:
        self.silence, self.deadline, self.exchange = silence, deadline, exchange
        self.end: float | None = None

    def begin(self) -> None:
        """From now on the service has the floor: something was sent, or the next piece is asked for."""
        if self.silence is not None:
            self.end = monotonic() + self.silence

    def spend(self) -> None:
        """What was waited so far counts: the next wait has only the rest."""
        if self.silence is not None and self.end is not None:
            self.silence = max(0.0, self.end - monotonic())

    def left(self, timeout: float | None, *, sending: bool = False) -> float | None:
        """Seconds that a socket may be waited for; not above 0 where the time is over.

        Args:
            timeout: the socket's own, or None.
            sending: what is waited for is the socket's to take, so that only the deadline counts.
        """
        end = self.deadline
        if not sending and self.end is not None and (end is None or self.end < end):
            end = self.end
        if end is None:
            return timeout
        left = end - monotonic()
        return left if timeout is None or left < timeout else timeout


_clock: ContextVar[Clock | None] = ContextVar("azure_connector_clock", default=None)
current = _clock.get


@contextmanager
def keeping(clock: Clock) -> Generator[None]:
    """Within it, this thread or task waits by that clock."""
    token = _clock.set(clock)
    try:
        yield
    finally:
        _clock.reset(token)


@contextmanager
def body_deadline(seconds: float | None) -> Generator[None]:
    """Within it, the network is waited for so many seconds in all, whatever arrives meanwhile."""
    if seconds is None:
        yield
        return
    with keeping(Clock(None, monotonic() + seconds)):
        yield
