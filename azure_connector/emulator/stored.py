"""What a resource keeps besides responses."""

from __future__ import annotations

from dataclasses import dataclass, field

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
            **({} if self.expires is None else {"expires_at": self.expires}),
        }
        return shown if self.expires is None else {**shown, "expires_at": self.expires}


@dataclass(slots=True)
class StoredBatch:
    """A batch job, one step further with each look at it.

    Attributes:
        body: as the API shows it.
        lines: its requests.
        errors: what its validation will find.
        deployment: whose limit of enqueued tokens it counts against.
        tokens: how many.
        at: how many lines are answered.
        done, failed: the lines of its two result files.
        busy: a look is working on it.
    """

    body: Json
    lines: list[Json]
    errors: list[Json] = field(default_factory=list[Json])
    deployment: str = ""
    tokens: int = 0
    at: int = 0
    done: list[str] = field(default_factory=list[str])
    failed: list[str] = field(default_factory=list[str])
    busy: bool = False
