"""`AzureConnector` and `AsyncAzureConnector`: OpenAI clients that know Azure.

Both are short drivers around one override, `request()`, through which every call of the SDK goes. What happens to a
call is decided in `flow.py`, written once as a generator; a driver only sends, waits and asks for credentials.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack, cast

import openai
from openai import NotGiven

from ..requests._posting import post_options
from ..transport._clients import async_http_client, body_deadline, sync_http_client
from ._base import NOT_GIVEN, SharedClient
from ._effects import Aside, Challenge, Discover, Effect, Prime, Send, Wait
from ._pools import LoopPools, SyncPool

if TYPE_CHECKING:
    from ..deployments._catalog import Catalog
    from ..settings._arguments import SettingsArguments
    from ..settings._settings import ConnectorSettings
    from ._realtime import AsyncConnectorRealtime, ConnectorRealtime
    from ._sdk_resources import AsyncConnectorChat, AsyncConnectorResponses, ConnectorChat, ConnectorResponses
    from ._state import Core

__all__ = ["AsyncAzureConnector", "AzureConnector"]

# What `client.api_key` shows: frameworks read it, and no secret may stand there.
_SHOWN_KEY = "held-by-azure-connector"
_NO_OPTIONS: Mapping[str, Any] = {}


class AzureConnector(SharedClient, openai.OpenAI):
    """A synchronous OpenAI client for Azure OpenAI. Safe across threads.

    Args:
        settings: ready settings; otherwise they are read from the arguments, the TOML file, the environment and `.env`.
        timeout: seconds (or an SDK `Timeout`) for one attempt.
        max_retries: further attempts after the first one; the settings' `max_attempts` less one when omitted.
        default_headers: headers for every request.
        default_query: query parameters for every request.
        http_client: an HTTP client of the SDK's kind to use instead of our own.
        options: any setting of `ConnectorSettings`, by its name.

    Raises:
        ConfigurationError: settings are missing, contradict each other or cannot be read.
    """

    def __init__(
        self,
        *,
        settings: ConnectorSettings | None = None,
        timeout: float | openai.Timeout | NotGiven | None = NOT_GIVEN,
        max_retries: int | None = None,
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, object] | None = None,
        http_client: Any = None,
        _core: Core | None = None,
        **options: Unpack[SettingsArguments],
    ) -> None:
        core = _core or _build_core(settings, cast("dict[str, Any]", options))
        super().__init__(
            api_key=_SHOWN_KEY,
            base_url=core.base_url,
            timeout=core.timeout if isinstance(timeout, NotGiven) else timeout,
            max_retries=core.max_retries if max_retries is None else max_retries,
            default_query=default_query,
            http_client=http_client or sync_http_client(core.transport),
        )
        self._core = core
        self._custom_headers = core.checked_headers(default_headers)
        self._pool = SyncPool(core, self._client)
        self.websocket_base_url = core.websocket_url

    @cached_property
    def chat(self) -> ConnectorChat:  # pyright: ignore[reportIncompatibleMethodOverride]  # a cached_property too
        """The SDK's chat resource."""
        from ._sdk_resources import ConnectorChat

        return ConnectorChat(self)

    @cached_property
    def responses(self) -> ConnectorResponses:  # pyright: ignore[reportIncompatibleMethodOverride]  # as above
        """The SDK's responses resource."""
        from ._sdk_resources import ConnectorResponses

        return ConnectorResponses(self)

    @cached_property
    def realtime(self) -> ConnectorRealtime:  # pyright: ignore[reportIncompatibleMethodOverride]  # a cached_property too
        """The SDK's realtime resource, for deployments."""
        from ._realtime import ConnectorRealtime

        return ConnectorRealtime(self)

    if not TYPE_CHECKING:  # for type checkers the SDK's own overloads stand

        def post(self, path, *, body=None, options=_NO_OPTIONS, cast_to, stream=False, stream_cls=None, **other):
            """As the SDK's, for a JSON body without the SDK's detour."""
            quick = None if other or isinstance(body, bytes) else post_options(path, body, options)
            if quick is not None:
                return self.request(cast_to, quick, stream=stream, stream_cls=stream_cls)
            how = {"cast_to": cast_to, "stream": stream, "stream_cls": stream_cls, **other}
            return super().post(path, body=body, options=options, **how)

    def request(self, cast_to: Any, options: Any, *, stream: bool = False, stream_cls: Any = None) -> Any:
        """Sends one call through the connector; every method of the SDK ends here."""
        flow = self._core.flow(self, cast_to, options, stream=stream, stream_cls=stream_cls, asynchronous=False)
        return self._drive(flow)

    def catalog(self) -> Catalog:
        """Lists the deployments and models of every resource. What cannot be listed stands in `problems`."""
        return self._drive(self._core.discovery.catalog(self))

    def discover(self) -> Catalog:
        """Lists the deployments anew; from now on a model that no mapping has finds its deployment among them."""
        return self._core.discovery.adopt(self._drive(self._core.discovery.catalog(self)))

    def _drive(self, flow: Generator[Effect, Any, Any]) -> Any:
        try:
            effect = next(flow)
            while True:
                try:
                    outcome = self._perform(effect)
                except BaseException as error:  # noqa: BLE001  # the flow decides, also about cancellation
                    effect = flow.throw(error)
                else:
                    effect = flow.send(outcome)
        except StopIteration as finished:
            return finished.value

    def _perform(self, effect: Effect) -> Any:
        match effect:
            case Send():
                sender = self._pool.sender(effect.resource)
                with body_deadline(None if effect.stream else effect.seconds):
                    return sender.request(
                        effect.cast_to, effect.options, stream=effect.stream, stream_cls=effect.stream_cls
                    )
            case Prime():
                return effect.stream.prime(effect.seconds)
            case Wait():
                return time.sleep(effect.seconds)
            case Challenge():
                authenticator = self._core.authenticator(effect.resource)
                return authenticator.refused(effect.status, effect.code, effect.message, sent=effect.sent)
            case Discover():
                discovery = self._core.discovery
                return discovery.run(lambda: self._drive(discovery.refresh(self)), effect.since)
            case Aside():
                return effect.run()

    def _shared(self, core: Core, http_client: Any) -> dict[str, Any]:
        return {"http_client": http_client or self._client}

    def close(self) -> None:
        """Closes the connections, and what was built for the credentials."""
        super().close()
        self._core.close()


