"""What a resource keeps besides responses."""

from __future__ import annotations

from dataclasses import dataclass

from .values import Json

__all__ = ["StoredBatch", "StoredFile"]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An uploaded or generated file."""

    identity: str
    filename: str
    content: bytes
    purpose: str
    created: int

    def shown(self) -> Json:
        """As the API shows it."""
        return {
            "id": self.identity,
            "object": "file",
            "bytes": len(self.content),
            "created_at": self.created,
            "filename": self.filename,
            "purpose": self.purpose,
            "status": "processed",
        }


@dataclass(slots=True)
class StoredBatch:
    """A batch job, one step further with each look at it."""

    body: Json
    lines: list[Json]
