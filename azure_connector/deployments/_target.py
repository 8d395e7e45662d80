"""What a call can be sent to, and the plan that lists it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Api", "Plan", "Target"]

Api = Literal["chat", "responses"]


@dataclass(frozen=True, slots=True)
class Target:
    """One deployment on one resource.

    Attributes:
        resource: the resource's name in the settings.
        deployment: the deployment's name on that resource.
        model: its base model (`gpt-5`), on which the parameter rules depend; None where nothing says.
        api: the API that the settings force for it, or None.
        rank: order of preference; all targets of a rank are tried before the next rank.
        weight: share of the calls within its rank.
    """

    resource: str
    deployment: str
    model: str | None = None
    api: Api | None = None
    rank: int = 0
    weight: float = 1.0

    @property
    def key(self) -> str:
        """`deployment@resource`, the way a deployment is written in settings."""
        return f"{self.deployment}@{self.resource}"


@dataclass(frozen=True, slots=True)
class Plan:
    """The targets for one call.

    Attributes:
        model: the model as the caller named it.
        targets: in order of preference (by rank, then as configured); never empty.
        rule: what chose them: `mapping`, `deployment` (the model named one itself), `discovered`, `default`,
            `pass-through` or `argument`.
    """

    model: str
    targets: tuple[Target, ...]
    rule: str
