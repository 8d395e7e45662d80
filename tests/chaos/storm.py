"""Faults for every call, repeatable by seed: what happens to the n-th attempt of a call depends on nothing else."""

from __future__ import annotations

import random
import threading
from collections import Counter, defaultdict
from typing import Any

from azure_connector.emulator import Fault, Reply, faults
from azure_connector.emulator.chance import KINDS

__all__ = ["EXECUTED_NOTHING", "HARMLESS", "MARK", "Storm"]

MARK = "call-"
"""How the id of a call begins; it stands in its prompt."""

# Faults that bend the reply without breaking it, and those after which nothing was executed at the service.
HARMLESS = frozenset({"slow first byte", "slow drip", "reset after", "held open", "ragged"})
EXECUTED_NOTHING = frozenset({"rate limit", "no capacity", "conflict"})

# The last four never end: only the client's own clock ends them.
_WAYS = {
    **KINDS,
    "conflict": lambda slow: faults.failure(409),
    "hang": lambda slow: faults.hang(),
    "refusal without an end": lambda slow: faults.dripping_refusal(slow, endless=True),
    "JSON without an end": lambda slow: faults.dripping_json(slow, endless=True),
    "broken framing, then silence": lambda slow: faults.broken_framing(endless=True),
}


class Storm:
    """Stands in for an emulator's script; one for all resources.

    Args:
        seed: the same seed gives the n-th attempt of a call the same fault, whichever resource it reaches.
        rate: which share of the attempts has one.
        slow: seconds that slow replies take, and that a 429 asks for.

    Attributes:
        dealt: how often each kind was dealt.
        attempts: what each call's attempts met, in order; an empty string where nothing was wrong.
    """

    def __init__(self, seed: int, rate: float, slow: float = 0.05) -> None:
        self._seed, self._rate, self._slow = seed, rate, slow
        self._lock = threading.Lock()
        self.dealt: Counter[str] = Counter()
        self.attempts: defaultdict[str, list[str]] = defaultdict(list)

    def take(self, call: Any) -> Fault | Reply | None:
        """The fault for a request that has arrived, or None."""
        identity = identity_of(call.body)
        with self._lock:
            number = len(self.attempts[identity])
            chance = random.Random(f"{self._seed} {identity} {number}")
            kind = chance.choice(tuple(_WAYS)) if chance.random() < self._rate else ""
            self.attempts[identity].append(kind)
            self.dealt[kind] += 1
        if not kind:
            return None
        if kind == "slow drip":
            return faults.slow_drip(self._slow / 50)
        return _WAYS[kind](self._slow)

    def clear(self) -> None:
        """Forget what the calls so far have met."""
        with self._lock:
            self.attempts.clear()


def identity_of(body: Any) -> str:
    """The id of the call that a request belongs to."""
    text = str((body or {}).get("input") or (body or {}).get("messages") or "")
    at = text.find(MARK)
    return text[at : at + len(MARK) + 6] if at >= 0 else ""
