"""From a model's name to its deployments, by the settings, by what was discovered, and by what replies have named.

A deployment whose name says nothing is known by its first reply. One whose replies name models of several families is a
router, whatever it is called; after many replies of one family in a row it counts as a deployment of that family again,
as one that was given another model does.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ._discovery import Discovery
from ._further_families import ROUTER
from ._model_names import known_model
from ._operations import CHAT
from ._profiles import Profile, Profiles, model_from_reply
from ._table import DeploymentTable, Discovered
from ._target import Plan, Target

__all__ = ["SERVED", "DeploymentResolver"]

_log = logging.getLogger("azure_connector")
_MOST_PLANS = 1024
_MOST_SERVED = 2000
_SETTLED = 20  # replies of one family in a row, after which a router is none


@dataclass(frozen=True, slots=True)
class Served:
    """What the replies of one deployment have named.

    Attributes:
        model: the base model of the last reply that named a known one.
        family: its family.
        router: the replies name models of several families.
        epoch: how often the family has changed: what was learned before is of another model.
        run: how many replies in a row were of this family.
    """

    model: str
    family: str
    router: bool = False
    epoch: int = 0
    run: int = 1

    def after(self, model: str, family: str) -> Served:
        """What is known after one more reply."""
        if family != self.family:
            return Served(model, family, router=True, epoch=self.epoch + 1)
        if not self.router:
            return self if model == self.model else replace(self, model=model)
        run = self.run + 1
        return replace(self, model=model, run=run, router=run < _SETTLED)


class ServedModels:
    """By resource address and deployment. Bounded; safe across threads; reading takes no lock."""

    def __init__(self) -> None:
        self._found: OrderedDict[str, Served] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Served | None:
        """What a deployment's replies have named; None before the first one."""
        return self._found.get(key)

    def note(self, key: str, model: str, family: str) -> None:
        """Notes what a reply names."""
        known = self._found.get(key)
        if known is not None and known.after(model, family) is known:
            return
        with self._lock:
            known = self._found.get(key)
            self._found[key] = Served(model, family) if known is None else known.after(model, family)
            self._found.move_to_end(key)
            while len(self._found) > _MOST_SERVED:
                self._found.popitem(last=False)

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._found.clear()


SERVED = ServedModels()
"""The process's."""


