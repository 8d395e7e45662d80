"""Foundry projects: which calls go to a resource's project or published agent, and which to the resource itself.

A project and a published agent are resources of their own to all that routes, binds and sends; they have the
credentials of the resource whose address named them, and serve no model of the mapping.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..deployments import RESPONSES, Operation, Plan, Target, operation_of
from ..settings import Endpoint, Resource, operation_query, operation_url

__all__ = ["Projects", "names_agent"]

_log = logging.getLogger("azure_connector")

# What a body names an agent by; `agent` is the older spelling.
_AGENT = ("agent_reference", "agent")


class Projects:
    """The projects and published agents of all resources.

    Args:
        configured: the settings' resources by name.

    Attributes:
        resources: those, and after them their projects and agents.
    """

    def __init__(self, configured: Mapping[str, Resource]) -> None:
        self._parts: dict[str, dict[str, str]] = {"project": {}, "agent": {}}
        added: dict[str, Resource] = {}
        for name, resource in configured.items():
            for part, endpoint in (("project", resource.endpoint.project), ("agent", resource.endpoint.agent)):
                if endpoint is not None:
                    shown = f"{name}:{endpoint.base.removeprefix(resource.endpoint.base).removeprefix('/api/')}"
                    self._parts[part][name] = shown
                    added[shown] = replace(resource, name=shown, endpoint=endpoint, part_of=name)
        self.resources: Mapping[str, Resource] = {**configured, **added}
        self._configured = configured

    def __bool__(self) -> bool:
        return bool(self._parts["project"])

    def asked_again(self) -> tuple[str, ...]:
        """Where a stored id of unknown origin may be: the resources, then their projects."""
        return (*self._configured, *self._parts["project"].values())

    def homes(self, row: Operation, body: Mapping[str, object] | None) -> Mapping[str, str]:
        """Resource -> its project or agent, for a call that belongs there; empty for every other call.

        Args:
            row: the call's operation.
            body: its JSON body.
        """
        if not self:
            return {}
        responses = row.path.startswith(RESPONSES)
        if responses and self._parts["agent"]:
            return self._parts["agent"]
        if row.project or (responses and names_agent(body)):
            return self._parts["project"]
        return {}

    def owner(self, resource: str) -> str:
        """The resource whose project or agent this is; itself otherwise."""
        return self.resources[resource].part_of or resource

    def moved(self, plan: Plan, homes: Mapping[str, str]) -> Plan:
        """The plan at the projects or agents of its targets' resources; those without one fall out."""
        targets = tuple(replace(one, resource=homes[one.resource]) for one in plan.targets if one.resource in homes)
        return replace(plan, targets=targets or tuple(Target(home, "") for home in homes.values()))

    def explained(self, plan: Plan, operation: str) -> Plan:
        """The plan of an operation without a body, as `explain` shows it."""
        homes = self.homes(operation_of(operation), None)
        return self.moved(plan, homes) if homes else plan

    def notes(self) -> Iterator[str]:
        """A line for each project or agent: what goes there, and where everything else goes."""
        for name, resource in self._configured.items():
            project, agent = resource.endpoint.project, resource.endpoint.agent
            if project is None:
                continue
            there = operation_url(project, "/")
            if agent is not None:
                yield (
                    f"{name} is a published agent: Responses go to {_address(agent)}, agents, conversations and evals "
                    f"to {there}, everything else to {operation_url(resource.endpoint, '/', form='v1')}"
                )
            else:
                yield (
                    f"{name} is a Foundry project: agents, agent references, conversations and evals go to {there}, "
                    f"everything else to {operation_url(resource.endpoint, '/', form='v1')}"
                )

    def tell(self) -> None:
        """Says once where calls go."""
        for note in self.notes():
            _log.info("%s", note)


def names_agent(body: Mapping[str, object] | None) -> bool:
    """Whether a Responses request is for an agent."""
    return body is not None and any(body.get(name) for name in _AGENT)


def _address(agent: Endpoint) -> str:
    query = operation_query(agent)
    return operation_url(agent, RESPONSES) + "".join(f"?{name}={value}" for name, value in query.items())
