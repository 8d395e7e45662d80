"""`Authenticator`: the auth chain of one resource, as the clients see it."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from .._utils import ForkLock
from ..errors import claims_of
from ..settings import Resource
from ..transport import TransportOptions
from ._background_loop import BackgroundLoop
from ._chain import Link, LinkReport, Method, choose, links_of, report
from ._credential_factory import KEYS, CredentialFactory, header_maker, known_secrets, scope_of
from ._credential_sources import ValueSource
from ._failures import Failure, credential_error, explain
from ._headers import AuthHeaders
from ._refusals import Advice, advise, keys_are_disabled
from ._token_cache import TokenCache
from ._tokens import CachedToken

__all__ = ["Authenticator"]

_log = logging.getLogger("azure_connector.auth")

_WITHIN = 120.0  # seconds; DefaultAzureCredential may run three developer tools of 10 s each
_BROWSER = 330.0  # azure-identity gives a person five minutes


@dataclass(frozen=True, slots=True)
class _Active:
    """The method in use."""

    link: Link
    cache: TokenCache


class Authenticator:
    """Gives the headers that prove who is calling, for one resource.

    One per resource, shared by the sync and the async client; safe across threads and event loops. Nothing is built
    or asked for before the first call, and after `close` it starts again when it is needed.

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
        # Whoever lets a tool or a person take their time means to wait for it.
        patience = _BROWSER if resource.auth.use_interactive_browser else 3 * resource.auth.cli_timeout
        self._within = max(within, patience) if within == _WITHIN else within
        self._loop = BackgroundLoop()
        self._factory = CredentialFactory(resource, transport or TransportOptions(), self._loop)
        self._lock = ForkLock()
        self._refused: dict[Method, str] = {}
        self._links = links_of(resource.auth)
        self._active = self._activate(_first(self._links))
        if _log.isEnabledFor(logging.DEBUG):
            for line in self.describe():
                _log.debug("Auth chain of the resource %r: %s", resource.name, line)

    @property
    def kind(self) -> str:
        """The method in use, e.g. `api-key`, `client secret` or `managed identity`."""
        return self._active.link.method

    @property
    def scope(self) -> str:
        """The scope that tokens are asked for."""
        return scope_of(self._resource)

    @property
    def scope_origin(self) -> str:
        """Where that scope was set; `default` where it is the host's own."""
        return self._resource.auth.origins.get("scope", "default")

    def headers(self, *, within: float | None = None) -> AuthHeaders:
        """The headers to send. Blocks where a token must be fetched first.

        Args:
            within: seconds to wait at most.

        Raises:
            CredentialError: no credential was to be had; says which method failed, why, and what to do.
            ConfigurationError: what the method gave cannot be sent in a header.
        """
        active = self._active
        outcome = active.cache.get(self._within if within is None else within)
        return outcome.headers if isinstance(outcome, CachedToken) else self._fail(active, outcome, within)

    async def aheaders(self, *, within: float | None = None) -> AuthHeaders:
        """Like `headers`, without ever blocking the event loop."""
        active = self._active
        outcome = await active.cache.aget(self._within if within is None else within)
        return outcome.headers if isinstance(outcome, CachedToken) else self._fail(active, outcome, within)

    def refused(self, status: int, code: str | None = None, message: str = "", sent: AuthHeaders | None = None) -> bool:
        """Whether to send again, once, after the service refused the credential. Gets a new one where that may help.

        Args:
            status: 401 or 403.
            code: Azure's error code, e.g. `AuthenticationTypeDisabled`.
            message: Azure's message, for replies that have no code.
            sent: the headers that were refused: those of an older credential are no reason to fetch another.
        """
        active = self._active
        advice = self._advise(active, status, code, message, sent)
        if not isinstance(advice, CachedToken):
            return advice is Advice.RESEND
        return self._is_new(advice, active.cache.get(self._within))

    async def arefused(
        self, status: int, code: str | None = None, message: str = "", sent: AuthHeaders | None = None
    ) -> bool:
        """Like `refused`, without blocking the event loop."""
        active = self._active
        advice = self._advise(active, status, code, message, sent)
        if not isinstance(advice, CachedToken):
            return advice is Advice.RESEND
        return self._is_new(advice, await active.cache.aget(self._within))

    def token_credential(self) -> AbstractContextManager[Any]:
        """A sync azure-identity credential of this chain, for other services of Azure, closed at the block's end."""
        return self._factory.credential()

    def claims(self) -> dict[str, Any]:
        """What the token that was sent last says of itself, unverified; empty for a key, or where none was."""
        last = self._active.cache.last()
        return claims_of(last.get_secret_value()) if last is not None else {}

    def describe(self) -> tuple[LinkReport, ...]:
        """Every method in the chain's order and what became of it. Sends nothing."""
        active = self._active
        cached, failure = active.cache.cached, active.cache.failure
        return tuple(
            report(
                link,
                chosen=link is active.link,
                refused=self._refused.get(link.method),
                failed=failure.text if failure is not None and link is active.link else None,
                expires_at=cached.expires_on if cached is not None and link is active.link else None,
            )
            for link in self._links
        )

    def close(self) -> None:
        """Release what was built here; credential objects of the user stay open."""
        self._active.cache.close()
        self._loop.close()

    async def aclose(self) -> None:
        """Like `close`, without blocking the event loop."""
        if self._active.cache.is_busy or self._loop.is_running:
            await asyncio.to_thread(self.close)
        else:
            self.close()

    def __repr__(self) -> str:
        return f"Authenticator({self._resource.name!r}, {self.kind})"

    def _activate(self, link: Link) -> _Active:
        secrets = known_secrets(self._resource.auth)
        cache = TokenCache(
            link.method,
            self._factory.source(link),
            make=header_maker(link.method, self._resource.auth),
            explain=lambda error: explain(error, secrets),
            loop=self._loop,
        )
        if isinstance(cache.source, ValueSource):
            cache.seed(cache.source.fetch(None))
        return _Active(link, cache)

    def _advise(
        self, active: _Active, status: int, code: str | None, message: str, sent: AuthHeaders | None
    ) -> Advice | CachedToken:
        """What to do about a refusal; the credential that was dropped where another one is to be fetched."""
        cached = active.cache.cached
        if status == 403 and active.link.method in KEYS and keys_are_disabled(code, message):
            return self._fall_through(active, code or message)
        # API Management wants a key of its own: for that no new token helps.
        fixed = isinstance(active.cache.source, ValueSource) or "missing subscription key" in message.lower()
        advice = advise(status, cached, sent, fixed=fixed, replaced=active.cache.replaced_at, now=active.cache.now())
        if advice is Advice.RENEW and cached is not None:
            _log.info("401 with the credential of the %s: asking for a new one", active.link.method)
            active.cache.drop(cached.mark)
            return cached
        return advice

    def _is_new(self, before: CachedToken, outcome: CachedToken | Failure | None) -> bool:
        if isinstance(outcome, CachedToken):
            return outcome.value != before.value
        _log.warning(
            "401, and the %s gave no new credential: %s", self.kind, outcome.text if outcome else "no answer in time"
        )
        return False

    def _fall_through(self, active: _Active, reason: str) -> Advice:
        with self._lock:
            if self._active is not active:
                return Advice.RESEND
            method = active.link.method
            # A subscription key opens the gateway; it does not replace the key of the resource behind it.
            following = choose(self._links, {*self._refused, *KEYS, "subscription key"})
            if following is None:
                return Advice.GIVE_UP
            self._refused[method] = reason
            self._active = self._activate(following)
        active.cache.source.close()
        _log.warning(
            "The resource %r takes no API keys (%s); using the %s from now on. Remove the %s (%s) from the settings.",
            self._resource.name,
            reason,
            following.method,
            method,
            active.link.origin or active.link.variables[0],
        )
        return Advice.RESEND

    def _fail(self, active: _Active, outcome: Failure | None, within: float | None) -> AuthHeaders:
        waited = self._within if within is None else within
        raise credential_error(outcome, active.link, self._links, self._resource, waited)


def _first(links: tuple[Link, ...]) -> Link:
    link = choose(links)
    assert link is not None, "links_of leaves at least one"
    return link
