"""From the model that a caller names to the deployments that can serve it, in order.

The first of these that knows the model decides:

1. `mapping`: `deployment_mapping` has the model, exactly or in another case.
2. `deployment`: the model is itself a deployment's name that the mapping declares, or `name@resource`.
3. `discovered`: the resource's own listing has a deployment of that model, or of that name (where discovery is on).
4. `default`: `default_deployment` for chat, Responses and realtime, `embedding_deployment` for embeddings; for images,
   audio and realtime the deployment of a pasted target URI of theirs; no others.
   One that a variable shared with other tools names does not serve a model that is certainly another one.
5. `pass-through`: the model's name is taken for a deployment of the default resource.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

from ..errors import InvalidRequestError
from ._mapping import MappingReader
from ._model_names import known_model
from ._operations import CHAT, EMBEDDINGS, REALTIME, RESPONSES
from ._target import Api, Plan, Target

__all__ = ["Api", "DefaultSource", "DeploymentTable", "Discovered", "Plan", "Target", "compile_table"]

logger = logging.getLogger("azure_connector")

_CACHED_PLANS = 1024


class Discovered:
    """Deployments that were found on the resources. Immutable: a new listing makes a new one.

    Args:
        targets: what was found, the base model in lower case; the order is the order of preference.
    """

    def __init__(self, targets: Iterable[Target] = ()) -> None:
        self.targets = tuple(targets)
        self._by_model = _index(self.targets, _base_model)
        self._by_name = _index(self.targets, _folded_name)
        self._base_models = {target.key: target.model for target in self.targets}

    def of(self, model: str) -> Sequence[Target]:
        """The deployments of a base model, or else those of that very name."""
        return self._by_model.get(model.lower()) or self._by_name.get(model.lower(), ())

    def base_model(self, target: Target) -> str | None:
        """The base model of a deployment; None where the listing does not have it."""
        return self._base_models.get(target.key)


@dataclass(frozen=True, slots=True)
class DefaultSource:
    """What is known of `default_deployment` beside its name.

    Attributes:
        origin: where it was set, in words.
        shared: a variable that other tools set as well names it: it is not meant for every model.
        base_model: the base model that a variable declares for it.
    """

    origin: str = ""
    shared: bool = False
    base_model: str | None = None


class DeploymentTable:
    """The settings' deployments, compiled; `resolve` is a dictionary's look-up after the first call for a model.

    Args:
        mapping: model -> targets by rank.
        default: serves chat, Responses and realtime calls for models that nothing else knows.
        default_source: where it was set, and what that means.
        embedding: the same for embeddings.
        pasted: the same for operations of one kind, before `default`: what their paths begin with, and the deployment.
        resources: the names of all resources.
        default_resource: where a name without `@resource` is looked for.
    """

    def __init__(
        self,
        mapping: Mapping[str, tuple[Target, ...]] = MappingProxyType({}),
        *,
        default: Target | None = None,
        default_source: DefaultSource | None = None,
        embedding: Target | None = None,
        pasted: tuple[str, Target] | None = None,
        resources: Iterable[str] = ("default",),
        default_resource: str = "default",
    ) -> None:
        self.mapping = MappingProxyType(dict(mapping))
        self.default = default
        self.default_source = default_source or DefaultSource()
        self.embedding = embedding
        self.pasted = pasted
        self.resources = tuple(resources)
        self.default_resource = default_resource
        entries = list(self.mapping.items())
        self._folded = {model.lower(): targets for model, targets in reversed(entries)}
        declared = [(target, target.model or model.lower()) for model, targets in entries for target in targets]
        self._declared = _index({target.key: target for target, _ in declared}.values(), _folded_name)
        self._base_models = {target.key: base for target, base in reversed(declared)}
        self._declared_bases = {target.key: target.model for target, _ in reversed(declared) if target.model}
        # Plans depend on nothing but these three, and the call for a model comes again and again.
        self._plan = lru_cache(maxsize=_CACHED_PLANS)(self._make_plan)

    def resolve(
        self, model: object, operation: str, discovered: Discovered | None = None, default_model: str | None = None
    ) -> Plan:
        """The targets for one call.

        Args:
            model: the model as the caller named it.
            operation: the SDK's path, such as `/chat/completions`.
            discovered: what was found on the resources, if anything was listed.
            default_model: the base model of the default deployment, where a caller declared it.

        Raises:
            InvalidRequestError: the model is blank or no text.
        """
        if not isinstance(model, str) or not model.strip():
            given = "blank" if isinstance(model, str) else f"a {type(model).__name__}"
            raise InvalidRequestError(
                f"The call names no model: `model` is {given}.",
                param="model",
                hint=self._model_hint(operation),
            )
        plan = self._plan(model.strip(), operation, discovered or _NOTHING, default_model)
        if logger.isEnabledFor(logging.DEBUG):
            found = ", ".join(target.key for target in plan.targets)
            logger.debug("model %r for %s -> %s (rule: %s)", model, operation, found, plan.rule)
        return plan

    def _model_hint(self, operation: str) -> str:
        default = self.default_for(operation)
        if default is None:
            return 'Pass model=...: a model of deployment_mapping, or a deployment\'s name as "DEPLOYMENT@RESOURCE".'
        return f'Pass model=...: model="{default.key}" names the default deployment.'

    def _make_plan(self, model: str, operation: str, discovered: Discovered, default_model: str | None) -> Plan:
        mapped = self.mapping.get(model) or self._folded.get(model.lower(), ())
        if mapped:
            targets = (self._with_base(target, discovered, model) for target in mapped)
            return Plan(model, tuple(sorted(targets, key=lambda target: target.rank)), "mapping")
        if named := self._named(model, discovered):
            return Plan(model, named, "deployment")
        if found := discovered.of(model):
            return Plan(model, tuple(found), "discovered")
        default = self.default_for(operation)
        if default is None:
            return self._passed_through(model)
        if not operation.startswith((CHAT, RESPONSES)):
            asked = model if model.lower() == default.deployment.lower() else None
            return Plan(model, (self._with_base(default, discovered, asked),), "default")
        return self._default_plan(model, default, discovered, default_model)

    def _passed_through(self, model: str, source: str = "") -> Plan:
        return Plan(model, (Target(self.default_resource, model, model.lower()),), "pass-through", source)

    def _default_plan(self, model: str, default: Target, discovered: Discovered, declared: str | None) -> Plan:
        """The default deployment for a model, unless it is certainly another model's and not meant for all of them."""
        source = self.default_source
        certain = self._declared_bases.get(default.key) or declared or source.base_model
        certain = certain or discovered.base_model(default)
        default = replace(default, declared=certain is not None)
        certain = certain or known_model(default.deployment)
        if model.lower() == default.deployment.lower():
            return Plan(model, (replace(default, model=certain or model.lower()),), "default", source.origin)
        asked = known_model(model)
        same = asked is None or (certain is not None and (known_model(certain) or certain.lower()) == asked)
        if not same and certain is not None and source.shared:
            return self._passed_through(
                model, f"{source.origin} names {default.deployment!r}, which is {certain}, another model"
            )
        base = certain or self._base_models.get(default.key)
        warning = "" if same else _default_warning(model, default, certain, source)
        return Plan(model, (replace(default, model=base),), "default", source.origin, warning)

    def _named(self, model: str, discovered: Discovered) -> tuple[Target, ...]:
        """The deployments that the model names itself, bare or as `name@resource`."""
        if declared := self._declared.get(model.lower()):
            exact = tuple(target for target in declared if target.deployment == model)
            chosen = sorted(exact or declared, key=lambda target: target.rank)
            return tuple(self._with_base(target, discovered, None) for target in chosen)
        name, at, resource = model.rpartition("@")
        if not (at and name and resource in self.resources):
            return ()
        own = (target for target in self._declared.get(name.lower(), ()) if target.resource == resource)
        named = next(own, Target(resource, name))
        return (self._with_base(replace(named, rank=0), discovered, None if named.key in self._base_models else name),)

    def _with_base(self, target: Target, discovered: Discovered, asked: str | None) -> Target:
        """Fill in the base model: declared, else listed by the resource, else what the caller's own words suggest."""
        if target.model:
            return target
        suggested = asked.lower() if asked else self._base_models.get(target.key)
        listed = discovered.base_model(target)
        return replace(target, model=listed or suggested, declared=listed is not None)

    def base_models(self) -> dict[str, str]:
        """Every mapped model and deployment -> its base model, as far as the settings tell; of several the last one."""
        found: dict[str, str] = {}
        for model, targets in self.mapping.items():
            for target in targets:
                found[target.deployment] = found[model] = target.model or model
        return found

    def default_for(self, operation: str) -> Target | None:
        """The deployment for models that nothing knows."""
        if operation == EMBEDDINGS:
            return self.embedding
        if self.pasted is not None and operation.startswith(self.pasted[0]):
            return self.pasted[1]
        return self.default if operation.startswith((CHAT, RESPONSES, REALTIME)) else None


