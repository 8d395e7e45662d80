"""The auth chain, link by link, and the token that it gives."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from ...auth import expiry_text
from ...errors import ConfigurationError, CredentialError, claims_of, expired_hint, scope_hint
from ...settings import SCOPES, leave_out, odd_key
from ._finding import Finding, TerminalOnly

if TYPE_CHECKING:
    from ...auth import Authenticator, AuthHeaders
    from ...settings import HostKind

__all__ = ["check_credential", "describe_chain"]

_SHOWN = 20  # characters of a key from which on its last four may be seen
_WITHIN = 60.0  # seconds; developer tools such as az take several


def check_credential(authenticator: Authenticator, resource: str, kind: HostKind = "other") -> Finding:
    """Asks the chain for a credential and looks at the token.

    Args:
        authenticator: the resource's chain.
        resource: the resource's name.
        kind: whose host it is.
    """
    began = time.perf_counter()
    try:
        headers = authenticator.headers(within=_WITHIN)
    except (CredentialError, ConfigurationError) as error:
        lines = str(error).removesuffix(error.hint).strip().splitlines()
        detail = " ".join(line.strip() for line in lines[:2])
        facts = {"chain": describe_chain(authenticator)}
        remedy = error.hint or "Run `az login`, or set AZURE_OPENAI_API_KEY."
        return Finding("credential", "failed", detail, "credential", remedy, resource, facts=facts)
    if "Authorization" not in headers:
        return _judge_key(authenticator, headers, resource, kind)
    return _judge(authenticator, headers, resource, time.perf_counter() - began)


def describe_chain(authenticator: Authenticator) -> list[dict[str, Any]]:
    """Every link and what became of it, as plain data."""
    return [
        {"method": link.name, "state": link.state, "origin": link.origin, "detail": link.detail}
        for link in authenticator.describe()
    ]


def _judge(authenticator: Authenticator, headers: AuthHeaders, resource: str, seconds: float) -> Finding:
    chosen = next((link for link in authenticator.describe() if link.name == authenticator.kind), None)
    origin = f" (from {chosen.origin})" if chosen is not None and chosen.origin else ""
    facts: dict[str, Any] = {"method": authenticator.kind, "chain": describe_chain(authenticator)}
    token = headers.get("Authorization", "").removeprefix("Bearer ")
    claims = claims_of(token)
    expires = claims.get("exp")
    facts |= {"scope": authenticator.scope, "audience": claims.get("aud"), "expires": expires}
    facts |= {"tenant": claims.get("tid"), "application": claims.get("appid") or claims.get("azp")}
    facts |= {"object": claims.get("oid"), "roles": claims.get("roles")}
    detail = f"{authenticator.kind}{origin}: " + (
        _told(claims) if claims else "a token that is no JWT, unreadable here"
    )
    if isinstance(expires, int | float) and expires <= time.time():
        token_origin = chosen.origin if chosen is not None and chosen.origin else "default"
        remedy = expired_hint(leave_out("azure_ad_token", token_origin, os.environ))
        return Finding("credential", "failed", detail, "expired-token", remedy, resource, facts=facts)
    audience = str(claims.get("aud", "")).rstrip("/")
    known = {scope.removesuffix("/.default") for scopes in SCOPES.values() for scope in scopes}
    if audience.startswith("https://") and audience not in known:
        remedy = _scope_remedy(authenticator.scope, known, authenticator.scope_origin)
        return Finding("credential", "warning", detail, "wrong-audience", remedy, resource, facts=facts)
    return Finding("credential", "ok", detail, resource=resource, seconds=seconds, facts=facts)


def _judge_key(authenticator: Authenticator, headers: AuthHeaders, resource: str, kind: HostKind) -> Finding:
    """A key by its shape: on Azure's own hosts nothing else is ever taken; a gateway may take what it likes."""
    facts: dict[str, Any] = {"method": authenticator.kind, "chain": describe_chain(authenticator)}
    key = next(iter(headers.values()), "")
    private = TerminalOnly(f", {len(key)} characters, ends in {key[-4:]}" if len(key) >= _SHOWN else "")
    chosen = next((link.origin or "" for link in authenticator.describe() if link.name == authenticator.kind), "")
    detail = f"{authenticator.kind} (from {chosen})" if chosen else authenticator.kind
    variable = chosen.rpartition(" ")[2]
    odd = odd_key(key, variable if variable.isupper() else "AZURE_OPENAI_API_KEY")
    if odd and kind in ("azure", "foundry"):
        return Finding("credential", "failed", detail, "wrong-key", odd, resource, facts=facts)
    return Finding("credential", "ok", detail, resource=resource, facts=facts, private=private)


def _scope_remedy(asked: str, known: set[str], origin: str) -> str:
    """A scope that was set and is wrong is never recommended; one that is right means that the token was given."""
    if asked.removesuffix("/.default").rstrip("/") not in known:
        return scope_hint(asked, leave_out("scope", origin))
    return f"Get a token of the scope {asked} (`az account get-access-token --scope {asked}`), or use `az login`."


def _told(claims: dict[str, Any]) -> str:
    expires = claims.get("exp")
    words = [f"audience {claims.get('aud', 'unknown')}"]
    if isinstance(expires, int | float):
        gone = expires <= time.time()
        words.append(expiry_text(float(expires)).replace("expires at", "expired at" if gone else "expires at"))
    if claims.get("roles"):
        words.append(f"roles {', '.join(map(str, claims['roles']))}")
    return ", ".join(words)
