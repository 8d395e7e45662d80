"""The SDK's own client of one resource: it sends what the connector has decided, and decides nothing itself.

It belongs to one resource: a request to any other host is refused. Its credentials are put on the request at the last
moment, so that no options object, log line or repr ever holds them.

The SDK's `request()` drives every call. Some of its private hooks are overridden, each of which hands on to the SDK
what it does not know, so that a version without one is slower and nothing else: `_build_request` (JSON bodies),
`_make_sse_decoder` (streams of the SDK's own events), `_send_request` (which signs for workload identities that are
not ours),
`_prepare_request` (documented there as the place for signing; without it nothing could be sent), and
`_process_response` (without it the SDK parses first and the reader finishes, `post_parser`).
"""

from __future__ import annotations

import asyncio
import itertools
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import openai

from .._utils import renew_after_fork
from .._version import __version__
from ..auth import Authenticator, AuthHeaders
from ..errors import InvalidRequestError
from ..replies import ReplyReader, SdkEventDecoder
from ..settings import Resource
from ..transport import JsonRequestBuilder, http_library, when_loop_closes, when_loop_ends

__all__ = ["AsyncResourceClient", "LoopPools", "ResourceClient", "SyncPool"]

# The SDK insists on a key; this one is taken off again before a request leaves.
PLACEHOLDER_KEY = "azure-connector"
_PLACEHOLDER_HEADER = f"Bearer {PLACEHOLDER_KEY}"
_CREDENTIALS = ("authorization", "api-key")

USER_AGENT = f"azure-connector/{__version__} OpenAI/Python {openai.__version__}"


class _Shared:
    """What the sync and the async client of a resource share."""

    _custom_headers: Mapping[str, Any]

    def __init__(self, resource: Resource, authenticator: Authenticator, http_client: object) -> None:
        sdk: Any = super()  # the client that it stands before
        sdk.__init__(api_key=PLACEHOLDER_KEY, base_url=resource.endpoint.base, http_client=http_client, max_retries=0)
        self._resource = resource
        self._authenticator = authenticator
        self._json_requests = JsonRequestBuilder(self, http_client, unless=("authorization", _PLACEHOLDER_HEADER))
        self._base = resource.endpoint.base
        # Nearly every request's address begins letter by letter as the resource's: nothing is to be compared then.
        home = http_library().URL(self._base)
        self._home = home.scheme, home.netloc
        self._known_url: Any = None  # of the last request that stayed home: mostly of the next one, too
        # OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS are meant for openai.com; the last one may even
        # hold a credential.
        self.organization = None
        self.project = None
        self._custom_headers = {}

    @property
    def user_agent(self) -> str:
        return USER_AGENT

    def _build_request(self, options: object, **rest: object) -> Any:
        sdk: Any = super()
        request = self._json_requests.build(options)
        return sdk._build_request(options, **rest) if request is None else request

    def _make_sse_decoder(self) -> Any:
        return SdkEventDecoder()

    def _check_home(self, request: Any) -> None:
        """Keeps what belongs to this resource from every other host.

        Raises:
            InvalidRequestError: the request would leave the resource's hosts.
        """
        url = request.url
        if url is self._known_url:
            return
        if (url.scheme, url.netloc) != self._home and not self._resource.owns(str(url)):
            host = url.netloc.decode("ascii", "replace").rpartition("@")[2]
            raise InvalidRequestError(
                f"The request is for {url.scheme}://{host}, and this client is for {self._base}. "
                "Nothing was sent: neither credentials and headers nor prompts go there.",
                param="url",
                hint="If the host is yours, name it in trusted_hosts (AZURE_CONNECTOR_TRUSTED_HOSTS), or make a client "
                "for it: client.with_options(base_url=…, api_key=…).",
            )
        self._known_url = url


def _place(request: Any, headers: AuthHeaders) -> None:
    """Takes the placeholder off and adds the resource's credentials, unless the caller brought a key or token with this
    very request.
    """
    # Whoever is told that a credential was refused must know which one it was; its repr is masked.
    request.extensions["azure_auth"] = headers
    # In one pass: each look-up in httpx's headers walks the whole list.
    given = {name.lower(): value for name, value in request.headers.raw}
    if given.get(b"authorization") == _PLACEHOLDER_HEADER.encode():
        del request.headers["authorization"], given[b"authorization"]
    brought = b"authorization" in given or b"api-key" in given
    for name, value in headers.pairs:
        if not (brought and name.lower() in _CREDENTIALS):
            request.headers[name] = value


class ResourceClient(_Shared, openai.OpenAI):
    """Sends to one resource, synchronously."""

    def _prepare_request(self, request: object) -> None:
        self._check_home(request)
        _place(request, self._authenticator.headers())

    def take(self, cast_to: object, options: object, response: object) -> Any:
        """Reads a response that was not sent, as if it had been."""
        return self._process_response(
            cast_to=cast_to, options=options, response=response, stream=False, stream_cls=None, retries_taken=0
        )

    def _send_request(self, request: Any, **how: Any) -> Any:
        return self._client.send(request, **how)

    def _process_response(self, *, options: Any, response: Any, **rest: Any) -> Any:
        reader = options.post_parser
        if isinstance(reader, ReplyReader) and reader.takes(response):
            return reader.read(response)
        return super()._process_response(options=options, response=response, **rest)


class AsyncResourceClient(_Shared, openai.AsyncOpenAI):
    """Sends to one resource, asynchronously, on one event loop."""

    async def _prepare_request(self, request: object) -> None:
        self._check_home(request)
        _place(request, await self._authenticator.aheaders())

    async def take(self, cast_to: object, options: object, response: object) -> Any:
        """As `ResourceClient.take`."""
        return await self._process_response(
            cast_to=cast_to, options=options, response=response, stream=False, stream_cls=None, retries_taken=0
        )

    def _send_request(self, request: Any, **how: Any) -> Any:
        return self._client.send(request, **how)

    async def _process_response(self, *, options: Any, response: Any, **rest: Any) -> Any:
        reader = options.post_parser
        if isinstance(reader, ReplyReader) and reader.takes(response):
            return reader.read(response)
        return await super()._process_response(options=options, response=response, **rest)