class DeploymentResolver:
    """Which deployments serve a model, and which base model each of them is.

    Args:
        table: the settings' deployments.
        discovery: what was found on the resources.
        profiles: the rules of the base models.
        addresses: resource -> its address: what the process remembers of a deployment hangs on it.
    """

    def __init__(
        self,
        table: DeploymentTable,
        discovery: Discovery,
        profiles: Profiles,
        addresses: Mapping[str, str] | None = None,
    ) -> None:
        self.table = table
        self.discovery = discovery
        self._profiles = profiles
        # The plans by the newest listing: the call for a model comes again and again.
        self._plans: tuple[Discovered | None, dict[tuple[str, str], Plan]] = None, {}
        self._addresses = addresses or {}
        self._declared: dict[str, str] = {}

    def resolve(self, model: Any, operation: str) -> Plan:
        """The deployments for a model, by the settings and by what was discovered.

        Args:
            model: the model as the caller named it.
            operation: the SDK's path.

        Raises:
            InvalidRequestError: the model is blank or no text.
        """
        found = self.discovery.found
        known, plans = self._plans
        if known is not found or _log.isEnabledFor(logging.DEBUG):  # plans of another listing, or a line for the log
            plans = {}
            self._plans = found, plans
        plan = plans.get((model, operation)) if isinstance(model, str) else None
        if plan is None:
            default = self.table.default
            declared = None if default is None else self._declared.get(default.key)
            plan = self.table.resolve(model, operation, found, declared)
            if len(plans) < _MOST_PLANS:
                plans[model, operation] = plan
        return plan

    def home_deployment(self, model: str, operation: str) -> str:
        """The first deployment of a model on the default resource, for what cannot go elsewhere.

        Raises:
            InvalidRequestError: other resources alone serve the model.
        """
        plan = self.resolve(model, operation).pinned_to(self.table.default_resource, param="model")
        return plan.targets[0].deployment

    def resources_of(self, model: str) -> frozenset[str] | None:
        """The resources that serve a model which stands beside a request's own; None where the settings do not say."""
        plan = self.resolve(model, "")
        return None if plan.rule == "pass-through" else frozenset(target.resource for target in plan.targets)

    def deployment_on(self, resource: str, model: str) -> str:
        """The deployment of a model on one resource; its own name where the settings know nothing of it there.

        Args:
            resource: the resource's name.
            model: a model that stands beside a request's own: no default deployment is taken for it.
        """
        targets = self.resolve(model, "").targets
        return next((target.deployment for target in targets if target.resource == resource), model)

    def mapped(self, model: str) -> Target | None:
        """The first deployment that the settings' mapping has for a model, or that it declares by that name."""
        plan = self.table.resolve(model, "")
        return plan.targets[0] if plan.rule in ("mapping", "deployment") else None

    def image_deployment(self, resource: str) -> str | None:
        """The deployment that makes images on a resource, where the settings name exactly one."""
        named = {
            target.deployment
            for model in self.table.mapping
            for target in self.resolve(model, "").targets
            if target.resource == resource and (profile := self.profile(target)) and profile.kind == "image"
        }
        return named.pop() if len(named) == 1 else None

    def base_model(self, target: Target) -> str | None:
        """The target's base model: as declared or configured, or as its replies have named it.

        What somebody declared stands, also where no rule knows it. Another name that no rule knows, such as an alias in
        the mapping, gives way to the replies' own; and replies that name several families are a router's.
        """
        declared = self._declared.get(target.key) or (target.model if target.declared else None)
        if declared is not None:
            return declared
        served = SERVED.get(self._address(target))
        if served is None:
            return target.model
        if served.router:
            return ROUTER
        return target.model if self._profiles.find(target.model) is not None else served.model

    def profile(self, target: Target) -> Profile | None:
        """The rules of the target's base model; None where nothing is known of it."""
        return self._profiles.find(self.base_model(target))

    def is_router(self, target: Target) -> bool:
        """Whether each reply may come from another model, so that nothing holds for the next one."""
        profile = self.profile(target)
        return profile is not None and profile.family == ROUTER

    def may_be_larger(self, one: Target, other: Target) -> bool:
        """Whether a target's context window may be larger than another one's."""
        mine, others = self.profile(one), self.profile(other)
        if mine is None or others is None or mine.context is None or others.context is None:
            base = self.base_model(one)
            return base is None or base != self.base_model(other)
        return mine.context > others.context

    def memory_key(self, target: Target) -> str:
        """What names a deployment in the process's memory; another one when it serves another family of models."""
        address = self._address(target)
        served = SERVED.get(address)
        return address if served is None or not served.epoch else f"{address}#{served.epoch}"

    def _address(self, target: Target) -> str:
        return f"{target.deployment}@{self._addresses.get(target.resource, target.resource)}"

    def declare_base_model(self, model: str, base_model: str) -> None:
        """Keeps what a caller says of a deployment; the mapping's own word goes before it."""
        if model in self.table.mapping:
            return
        for target in self.table.resolve(model, CHAT).targets:
            if target.key not in self._declared:
                self._declared[target.key] = model_from_reply(base_model)
                self._plans = None, {}  # what is known of a default deployment may decide

    def served_model_recorder(self, target: Target) -> Callable[[str], None] | None:
        """Notes the base model that a reply names; None where somebody declared it."""
        if target.declared or target.key in self._declared:
            return None
        return partial(self._note, self._address(target))

    def _note(self, address: str, named: str) -> None:
        model = model_from_reply(named)
        profile = self._profiles.find(model)
        family = profile.family if profile is not None else known_model(model)
        if family is not None:  # a gateway may name anything
            SERVED.note(address, model, family)
