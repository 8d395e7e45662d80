"""What a call looked like, for the hint of its error."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from dataclasses import replace
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
    return replace(
        _resource_context(state, target.resource),
        deployment=target.deployment,
        model=plan.model,
        rule=plan.rule,
        source=plan.source,
        operation=operation if call is None else call.operation,
        instead="" if call is None else call.row.instead,
        beside=tuple((path, model, resolver.deployment_on(target.resource, model)) for path, model in further),
        served_by=served_by,
    )


def _resource_context(state: ConnectorState, name: str) -> HintContext:
    """The part of the context that tells of a resource and of the settings."""
    resource = state.resources[name]
    endpoint = resource.endpoint
    origins = {**state.settings.origins, **resource.auth.origins}
    proxy, proxy_origin = _proxy(state, endpoint.base)

    def changed(setting: str, value: str) -> str:
        return change(setting, value, origins.get(setting, "default"))

    def left_out(setting: str) -> str:
        return _without(setting, endpoint, origins)

    return replace(
        _credential_context(state, name),
        resource=name,
        endpoint=endpoint.base,
        form=endpoint.form,
        api_version=endpoint.api_version,
        other_resource=state.settings.other_resource if name == "default" else "",
        change=changed,
        leave_out=left_out,
        account=_account(endpoint.base),
        resource_id=resource.resource_id or "",
        proxy=proxy,
        proxy_origin=proxy_origin,
        existing=_existing(state, name),
        discovers=state.settings.discover,
    )


def _credential_context(state: ConnectorState, name: str) -> HintContext:
    """The part of the context that tells of a resource's credential."""
    resource, authenticator = state.resources[name], state.authenticators.of(name)
    origin = state.authenticators.credential_origin(name)
    scopes = SCOPES[resource.endpoint.cloud]
    claims = authenticator.claims()
    return HintContext(
        credential=authenticator.kind,
        credential_origin=origin,
        tenant=resource.auth.tenant_id,
        scopes=tuple(dict.fromkeys((authenticator.scope, *scopes))),
        odd_key=_odd_key(resource, origin) or (state.settings.other_key if name == "default" else ""),
        principal=_principal(claims) or resource.auth.client_id or "",
        expired=_has_run_out(claims),
        foreign_scope=authenticator.scope not in scopes,
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