class SyncPool:
    """The sync client's resource clients, over one HTTP client.

    Args:
        make: builds the client of a resource, over an HTTP client.
        http_client: what they send with.
    """

    def __init__(self, make: Callable[[str, Any], ResourceClient], http_client: object) -> None:
        self._make = make
        self._http_client = http_client
        self._clients: dict[str, ResourceClient] = {}

    def of(self, resource: str) -> ResourceClient:
        """The client of a resource."""
        client = self._clients.get(resource)
        if client is None:
            # Two threads may build one at the same time: the first to store it wins, and nothing is open yet.
            client = self._clients.setdefault(resource, self._make(resource, self._http_client))
        return client


class _LoopPool:
    """One event loop's resource clients, over an HTTP client that may be the user's own: that one is never closed."""

    def __init__(self, make: Callable[[str, Any], AsyncResourceClient], http_client: Any, *, given: bool) -> None:
        self.http_client = http_client
        self._make, self._given = make, given
        self._clients: dict[str, AsyncResourceClient] = {}

    def of(self, resource: str) -> AsyncResourceClient:
        client = self._clients.get(resource)
        if client is None:
            client = self._clients[resource] = self._make(resource, self.http_client)
        return client

    async def aclose(self) -> None:
        if not self._given:
            await self.http_client.aclose()

    def drop(self) -> None:
        if not self._given:
            self.http_client.drop()


class _LoopPools:
    """The pools of one event loop, of every connector; the loop itself keeps it, so that it goes with the loop."""

    def __init__(self) -> None:
        self.pools: dict[int, _LoopPool] = {}
        self.waiting = when_loop_ends(self._aclose)
        when_loop_closes(self._drop)

    def _drop(self) -> None:
        while self.pools:
            self.pools.popitem()[1].drop()

    async def _aclose(self) -> None:
        while self.pools:
            with suppress(Exception):  # one that cannot be closed does not keep the others open
                await self.pools.popitem()[1].aclose()


_ON_LOOP = "_azure_connector_pools"
_keys = itertools.count()
# What a forked child finds of its parent's is never used and never closed: the parent still does.
_parents: list[object] = []


class LoopPools:
    """The async client's resource clients, by event loop: a connection belongs to the loop that opened it, and using it
    from another one fails in ways that depend on timing.

    Connections refer to their loop. So the loop holds them, and here stands only which loops there are: what this
    object held itself would keep every loop of a process that calls `asyncio.run` again and again.

    Args:
        make: builds the client of a resource, over an HTTP client.
        http_client: the first loop's HTTP client, or the user's own for all loops.
        another: makes the HTTP client of a further loop; None where the user's own serves them all.

    Attributes:
        era: how often it was closed.
    """

    def __init__(
        self,
        make: Callable[[str, Any], AsyncResourceClient],
        http_client: object,
        another: Callable[[], Any] | None,
    ) -> None:
        self._make, self._another = make, another
        self._own: Any = http_client if another is None else None
        self._spare: list[Any] = [http_client]
        self._key = next(_keys)
        self.era = 0
        self._loops: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()
        renew_after_fork(self)

    def of(self, resource: str) -> AsyncResourceClient:
        """The client of a resource for the running loop."""
        loop = asyncio.get_running_loop()
        here: _LoopPools | None = getattr(loop, _ON_LOOP, None)
        pool = None if here is None else here.pools.get(self._key)
        return (self._open(loop) if pool is None else pool).of(resource)

    def _open(self, loop: asyncio.AbstractEventLoop) -> _LoopPool:
        here: _LoopPools | None = getattr(loop, _ON_LOOP, None)
        if here is None:
            here = _LoopPools()
            setattr(loop, _ON_LOOP, here)
        pool = here.pools[self._key] = _LoopPool(self._make, self._http_client(), given=self._another is None)
        self._loops.add(loop)
        return pool

    def _http_client(self) -> Any:
        if self._another is None:
            return self._own
        try:
            return self._spare.pop()
        except IndexError:
            return self._another()

    def _take(self, loop: asyncio.AbstractEventLoop) -> _LoopPool | None:
        here: _LoopPools | None = getattr(loop, _ON_LOOP, None)
        return None if here is None else here.pools.pop(self._key, None)

    def after_fork(self) -> None:
        """In the child: neither the parent's connections nor its event loops are ours."""
        _parents.extend((self._spare, *map(self._take, list(self._loops))))
        self._spare, self._key, self._loops = [], next(_keys), weakref.WeakSet()

    async def aclose_here(self) -> None:
        """Closes this loop's connections; its next call opens new ones."""
        pool = self._take(asyncio.get_running_loop())
        if pool is not None:
            await pool.aclose()

    async def aclose(self) -> None:
        """Closes this loop's connections here and those of other running loops over there; never the user's own."""
        self.era += 1
        here = asyncio.get_running_loop()
        for loop in list(self._loops):
            self._loops.discard(loop)
            pool = self._take(loop)
            if pool is None:
                continue
            if loop is here:
                await pool.aclose()
            elif loop.is_running():
                asyncio.run_coroutine_threadsafe(pool.aclose(), loop)
        while self._spare and self._another is not None:
            await self._spare.pop().aclose()

    def __del__(self) -> None:
        with suppress(Exception):  # at the interpreter's end anything may be gone
            for loop in list(self._loops):
                self._take(loop)
