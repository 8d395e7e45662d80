"""Keys and tokens as values: what a method gave, what is in hand, and how long it serves. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import math
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from pydantic import SecretStr

from ._headers import AuthHeaders

__all__ = ["CachedToken", "FetchedToken", "PendingToken", "Source", "expiry_text", "hold_times", "jwt_expiry"]

_MARGIN = 300.0  # seconds before expiry at which a token is fetched anew
_SHORT = 0.2  # of a shorter-lived token's life
_LAST = 0.1  # of a token's life, at its end, in which it could expire on its way
_LAST_MOST = 5.0


@dataclass(frozen=True, slots=True)
class FetchedToken:
    """What a method gave.

    Attributes:
        value: the key or token.
        expires_on: seconds since the epoch; None where it does not expire or nobody knows.
        refresh_on: when its issuer would like it to be fetched anew, seconds since the epoch.
        reusable: False where it must be asked for on every call, since nothing tells how long it lives.
        fixed: there is no other one, so it is sent even after its expiry, for the service to judge.
    """

    value: SecretStr
    expires_on: float | None = None
    refresh_on: float | None = None
    reusable: bool = True
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class PendingToken:
    """A method that looked synchronous gave something to await."""

    awaitable: Awaitable[Any]


@dataclass(frozen=True, slots=True)
class CachedToken:
    """A credential in hand.

    Attributes:
        headers: ready for the wire.
        value: the key or token.
        refresh_at: from then on it is fetched anew while it still serves, seconds since the epoch.
        dead_at: from then on it no longer serves.
        expires_on: as its issuer said.
        fetched_at: when it came.
        mark: tells it from its predecessors.
    """

    headers: AuthHeaders
    value: SecretStr
    refresh_at: float = math.inf
    dead_at: float = math.inf
    expires_on: float | None = None
    fetched_at: float = 0.0
    mark: int = 0


class Source(Protocol):
    """One method of the chain at work."""

    asynchronous: bool

    def fetch(self, previous: SecretStr | None) -> FetchedToken | PendingToken:
        """Get a credential, blocking. `previous` is the one that must not come again from a cache that we own."""
        ...

    async def afetch(self, previous: SecretStr | None, pending: PendingToken | None = None) -> FetchedToken:
        """Get a credential on the running loop; `pending` is what `fetch` had begun."""
        ...

    def renew(self) -> None:
        """Forget whatever would give the same credential again."""
        ...

    def close(self) -> None:
        """Release what was built here; it is built again when needed."""
        ...

    def after_fork(self) -> None:
        """In a forked child: forget what is the parent's, without closing it."""
        ...


def hold_times(fetched: FetchedToken, now: float) -> tuple[float, float]:
    """When to fetch anew, and until when the credential serves; both in seconds since the epoch.

    Five minutes before expiry, or after 80% of a life shorter than 25 minutes, or when its issuer says, if sooner.
    """
    if not fetched.reusable:
        return -math.inf, -math.inf
    if fetched.expires_on is None or fetched.fixed:
        return math.inf, math.inf
    life = fetched.expires_on - now
    if life <= 0:
        return -math.inf, -math.inf
    refresh_at = fetched.expires_on - min(_MARGIN, life * _SHORT)
    if fetched.refresh_on is not None and fetched.refresh_on > now:
        refresh_at = min(refresh_at, fetched.refresh_on)
    return refresh_at, fetched.expires_on - min(_LAST_MOST, life * _LAST)


def jwt_expiry(token: str) -> float | None:
    """The `exp` of a JSON Web Token (seconds since the epoch), unverified; None where there is none to read."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        body = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    expiry = cast("dict[str, Any]", body).get("exp") if isinstance(body, dict) else None
    if isinstance(expiry, bool) or not isinstance(expiry, int | float):
        return None
    return float(expiry) if math.isfinite(expiry) and expiry > 0 else None


def expiry_text(expires_on: float | None) -> str:
    """E.g. `expires at 2026-11-21T08:00:00Z`."""
    if expires_on is None:
        return "expiry unknown"
    try:
        return time.strftime("expires at %Y-%m-%dT%H:%M:%SZ", time.gmtime(expires_on))
    except (OverflowError, ValueError, OSError):
        return "expiry unreadable"
