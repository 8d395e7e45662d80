"""Objects with locks and threads, made whole again in a forked child.

A child inherits every lock as it was in the moment of the fork, held ones included, but none of the threads that would
release them. Servers that load an application first and fork afterwards are the usual case.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

__all__ = ["ForkAware", "ForkLock", "renew_after_fork"]


class ForkAware(Protocol):
    """An object that must be told when it wakes up in a forked child."""

    def after_fork(self) -> None:
        """Makes new locks and forgets threads; called in the child, before anything else runs there."""


_objects: weakref.WeakSet[ForkAware] = weakref.WeakSet()


def renew_after_fork(instance: ForkAware) -> None:
    """Has `instance.after_fork()` called in every child that is forked while it lives."""
    _objects.add(instance)


class ForkLock:
    """A lock that is free in a forked child, whoever held it in the parent.

    Args:
        make: makes the lock: `threading.Lock` or `threading.RLock`.
    """

    def __init__(self, make: Callable[[], AbstractContextManager[bool]] = threading.Lock) -> None:
        self._make, self._lock = make, make()
        renew_after_fork(self)

    def after_fork(self) -> None:
        self._lock = self._make()

    def __enter__(self) -> None:
        self._lock.__enter__()

    def __exit__(self, *raised: Any) -> None:
        self._lock.__exit__(*raised)


def _renew() -> None:
    for instance in list(_objects):
        instance.after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_renew)
