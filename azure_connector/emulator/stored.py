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
    expires: int | None = None

    def shown(self) -> Json:
        """As the API shows it."""
        shown: Json = {
            "id": self.identity,
            "object": "file",
            "bytes": len(self.content),
            "created_at": self.created,
            "filename": self.filename,
            "purpose": self.purpose,
            "status": "processed",
        }
        return shown if self.expires is None else {**shown, "expires_at": self.expires}


@dataclass(slots=True)
class StoredBatch:
    """A batch job, one step further with each look at it."""

    body: Json
    lines: list[Json]