def _default_warning(model: str, default: Target, base: str | None, source: DefaultSource) -> str:
    known = f"serves {base}" if base else "is not known to serve that model"
    return (
        f"{model} is answered by the default deployment {default.key} ({source.origin or 'default_deployment'}), which "
        f'{known}. Map the model (deployment_mapping={{"{model}": "DEPLOYMENT"}}) or name its deployment as '
        f'model="DEPLOYMENT@{default.resource}".'
    )


def compile_table(
    mapping: Mapping[str, object],
    *,
    default: str | None,
    default_source: DefaultSource | None = None,
    embedding: str | None,
    pasted: tuple[str, str] | None = None,
    resources: Iterable[str],
    default_resource: str,
    origins: Mapping[str, str],
) -> DeploymentTable:
    """Compiles a mapping and the default deployments.

    Args:
        mapping: the setting `deployment_mapping`.
        default: the setting `default_deployment`.
        default_source: what is known of it beside its name.
        embedding: the setting `embedding_deployment`.
        pasted: the kind of operation and the deployment of a pasted target URI.
        resources: the names of all resources.
        default_resource: where a name without `@resource` is looked for.
        origins: setting -> where its value came from, for errors.

    Raises:
        ConfigurationError: an entry cannot be read, or names a resource that is not configured.
    """
    names = tuple(resources) or (default_resource,)

    def reader(setting: str) -> MappingReader:
        return MappingReader(names, default_resource, origins[setting])

    def single(setting: str, text: str | None) -> Target | None:
        return reader(setting).target(setting, text) if text else None

    return DeploymentTable(
        reader("deployment_mapping").read(mapping),
        default=single("default_deployment", default),
        default_source=default_source,
        embedding=single("embedding_deployment", embedding),
        pasted=(pasted[0], Target(default_resource, pasted[1])) if pasted else None,
        resources=names,
        default_resource=default_resource,
    )


def _index(targets: Iterable[Target], key: Callable[[Target], str | None]) -> dict[str, tuple[Target, ...]]:
    found: dict[str, tuple[Target, ...]] = {}
    for target in targets:
        name = key(target)
        if name is not None:
            found[name] = (*found.get(name, ()), target)
    return found


def _folded_name(target: Target) -> str:
    return target.deployment.lower()


def _base_model(target: Target) -> str | None:
    return target.model


_NOTHING = Discovered()
