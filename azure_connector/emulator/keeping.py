"""A mapping that keeps the newest, so that a server that runs for months does not grow."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

__all__ = ["Newest"]

V = TypeVar("V")


class Newest(OrderedDict[str, V]):
    """A mapping of at most so many entries, and of so many bytes; a further one drops the oldest.

    Args:
        most: how many are kept.
        most_bytes: how much of them; the newest is kept whatever its size.
        weigh: how much one is taken for; by default nothing.
        forget: is told what goes, whether deleted or dropped.
    """

    def __init__(
        self,
        most: int = 10_000,
        most_bytes: int = 64 * 2**20,
        weigh: Callable[[V], int] | None = None,
        forget: Callable[[V], None] | None = None,
    ) -> None:
        super().__init__()
        self.most = most
        self.most_bytes = most_bytes
        self._weigh = weigh
        self._forget = forget
        self._weights: dict[str, int] = {}
        self._held = 0

    def __setitem__(self, key: str, value: V) -> None:
        if key in self._weights:
            self._held -= self._weights[key]
        self._weights[key] = weight = 0 if self._weigh is None else self._weigh(value)
        self._held += weight
        super().__setitem__(key, value)
        while len(self) > self.most or (self._held > self.most_bytes and len(self) > 1):
            del self[next(iter(self))]

    def __delitem__(self, key: str) -> None:
        value = self[key]
        super().__delitem__(key)
        self._held -= self._weights.pop(key, 0)
        if self._forget is not None:
            self._forget(value)

    def clear(self) -> None:
        """Forget all."""
        for key in list(self):
            del self[key]
