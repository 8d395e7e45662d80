"""Which deployments a call may go to: those of its model, or of the resource on which its state lives."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from ..deployments import RESPONSES, DeploymentResolver, Plan, Target
from ..errors import InvalidRequestError
from ..requests import SAID, CallOptions, batch_resource
from ..routing import ResourceAffinity
from ._projects import Projects
from ._state import ConnectorState

__all__ = ["plan_call", "warn_once", "with_model"]

_log = logging.getLogger("azure_connector")


def with_model(call: CallOptions, state: ConnectorState) -> CallOptions:
    """The call with the model that the settings choose, where the SDK lets a caller of the Responses API omit it."""
    if call.model is not None or not call.operation.startswith(RESPONSES) or not call.body or not call.names_deployment:
        return call
    if state.projects.homes(call.row, call.body):  # an agent has a model of its own
        return call
    return replace(call, model=state.settings.model_for(RESPONSES))


def warn_once(state: ConnectorState, plan: Plan) -> None:
    """Tells once that a default deployment answers for what seems to be another model."""
    target = plan.targets[0]
    if SAID.first(state.resources[target.resource].endpoint.base, target.deployment, plan.model):
        _log.warning("%s", plan.warning)


def plan_call(
    call: CallOptions,
    resolver: DeploymentResolver,
    affinity: ResourceAffinity | None,
    projects: Projects,
) -> Plan:
    """The deployments for a call, in order.

    Args:
        call: what the caller asked for.
        resolver: a model's name to its deployments.
        affinity: where state lives; None where there is one resource only.
        projects: all resources, and what goes to a Foundry project of theirs.

    Raises:
        InvalidRequestError: the model is missing, or state and model live on different resources.
    """
    homes = projects.homes(call.row, call.body)
    if not call.names_deployment or (homes and call.model is None):  # an agent has a model of its own
        return _plan_for_stored(call, affinity, projects, homes, resolver.table.default_resource)
    if homes:
        return projects.moved(resolver.resolve(call.model, call.operation), homes)
    plan = _serving_all(call, resolver.resolve(call.model, call.operation), resolver)
    if affinity is None or (home := affinity.home_of_request(call.body)) is None:
        return plan
    if (owner := projects.owner(home.resource)) != home.resource:
        return projects.moved(plan.pinned_to(owner, param=home.param), {owner: home.resource})
    if not affinity.drop_state:
        return plan.pinned_to(home.resource, param=home.param)
    file = affinity.home_of_files(call.body)
    return plan.preferring(home.resource) if file is None else plan.pinned_to(file.resource, param=file.param)


def _serving_all(call: CallOptions, plan: Plan, resolver: DeploymentResolver) -> Plan:
    """The targets whose resource serves the request's other models, too: a grader's, a transcription's, an image's.

    Raises:
        InvalidRequestError: there is none.
    """
    for path, model in call.further:
        resources = resolver.resources_of(model)
        if resources is None:
            continue
        kept = tuple(target for target in plan.targets if target.resource in resources)
        if not kept:
            raise InvalidRequestError(
                f"The models {plan.model!r} and {model!r} ({path}) of one request have deployments on no common "
                f"resource: {', '.join(sorted({one.resource for one in plan.targets}))} and "
                f"{', '.join(sorted(resources))}.",
                param=path,
                hint="Add a deployment DEPLOYMENT@RESOURCE for one of them to deployment_mapping.",
            )
        plan = replace(plan, targets=kept)
    return plan


def _plan_for_stored(
    call: CallOptions,
    affinity: ResourceAffinity | None,
    projects: Projects,
    homes: Mapping[str, str],
    default_resource: str,
) -> Plan:
    """The resources for a request that names no model: where its state lives."""
    if affinity is None:
        rule = "default"
        return Plan("", (Target(default_resource, ""),), rule)
    method = call.options.method
    home = affinity.home_of_path(call.operation, method) or batch_resource(call.options.files)
    if home is None and (found := affinity.home_of_request(call.body)) is not None:
        home = found.resource
    if home is None and affinity.names_id(call.operation, method):
        # Made by another process, or forgotten: a resource that does not know the id says so and does nothing.
        places = tuple(homes.values()) or projects.asked_again()
        targets = (Target(name, "", rank=rank) for rank, name in enumerate(places))
        return Plan("", tuple(targets), "default")
    if home is None and homes:
        home = homes.get(default_resource) or next(iter(homes.values()))
    return Plan("", (Target(home or default_resource, ""),), "default" if home is None else "state")
