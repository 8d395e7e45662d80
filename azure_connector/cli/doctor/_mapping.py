"""The models' names and the deployments that serve them: what is mapped to nothing, or to a model of another kind."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from ...settings import change
from ._finding import Finding

if TYPE_CHECKING:
    from ...deployments import ListedDeployment
    from ...settings import ConnectorSettings

__all__ = ["check_default", "check_kinds", "mapping_remedy"]

_MAPPING, _DEFAULT = "deployment_mapping", "default_deployment"


def check_kinds(
    settings: ConnectorSettings,
    one: ListedDeployment,
    existing: Sequence[ListedDeployment],
    operations: Callable[[str], tuple[str, ...]],
) -> Finding | None:
    """Whether a deployment can do what the models that are mapped to it are asked for; None where it can.

    Args:
        settings: the settings.
        one: the deployment.
        existing: those of its resource.
        operations: a model -> the operations that it answers; empty where it is unknown.
    """
    for model in one.mapped:
        embeds = "/embeddings" in operations(model)
        if not one.apis or not operations(model) or embeds == ("embeddings" in one.apis):
            continue
        fitting = [other for other in existing if embeds == ("embeddings" in other.apis)]
        detail = f"{model} is mapped to {one.name}, which {'makes no' if embeds else 'makes only'} embeddings"
        remedy = mapping_remedy(settings, one, fitting, models=(model,)) or "Map it to a deployment of its own kind."
        return Finding("mapping", "failed", detail, "deployment-missing", remedy, one.resource, one.key)
    return None


def check_default(settings: ConnectorSettings, existing: Sequence[ListedDeployment]) -> Finding | None:
    """Whether calls that name no model have a deployment, where nobody chose one for them; None where they have.

    Args:
        settings: the settings.
        existing: the deployments of the default resource.
    """
    model = settings.model_for("/chat/completions")
    chats = [one for one in existing if one.serves and "chat" in one.apis]
    if (chosen := settings.chosen_model("/chat/completions")) is not None:
        return _chosen_kind(settings, chosen, existing, chats)
    if not chats:
        return None
    if any(one.name.lower() == model.lower() for one in existing) or (
        settings.discover and any(one.model == model for one in existing)
    ):
        return None
    first = next((one for one in chats if one.model == model), chats[0])
    remedy = f"Choose one for them: {change(_DEFAULT, first.name)}"
    detail = f"calls that name no model, as `azure-connector chat` makes them, ask for {model}, which is not there"
    return Finding("mapping", "warning", detail, "deployment-missing", remedy, first.resource, first.key)


def _chosen_kind(
    settings: ConnectorSettings,
    chosen: str,
    existing: Sequence[ListedDeployment],
    chats: Sequence[ListedDeployment],
) -> Finding | None:
    """Whether the model that somebody chose for calls without one chats."""
    (target, *_) = settings.deployments.resolve(chosen, "/chat/completions").targets
    found = next((one for one in existing if one.key == target.key), None)
    if found is None or not found.apis or "chat" in found.apis or "responses" in found.apis:
        return None
    detail = f"calls that name no model go to {found.name}, which makes {found.apis[0]} only"
    remedy = mapping_remedy(settings, found, chats) or "Choose a deployment that chats."
    return Finding("mapping", "failed", detail, "deployment-missing", remedy, found.resource, found.key)


def mapping_remedy(
    settings: ConnectorSettings,
    one: ListedDeployment,
    existing: Iterable[ListedDeployment],
    models: tuple[str, ...] = (),
) -> str:
    """How to name a deployment that exists in place of one that does not; empty where none could be meant.

    Args:
        settings: the settings that name it.
        one: the deployment that is missing.
        existing: those that its resource has.
        models: the models to be mapped anew; by default all that are mapped to it.
    """
    models, known = models or one.mapped, list(existing)
    if models and settings.deployment_mapping.keys() >= set(models):
        meant = {model: _meant(model, one, known) for model in models}
        if not all(meant.values()):
            return ""
        return _set(settings, _MAPPING, {**settings.deployment_mapping, **meant}, meant)
    meant = _meant("", one, known)
    for setting in (_DEFAULT, "default_model"):
        if meant and getattr(settings, setting) == one.name:
            return _set(settings, setting, meant, meant)
    if own := next((other for other in known if other.serves and other.model == one.name), None):
        added = {one.name: own.name if own.resource == settings.default_resource else own.key}
        mapping = {**settings.deployment_mapping, **added}
        return f"Map the model to its deployment: {_set(settings, _MAPPING, mapping, added)}"
    return f"Did you mean {meant!r}?" if meant and difflib.get_close_matches(one.name, [meant], n=1) else ""


def _meant(model: str, one: ListedDeployment, existing: Sequence[ListedDeployment]) -> str:
    """The deployment of the model itself, else one of a like name, else the first that chats."""
    names = {other.name: other for other in existing if other.serves and other.name != one.name}
    own = [name for name, other in names.items() if model and model in (name, other.model)]
    close = difflib.get_close_matches(one.name, names, n=1)
    chats = [name for name, other in names.items() if "chat" in other.apis]
    name = next(iter((*own, *close, *(chats or names))), "")
    return f"{name}@{one.resource}" if name and one.resource != "default" else name


def _set(settings: ConnectorSettings, setting: str, value: object, changed: object) -> str:
    """The command, or the lines of the file, that set a setting where it is decided."""
    origin = settings.origins[setting]
    if isinstance(changed, dict) and ".toml" in origin:
        lines = "; ".join(f"{json.dumps(str(model))} = {json.dumps(name)}" for model, name in changed.items())  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  # str to str
        return f"In {origin.partition(' ')[0]}, below [{setting}], write: {lines}"
    return change(setting, value if isinstance(value, str) else json.dumps(value, default=str), origin)
