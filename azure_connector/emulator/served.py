"""The operations that the emulator serves, as data: its routes, its api-versions and its page are made of this list.

Sources: Azure's v1 REST reference of 2026-03-19 and its how-to pages, the classic documents 2024-10-21 and
2025-03-01-preview, Microsoft's page on the versions' life cycle, and the methods of openai 2.54.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["ABSENT", "SERVED", "Served", "Since"]

Classic = Literal["deployed", "resource", "no"]


@dataclass(frozen=True, slots=True)
class Since:
    """The first api-versions of the classic form with something.

    Attributes:
        preview: of the previews.
        stable: of the stable ones; None means that none has it yet.
    """

    preview: str
    stable: str | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """One operation.

    Attributes:
        method: the HTTP verb.
        path: the operation's path; `{id}` and the like stand for one segment.
        sdk: the methods of openai's client that call it; empty where none does.
        classic: the classic form has it below `/deployments/{deployment}`, on the resource, or not at all.
        since: the first classic api-versions that have it; None for all.
        until: the date of the last classic api-version that has it.
        v1: the v1 form has it.
        inference: it stands below the resource's `/models`, as the model inference API does, and nowhere else.
    """

    method: str
    path: str
    sdk: str = ""
    classic: Classic = "no"
    since: Since | None = None
    until: str = "9999"
    v1: bool = True
    inference: bool = False

    @property
    def key(self) -> str:
        """Verb and path, by which its handler is found."""
        return f"{self.method} {self.path}"

    @property
    def roots(self) -> Iterator[tuple[str, str]]:
        """The forms that have it, each with what stands before the path."""
        if self.inference:
            yield "inference", "/models"
            return
        if self.v1:
            yield "v1", "/openai/v1"
        if self.classic != "no":
            yield "classic", "/openai/deployments/{deployment}" if self.classic == "deployed" else "/openai"


def _chat() -> Iterator[Served]:
    yield Served("POST", "/chat/completions", "chat.completions.create", "deployed", Since("2023-03-15", "2023-05-15"))
    yield Served("POST", "/embeddings", "embeddings.create", "deployed")


def _models() -> Iterator[Served]:
    yield Served("GET", "/models", "models.list", "resource")
    yield Served("GET", "/models/{model}", "models.retrieve", "resource")
    yield Served("GET", "/deployments", "", "resource", until="2023-03-15", v1=False)


def _media() -> Iterator[Served]:
    heard = Since("2023-09-01", "2024-02-01")
    yield Served("POST", "/audio/transcriptions", "audio.transcriptions.create", "deployed", heard)
    yield Served("POST", "/audio/translations", "audio.translations.create", "deployed", heard)
    yield Served("POST", "/audio/speech", "audio.speech.create", "deployed", Since("2024-02-15"))
    drawn = Since("2023-12-01", "2024-02-01")
    yield Served("POST", "/images/generations", "images.generate", "deployed", drawn)
    yield Served("POST", "/images/edits", "images.edit", "deployed", Since("2025-04-01"))


def _responses() -> Iterator[Served]:
    since = Since("2025-03-01")
    yield Served("POST", "/responses", "responses.create", "resource", since)
    yield Served("GET", "/responses/{id}", "responses.retrieve", "resource", since)
    yield Served("DELETE", "/responses/{id}", "responses.delete", "resource", since)
    yield Served("POST", "/responses/{id}/cancel", "responses.cancel", "resource", since)
    yield Served("GET", "/responses/{id}/input_items", "responses.input_items.list", "resource", since)


def _files() -> Iterator[Served]:
    yield Served("POST", "/files", "files.create", "resource")
    yield Served("GET", "/files", "files.list", "resource")
    yield Served("GET", "/files/{id}", "files.retrieve", "resource")
    yield Served("DELETE", "/files/{id}", "files.delete", "resource")
    yield Served("GET", "/files/{id}/content", "files.content", "resource")
    since = Since("2024-07-01", "2024-10-21")
    yield Served("POST", "/batches", "batches.create", "resource", since)
    yield Served("GET", "/batches", "batches.list", "resource", since)
    yield Served("GET", "/batches/{id}", "batches.retrieve", "resource", since)
    yield Served("POST", "/batches/{id}/cancel", "batches.cancel", "resource", since)


def _realtime() -> Iterator[Served]:
    yield Served("GET", "/realtime", "realtime.connect", "resource", Since("2024-10-01"))


SERVED: tuple[Served, ...] = (
    *_chat(),
    *_models(),
    *_media(),
    *_responses(),
    *_files(),
    *_realtime(),
)

ABSENT: Mapping[str, str] = {
    "/moderations": "Azure OpenAI has no moderations; its content filters annotate every reply",
    "/images/variations": "Azure OpenAI has no image variations; use images/edits",
    "/chatkit": "ChatKit's sessions and threads are OpenAI's platform only",
    "/organization": "OpenAI's administration is not part of Azure OpenAI",
    "/projects": "OpenAI's administration is not part of Azure OpenAI",
    "/content_provenance_checks": "content provenance checks are OpenAI's platform only",
    "/skills": "the emulator does not serve skills",
    "/live": "the emulator does not serve live sessions",
}
"""What answers 404 with a reason, by the path's beginning."""