class AsyncAzureConnector(SharedClient, openai.AsyncOpenAI):
    """An asynchronous OpenAI client for Azure OpenAI. Safe across event loops, each of which gets its own connections.

    Args and errors: as `AzureConnector`.
    """

    def __init__(
        self,
        *,
        settings: ConnectorSettings | None = None,
        timeout: float | openai.Timeout | NotGiven | None = NOT_GIVEN,
        max_retries: int | None = None,
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, object] | None = None,
        http_client: Any = None,
        _core: Core | None = None,
        _pools: LoopPools | None = None,
        **options: Unpack[SettingsArguments],
    ) -> None:
        core = _core or _build_core(settings, cast("dict[str, Any]", options))
        transport = core.transport
        super().__init__(
            api_key=_SHOWN_KEY,
            base_url=core.base_url,
            timeout=core.timeout if isinstance(timeout, NotGiven) else timeout,
            max_retries=core.max_retries if max_retries is None else max_retries,
            default_query=default_query,
            http_client=http_client or async_http_client(transport),
        )
        self._core = core
        self._custom_headers = core.checked_headers(default_headers)
        self._pools = _pools or LoopPools(core, self._client, given=http_client is not None, transport=transport)
        self.websocket_base_url = core.websocket_url

    @cached_property
    def chat(self) -> AsyncConnectorChat:  # pyright: ignore[reportIncompatibleMethodOverride]  # a cached_property too
        """The SDK's chat resource."""
        from ._sdk_resources import AsyncConnectorChat

        return AsyncConnectorChat(self)

    @cached_property
    def responses(self) -> AsyncConnectorResponses:  # pyright: ignore[reportIncompatibleMethodOverride]  # as above
        """The SDK's responses resource."""
        from ._sdk_resources import AsyncConnectorResponses

        return AsyncConnectorResponses(self)

    @cached_property
    def realtime(self) -> AsyncConnectorRealtime:  # pyright: ignore[reportIncompatibleMethodOverride]  # cached too
        """The SDK's realtime resource, for deployments."""
        from ._realtime import AsyncConnectorRealtime

        return AsyncConnectorRealtime(self)

    async def _refresh_api_key(self) -> str:
        # The SDK awaits this before it reads `auth_headers` for a WebSocket: a token is then at hand without blocking.
        await self._core.authenticator(self.settings.default_resource).aheaders()
        return self.api_key

    if not TYPE_CHECKING:  # for type checkers the SDK's own overloads stand

        async def post(self, path, *, body=None, options=_NO_OPTIONS, cast_to, stream=False, stream_cls=None, **other):
            """As the SDK's, for a JSON body without the SDK's detour."""
            quick = None if other or isinstance(body, bytes) else post_options(path, body, options)
            if quick is not None:
                return await self.request(cast_to, quick, stream=stream, stream_cls=stream_cls)
            how = {"cast_to": cast_to, "stream": stream, "stream_cls": stream_cls, **other}
            return await super().post(path, body=body, options=options, **how)

    async def request(self, cast_to: Any, options: Any, *, stream: bool = False, stream_cls: Any = None) -> Any:
        """Sends one call through the connector; every method of the SDK ends here."""
        flow = self._core.flow(self, cast_to, options, stream=stream, stream_cls=stream_cls, asynchronous=True)
        return await self._drive(flow)

    async def catalog(self) -> Catalog:
        """Lists the deployments and models of every resource. What cannot be listed stands in `problems`."""
        return await self._drive(self._core.discovery.catalog(self))

    async def discover(self) -> Catalog:
        """Lists the deployments anew; from now on a model that no mapping has finds its deployment among them."""
        return self._core.discovery.adopt(await self._drive(self._core.discovery.catalog(self)))

    async def _drive(self, flow: Generator[Effect, Any, Any]) -> Any:
        try:
            effect = next(flow)
            while True:
                try:
                    outcome = await self._perform(effect)
                except BaseException as error:  # noqa: BLE001  # the flow decides, also about cancellation
                    effect = flow.throw(error)
                else:
                    effect = flow.send(outcome)
        except StopIteration as finished:
            return finished.value

    async def _perform(self, effect: Effect) -> Any:
        match effect:
            case Send():
                sender = self._pools.sender(effect.resource)
                async with asyncio.timeout(effect.seconds):
                    return await sender.request(
                        effect.cast_to, effect.options, stream=effect.stream, stream_cls=effect.stream_cls
                    )
            case Prime():
                async with asyncio.timeout(effect.seconds):
                    return await effect.stream.prime()
            case Wait():
                return await asyncio.sleep(effect.seconds)
            case Challenge():
                authenticator = self._core.authenticator(effect.resource)
                return await authenticator.arefused(effect.status, effect.code, effect.message, sent=effect.sent)
            case Discover():
                discovery = self._core.discovery
                return await discovery.arun(lambda: self._drive(discovery.refresh(self)), effect.since)
            case Aside():
                return await asyncio.to_thread(effect.run)

    def _shared(self, core: Core, http_client: Any) -> dict[str, Any]:
        shares = core is self._core and http_client is None
        return {"http_client": self._client, "_pools": self._pools} if shares else {"http_client": http_client}

    async def close(self) -> None:
        """Closes the connections of every event loop that still runs, and what was built for the credentials."""
        await self._pools.aclose()
        await super().close()
        await self._core.aclose()


def _build_core(settings: ConnectorSettings | None, options: dict[str, Any]) -> Core:
    """As `Core.build`, which most of the package stands behind: loaded with the first client, not with its class."""
    from ._state import Core

    return Core.build(settings, options)
