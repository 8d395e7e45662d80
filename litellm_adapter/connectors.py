"""Which connector serves a call: one for each distinct set of settings, the most recently used ones kept."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import litellm
import openai
from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler, HTTPHandler

from azure_connector import AsyncAzureConnector, AzureConnector, ConfigurationError, ConnectorSettings
from azure_connector.transport import ForkLock

from .call_args import CallArguments
from .errors import NoCredentialError
from .setting_names import CREDENTIAL_SETTINGS
from .streams import in_background

__all__ = ["Connectors", "connectors_for", "prefix_of"]


class Connectors:
    """The connectors of one prefix. Safe across threads.

    A connector that is dropped, because others were used since, is closed once its last call has ended.

    Args:
        settings: for calls that bring none of their own.
        limit: how many are kept, for sync and async calls each.
    """

    def __init__(self, settings: Mapping[str, Any], limit: int = 64) -> None:
        self.given = dict(settings)
        self._limit = limit
        self._base: ConnectorSettings | None = None
        self._sync: OrderedDict[Any, AzureConnector] = OrderedDict()
        self._async: OrderedDict[Any, AsyncAzureConnector] = OrderedDict()
        self._lock = ForkLock(threading.RLock)

    def __repr__(self) -> str:
        return f"Connectors({len(self._sync)} sync, {len(self._async)} async)"

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
            ConfigurationError: they cannot be read.
        """
        with self._lock:
            fresh = ConnectorSettings(**self.given)
            if self._base is None or dict(fresh) != dict(self._base):
                self._dropped()
                self._base = fresh

    def sync(self, call: CallArguments) -> openai.OpenAI:
        """The client for a sync call: the caller's own, or the connector of its settings.

        Raises:
            ConfigurationError: settings are missing or contradict each other, or the client is for async calls.
        """
        return self._client(call, openai.OpenAI, self._sync, AzureConnector)

    def asynchronous(self, call: CallArguments) -> openai.AsyncOpenAI:
        """The client for an async call; connectors keep connections for each event loop. As `sync`."""
        return self._client(call, openai.AsyncOpenAI, self._async, AsyncAzureConnector)

    def _client(self, call: CallArguments, kind: Any, kept: OrderedDict[Any, Any], make: object) -> Any:
        own = call.client
        if isinstance(own, HTTPHandler | AsyncHTTPHandler):
            own = own.client  # LiteLLM's own hold the HTTP client that the SDK takes
        if isinstance(own, kind):
            return own
        if isinstance(own, openai.OpenAI | openai.AsyncOpenAI):
            entries = ("completion()", "acompletion()")
            this, other = entries if kind is openai.OpenAI else reversed(entries)
            raise ConfigurationError(
                f"client= is a {type(own).__name__}, which {this} cannot use.",
                hint=f"Pass one of the other kind, or call {other}.",
            )
        client = self._kept(kept, make, call, own)
        if call.base_model:
            # LiteLLM writes `azure/eu/gpt-4o-2024-11-20`.
            client.declare_base_model(call.model, call.base_model.rpartition("/")[2])
        return client

    def _kept(self, kept: OrderedDict[Any, Any], make: Any, call: CallArguments, http: Any) -> Any:
        key = (*sorted((name, _hashable(value)) for name, value in call.settings.items()), id(http) if http else None)
        with self._lock:
            if (client := kept.get(key)) is not None:
                kept.move_to_end(key)
                return client
            client = kept[key] = make(settings=self._settings_for(call.settings), http_client=http)
            if http is None and make is AzureConnector:
                # Nobody else knows its connections; asynchronous ones close by themselves, on their own loop.
                weakref.finalize(client, client._client.close).atexit = False  # the SDK names its HTTP client so
            if len(kept) > self._limit:
                kept.popitem(last=False)
            return client

    def _settings_for(self, brought: Mapping[str, object]) -> ConnectorSettings:
        if not brought:
            return self.settings
        try:
            return self.settings.derived(**brought)
        except ConfigurationError as error:
            if not brought.keys().isdisjoint(("azure_endpoint", "resource_name")) and CREDENTIAL_SETTINGS.isdisjoint(
                brought
            ):
                problem = str(error).removesuffix(error.hint).strip()
                raise NoCredentialError(problem, hint=error.hint) from None
            raise

    def close(self) -> None:
        """Closes every connector; the next call makes new ones, from settings that are read anew.

        Those of async calls close in the background of a running loop, else when they are collected.
        """
        for client in self._dropped():
            with suppress(RuntimeError):  # no loop is running
                in_background(client.close)

    async def aclose(self) -> None:
        """As `close`, waiting until all are closed."""
        for client in self._dropped():
            await client.close()

    def _dropped(self) -> list[AsyncAzureConnector]:
        """Forgets all, closes those of sync calls, and gives those of async ones."""
        with self._lock:
            dropped, later = list(self._sync.values()), list(self._async.values())
            self._sync.clear()
            self._async.clear()
            self._base = None
        for client in dropped:
            client.close()
        return later


def connectors_for(prefix: str | None) -> Connectors | None:
    """The connectors of a prefix; None for a prefix that is not ours."""
    for entry in litellm.custom_provider_map:
        if entry["provider"] == prefix:
            # LiteLLM's own list of providers is the table: the Proxy replaces it whole.
            found = getattr(entry["custom_handler"], "connectors", None)
            return found if isinstance(found, Connectors) else None
    return None


def prefix_of(kwargs: Mapping[str, Any], model: object = None) -> str | None:
    """The prefix of a call's model; None where the call is not for the connector.

    Args:
        kwargs: the call's arguments.
        model: the model, where it was passed by position.
    """
    # What was passed by position stands in the logging object too, which newer versions of LiteLLM give.
    named = kwargs.get("model") or model or getattr(kwargs.get("litellm_logging_obj"), "model", None) or ""
    prefix = kwargs.get("custom_llm_provider") or str(named).partition("/")[0]
    return None if connectors_for(prefix) is None else prefix


def _hashable(value: object) -> Any:
    try:
        hash(value)
    except TypeError:
        return id(value)  # the connector's settings keep the object, so that no other gets its id
    return value
