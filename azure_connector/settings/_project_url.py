"""A Foundry project in a pasted address, and what of it is called there.

Source: Foundry's pages on projects, agents and published agents. A project has agents, their conversations, and evals;
its deployments are its resource's, and only the resource's address also takes keys.

    …/api/projects/p[/agents | /evals | …]                                  the project, which serves /openai/v1
    …/api/projects/p/openai/responses?api-version=2025-11-15-preview        the project, in its older form
    …/api/projects/p/agents/a/endpoint/protocols/openai?api-version=v1      a published agent
    …/api/projects/p/applications/a/protocols/openai/responses?api-version= the same, in its older form
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..errors import ConfigurationError

__all__ = ["ProjectPath", "read_project"]

# What a project serves at its root.
_SERVICES = frozenset({"agents", "connections", "datasets", "deployments", "evals", "evaluations", "indexes"})
_PROTOCOL = "openai"


class ProjectPath(NamedTuple):
    """A project in an address.

    Attributes:
        before: what stands before it: a gateway's prefix.
        name: the project's name.
        operation: the operation that the address names.
        dated: its older form, which has an api-version and no `/v1`.
        agent: a published agent's path below the project, up to `protocols/openai`.
        agent_version: the api-version that such an agent needs where the address has none.
    """

    before: Sequence[str]
    name: str
    operation: Sequence[str] = ()
    dated: bool = False
    agent: Sequence[str] = ()
    agent_version: str = ""


def read_project(segments: Sequence[str]) -> ProjectPath | None:
    """The project in a path; None where there is none.

    Args:
        segments: the path's, as pasted.

    Raises:
        ConfigurationError: it leads to something of a project that speaks no OpenAI protocol.
    """
    words = [segment.lower() for segment in segments]
    start = next((i for i in range(len(words) - 2) if words[i : i + 2] == ["api", "projects"]), None)
    if start is None:
        return None
    project = ProjectPath(segments[:start], segments[start + 2])
    rest, named = words[start + 3 :], segments[start + 3 :]
    for length, pattern, version in _PUBLISHED:
        if len(rest) >= length and all(known in ("*", word) for known, word in zip(pattern, rest, strict=False)):
            return _published(project, named, length, version)
    if not rest or rest[0] in _SERVICES:
        return project
    if rest[0] != "openai":
        raise ConfigurationError(
            f"The endpoint leads to {'/'.join(named)!r} of a Foundry project, which speaks no OpenAI protocol.",
            hint="Give the project alone: https://RESOURCE.services.ai.azure.com/api/projects/PROJECT.",
        )
    whole = len(rest) == 1 or rest[1] == "v1"
    return project._replace(operation=named[2:] if whole else named[1:], dated=not whole)


_PUBLISHED = (
    (5, ("agents", "*", "endpoint", "protocols", "*"), "v1"),
    (4, ("applications", "*", "protocols", "*"), "2025-11-15-preview"),
)


def _published(project: ProjectPath, named: Sequence[str], length: int, version: str) -> ProjectPath:
    if named[length - 1].lower() != _PROTOCOL:
        raise ConfigurationError(
            f"The published agent {named[1]!r} is called by the protocol {named[length - 1]!r} here, which is not "
            "OpenAI's.",
            hint="Copy its other address, the one that ends in /protocols/openai, or use that protocol's own client.",
        )
    if len(named) > length and named[length].lower() == "v1":
        length += 1
    return project._replace(agent=named[:length], operation=named[length:], agent_version=version)
