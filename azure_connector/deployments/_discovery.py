"""Finding the deployments of the resources by their own listings, so that no mapping has to be written.

A listing is asked for when a model is first named, again when it has grown old, when a model is named that it does not
have, and when a deployment turns out not to exist. It is a flow of effects like a call (`flow.py`), so the sync and
the async client share it; however many calls want one, one is under way at a time.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openai
from openai._models import FinalRequestOptions

from ..client._call import call_flow
from ..client._effects import Aside, Effect
from ..errors._classes import ConfigurationError
from ..settings._endpoint import form_url
from ._catalog import Catalog, ListedDeployment, Listing, Source
from ._listings import complete, discovered, read_deployments, read_models
from ._table import Discovered, Plan, Target

if TYPE_CHECKING:
    from ..client._state import Core

__all__ = ["Discovery"]

_log = logging.getLogger("azure_connector")

# Later api-versions of the data plane do not list deployments any more.
_LISTS_DEPLOYMENTS = "2023-03-15-preview"

# The sources that list every deployment.
_WHOLE = frozenset[Source]({"deployments", "management"})

_UNKNOWN = 30.0  # seconds between listings for models that the last one did not have
_FAILED = 15.0  # seconds until a listing that failed is tried again
_PATIENCE = 60.0  # seconds that a call waits for another call's listing
_TIMEOUT = 20.0  # seconds for one request of a listing


class Discovery:
    """What was found on a connector's resources. Safe across threads and event loops.

    Args:
        core: the connector's settings and credentials.
        interval: seconds after which a listing is old.

    Attributes:
        enabled: whether models find their deployments by it.
        found: what was found last; None before the first listing.
    """

    def __init__(self, core: Core, interval: float) -> None:
        self._core = core
        self._interval = interval
        self.enabled = core.settings.discover
        self.found: Discovered | None = None
        self._listed_at = self._due_at = -1.0
        self._flight: Future[bool] | None = None
        self._warned: set[str] = set()
        self._lock = threading.Lock()

    def wants(self, model: object) -> bool:
        """Whether a listing is due before a model's deployments are looked up."""
        if not self.enabled:
            return False
        now, found = time.monotonic(), self.found
        if found is None:
            return now >= self._due_at
        if now >= self._due_at:
            # Old but usable: one call lists anew, all others go on with what is there.
            return self._flight is None
        missing = isinstance(model, str) and model not in self._core.deployments.mapping and not found.of(model)
        return missing and now - self._listed_at >= _UNKNOWN

    def predates(self, moment: float) -> bool:
        """Whether the last listing is older than a moment of the monotonic clock."""
        return self.enabled and self._listed_at < moment

    def fly(self, list_all: Callable[[], object], since: float) -> None:
        """Lists once, or waits for whoever is at it; returns when there is a listing newer than `since`."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            flight, mine = self._board(since)
            if flight is None:
                return
            if mine:
                try:
                    list_all()
                finally:
                    self._land(flight)
                return
            try:
                flight.result(_PATIENCE)
            except FutureTimeoutError:
                return

    async def afly(self, list_all: Callable[[], Awaitable[object]], since: float) -> None:
        """As `fly`, without blocking the event loop; a caller that is cancelled leaves the others to list."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            flight, mine = self._board(since)
            if flight is None:
                return
            if mine:
                try:
                    await list_all()
                finally:
                    self._land(flight)
                return
            try:
                await asyncio.wait_for(asyncio.wrap_future(flight), _PATIENCE)
            except TimeoutError:
                return

    def _board(self, since: float) -> tuple[Future[bool] | None, bool]:
        """The flight to wait for and whether it is the caller's own; None where nothing needs to be done."""
        with self._lock:
            if self._listed_at >= since:
                return None, False
            if self._flight is not None:
                return self._flight, False
            self._flight = Future()
            self._flight.set_running_or_notify_cancel()
            return self._flight, True

    def _land(self, flight: Future[bool]) -> None:
        with self._lock:
            self._flight = None
        flight.set_result(True)

    def refresh(self, client: Any) -> Generator[Effect, Any, Catalog]:
        """Lists the deployments of every resource and takes them over. A resource that fails keeps what it had."""
        catalog = yield from self.catalog(client, models=False)
        self.take(catalog)
        return catalog

    def take(self, catalog: Catalog) -> None:
        """Uses a catalog from now on."""
        failed = {listing.resource for listing in catalog.listings if listing.source not in _WHOLE}
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
        for problem in catalog.problems:
            if problem not in self._warned:
                self._warned.add(problem)
                _log.warning("deployments are not discovered: %s", problem)

    def adopt(self, catalog: Catalog) -> Catalog:
        """Uses a catalog from now on, also where discovery was not switched on."""
        self.take(catalog)
        self.enabled = True
        return catalog

    def catalog(self, client: Any, *, models: bool = True) -> Generator[Effect, Any, Catalog]:
        """Lists every resource.

        Args:
            client: the SDK client that was called.
            models: whether to list models too.
        """
        listings: list[Listing] = []
        for name in self._core.resources:
            listing = yield from self._list(client, name, models=models)
            listings.append(listing)
        return Catalog(tuple(listings))

    def _list(self, client: Any, name: str, *, models: bool) -> Generator[Effect, Any, Listing]:
        resource = self._core.resource(name)
        listing = Listing(name, resource.endpoint.base)
        deployments: tuple[ListedDeployment, ...] = ()
        source: Source = ""
        problems: list[str] = []
        try:
            if resource.resource_id is not None:
                from ._management import list_account

                account = yield Aside(lambda: list_account(self._core, resource))
                deployments, source = account.deployments, "management"
                listing = replace(listing, quotas=account.quotas)
            else:
                body = yield from self._get(
                    client, name, "classic", "/deployments", {"api-version": _LISTS_DEPLOYMENTS}
                )
                deployments, source = read_deployments(body, name), "deployments"
        except (openai.APIError, ConfigurationError, ImportError) as error:
            problems.append(_why(error))
        if models:
            try:
                body = yield from self._get(client, name, resource.endpoint.form, "/models", {})
                listing = replace(listing, models=read_models(body, name))
                source = source or "models"
            except openai.APIError as error:
                problems.append(f"its models: {_first_line(error)}")
        core = self._core
        whole = source in _WHOLE
        deployments = complete(deployments, core.deployments, core.profiles, name, whole=whole)
        return replace(listing, source=source, deployments=deployments, problems=tuple(problems))

    def _get(
        self, client: Any, resource: str, form: Any, path: str, params: dict[str, object]
    ) -> Generator[Effect, Any, Any]:
        """One GET, with the connector's own credentials, errors and hints, and without retries."""
        url = form_url(self._core.resource(resource).endpoint, form) + path
        options = FinalRequestOptions(method="get", url=url, params=params, max_retries=0, timeout=_TIMEOUT)
        plan = Plan("", (Target(resource, f"({path[1:]})"),), "argument")
        return (
            yield from call_flow(
                self._core, client, object, options, stream=False, stream_cls=None, asynchronous=False, plan=plan
            )
        )


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]


def _why(error: BaseException) -> str:
    if isinstance(error, openai.NotFoundError):
        return (
            "the resource does not list its deployments. Set resource_id (AZURE_CONNECTOR_RESOURCE_ID), so that "
            "Azure's management plane lists them, or write a deployment_mapping"
        )
    return _first_line(error)
