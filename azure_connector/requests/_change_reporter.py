"""Who is told of what was changed in a request."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from .._utils import Once
from ._parameter_rules import RequestChange

__all__ = ["ChangeReporter"]

logger = logging.getLogger("azure_connector")


class ChangeReporter:
    """Tells of changes once per deployment and parameter: losses as warnings, the rest for debugging.

    Safe to share between threads. Logs to `azure_connector`, never through `warnings`.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._told = Once(limit)

    def report(self, key: str, changes: Iterable[RequestChange], *, name: str = "") -> None:
        """Logs what has not been logged yet.

        Args:
            key: what tells deployments apart.
            changes: what `adapt_request` changed.
            name: the deployment as `deployment@resource`, for the line; the key when omitted.
        """
        for change in changes:
            if self._told.first(key, change.parameter, change.loss):
                logger.log(logging.WARNING if change.loss else logging.DEBUG, "%s: %s", name or key, change)

    def clear(self) -> None:
        """Forgets what was logged."""
        self._told.clear()
