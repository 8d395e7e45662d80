"""Reading what a resource lists, and completing it from profiles and settings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from .._utils import as_list, as_object
from ._catalog import ListedDeployment, ListedModel, mapped_names
from ._profile import Profile
from ._profiles import Profiles, base_model, model_from_reply
from ._table import DeploymentTable, Discovered, Target

__all__ = ["complete", "discovered", "read_deployments", "read_models"]


def read_deployments(body: object, resource: str) -> tuple[ListedDeployment, ...]:
    """The deployments in the reply of `GET /openai/deployments`; entries without an id are left out.

    Args:
        body: the reply's JSON.
        resource: the resource's name in the settings.
    """
    found: list[ListedDeployment] = []
    for entry in map(as_object, as_list(as_object(body).get("data"))):
        name, model = entry.get("id"), entry.get("model")
        if isinstance(name, str) and name:
            status = entry.get("status")
            base = base_model(model) if isinstance(model, str) and model else None
            found.append(ListedDeployment(name, resource, base, status=status if isinstance(status, str) else None))
    return tuple(found)


def read_models(body: object, resource: str) -> tuple[ListedModel, ...]:
    """The models in the reply of `GET /openai/models` or `GET /openai/v1/models`."""
    found: list[ListedModel] = []
    for entry in map(as_object, as_list(as_object(body).get("data"))):
        identity = entry.get("id")
        if not isinstance(identity, str) or not identity:
            continue
        able = tuple(name for name, value in as_object(entry.get("capabilities")).items() if value is True)
        status = entry.get("lifecycle_status") or entry.get("status")
        known = status if isinstance(status, str) else None
        ends = as_object(entry.get("deprecation")).get("inference")
        retires = float(ends) if isinstance(ends, int | float) and not isinstance(ends, bool) and ends > 0 else None
        found.append(ListedModel(identity, model_from_reply(identity), resource, able, known, retires))
    return tuple(found)


def complete(
    listed: Iterable[ListedDeployment], table: DeploymentTable, profiles: Profiles, resource: str, *, whole: bool
) -> tuple[ListedDeployment, ...]:
    """Adds what profiles and settings know; deployments that only the settings name stand at the end.

    Args:
        listed: what the resource has.
        table: the settings' deployments.
        profiles: the rules of base models.
        resource: the resource's name.
        whole: whether the listing is complete, so that what it lacks does not exist.
    """
    mapped = _mapped(table)
    found = [replace(one, mapped=mapped.get(one.key, ())) for one in listed]
    names = {one.key for one in found}
    declared = {target.key: target for targets in table.mapping.values() for target in targets}
    declared |= {target.key: target for target in (table.default, table.embedding) if target is not None}
    for key, target in declared.items():
        if target.resource == resource and key not in names:
            model = target.model or next((one for one in mapped.get(key, ()) if profiles.find(one)), None)
            status = "not listed" if whole else "configured"
            found.append(
                ListedDeployment(target.deployment, resource, model, status=status, mapped=mapped.get(key, ()))
            )
    return tuple(_described(one, profiles.find(one.model)) for one in found)


def _mapped(table: DeploymentTable) -> Mapping[str, tuple[str, ...]]:
    mapped = mapped_names(table.mapping)
    for name, target in (("default_deployment", table.default), ("embedding_deployment", table.embedding)):
        if target is not None:
            mapped[target.key] = (*mapped.get(target.key, ()), name)
    return mapped


def _described(one: ListedDeployment, profile: Profile | None) -> ListedDeployment:
    if profile is None:
        return one
    if profile.kind != "text":
        return replace(one, apis=({"embedding": "embeddings", "image": "images"}.get(profile.kind, profile.kind),))
    able = [
        ("reasoning", profile.reasoning),
        ("tools", True),
        ("parallel tools", profile.parallel_tool_calls),
        ("streaming", profile.streaming),
    ]
    return replace(one, apis=profile.apis, capabilities=tuple(name for name, has in able if has))


def discovered(deployments: Iterable[ListedDeployment]) -> Discovered:
    """The deployments that calls can be sent to; of several of one model the one named as it comes first."""
    ranks: dict[str | None, int] = {}
    targets: list[Target] = []
    usable = [one for one in deployments if one.serves]
    for one in sorted(usable, key=lambda one: one.name.lower() != (one.model or "")):
        rank = ranks.get(one.model, 0)
        ranks[one.model] = rank + 1
        targets.append(
            Target(
                one.resource, one.name, one.model, rank=0 if one.model is None else rank, declared=one.model is not None
            )
        )
    return Discovered(targets)
