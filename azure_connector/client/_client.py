"""`AzureConnector` and `AsyncAzureConnector`: OpenAI clients that know Azure.

Both are short drivers around one override, `request()`, through which every call of the SDK goes. What happens to a
call is decided in `client/_call`, written once as a generator; a driver only sends, waits and asks for credentials.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack, nullcontext
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Unpack, cast

import openai
from openai import NotGiven

from ._azure_type import AsyncAzureType, AzureType, be_azure
from ._base import NOT_GIVEN, SharedClient
from ._effects import AwaitFirstChunk, Effect, RefreshCredential, RefreshListing, RunInThread, Send, Wait

if TYPE_CHECKING:
    from ..deployments import Catalog
    from ..settings import ConnectorSettings, ConstructorArguments
    from ._realtime import AsyncConnectorRealtime, ConnectorRealtime
    from ._resource_client import LoopPools
    from ._sdk_resources import AsyncConnectorChat, AsyncConnectorResponses, ConnectorChat, ConnectorResponses
    from ._state import ConnectorState

__all__ = ["AsyncAzureConnector", "AzureConnector"]

# What `client.api_key` shows: frameworks read it, and no secret may stand there.
_SHOWN_KEY = "held-by-azure-connector"
_NO_OPTIONS: Mapping[str, Any] = {}


class AzureConnector(SharedClient, AzureType):
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
        _state: ConnectorState | None = None,
        _owns_state: bool = True,
        **options: Unpack[ConstructorArguments],
    ) -> None:
        asked = cast("dict[str, Any]", options)
        _check_retries(asked.get("max_attempts"), max_retries)
        state = _state or _build_state(settings, asked)
        openai.OpenAI.__init__(
            self,
            api_key=_SHOWN_KEY,
            base_url=state.base_url,
            timeout=state.settings.timeout if isinstance(timeout, NotGiven) else timeout,
            max_retries=state.max_retries if max_retries is None else max_retries,
            default_query=default_query,
            http_client=http_client or state.sync_http_client(),
        )
        self._state, self._owns_state = state, _owns_state
        self._custom_headers = self.custom_headers = state.checked_headers(default_headers)
        be_azure(self, state)
        self.custom_query = self._custom_query
        self._pool = state.sync_pool(self._client)
        self._owns_connections, self._was_closed = http_client is None, False
        self.websocket_base_url = state.websocket_url

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
            from ._state import post_options

            quick = None if other or isinstance(body, bytes) else post_options(path, body, options)
            if quick is not None:
                return self.request(cast_to, quick, stream=stream, stream_cls=stream_cls)
            how = {"cast_to": cast_to, "stream": stream, "stream_cls": stream_cls, **other}
            upload = self._state.batch_upload(path, body, how.get("files"))
            if upload is None:
                return super().post(path, body=body, options=options, **how)
            with upload as how["files"]:
                return super().post(path, body=body, options=options, **how)

    def request(self, cast_to: Any, options: Any, *, stream: bool = False, stream_cls: Any = None) -> Any:
        """Sends one call through the connector; every method of the SDK ends here."""
        from ._call import call_flow

        flow = call_flow(self._state, self, cast_to, options, stream=stream, stream_cls=stream_cls, asynchronous=False)
        return self._drive(flow)

    def catalog(self) -> Catalog:
        """Lists the deployments and models of every resource. What cannot be listed stands in `problems`."""
        from ._listing import list_resources

        return self._drive(list_resources(self._state, self))

    def discover(self) -> Catalog:
        """Lists the deployments anew; from now on a model that no mapping has finds its deployment among them."""
        return self._state.resolver.discovery.adopt(self.catalog())

    def _drive(self, flow: Generator[Effect, Any, Any]) -> Any:
        try:
            effect = next(flow)
            while True:
                try:
                    if self.is_closed():
                        raise self._closed_error()
                    outcome = self._perform(effect)
                except BaseException as error:  # noqa: BLE001  # the flow decides, also about cancellation
                    lost = isinstance(error, openai.APIConnectionError) and self.is_closed()
                    effect = flow.throw(self._closed_error(error) if lost else error)
                else:
                    effect = flow.send(outcome)
        except StopIteration as finished:
            return finished.value

    def _perform(self, effect: Effect) -> Any:
        match effect:
            case Send():
                from ._state import body_deadline

                client = self._pool.of(effect.resource)
                with body_deadline(effect.seconds):
                    return client.request(
                        effect.cast_to, effect.options, stream=effect.stream, stream_cls=effect.stream_cls
                    )
            case AwaitFirstChunk():
                return effect.stream.wait_for_first_chunk(effect.seconds)
            case Wait():
                return time.sleep(effect.seconds)
            case RefreshCredential():
                authenticator = self._state.authenticators.of(effect.resource)
                return authenticator.refused(effect.status, effect.code, effect.message, sent=effect.sent)
            case RefreshListing():
                from ._listing import refresh_listing

                discovery = self._state.resolver.discovery
                return discovery.run(lambda: self._drive(refresh_listing(self._state, self)), effect.since)
            case RunInThread():
                return effect.run()

    def _shared(self, state: ConnectorState, http_client: Any) -> dict[str, Any]:
        return {"http_client": http_client or self._client}

    def is_closed(self) -> bool:
        """Whether calls end in `ClientClosedError`: this client was closed, or the one that it is a copy of."""
        return self._was_closed or self._client.is_closed

    def close(self) -> None:
        """Closes the connections, and what was built for the credentials; streams that are read end in
        `StreamInterruptedError`. A copy closes only what is its own, and nobody closes an `http_client` of yours.
        """
        self._was_closed = True
        if self._owns_connections:
            super().close()
        if self._owns_state:
            self._state.close()


class AsyncAzureConnector(SharedClient, AsyncAzureType):
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
        _state: ConnectorState | None = None,
        _pools: LoopPools | None = None,
        _owns_state: bool = True,
        **options: Unpack[ConstructorArguments],
    ) -> None:
        asked = cast("dict[str, Any]", options)
        _check_retries(asked.get("max_attempts"), max_retries)
        state = _state or _build_state(settings, asked)
        openai.AsyncOpenAI.__init__(
            self,
            api_key=_SHOWN_KEY,
            base_url=state.base_url,
            timeout=state.settings.timeout if isinstance(timeout, NotGiven) else timeout,
            max_retries=state.max_retries if max_retries is None else max_retries,
            default_query=default_query,
            http_client=http_client or state.async_http_client(),
        )
        self._state, self._owns_state = state, _owns_state
        self._custom_headers = self.custom_headers = state.checked_headers(default_headers)
        be_azure(self, state)
        self.custom_query = self._custom_query
        self._pools = _pools or state.loop_pools(self._client, given=http_client is not None)
        self._owns_connections = _pools is None and http_client is None
        self.websocket_base_url = state.websocket_url

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
        await self._state.authenticators.of(self.settings.default_resource).aheaders()
        return self.api_key

    if not TYPE_CHECKING:  # for type checkers the SDK's own overloads stand

        async def post(self, path, *, body=None, options=_NO_OPTIONS, cast_to, stream=False, stream_cls=None, **other):
            """As the SDK's, for a JSON body without the SDK's detour."""
            from ._state import post_options

            quick = None if other or isinstance(body, bytes) else post_options(path, body, options)
            if quick is not None:
                return await self.request(cast_to, quick, stream=stream, stream_cls=stream_cls)
            how = {"cast_to": cast_to, "stream": stream, "stream_cls": stream_cls, **other}
            upload = self._state.batch_upload(path, body, how.get("files"))
            if upload is None:
                return await super().post(path, body=body, options=options, **how)
            with ExitStack() as opened:
                how["files"] = await asyncio.to_thread(opened.enter_context, upload)
                return await super().post(path, body=body, options=options, **how)

    async def request(self, cast_to: Any, options: Any, *, stream: bool = False, stream_cls: Any = None) -> Any:
        """Sends one call through the connector; every method of the SDK ends here."""
        from ._call import call_flow

        flow = call_flow(self._state, self, cast_to, options, stream=stream, stream_cls=stream_cls, asynchronous=True)
        return await self._drive(flow)

    async def catalog(self) -> Catalog:
        """Lists the deployments and models of every resource. What cannot be listed stands in `problems`."""
        from ._listing import list_resources

        return await self._drive(list_resources(self._state, self))

    async def discover(self) -> Catalog:
        """Lists the deployments anew; from now on a model that no mapping has finds its deployment among them."""
        return self._state.resolver.discovery.adopt(await self.catalog())

    async def _drive(self, flow: Generator[Effect, Any, Any]) -> Any:
        era = self._pools.era
        try:
            effect = next(flow)
            while True:
                try:
                    if self._pools.era != era:
                        raise self._closed_error()
                    outcome = await self._perform(effect)
                except BaseException as error:  # noqa: BLE001  # the flow decides, also about cancellation
                    lost = isinstance(error, openai.APIConnectionError) and self._pools.era != era
                    effect = flow.throw(self._closed_error(error) if lost else error)
                else:
                    effect = flow.send(outcome)
        except StopIteration as finished:
            return finished.value

    async def _perform(self, effect: Effect) -> Any:
        match effect:
            case Send():
                client = self._pools.of(effect.resource)
                limit = nullcontext() if effect.seconds is None else asyncio.timeout(effect.seconds)
                async with limit:
                    return await client.request(
                        effect.cast_to, effect.options, stream=effect.stream, stream_cls=effect.stream_cls
                    )
            case AwaitFirstChunk():
                async with asyncio.timeout(effect.seconds):
                    return await effect.stream.wait_for_first_chunk()
            case Wait():
                return await asyncio.sleep(effect.seconds)
            case RefreshCredential():
                authenticator = self._state.authenticators.of(effect.resource)
                return await authenticator.arefused(effect.status, effect.code, effect.message, sent=effect.sent)
            case RefreshListing():
                from ._listing import refresh_listing

                discovery = self._state.resolver.discovery
                return await discovery.arun(lambda: self._drive(refresh_listing(self._state, self)), effect.since)
            case RunInThread():
                return await asyncio.to_thread(effect.run)

    def _shared(self, state: ConnectorState, http_client: Any) -> dict[str, Any]:
        shares = state is self._state and http_client is None
        return {"http_client": self._client, "_pools": self._pools} if shares else {"http_client": http_client}

    async def close(self) -> None:
        """Closes the connections of every event loop, and what was built for the credentials.

        Calls under way end in `ClientClosedError`, streams that are read in `StreamInterruptedError`. A copy closes
        only what is its own, and nobody closes an `http_client` of yours. A later call opens new connections.
        """
        if self._owns_connections:
            await self._pools.aclose()
        if self._owns_state:
            await self._state.aclose()


def _check_retries(max_attempts: object, max_retries: int | None) -> None:
    if max_attempts is not None and max_retries is not None:
        from ._options import agreed_retries

        agreed_retries(max_attempts, max_retries)


def _build_state(settings: ConnectorSettings | None, options: dict[str, Any]) -> ConnectorState:
    """As `ConnectorState.build`, which most of the package stands behind: loaded with the first client."""
    from ._state import ConnectorState

    import_module("._listing", __package__)  # and with it the way of a call: the first call waits for none of it

    return ConnectorState.build(settings, options)
