"""`AzureConnector` and `AsyncAzureConnector`: OpenAI clients that know Azure.

Both are short drivers around one override, `request()`, through which every call of the SDK goes. What happens to a
call is decided in `client/_call`, written once as a generator; a driver only sends, waits and asks for credentials.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import cache, cached_property
from inspect import Signature
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack, cast

import openai
from openai import NotGiven

from .._utils import show_lazily
from ._azure_type import AsyncAzureType, AzureType
from ._base import NOT_GIVEN, Beginning, begin, check_given, shown_signature, shown_text
from ._effects import AwaitFirstChunk, Effect, RefreshCredential, RefreshListing, RunInThread, Send, TakeReply, Wait
from ._watched import WatchedClient

if TYPE_CHECKING:
    from ..deployments import Catalog
    from ..settings import Address, ConnectorSettings, ConstructorArguments
    from ._realtime import AsyncConnectorRealtime, ConnectorRealtime
    from ._sdk_resources import AsyncConnectorChat, AsyncConnectorResponses, ConnectorChat, ConnectorResponses
    from ._state import ConnectorState

__all__ = ["AsyncAzureConnector", "AzureConnector", "connector_over"]

# What `client.api_key` shows: frameworks read it, and no secret may stand there. It is what the SDK's own Azure clients
# show where they have no key, so that who reads it asks for a token (`_get_azure_ad_token`).
_SHOWN_KEY = "<missing API key>"
_NO_OPTIONS: Mapping[str, Any] = {}


class _Way(NamedTuple):
    """What every call asks of the modules that are loaded with the first client."""

    flow: Callable[..., Generator[Effect, Any, Any]]
    post_options: Callable[..., Any]
    body_deadline: Callable[[float | None], AbstractContextManager[object]]


@cache
def _way() -> _Way:
    from ._call import call_flow
    from ._state import body_deadline, post_options

    return _Way(call_flow, post_options, body_deadline)


# `copy` lists its arguments, so that a typo is an error: what is OpenAI's platform's alone is not among them.
class AzureConnector(WatchedClient, AzureType):  # pyright: ignore[reportIncompatibleMethodOverride]  # as said
    """A synchronous OpenAI client for Azure OpenAI. Safe across threads.

    Args:
        settings: ready settings; otherwise they are read from the arguments, the TOML file, the environment and `.env`.
        timeout: seconds (or an SDK `Timeout`) for one attempt.
        max_retries: further attempts after the first one; the settings' `max_attempts` less one when omitted.
        default_headers: headers for every request.
        default_query: query parameters for every request.
        http_client: an HTTP client of the SDK's kind to use instead of our own.
        organization, project: sent in OpenAI's headers, for gateways that read them; Azure does not.
        webhook_secret: for `client.webhooks`.
        websocket_base_url: where WebSockets connect; by default at the default resource.
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
        http_client: openai.DefaultHttpxClient | None = None,
        organization: str | None = None,
        project: str | None = None,
        webhook_secret: str | None = None,
        websocket_base_url: Address | None = None,
        **options: Unpack[ConstructorArguments],
    ) -> None:
        check_given(timeout, max_retries, default_headers, default_query, organization, project, webhook_secret)
        state, owned, _ = begin(settings, cast("dict[str, Any]", options), max_retries)
        openai.OpenAI.__init__(
            self,
            api_key=_SHOWN_KEY,
            organization=organization,
            project=project,
            webhook_secret=webhook_secret,
            base_url=state.base_url,
            timeout=state.settings.timeout if isinstance(timeout, NotGiven) else timeout,
            max_retries=state.max_retries if max_retries is None else max_retries,
            default_query=default_query,
            http_client=http_client or state.sync_http_client(),
        )
        self._take(state, owned, default_headers, (organization, project), websocket_base_url)
        self._pool = state.sync_pool(self._client)
        self._owns_connections, self._was_closed = http_client is None, False

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
            quick = None if other or isinstance(body, bytes) else _way().post_options(path, body, options)
            if quick is not None:
                return self.request(cast_to, quick, stream=stream, stream_cls=stream_cls)
            how = {"cast_to": cast_to, "stream": stream, "stream_cls": stream_cls, **other}
            upload = self._state.batch_upload(path, body, how.get("files"))
            if upload is None:
                return super().post(path, body=body, options=options, **how)
            with upload as how["files"]:
                return super().post(path, body=body, options=options, **how)

    def request(self, cast_to: object, options: object, *, stream: bool = False, stream_cls: object = None) -> Any:
        """Sends one call through the connector; every method of the SDK ends here."""
        how = {"stream": stream, "stream_cls": stream_cls, "asynchronous": False}
        return self._drive(_way().flow(self._state, self, cast_to, options, **how))

    def catalog(self) -> Catalog:
        """Lists the deployments and models of every resource. What cannot be listed stands in `problems`.

        From then on a model that no mapping has finds its deployment among them.
        """
        from ._listing import list_resources

        return self._state.resolver.discovery.take(self._drive(list_resources(self._state, self)), quiet=True)

    def discover(self) -> Catalog:
        """As `catalog`, and from now on calls list anew where a listing is old or lacks their model."""
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
                client = self._pool.of(effect.resource)
                with _way().body_deadline(effect.seconds):
                    return client.request(
                        effect.cast_to, effect.options, stream=effect.stream, stream_cls=effect.stream_cls
                    )
            case TakeReply():
                return self._pool.of(effect.resource).take(effect.cast_to, effect.options, effect.response)
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

    def _shared(self, state: ConnectorState, http_client: object) -> dict[str, Any]:
        return {"http_client": http_client or self._client, "_inherited": Beginning(state, state is not self._state)}

    def is_closed(self) -> bool:
        """Whether calls end in `ClientClosedError`: this client was closed, or the one that it is a copy of."""
        return self._was_closed or self._client.is_closed

    def close(self) -> None:
        """Closes the connections, and what was built for the credentials; streams that are read end in
        `StreamInterruptedError`. A copy closes only what is its own, and nobody closes an `http_client` of yours.
        """
        self._was_closed = True
        self._cut_sockets()
        if self._owns_connections:
            super().close()
        if self._owns_state:
            self._state.close()


