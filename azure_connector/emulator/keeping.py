"""A mapping that keeps the newest, so that a server that runs for months does not grow."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["Newest"]

V = TypeVar("V")


class Newest(dict[str, V]):
    """A `dict` of at most so many entries; a further one drops the oldest.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int = 10_000) -> None:
        super().__init__()
        self.most = most

    def __setitem__(self, key: str, value: V) -> None:
        if key not in self and len(self) >= self.most:
            del self[next(iter(self))]
        super().__setitem__(key, value)
