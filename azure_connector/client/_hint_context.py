"""What a call looked like, for the hint of its error."""

from __future__ import annotations

from ..deployments import Plan, Target
from ..errors import HintContext
from ..requests import CallOptions
from ..settings import SCOPES, Resource, odd_key
from ._state import ConnectorState

__all__ = ["hint_context"]


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
        odd_key=_odd_key(resource, authenticators.credential_origin(target.resource)),
        beside=tuple((path, model, resolver.deployment_on(target.resource, model)) for path, model in further),
        served_by=served_by,
    )


def _odd_key(resource: Resource, origin: str | None) -> str:
    """What is odd about the key of a resource, without a letter of it."""
    key = resource.auth.api_key
    if key is None or callable(key):
        return ""
    variable = (origin or "").rpartition(" ")[2]
    return odd_key(key.get_secret_value(), variable if variable.isupper() else "AZURE_OPENAI_API_KEY")
