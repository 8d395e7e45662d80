"""What a call looked like, for the hint of its error."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ..deployments import Plan, Target
from ..errors import HintContext
from ..requests import CallOptions
from ..settings import SCOPES, Endpoint, Resource, change, leave_out, odd_key, resource_name
from ..transport import proxy_rules
from ._state import ConnectorState

__all__ = ["hint_context"]

_ID = re.compile(r"[\da-fA-F-]{36}")


def hint_context(
    state: ConnectorState, target: Target, plan: Plan, *, operation: str = "", call: CallOptions | None = None
) -> HintContext:
    """The context of a request to one target.

    Args:
        state: the connector.
        target: where it went.
        plan: what chose it.
        operation: the SDK's path.
        call: what the caller asked for, where it went through `request()`.
    """
    resolver = state.resolver

    def served_by(model: str | None) -> tuple[str, ...]:
        profile = resolver.profile(target) if model is None else state.profiles.find(model)
        return () if profile is None else profile.operations

    further = () if call is None else call.further
    resource, authenticators = state.resources[target.resource], state.authenticators
    authenticator = authenticators.of(target.resource)
    endpoint = resource.endpoint
    origins = {**state.settings.origins, **resource.auth.origins}
    proxy, proxy_origin = _proxy(state, endpoint.base)
    claims = authenticator.claims()
    return HintContext(
        resource=target.resource,
        endpoint=endpoint.base,
        form=endpoint.form,
        api_version=endpoint.api_version,
        deployment=target.deployment,
        model=plan.model,
        rule=plan.rule,
        source=plan.source,
        credential=authenticator.kind,
        credential_origin=authenticators.credential_origin(target.resource),
        tenant=resource.auth.tenant_id,
        other_resource=state.settings.other_resource if target.resource == "default" else "",
        scopes=tuple(dict.fromkeys((authenticator.scope, *SCOPES[endpoint.cloud]))),
        operation=operation if call is None else call.operation,
        instead="" if call is None else call.row.instead,
        odd_key=_odd_key(resource, authenticators.credential_origin(target.resource))
        or (state.settings.other_key if target.resource == "default" else ""),
        change=lambda setting, value: change(setting, value, origins.get(setting, "default")),
        leave_out=lambda setting: _without(setting, endpoint, origins),
        account=_account(endpoint.base),
        resource_id=resource.resource_id or "",
        principal=_principal(claims) or resource.auth.client_id or "",
        expired=_has_run_out(claims),
        foreign_scope=authenticator.scope not in SCOPES[endpoint.cloud],
        proxy=proxy,
        proxy_origin=proxy_origin,
        existing=_existing(state, target.resource),
        discovers=state.settings.discover,
        beside=tuple((path, model, resolver.deployment_on(target.resource, model)) for path, model in further),
        served_by=served_by,
    )


def _without(setting: str, endpoint: Endpoint, origins: Mapping[str, str]) -> str:
    """How to take a setting away; an api-version that a pasted address brought, by another address."""
    origin = origins.get(setting, "default")
    if setting == "api_version" and origin == "default":
        return change("azure_endpoint", endpoint.base, origins.get("azure_endpoint", "default"))
    return leave_out(setting, origin, os.environ)


def _account(base: str) -> str:
    """The resource's own name, where its host has it."""
    found = resource_name(base)
    return found[0] if found is not None and "." not in found[0] else ""


def _proxy(state: ConnectorState, base: str) -> tuple[str, str]:
    """The proxy on the way to an address, without user and password, and where it is set."""
    parts = urlsplit(base)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    rules = proxy_rules(state.transport.proxy, state.settings.origins["proxy"])
    found = rules.of(parts.scheme, parts.hostname or "", port)
    return (urlsplit(found[0]).netloc.rpartition("@")[2], found[1]) if found is not None else ("", "")


def _principal(claims: Mapping[str, Any]) -> str:
    """The identity that a token is of, by its id in the directory."""
    found = claims.get("oid")
    return found if isinstance(found, str) and _ID.fullmatch(found) else ""


def _has_run_out(claims: Mapping[str, Any]) -> bool:
    ends = claims.get("exp")
    return isinstance(ends, int | float) and ends <= time.time()


def _existing(state: ConnectorState, resource: str) -> tuple[str, ...]:
    """The deployments that the last listing had."""
    found = state.resolver.discovery.found
    targets = () if found is None else found.targets
    return tuple(sorted(target.deployment for target in targets if target.resource == resource))


def _odd_key(resource: Resource, origin: str | None) -> str:
    """What is odd about the key of a resource, without a letter of it."""
    key = resource.auth.api_key
    if key is None or callable(key):
        return ""
    variable = (origin or "").rpartition(" ")[2]
    return odd_key(key.get_secret_value(), variable if variable.isupper() else "AZURE_OPENAI_API_KEY")
