"""What the page can choose from, in the form of `GET /models`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Listing", "Model", "Unavailable", "merged"]


class Unavailable(Exception):
    """A provider that cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model of a provider.

    Attributes:
        size: what is known of it (`8.0B`, `30K tokens/min`), or None.
    """

    id: str
    provider: str
    available: bool = True
    size: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "name": self.id}


@dataclass(frozen=True, slots=True)
class Listing:
    """One provider and its models.

    Attributes:
        reason: why it is not available; empty where it is.
        note: what else a reader should know, such as a listing that failed.
    """

    id: str
    name: str
    models: tuple[Model, ...] = ()
    reason: str = ""
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "available": not self.reason,
            "reason": self.reason,
            "note": self.note,
        }


def merged(listings: list[Listing], provider: str | None, model: str | None) -> dict[str, Any]:
    """The body of `GET /models`; a default that does not exist gives way to the first one that does.

    Args:
        provider, model: what `DEFAULT_PROVIDER` and `DEFAULT_MODEL` ask for.
    """
    usable = [listing for listing in listings if not listing.reason and listing.models]
    chosen = next((one for one in usable if one.id == provider), usable[0] if usable else None)
    ids = [one.id for one in chosen.models] if chosen else []
    return {
        "providers": [listing.to_dict() for listing in listings],
        "models": [one.to_dict() for listing in listings for one in listing.models],
        "default_provider": chosen.id if chosen else None,
        "default_model": model if model in ids else next(iter(ids), None),
    }
