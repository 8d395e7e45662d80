"""What the page can choose from, and what it chooses where a request leaves it open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["ALIASES", "Choice", "Listing", "Model", "Unavailable", "default_choice", "merged"]

# Other names of providers, as requests and DEFAULT_PROVIDER may use them.
ALIASES: Mapping[str, str] = {"azure": "azure-openai"}


class Unavailable(Exception):
    """A provider that cannot be used; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model of a provider.

    Attributes:
        id: what a request names.
        name: what a list shows.
        size: what is known of it (`8.0B`, `30K tokens/min`), or where it runs.
        deployment: the Azure deployment that answers first.
        version: the base model's version.
        is_deployment: whether the id is a deployment's name, not a model's.
        asked: what the provider is asked for, where that is not the id.
    """

    id: str
    provider: str
    name: str
    size: str
    available: bool = True
    deployment: str | None = None
    version: str | None = None
    is_deployment: bool = False
    asked: str = ""

    def to_dict(self) -> dict[str, Any]:
        body = asdict(self)
        del body["asked"]
        return body


@dataclass(frozen=True, slots=True)
class Listing:
    """One provider and its models.

    Attributes:
        reason: why it is not available and what to do about it; empty where it is.
        note: what else a reader should know, such as a listing that failed.
    """

    id: str
    name: str
    models: tuple[Model, ...] = ()
    reason: str = ""
    note: str = ""

    def model(self, name: str) -> Model | None:
        """The model of that id."""
        return next((one for one in self.models if one.id == name), None)

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "available": not self.reason,
            "reason": self.reason,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """A provider with one of its models; both None where nothing is available."""

    provider: Listing | None = None
    model: Model | None = None


def default_choice(listings: Sequence[Listing], provider: str | None, model: str | None) -> Choice:
    """What is used where nothing is named; a default that does not exist gives way to the first one that does.

    A default model without a provider chooses the first provider that has it.

    Args:
        provider, model: what `DEFAULT_PROVIDER` and `DEFAULT_MODEL` ask for.
    """
    wanted = ALIASES.get(provider or "", provider)
    usable = [one for one in listings if not one.reason and any(model.available for model in one.models)]
    fitting = [one for one in usable if (one.id == wanted if wanted else one.model(model or ""))]
    chosen = next(iter(fitting or usable), None)
    if chosen is None:
        return Choice()
    models = [one for one in chosen.models if one.available]
    return Choice(chosen, next((one for one in models if one.id == model), models[0]))


def merged(listings: Sequence[Listing], default: Choice) -> dict[str, Any]:
    """The body of `GET /models`."""
    return {
        "providers": [listing.to_dict() for listing in listings],
        "models": [one.to_dict() for listing in listings for one in listing.models],
        "default_provider": default.provider.id if default.provider else None,
        "default_model": default.model.id if default.model else None,
        "errors": [{"provider": one.id, "error": one.reason} for one in listings if one.reason],
    }
