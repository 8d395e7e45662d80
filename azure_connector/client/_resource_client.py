"""The SDK's own client of one resource: it sends what the connector has decided, and decides nothing itself.

A sender belongs to one resource. Its credentials are put on the request at the last moment and only when the request
goes to that resource's origin, so that no options object, log line or repr ever holds them.

This module, `lane` and `posting` hold the SDK's private hooks that the core uses. Here: `_prepare_request` (documented
there as the place for signing), and `_process_response`, without which replies are read the SDK's own way
(`post_parser`), only slower and without the reply's headers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import openai

from .._version import __version__
from ..replies._reader import RAW_RESPONSE_HEADER, Call
from ..transport._json_request import Lane

if TYPE_CHECKING:
    from ..auth import Authenticator, AuthHeaders
    from ..settings._resources import Resource

__all__ = ["AsyncSender", "Sender"]

# The SDK insists on a key; this one is taken off again before a request leaves.
PLACEHOLDER_KEY = "azure-connector"
_PLACEHOLDER_HEADER = f"Bearer {PLACEHOLDER_KEY}"


_RAW = RAW_RESPONSE_HEADER.lower()


def call_of(options: Any) -> Call | None:
    """The call that a request's options belong to: its method stands as their `post_parser`."""
    owner = getattr(options.post_parser, "__self__", None)
    return owner if isinstance(owner, Call) else None


USER_AGENT = f"azure-connector/{__version__} OpenAI/Python {openai.__version__}"


class _SenderParts:
    """What the sync and the async sender share."""

    _custom_headers: Mapping[str, Any]
    _lane: Lane | None = None
    _started = False

    def __init__(self, resource: Resource, authenticator: Authenticator, http_client: Any) -> None:
        sdk: Any = super()  # the client that it stands before
        sdk.__init__(api_key=PLACEHOLDER_KEY, base_url=resource.endpoint.base, http_client=http_client, max_retries=0)
        self._resource = resource
        self._authenticator = authenticator
        self._forget_environment()

    @property
    def user_agent(self) -> str:
        return USER_AGENT

    def _direct(self, options: Any) -> tuple[Lane, Call, Any] | None:
        """The short way for a request: lane, call and HTTP request; None where the SDK's way is to be taken."""
        lane, call = self._lane, call_of(options)
        if lane is None or call is None or not call.reads_json:
            return None
        request = lane.request(options, _RAW)
        return None if request is None else (lane, call, request)

    def _begin(self) -> None:
        # After a first request: what the SDK tells of the platform is known from then on.
        self._started = True
        self._lane = Lane.of(self)

    def _forget_environment(self) -> None:
        # OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS are meant for openai.com; the last one may even
        # hold a credential.
        self.organization = None
        self.project = None
        self._custom_headers = {}

    def _stays_home(self, request: Any) -> bool:
        """Takes the placeholder off, and every credential where the request leaves the resource's origin."""
        headers = request.headers
        if headers.get("authorization") == _PLACEHOLDER_HEADER:
            del headers["authorization"]
        if self._resource.owns(str(request.url)):
            return True
        for name in ("authorization", "api-key", self._resource.auth.apim_header):
            headers.pop(name, None)
        return False


def _place(request: Any, headers: AuthHeaders) -> None:
    """Adds the resource's credentials, unless the caller brought a key or token with this very request."""
    # Whoever is told that a credential was refused must know which one it was; its repr is masked.
    request.extensions["azure_auth"] = headers
    brought = "authorization" in request.headers or "api-key" in request.headers
    for name, value in headers.items():
        if not (brought and name.lower() in ("authorization", "api-key")):
            request.headers[name] = value


class Sender(_SenderParts, openai.OpenAI):
    """Sends to one resource, synchronously."""

    def request(self, cast_to: Any, options: Any, *, stream: bool = False, stream_cls: Any = None) -> Any:
        """As the SDK's, by the short way where there is one."""
        direct = self._direct(options)
        if direct is not None:
            lane, call, request = direct
            self._prepare_request(request)
            response = lane.send(request, stream=stream)
            call.info.raw_headers = response.headers
            return call.receive(response)
        try:
            return super().request(cast_to, options, stream=stream, stream_cls=stream_cls)
        finally:
            if not self._started:
                self._begin()

    def _prepare_request(self, request: Any) -> None:
        if self._stays_home(request):
            _place(request, self._authenticator.headers())

    def _process_response(self, *, options: Any, response: Any, **rest: Any) -> Any:
        call = call_of(options)
        if call is None or not call.takes(response):
            return super()._process_response(options=options, response=response, **rest)
        return call.receive(response)


class AsyncSender(_SenderParts, openai.AsyncOpenAI):
    """Sends to one resource, asynchronously, on one event loop."""

    async def request(self, cast_to: Any, options: Any, *, stream: bool = False, stream_cls: Any = None) -> Any:
        """As the SDK's, by the short way where there is one."""
        direct = self._direct(options)
        if direct is not None:
            lane, call, request = direct
            await self._prepare_request(request)
            response = await lane.asend(request, stream=stream)
            call.info.raw_headers = response.headers
            return call.receive(response)
        try:
            return await super().request(cast_to, options, stream=stream, stream_cls=stream_cls)
        finally:
            if not self._started:
                self._begin()

    async def _prepare_request(self, request: Any) -> None:
        if self._stays_home(request):
            _place(request, await self._authenticator.aheaders())

    async def _process_response(self, *, options: Any, response: Any, **rest: Any) -> Any:
        call = call_of(options)
        if call is None or not call.takes(response):
            return await super()._process_response(options=options, response=response, **rest)
        return call.receive(response)
