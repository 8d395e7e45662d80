"""What a call can be sent to, and the plan that lists it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from ..errors import InvalidRequestError

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
        declared: somebody said which base model it is, so that no reply is believed over it.
        key: `deployment@resource`, the way a deployment is written in settings.
    """

    resource: str
    deployment: str
    model: str | None = None
    api: Api | None = None
    rank: int = 0
    weight: float = 1.0
    declared: bool = field(default=False, compare=False, kw_only=True)
    key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"{self.deployment}@{self.resource}")


@dataclass(frozen=True, slots=True)
class Plan:
    """The targets for one call.

    Attributes:
        model: the model as the caller named it.
        targets: in order of preference (by rank, then as configured); never empty.
        rule: what chose them: `mapping`, `deployment` (the model named one itself), `discovered`, `default`,
            `pass-through` or `argument`.
        source: where that stands or what else led there, in words: `environment AZURE_OPENAI_DEPLOYMENT`.
        warning: what the user should be told once: a default serves another model than was asked for, it seems.
    """

    model: str
    targets: tuple[Target, ...]
    rule: str
    source: str = ""
    warning: str = ""

    def pinned_to(self, resource: str, *, param: str = "previous_response_id") -> Plan:
        """The plan on one resource only, for calls that refer to what is stored there.

        Args:
            resource: the name of the resource that holds the state.
            param: the parameter that refers to it, for the error.

        Raises:
            InvalidRequestError: the model has no target on that resource.
        """
        targets = tuple(target for target in self.targets if target.resource == resource)
        if not targets:
            known = ", ".join(sorted({target.resource for target in self.targets}))
            raise InvalidRequestError(
                f"{param} refers to resource {resource!r}, but the model {self.model!r} has deployments only on: "
                f"{known}",
                param=param,
                hint=f"Add a deployment DEPLOYMENT@{resource} for {self.model!r} to deployment_mapping, or begin the "
                "conversation anew.",
            )
        return self if len(targets) == len(self.targets) else replace(self, targets=targets)

    def preferring(self, resource: str) -> Plan:
        """The plan with one resource before all others, for calls whose state is there but may be dropped.

        Args:
            resource: the name of the resource that holds the state.
        """
        after = 1 + max(target.rank for target in self.targets)
        targets = (one if one.resource == resource else replace(one, rank=one.rank + after) for one in self.targets)
        return replace(self, targets=tuple(sorted(targets, key=lambda target: target.rank)))
