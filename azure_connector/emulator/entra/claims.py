"""What stands in an access token."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .apps import App

SHORT_LIFETIME = 60.0


def issuer_of(tenant_id: str) -> str:
    """The issuer of a version 1 access token, the version that Azure's own services get."""
    return f"https://sts.windows.net/{tenant_id}/"


def access_token_claims(app: App, *, audience: str, lifetime: float, now: float) -> dict[str, Any]:
    """The claims of an app-only access token, in Entra's version 1 form.

    Azure looks role assignments up by the principal's id; here they travel in `roles`, so that a token alone says
    what it may do. Times are whole seconds as Entra's are, except for lifetimes under a minute, whose expiry keeps
    its fraction: a 2-second token then lasts 2 seconds, and not 1 to 2.

    Args:
        app: the principal.
        audience: the resource, without `/.default`.
        lifetime: seconds.
        now: seconds since the epoch.
    """
    expiry = round(now + lifetime, 3) if lifetime < SHORT_LIFETIME else int(now) + int(lifetime)
    return {
        "aud": audience,
        "iss": issuer_of(app.tenant_id),
        "iat": int(now),
        "nbf": int(now),
        "exp": expiry,
        "appid": app.client_id,
        "idtyp": "app",
        "oid": app.object_id,
        "sub": app.object_id,
        "tid": app.tenant_id,
        "roles": list(app.roles),
        "uti": uuid.uuid4().hex,
        "ver": "1.0",
    }


def token_reply(token: str, lifetime: float) -> dict[str, Any]:
    """The token endpoint's reply; `refresh_in` comes only with tokens of two hours and more, as from Entra."""
    reply: dict[str, Any] = {
        "token_type": "Bearer",
        "expires_in": int(lifetime),
        "ext_expires_in": int(lifetime),
        "access_token": token,
    }
    if lifetime >= 7200:
        reply["refresh_in"] = int(lifetime / 2)
    return reply
