"""`Authenticator`: the auth chain of one resource, as the clients see it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from pydantic import SecretStr

from azure_connector.resources import Resource
from azure_connector.transport import TransportOptions

from .cache import TokenCache
from .chain import Link, LinkReport, LinkState, Method, choose, links_of
from .credentials import BuiltSource, builder_for, default_scope
from .failures import Failure, credential_error, explain
from .headers import AuthHeaders, check_header
from .loops import PrivateLoop
from .sources import CallableSource, ObjectSource, ValueSource
from .tokens import Held, Source
from .trust import check_origin, origin_of

__all__ = ["Authenticator"]

_log = logging.getLogger("azure_connector.auth")

_WITHIN = 120.0  # seconds; DefaultAzureCredential may run three developer tools of 10 s each
_KEYS: tuple[Method, ...] = ("api-key", "key vault")


class Authenticator:
    """Gives the headers that prove who is calling, for one resource.

    One per resource, shared by the sync and the async client; safe across threads and event loops. Nothing is built
    or asked for before the first call. After `close` it starts again when it is needed.

    Args:
        resource: the resource and its credentials.
        transport: CA bundle, client certificate and proxy for the token calls.
        within: seconds that a caller waits for a credential at most.

    Raises:
        ConfigurationError: the settings contradict each other, or a secret cannot be sent in a header.
    """

    def __init__(
        self, resource: Resource, *, transport: TransportOptions | None = None, within: float = _WITHIN
    ) -> None:
        self._resource = resource
        self._transport = transport or TransportOptions()
        self._within = within
        self._origin = origin_of(resource.endpoint.base)
        self._links = links_of(resource.auth)
        self._refused: dict[Method, str] = {}
        self._loop = PrivateLoop()
        self._caches: dict[Method, TokenCache] = {}
        self._link = self._choose()
        self._active = self._cache_for(self._link)

    @property
    def kind(self) -> str:
        """The chosen method, e.g. `api-key`, `client secret` or `managed identity`."""
        return self._link.method

    @property
    def scope(self) -> str:
        """The scope that tokens are asked for."""
        return default_scope(self._resource)

    def headers(self, *, within: float | None = None) -> AuthHeaders:
        """The headers to send. Blocks where a token must be fetched first.

        Args:
            within: seconds to wait at most.

        Raises:
            CredentialError: no credential was to be had; says which method failed, why, and what mends it.
            ConfigurationError: what the method gave cannot be sent in a header.
        """
        return self._headers_of(self._active.get(self._within if within is None else within))

    async def aheaders(self, *, within: float | None = None) -> AuthHeaders:
        """Like `headers`, without ever blocking the event loop."""
        return self._headers_of(await self._active.aget(self._within if within is None else within))

    def headers_for(self, url: str, *, within: float | None = None) -> AuthHeaders:
        """`headers`, if `url` is on this resource's own host.

        Raises:
            ConfigurationError: it is not.
        """
        self.check_origin(url)
        return self.headers(within=within)

    async def aheaders_for(self, url: str, *, within: float | None = None) -> AuthHeaders:
        """`aheaders`, if `url` is on this resource's own host."""
        self.check_origin(url)
        return await self.aheaders(within=within)

    def check_origin(self, url: str) -> None:
        """Refuse to let this resource's credential go anywhere else.

        Raises:
            ConfigurationError: the URL's scheme, host or port is not the resource's.
        """
        check_origin(url, self._origin, self._resource.name)

    def refused(
        self, status: int, code: str | None = None, message: str = "", *, sent: AuthHeaders | None = None
    ) -> bool:
        """Whether to send again, once, after the service refused the credential; gets a new one if that may help.

        Args:
            status: 401 or 403.
            code: Azure's error code, e.g. `AuthenticationTypeDisabled`.
            message: Azure's message, for replies that have no code.
            sent: the headers that were refused.
        """
        verdict = self._verdict(status, code, message, sent)
        if verdict is not None:
            return verdict
        return self._is_new(self._active.get(self._within))

    async def arefused(
        self, status: int, code: str | None = None, message: str = "", *, sent: AuthHeaders | None = None
    ) -> bool:
        """Like `refused`, without blocking the event loop."""
        verdict = self._verdict(status, code, message, sent)
        if verdict is not None:
            return verdict
        return self._is_new(await self._active.aget(self._within))

    def describe(self) -> tuple[LinkReport, ...]:
        """Every method in the chain's order and what became of it. Sends nothing."""
        return tuple(self._report(link) for link in self._links)

    def close(self) -> None:
        """Release what was built here; credential objects of the user stay open."""
        for cache in self._caches.values():
            cache.close()
        self._loop.close()

    async def aclose(self) -> None:
        """Like `close`."""
        await asyncio.to_thread(self.close)

    def __repr__(self) -> str:
        return f"Authenticator({self._resource.name!r}, {self.kind})"

    def _verdict(self, status: int, code: str | None, message: str, sent: AuthHeaders | None) -> bool | None:
        """Whether to send again, or None where a new credential has to be fetched first."""
        held = self._active.held
        if sent is not None and held is not None and sent.mark != held.mark:
            return True
        if status != 401 or held is None:
            return False
        if isinstance(self._active.source, ValueSource):
            return False
        self._active.drop(held.mark)
        return None

    def _is_new(self, outcome: Held | Failure | None) -> bool:
        return isinstance(outcome, Held)

    def _headers_of(self, outcome: Held | Failure | None) -> AuthHeaders:
        if isinstance(outcome, Held):
            return outcome.headers
        raise credential_error(
            f"The {self.kind} gave no credential for {self._resource.endpoint.base}: "
            f"{outcome.text if outcome is not None else 'no answer in time'}",
            self._resource.endpoint.base,
            outcome,
        )

    def _choose(self) -> Link:
        link = choose(self._links, self._refused)
        assert link is not None, "links_of leaves at least one"
        return link

    def _cache_for(self, link: Link) -> TokenCache:
        cache = self._caches.get(link.method)
        if cache is None:
            source = self._source_for(link.method)
            cache = TokenCache(
                link.method, source, make=self._make(link.method), explain=self._explain, loop=self._loop
            )
            if isinstance(source, ValueSource):
                cache.held = cache.hold(source.fetch(None))
            self._caches[link.method] = cache
        return cache

    def _source_for(self, method: Method) -> Source:
        auth = self._resource.auth
        if method == "api-key":
            key = auth.api_key
            if isinstance(key, SecretStr):
                return ValueSource(key, token=False)
            assert key is not None, "the link is configured"
            return CallableSource(key, token=False)
        if method == "static token" and auth.azure_ad_token is not None:
            return ValueSource(auth.azure_ad_token, token=True)
        if method == "subscription key" and auth.apim_subscription_key is not None:
            return ValueSource(auth.apim_subscription_key, token=False)
        if method == "token provider" and auth.azure_ad_token_provider is not None:
            return CallableSource(auth.azure_ad_token_provider, token=True)
        if method == "credential object" and auth.credential is not None:
            return ObjectSource(auth.credential, self.scope)
        return BuiltSource(builder_for(method, self._resource, self._transport), self.scope)

    def _make(self, method: Method) -> Callable[[str, int], AuthHeaders]:
        auth = self._resource.auth
        beside = auth.apim_subscription_key
        name = "api-key" if method in _KEYS else auth.apim_header if method == "subscription key" else "Authorization"

        def make(value: str, mark: int) -> AuthHeaders:
            values = {name: value if name != "Authorization" else f"Bearer {value}"}
            check_header(name, value, method)
            if beside is not None and method != "subscription key":
                check_header(auth.apim_header, beside.get_secret_value(), "apim_subscription_key")
                values[auth.apim_header] = beside.get_secret_value()
            return AuthHeaders(values, mark)

        return make

    def _explain(self, error: BaseException) -> Failure:
        auth = self._resource.auth
        secrets = [
            auth.azure_ad_token,
            auth.client_secret,
            auth.client_certificate_password,
            auth.apim_subscription_key,
        ]
        if isinstance(auth.api_key, SecretStr):
            secrets.append(auth.api_key)
        return explain(error, secrets)

    def _report(self, link: Link) -> LinkReport:
        state: LinkState
        detail = ""
        cache = self._caches.get(link.method)
        expires_at = cache.held.expires_on if cache is not None and cache.held is not None else None
        if link.method in self._refused:
            state, detail = "refused", self._refused[link.method]
        elif link is self._link:
            failure = self._active.failure
            state, detail = ("failed", failure.text) if failure is not None else ("chosen", "")
        elif link.configured:
            state = "passed over"
        elif link.missing:
            state, detail = "incomplete", f"missing: {', '.join(link.missing)}"
        else:
            state, detail = "not configured", f"set {', '.join(link.variables)}"
        return LinkReport(link.method, link.configured, link.origin, state, detail, expires_at)
