"""What is said once in a process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from ._forks import ForkLock

__all__ = ["Once"]


class Once:
    """Remembers what has been said. Safe across threads; reading takes no lock.

    Args:
        limit: how much is remembered; the oldest is forgotten first.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._said: OrderedDict[Hashable, None] = OrderedDict()
        self._lock = ForkLock()

    def first(self, *what: Hashable) -> bool:
        """Whether this is said for the first time; from then on it is not."""
        if what in self._said:
            return False
        with self._lock:
            if what in self._said:
                return False
            self._said[what] = None
            while len(self._said) > self._limit:
                self._said.popitem(last=False)
            return True

    def clear(self) -> None:
        """Forgets all of it, for tests."""
        with self._lock:
            self._said.clear()
