"""Finding the deployments of the resources by their own listings, so that no mapping has to be written.

A listing is asked for when a model is first named, again when it has grown old, when a model is named that it does not
have, and when a deployment turns out not to exist. The client lists (`client/_listing`); however many calls want a
listing, one is under way at a time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable

from .._utils import ForkLock, SingleFlight
from ._catalog import Catalog, Source
from ._listings import discovered
from ._table import DeploymentTable, Discovered

__all__ = ["WHOLE_SOURCES", "Discovery"]

_log = logging.getLogger("azure_connector")

# The sources that list every deployment.
WHOLE_SOURCES = frozenset[Source]({"deployments", "management"})

_UNKNOWN = 30.0  # seconds between listings for models that the last one did not have
_MOST_SOUGHT = 256
_FAILED = 15.0  # seconds until a listing that failed is tried again
_PATIENCE = 60.0  # seconds that a call waits for another call's listing


class Discovery:
    """What was found on a connector's resources. Safe across threads and event loops.

    Args:
        table: the settings' deployments: what they map needs no listing.
        enabled: whether models find their deployments by listings.
        interval: seconds after which a listing is old.

    Attributes:
        enabled: whether calls ask for listings.
        found: what was found last; None before the first listing. It counts however it was asked for.
    """

    def __init__(self, table: DeploymentTable, *, enabled: bool, interval: float) -> None:
        self._table = table
        self._interval = interval
        self.enabled = enabled
        self.found: Discovered | None = None
        self._listed_at = self._due_at = -1.0
        self._flight = SingleFlight()
        self._warned: set[str] = set()
        self._lock = ForkLock()
        self._sought: dict[str, float] = {}  # models that were gone, and when a listing was made for them

    def wants(self, model: object) -> bool:
        """Whether a listing is due before a model's deployments are looked up."""
        if not self.enabled:
            return False
        now, found = time.monotonic(), self.found
        if found is None:
            return now >= self._due_at
        if now >= self._due_at:
            # Old but usable: one call lists anew, all others go on with what is there.
            return not self._flight.is_busy
        missing = isinstance(model, str) and model not in self._table.mapping and not found.of(model)
        return missing and now - self._listed_at >= _UNKNOWN

    def wants_again(self, model: object, since: float) -> bool:
        """Whether a deployment that turned out not to exist is a reason to list anew.

        Args:
            model: the model of the call, for which nothing listed is asked once in a while only.
            since: when the call began, by the monotonic clock: a listing after that is new enough.
        """
        if not self.enabled or self._listed_at >= since or not isinstance(model, str):
            return False
        if self.found is not None and self.found.of(model):
            return True
        now = time.monotonic()
        if now - self._sought.get(model, -_UNKNOWN) < _UNKNOWN:
            return False
        if len(self._sought) >= _MOST_SOUGHT:
            self._sought.clear()
        self._sought[model] = now
        return True

    def run(self, list_all: Callable[[], object], since: float) -> None:
        """Lists once, or waits for whoever is at it; returns when there is a listing newer than `since`."""
        self._flight.run(list_all, is_done=lambda: self._listed_at >= since, patience=_PATIENCE)

    async def arun(self, list_all: Callable[[], Awaitable[object]], since: float) -> None:
        """As `run`, without blocking the event loop; a caller that is cancelled leaves the others to list."""
        await self._flight.arun(list_all, is_done=lambda: self._listed_at >= since, patience=_PATIENCE)

    def take(self, catalog: Catalog, *, quiet: bool = False) -> Catalog:
        """Uses a catalog from now on.

        Args:
            catalog: a listing of every resource.
            quiet: whoever asked for it reads its problems.
        """
        failed = {listing.resource for listing in catalog.listings if listing.source not in WHOLE_SOURCES}
        listed = discovered(one for one in catalog.deployments if one.status not in ("not listed", "configured"))
        kept = self.found.targets if self.found is not None else ()
        found = Discovered([*listed.targets, *(target for target in kept if target.resource in failed)])
        with self._lock:
            now = time.monotonic()
            self._listed_at = now
            self._due_at = now + (_FAILED if failed else self._interval)
            if self.found is None or found.targets != self.found.targets:
                # Plans are cached by it: the same find is the same object.
                self.found = found
        for problem in () if quiet else catalog.problems:
            if problem not in self._warned:
                self._warned.add(problem)
                _log.warning("deployments are not discovered: %s", problem)
        return catalog

    def adopt(self, catalog: Catalog) -> Catalog:
        """Uses a catalog from now on, also where discovery was not switched on."""
        self.take(catalog)
        self.enabled = True
        return catalog
