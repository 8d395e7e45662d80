"""Faults by chance, repeatable by seed."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from . import faults
from .faults import Fault
from .scripting import Reply

__all__ = ["KINDS", "RandomFaults"]

KINDS: Mapping[str, Callable[[float], Fault | Reply]] = {
    "rate limit": faults.too_many_requests,
    "no capacity": lambda slow: faults.no_capacity(),
    "timeout status": lambda slow: faults.failure(408),
    "server error": lambda slow: faults.failure(500),
    "unavailable": lambda slow: faults.failure(503),
    "gateway page": lambda slow: faults.gateway_page(),
    "slow first byte": faults.slow_first_byte,
    "slow drip": lambda slow: faults.slow_drip(slow / 10),
    "reset before": lambda slow: faults.reset("before"),
    "reset during": lambda slow: faults.reset("during"),
    "reset after": lambda slow: faults.reset("after"),
    "truncated": lambda slow: faults.truncated(),
    "cleanly truncated": lambda slow: faults.truncated(clean=True),
    "garbled": lambda slow: faults.garbled(),
    "error event": lambda slow: faults.error_event(),
    "held open": lambda slow: faults.held_open(),
    "ragged": lambda slow: faults.ragged(),
    "broken framing": lambda slow: faults.broken_framing(),
    "dripping refusal": lambda slow: faults.dripping_refusal(slow / 10),
    "dripping JSON": lambda slow: faults.dripping_json(slow / 10),
}


class RandomFaults:
    """Gives a share of the requests a fault.

    Args:
        seed: the same seed gives the n-th request the same fault.
        rate: which share of the requests, from 0 to 1.
        kinds: names from `KINDS`; all of them by default.
        slow: seconds that slow replies take, and that a 429 asks for.

    Attributes:
        counts: how often each kind was dealt.
    """

    def __init__(
        self, seed: int = 0, rate: float = 0.3, *, kinds: Sequence[str] | None = None, slow: float = 0.05
    ) -> None:
        self._kinds = tuple(KINDS if kinds is None else kinds)
        unknown = [kind for kind in self._kinds if kind not in KINDS]
        if unknown or not 0 <= rate <= 1:
            wrong = f"unknown kinds: {', '.join(unknown)}" if unknown else f"rate {rate} is not between 0 and 1"
            raise ValueError(f"{wrong}; kinds are {', '.join(KINDS)}")
        self._random = random.Random(seed)  # noqa: S311  repeatable, not secret
        self._rate = rate
        self._slow = slow
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()

    def pick(self) -> Fault | Reply | None:
        """The fault of the next request, or None."""
        with self._lock:
            chance, kind = self._random.random(), self._random.choice(self._kinds)
            if chance >= self._rate:
                return None
            self.counts[kind] += 1
        return KINDS[kind](self._slow)
