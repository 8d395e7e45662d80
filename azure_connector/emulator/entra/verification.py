"""What Azure OpenAI does with a bearer token: signature, audience, time, role, each with Azure's own refusal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from azure_connector.emulator.errors import azure, unauthorized

from .claims import issuer_of
from .jose import MalformedTokenError, Signer, parse_token

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from azure_connector.emulator.wire import Refusal

PUBLIC_AUDIENCES = ("https://cognitiveservices.azure.com", "https://ai.azure.com")
CHAT_ACTION = "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action"


class TokenVerifier:
    """Checks bearer tokens as the API side does. An instance is called with the token alone.

    Args:
        signer: whose signature counts.
        tenants: the tenants whose tokens are accepted (looked at on every call).
        audiences: accepted audiences; the first one is named in the refusal.
        required_role: None lets every principal of the tenants in.
        revoked: `uti` claims that are no longer good.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        signer: Signer,
        *,
        tenants: Collection[str],
        audiences: Sequence[str] = PUBLIC_AUDIENCES,
        required_role: str | None = None,
        revoked: Collection[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._signer = signer
        self._tenants = tenants
        self._audiences = tuple(audience.rstrip("/") for audience in audiences)
        self._required_role = required_role
        self._revoked = revoked
        self._clock = clock

    def token_in(self, authorization: str) -> str | None:
        """The bearer token in a header's value, if there is one and it is good."""
        scheme, _, rest = authorization.partition(" ")
        token = rest.strip()
        return token if scheme.lower() == "bearer" and self(token) is None else None

    def __call__(self, token: str) -> Refusal | None:
        """None when the token is good, else what to answer.

        Azure sends one message for a bad signature, another audience, an expired and a revoked token: the client is
        not told which one it was.
        """
        try:
            parsed = parse_token(token)
        except MalformedTokenError:
            return unauthorized(self._audiences[0])
        claims = parsed.claims
        now = self._clock()
        good = (
            parsed.signed_by(self._signer.public_key)
            and any(claims.get("iss") == issuer_of(tenant) for tenant in self._tenants)
            and str(claims.get("aud", "")).rstrip("/") in self._audiences
            and parsed.number("nbf", 0.0) <= now < parsed.number("exp", 0.0)
            and claims.get("uti") not in self._revoked
        )
        if not good:
            return unauthorized(self._audiences[0])
        if self._required_role is not None and self._required_role not in claims.get("roles", ()):
            return permission_denied(claims)
        return None


def permission_denied(claims: Mapping[str, Any]) -> Refusal:
    """The principal is known, but no role lets it call the deployment."""
    message = (
        f"The principal `{claims.get('oid', '')}` lacks the required data action `{CHAT_ACTION}` to perform "
        "`POST /openai/deployments/{deployment-id}/chat/completions` operation."
    )
    return azure(401, "PermissionDenied", message)