class AsyncAzureConnector(WatchedClient, AsyncAzureType):  # pyright: ignore[reportIncompatibleMethodOverride]  # as above
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
        http_client: openai.DefaultAsyncHttpxClient | None = None,
        organization: str | None = None,
        project: str | None = None,
        webhook_secret: str | None = None,
        websocket_base_url: Address | None = None,
        **options: Unpack[ConstructorArguments],
    ) -> None:
        check_given(timeout, max_retries, default_headers, default_query, organization, project, webhook_secret)
        state, owned, pools = begin(settings, cast("dict[str, Any]", options), max_retries)
        openai.AsyncOpenAI.__init__(
            self,
            api_key=_SHOWN_KEY,
            organization=organization,
            project=project,
            webhook_secret=webhook_secret,
            base_url=state.base_url,
            timeout=state.settings.timeout if isinstance(timeout, NotGiven) else timeout,
            max_retries=state.max_retries if max_retries is None else max_retries,
            default_query=default_query,
            http_client=http_client or state.async_http_client(),
        )
        self._take(state, owned, default_headers, (organization, project), websocket_base_url)
        self._pools = pools or state.loop_pools(self._client, given=http_client is not None)
        self._owns_connections = pools is None and http_client is None

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
            quick = None if other or isinstance(body, bytes) else _way().post_options(path, body, options)
            if quick is not None:
                return await self.request(cast_to, quick, stream=stream, stream_cls=stream_cls)
            how = {"cast_to": cast_to, "stream": stream, "stream_cls": stream_cls, **other}
            upload = self._state.batch_upload(path, body, how.get("files"))
            if upload is None:
                return await super().post(path, body=body, options=options, **how)
            with ExitStack() as opened:
                how["files"] = await asyncio.to_thread(opened.enter_context, upload)
                return await super().post(path, body=body, options=options, **how)

    async def request(
        self, cast_to: object, options: object, *, stream: bool = False, stream_cls: object = None
    ) -> Any:
        """Sends one call through the connector; every method of the SDK ends here."""
        how = {"stream": stream, "stream_cls": stream_cls, "asynchronous": True}
        return await self._drive(_way().flow(self._state, self, cast_to, options, **how))

    async def catalog(self) -> Catalog:
        """Lists the deployments and models of every resource. What cannot be listed stands in `problems`.

        From then on a model that no mapping has finds its deployment among them.
        """
        from ._listing import list_resources

        return self._state.resolver.discovery.take(await self._drive(list_resources(self._state, self)), quiet=True)

    async def discover(self) -> Catalog:
        """As `catalog`, and from now on calls list anew where a listing is old or lacks their model."""
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
            case TakeReply():
                return await self._pools.of(effect.resource).take(effect.cast_to, effect.options, effect.response)
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

    def _shared(self, state: ConnectorState, http_client: object) -> dict[str, Any]:
        shares = state is self._state and http_client is None
        begun = Beginning(state, state is not self._state, self._pools if shares else None)
        return {"http_client": self._client if shares else http_client, "_inherited": begun}

    async def close(self) -> None:
        """Closes the connections of every event loop, and what was built for the credentials.

        Calls under way end in `ClientClosedError`, streams that are read in `StreamInterruptedError`. A copy closes
        only what is its own, and nobody closes an `http_client` of yours. A later call opens new connections.
        """
        self._cut_sockets()
        if self._owns_connections:
            await self._pools.aclose()
        if self._owns_state:
            await self._state.aclose()


def connector_over(state: ConnectorState, *, max_retries: int) -> AzureConnector:
    """A client over a state that is made already, and that it closes."""
    make: Any = AzureConnector
    return make(max_retries=max_retries, _inherited=Beginning(state, owned=True))


def _as_the_sync(written: str | None, signature: Signature) -> str:
    """The async client's description, with the arguments of the sync one."""
    summary, _, _ = (written or "").partition("Args and errors")
    _, _, arguments = (_described or "").partition("Args:")
    return shown_text(f"{summary}Args:{arguments}", signature)


_described = AzureConnector.__doc__
show_lazily(AzureConnector, shown_signature, shown_text)
show_lazily(AsyncAzureConnector, shown_signature, _as_the_sync)
