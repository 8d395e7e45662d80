"""Who is told of what was changed in a request."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable

from ._parameter_rules import RequestChange

__all__ = ["ChangeReporter"]

logger = logging.getLogger("azure_connector")


class ChangeReporter:
    """Tells of changes once per deployment and parameter: losses as warnings, the rest for debugging.

    Safe to share between threads. Logs to `azure_connector`, never through `warnings`.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._told: set[tuple[str, str, bool]] = set()
        self._lock = threading.Lock()

    def report(self, key: str, changes: Iterable[RequestChange]) -> None:
        """Logs what has not been logged yet.

        Args:
            key: the deployment, as `deployment@resource`.
            changes: what `adapt_request` changed.
        """
        for change in changes:
            if self._first(key, change):
                logger.log(logging.WARNING if change.loss else logging.DEBUG, "%s: %s", key, change)

    def _first(self, key: str, change: RequestChange) -> bool:
        seen = (key, change.parameter, change.loss)
        if seen in self._told:
            return False
        with self._lock:
            if seen in self._told:
                return False
            if len(self._told) >= self._limit:
                self._told.clear()
            self._told.add(seen)
            return True
