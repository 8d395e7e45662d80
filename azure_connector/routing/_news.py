"""What becomes known of a target: a line in the log, and of use to other processes."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from ._outcomes import Kind

__all__ = ["News", "Store", "announce"]

_log = logging.getLogger("azure_connector.routing")

# What Azure itself said holds for every process; what one machine's network did says little about another's.
_SHARED = frozenset[Kind]({"rate_limited", "no_capacity", "transient"})


class Store(Protocol):
    """Where news for other processes goes. Every method returns at once and never raises."""

    def cooled(self, key: str, seconds: float, cause: Kind) -> None:
        """A target (`deployment@resource`) or a resource (`@resource`) is to be left alone for a while."""

    def recovered(self, key: str) -> None:
        """One that was left alone after failures has answered again."""

    def quota(self, key: str, share: float, seconds: float) -> None:
        """What is left of a target's quota (0 to 1), and for how long that is news."""


class News(NamedTuple):
    """A target (`deployment@resource`) or a resource (`@resource`) is left alone for a while, or has recovered."""

    key: str
    recovered: bool = False
    seconds: float = 0.0
    cause: Kind = "ok"
    failing: bool = False


def announce(news: Iterable[News], store: Store | None) -> None:
    """Tells the log, and the store where there is one."""
    for item in news:
        if item.recovered:
            _log.info("%s answers again", item.key)
        elif item.failing:
            _log.warning("%s failed repeatedly (%s): left alone for %.1f s", item.key, item.cause, item.seconds)
        if store is None:
            continue
        if item.recovered:
            store.recovered(item.key)
        elif item.cause in _SHARED:
            store.cooled(item.key, item.seconds, item.cause)
