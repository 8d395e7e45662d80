"""Connectors by their settings, for programs whose calls bring settings of their own: adapters, servers of tenants."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Hashable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any, TypeVar

import openai

from .._utils import ForkLock, spawn
from ..errors import ConfigurationError, NoCredentialError
from ..settings import CREDENTIAL_SETTINGS, ConnectorSettings
from ._client import AsyncAzureConnector, AzureConnector

__all__ = ["ConnectorPool"]

_Client = TypeVar("_Client", AzureConnector, AsyncAzureConnector)


class ConnectorPool:
    """One connector for each distinct set of settings, the most recently used ones kept. Safe across threads.

    A connector that is dropped, because others were used since, is closed once its last call has ended.

    Args:
        settings: for calls that bring none of their own.
        limit: how many are kept, for sync and async calls each.

    Attributes:
        given: those settings, as they were given.
    """

    def __init__(self, settings: Mapping[str, Any], limit: int = 64) -> None:
        self.given = dict(settings)
        self._limit = limit
        self._base: ConnectorSettings | None = None
        self._sync: OrderedDict[Hashable, AzureConnector] = OrderedDict()
        self._async: OrderedDict[Hashable, AsyncAzureConnector] = OrderedDict()
        self._lock = ForkLock(threading.RLock)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._sync)} sync, {len(self._async)} async)"

    @property
    def settings(self) -> ConnectorSettings:
        """The settings for calls that bring none of their own; read when they are first needed.

        Raises:
            ConfigurationError: they cannot be read.
        """
        with self._lock:
            if self._base is None:
                self._base = ConnectorSettings(**self.given)
            return self._base

    def refresh(self) -> None:
        """Reads the settings anew; where they are others than before, the connectors made from them are dropped.

        Raises:
            ConfigurationError: they cannot be read; the connectors are dropped then, too.
        """
        with self._lock:
            try:
                fresh = ConnectorSettings(**self.given)
            except ConfigurationError:
                self._drop()
                raise
            if self._base is None or dict(fresh) != dict(self._base):
                self._drop()
                self._base = fresh

    def sync(self, brought: Mapping[str, object], http_client: object = None) -> AzureConnector:
        """The connector for a sync call.

        Args:
            brought: the settings that the call brings, by name; empty for the pool's own.
            http_client: an HTTP client of the caller's, who closes it; None for the connector's own.

        Raises:
            ConfigurationError: settings are missing or contradict each other.
        """
        return self._kept(self._sync, AzureConnector, brought, http_client)

    def asynchronous(self, brought: Mapping[str, object], http_client: object = None) -> AsyncAzureConnector:
        """The connector for an async call, which keeps connections for each event loop. As `sync`."""
        return self._kept(self._async, AsyncAzureConnector, brought, http_client)

    def client(
        self, kind: type[openai.OpenAI | openai.AsyncOpenAI], brought: Mapping[str, object], own: object = None
    ) -> openai.OpenAI | openai.AsyncOpenAI:
        """The client for a call: the caller's own one, or the connector.

        Args:
            kind: whether the call is sync or async.
            brought: as `sync`.
            own: what the caller brings: a client of the SDK, an HTTP client, or None.

        Raises:
            ConfigurationError: as `sync`, or the client is of the other kind.
        """
        if isinstance(own, kind):
            return own
        if isinstance(own, openai.OpenAI | openai.AsyncOpenAI):
            wanted = "a sync" if kind is openai.OpenAI else "an async"
            raise ConfigurationError(
                f"client= is of type {type(own).__name__}, and {wanted} call was made.",
                hint=f"Pass {wanted} client, or make the other kind of call.",
            )
        return (self.sync if kind is openai.OpenAI else self.asynchronous)(brought, own)

    def _kept(
        self, kept: MutableMapping[Hashable, _Client], make: type[_Client], brought: Mapping[str, object], http: Any
    ) -> _Client:
        own = None if http is None else id(http)  # the connector keeps it, so that no other gets its id
        key = (*sorted((name, _hashable(value)) for name, value in brought.items()), own)
        with self._lock:
            if (client := kept.pop(key, None)) is None:
                client = make(settings=self._settings_for(brought), http_client=http)
                if http is None and isinstance(client, AzureConnector):
                    _close_when_dropped(client)
            kept[key] = client  # the last used stand last
            if len(kept) > self._limit:
                del kept[next(iter(kept))]
            return client

    def _settings_for(self, brought: Mapping[str, object]) -> ConnectorSettings:
        if not brought:
            return self.settings
        try:
            return self.settings.derived(**brought)
        except ConfigurationError as error:
            elsewhere = not brought.keys().isdisjoint(("azure_endpoint", "resource_name"))
            if elsewhere and CREDENTIAL_SETTINGS.isdisjoint(brought):
                problem = str(error).removesuffix(error.hint).strip()
                raise NoCredentialError(problem, hint=error.hint) from None
            raise

    def close(self) -> None:
        """Closes every connector; the next call makes new ones, from settings that are read anew.

        Those of async calls close in the background of a running loop, else when they are collected.
        """
        for client in self._drop():
            with suppress(RuntimeError):  # no loop is running
                spawn(client.close())

    async def aclose(self) -> None:
        """As `close`, waiting until all are closed."""
        for client in self._drop():
            await client.close()

    def _drop(self) -> list[AsyncAzureConnector]:
        """Forgets all, closes those of sync calls, and gives those of async ones."""
        with self._lock:
            dropped, later = list(self._sync.values()), list(self._async.values())
            self._sync.clear()
            self._async.clear()
            self._base = None
        for client in dropped:
            client.close()
        return later


def _close_when_dropped(client: AzureConnector) -> None:
    """Closes its connections with the last reference, since nobody else knows them; async ones close by themselves."""
    http = client._client  # pyright: ignore[reportPrivateUsage]  # the SDK names its HTTP client so
    weakref.finalize(client, http.close).atexit = False


def _hashable(value: object) -> object:
    try:
        hash(value)
    except TypeError:
        return id(value)  # the connector's settings keep the object, so that no other gets its id
    return value
