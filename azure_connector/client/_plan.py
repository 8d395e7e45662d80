"""Which targets a call may go to: those of its model, or of the resource on which its state lives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..deployments._table import Plan, Target
from ..errors._classes import InvalidRequestError
from ..requests._call_options import Asked

if TYPE_CHECKING:
    from ._state import Core

__all__ = ["pin", "plan_call", "prefer"]


def plan_call(core: Core, asked: Asked) -> Plan:
    """The targets for a call, in order.

    Raises:
        InvalidRequestError: the model is missing, or state and model live on different resources.
    """
    if asked.names_deployment and asked.options.method.lower() == "post":
        plan = core.resolve(asked.model, asked.operation)
        if len(core.resources) == 1 or (home := core.state.home_of_request(asked.body)) is None:
            return plan
        if not core.settings.drop_state:
            return pin(plan, home.resource, param=home.param)
        file = core.state.home_of_files(asked.body)
        return prefer(plan, home.resource) if file is None else pin(plan, file.resource, param=file.param)
    return _plan_for_stored(core, asked)


def _plan_for_stored(core: Core, asked: Asked) -> Plan:
    """The targets for a request that names no model: where its state lives."""
    home = core.state.home_of_path(asked.operation)
    if home is None and (found := core.state.home_of_request(asked.body)) is not None:
        home = found.resource
    if home is None and core.state.names_id(asked.operation):
        # Made by another process, or forgotten: a resource that does not know the id says so and does nothing.
        targets = (Target(name, "", rank=rank) for rank, name in enumerate(core.resources))
        return Plan("", tuple(targets), "default")
    return Plan("", (Target(home or core.settings.default_resource, ""),), "default" if home is None else "state")


def pin(plan: Plan, resource: str, *, param: str = "previous_response_id") -> Plan:
    """A plan that stays on one resource, for calls that refer to what is stored there.

    Args:
        plan: the plan for the model.
        resource: the name of the resource that holds the state.
        param: the parameter that refers to it, for the error.

    Raises:
        InvalidRequestError: the model has no target on that resource.
    """
    targets = tuple(target for target in plan.targets if target.resource == resource)
    if not targets:
        known = ", ".join(sorted({target.resource for target in plan.targets}))
        raise InvalidRequestError(
            f"{param} refers to resource {resource!r}, but the model {plan.model!r} has deployments only on: {known}",
            param=param,
            hint=f"Add a deployment DEPLOYMENT@{resource} for {plan.model!r} to deployment_mapping, or begin the "
            "conversation anew.",
        )
    return plan if len(targets) == len(plan.targets) else Plan(plan.model, targets, plan.rule)


def prefer(plan: Plan, resource: str) -> Plan:
    """A plan that asks one resource before all others, for calls whose state is there but may be dropped.

    Args:
        plan: the plan for the model.
        resource: the name of the resource that holds the state.
    """
    after = 1 + max(target.rank for target in plan.targets)
    targets = (one if one.resource == resource else replace(one, rank=one.rank + after) for one in plan.targets)
    return Plan(plan.model, tuple(sorted(targets, key=lambda target: target.rank)), plan.rule)
