"""Fills an `Explanation` from what a connector knows. Sends nothing, fetches no token."""

from __future__ import annotations

from urllib.parse import urlencode

from .._utils import Json
from ..deployments import CHAT, RESPONSES, Plan, Profile, Target
from ..requests import adapt_request
from ..settings import form_for, operation_query, operation_url
from ._explanation import ExplainedTarget, Explanation
from ._state import ConnectorState

__all__ = ["explain_call"]


def explain_call(state: ConnectorState, plan: Plan, operation: str) -> Explanation:
    """What a call would do.

    Args:
        state: the connector.
        plan: the call's targets.
        operation: the SDK's path.
    """
    targets = tuple(_explained(state, target, operation) for target in plan.targets)
    settings = state.settings
    unused = tuple(f"{name} was found and is not used: {why}" for name, why in settings.set_aside.items())
    links = state.authenticators.of(plan.targets[0].resource).describe()
    chain = tuple(str(link) for link in links if link.configured)
    waiting = state.resolver.discovery.enabled and state.resolver.discovery.found is None
    later = (
        ("discover is on, and nothing has been listed yet: the first call lists the deployments",) if waiting else ()
    )
    warned = (plan.warning,) if plan.warning else ()
    notes = (*warned, *unused, *settings.remarks, *state.projects.notes(), *chain, *later)
    source = plan.source or (settings.origins["deployment_mapping"] if plan.rule in ("mapping", "deployment") else "")
    return Explanation(
        plan.model,
        operation,
        plan.rule,
        targets,
        settings.origins,
        notes,
        source,
        settings.trust,
    )


def _explained(state: ConnectorState, target: Target, operation: str) -> ExplainedTarget:
    endpoint = state.resources[target.resource].endpoint
    profile, adaptations = state.resolver.profile(target), state.builder.adaptations.of(state.builder.key_of(target))
    sent = operation
    if operation == CHAT:
        body: Json = {"model": target.deployment, "messages": []}
        sent = adapt_request(CHAT, body, profile=profile, adaptations=adaptations, api=target.api).operation
    form = form_for(endpoint, sent)
    query = operation_query(endpoint, form, sent)
    url = operation_url(endpoint, sent, target.deployment, form) + (f"?{urlencode(query)}" if query else "")
    return ExplainedTarget(
        resource=target.resource,
        deployment=target.deployment,
        url=url,
        base_model=state.resolver.base_model(target),
        api={CHAT: "chat", RESPONSES: "responses"}.get(sent, sent),
        form=form,
        api_version=query.get("api-version"),
        credential=state.authenticators.of(target.resource).kind,
        credential_origin=state.authenticators.credential_origin(target.resource) or "",
        rank=target.rank,
        weight=target.weight,
        profile=() if profile is None else _rules(profile),
        learned=state.builder.adaptations.explain(state.builder.key_of(target)),
    )


def _rules(profile: Profile) -> tuple[str, ...]:
    """The family's rules, a line each."""
    if profile.kind != "text":
        return (f"family {profile.family}: {profile.kind}",)
    lines = [f"family {profile.family}" + (", reasons before it answers" if profile.reasoning else "")]
    if profile.output_limit != "either":
        lines.append(f"the limit of output tokens is called {profile.output_limit}")
    if profile.refused:
        lines.append(f"takes only the default of {', '.join(sorted(profile.refused))}")
    if profile.sampling_with_effort_none:
        lines.append(f"with effort none also takes {', '.join(sorted(profile.sampling_with_effort_none))}")
    if profile.efforts:
        default = f", {profile.default_effort} when none is given" if profile.default_effort else ""
        lines.append(f"reasoning efforts: {', '.join(profile.efforts)}{default}")
    if not profile.streaming:
        lines.append("does not stream: one whole reply is delivered as a stream")
    if not profile.parallel_tool_calls:
        lines.append("makes one tool call at a time")
    if not profile.tools_with_reasoning_over_chat:
        lines.append("function tools with reasoning go through the Responses API")
    if profile.system_role == "user":
        lines.append("system messages go into the user's")
    if profile.source:
        lines.append(f"source: {profile.source}")
    return tuple(lines)
