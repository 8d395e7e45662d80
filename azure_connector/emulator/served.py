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
        return f"{self.method} {self.path}{' (inference)' if self.inference else ''}"

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


def _models() -> Iterator[Served]:
    chatted, since = Since("2023-03-15", "2023-05-15"), Since("2025-02-01")
    yield Served("POST", "/chat/completions", "chat.completions.create", "deployed", chatted)
    yield Served("GET", "/chat/completions", "chat.completions.list", "resource", since)
    yield Served("GET", "/chat/completions/{id}", "chat.completions.retrieve", "resource", since)
    yield Served("POST", "/chat/completions/{id}", "chat.completions.update", "resource", since)
    yield Served("DELETE", "/chat/completions/{id}", "chat.completions.delete", "resource", since)
    yield Served("GET", "/chat/completions/{id}/messages", "chat.completions.messages.list", "resource", since)
    yield Served("POST", "/completions", "completions.create", "deployed")
    yield Served("POST", "/embeddings", "embeddings.create", "deployed")
    yield Served("GET", "/models", "models.list", "resource")
    yield Served("GET", "/models/{model}", "models.retrieve", "resource")
    yield Served("DELETE", "/models/{model}", "models.delete", "resource")
    yield Served("GET", "/deployments", "", "resource", until="2023-03-15", v1=False)
    yield Served("POST", "/chat/completions", "", inference=True)
    yield Served("POST", "/embeddings", "", inference=True)
    yield Served("GET", "/info", "", inference=True)


def _media() -> Iterator[Served]:
    heard = Since("2023-09-01", "2024-02-01")
    yield Served("POST", "/audio/transcriptions", "audio.transcriptions.create", "deployed", heard)
    yield Served("POST", "/audio/translations", "audio.translations.create", "deployed", heard)
    yield Served("POST", "/audio/speech", "audio.speech.create", "deployed", Since("2024-02-15"))
    drawn = Since("2023-12-01", "2024-02-01")
    yield Served("POST", "/images/generations", "images.generate", "deployed", drawn)
    yield Served("POST", "/images/edits", "images.edit", "deployed", Since("2025-04-01"))
    yield Served("POST", "/videos", "videos.create")
    yield Served("GET", "/videos", "videos.list")
    yield Served("GET", "/videos/{id}", "videos.retrieve")
    yield Served("DELETE", "/videos/{id}", "videos.delete")
    yield Served("GET", "/videos/{id}/content", "videos.download_content")
    yield Served("POST", "/videos/{id}/remix", "videos.remix")
    yield Served("POST", "/videos/edits", "videos.edit")
    yield Served("POST", "/videos/extensions", "videos.extend")
    yield Served("POST", "/videos/characters", "videos.create_character")
    yield Served("GET", "/videos/characters/{character}", "videos.get_character")


def _responses() -> Iterator[Served]:
    since = Since("2025-03-01")
    yield Served("POST", "/responses", "responses.create", "resource", since)
    yield Served("GET", "/responses/{id}", "responses.retrieve", "resource", since)
    yield Served("DELETE", "/responses/{id}", "responses.delete", "resource", since)
    yield Served("POST", "/responses/{id}/cancel", "responses.cancel", "resource", since)
    yield Served("GET", "/responses/{id}/input_items", "responses.input_items.list", "resource", since)
    yield Served("POST", "/responses/input_tokens", "responses.input_tokens.count")
    yield Served("POST", "/responses/compact", "responses.compact")
    yield Served("POST", "/conversations", "conversations.create")
    yield Served("GET", "/conversations/{id}", "conversations.retrieve")
    yield Served("POST", "/conversations/{id}", "conversations.update")
    yield Served("DELETE", "/conversations/{id}", "conversations.delete")
    yield Served("POST", "/conversations/{id}/items", "conversations.items.create")
    yield Served("GET", "/conversations/{id}/items", "conversations.items.list")
    yield Served("GET", "/conversations/{id}/items/{item}", "conversations.items.retrieve")
    yield Served("DELETE", "/conversations/{id}/items/{item}", "conversations.items.delete")


def _files() -> Iterator[Served]:
    yield Served("POST", "/files", "files.create", "resource")
    yield Served("GET", "/files", "files.list", "resource")
    yield Served("GET", "/files/{id}", "files.retrieve", "resource")
    yield Served("DELETE", "/files/{id}", "files.delete", "resource")
    yield Served("GET", "/files/{id}/content", "files.content", "resource")
    parts = Since("2024-08-01")
    yield Served("POST", "/uploads", "uploads.create", "resource", parts)
    yield Served("POST", "/uploads/{id}/parts", "uploads.parts.create", "resource", parts)
    yield Served("POST", "/uploads/{id}/complete", "uploads.complete", "resource", parts)
    yield Served("POST", "/uploads/{id}/cancel", "uploads.cancel", "resource", parts)
    since = Since("2024-07-01", "2024-10-21")
    yield Served("POST", "/batches", "batches.create", "resource", since)
    yield Served("GET", "/batches", "batches.list", "resource", since)
    yield Served("GET", "/batches/{id}", "batches.retrieve", "resource", since)
    yield Served("POST", "/batches/{id}/cancel", "batches.cancel", "resource", since)


def _vector_stores() -> Iterator[Served]:
    since, later = Since("2024-05-01"), Since("2025-03-01")
    top, files, batches = "/vector_stores", "/vector_stores/{id}/files", "/vector_stores/{id}/file_batches"
    for method, path, sdk, version in (
        ("POST", top, "create", since),
        ("GET", top, "list", since),
        ("GET", f"{top}/{{id}}", "retrieve", since),
        ("POST", f"{top}/{{id}}", "update", since),
        ("DELETE", f"{top}/{{id}}", "delete", since),
        ("POST", f"{top}/{{id}}/search", "search", later),
        ("POST", files, "files.create", since),
        ("GET", files, "files.list", since),
        ("GET", f"{files}/{{file}}", "files.retrieve", since),
        ("POST", f"{files}/{{file}}", "files.update", later),
        ("DELETE", f"{files}/{{file}}", "files.delete", since),
        ("GET", f"{files}/{{file}}/content", "files.content", later),
        ("POST", batches, "file_batches.create", since),
        ("GET", f"{batches}/{{batch}}", "file_batches.retrieve", since),
        ("POST", f"{batches}/{{batch}}/cancel", "file_batches.cancel", since),
        ("GET", f"{batches}/{{batch}}/files", "file_batches.list_files", since),
    ):
        yield Served(method, path, f"vector_stores.{sdk}", "resource", version)


def _containers() -> Iterator[Served]:
    top, files = "/containers", "/containers/{id}/files"
    yield Served("POST", top, "containers.create")
    yield Served("GET", top, "containers.list")
    yield Served("GET", f"{top}/{{id}}", "containers.retrieve")
    yield Served("DELETE", f"{top}/{{id}}", "containers.delete")
    yield Served("POST", files, "containers.files.create")
    yield Served("GET", files, "containers.files.list")
    yield Served("GET", f"{files}/{{file}}", "containers.files.retrieve")
    yield Served("DELETE", f"{files}/{{file}}", "containers.files.delete")
    yield Served("GET", f"{files}/{{file}}/content", "containers.files.content.retrieve")


def _jobs() -> Iterator[Served]:
    top, since, later = "/fine_tuning/jobs", Since("2023-10-01", "2024-10-21"), Since("2024-05-01", "2024-10-21")
    yield Served("POST", top, "fine_tuning.jobs.create", "resource", since)
    yield Served("GET", top, "fine_tuning.jobs.list", "resource", since)
    yield Served("GET", f"{top}/{{id}}", "fine_tuning.jobs.retrieve", "resource", since)
    yield Served("GET", f"{top}/{{id}}/events", "fine_tuning.jobs.list_events", "resource", since)
    yield Served("GET", f"{top}/{{id}}/checkpoints", "fine_tuning.jobs.checkpoints.list", "resource", later)
    yield Served("POST", f"{top}/{{id}}/cancel", "fine_tuning.jobs.cancel", "resource", since)
    paused = Since("2025-04-01")
    yield Served("POST", f"{top}/{{id}}/pause", "fine_tuning.jobs.pause", "resource", paused)
    yield Served("POST", f"{top}/{{id}}/resume", "fine_tuning.jobs.resume", "resource", paused)
    for method in ("POST", "GET"):
        yield Served(method, f"{top}/{{id}}/checkpoints/{{checkpoint}}/copy")


def _skills() -> Iterator[Served]:
    top, versions = "/skills", "/skills/{id}/versions"
    yield Served("POST", top, "skills.create")
    yield Served("GET", top, "skills.list")
    yield Served("GET", f"{top}/{{id}}", "skills.retrieve")
    yield Served("POST", f"{top}/{{id}}", "skills.update")
    yield Served("DELETE", f"{top}/{{id}}", "skills.delete")
    yield Served("GET", f"{top}/{{id}}/content", "skills.content.retrieve")
    yield Served("POST", versions, "skills.versions.create")
    yield Served("GET", versions, "skills.versions.list")
    yield Served("GET", f"{versions}/{{version}}", "skills.versions.retrieve")
    yield Served("DELETE", f"{versions}/{{version}}", "skills.versions.delete")
    yield Served("GET", f"{versions}/{{version}}/content", "skills.versions.content.retrieve")


def _evals() -> Iterator[Served]:
    top, runs = "/evals", "/evals/{id}/runs"
    for method, path, sdk in (
        ("POST", top, "create"),
        ("GET", top, "list"),
        ("GET", f"{top}/{{id}}", "retrieve"),
        ("POST", f"{top}/{{id}}", "update"),
        ("DELETE", f"{top}/{{id}}", "delete"),
        ("POST", runs, "runs.create"),
        ("GET", runs, "runs.list"),
        ("GET", f"{runs}/{{run}}", "runs.retrieve"),
        ("POST", f"{runs}/{{run}}", "runs.cancel"),
        ("POST", f"{runs}/{{run}}/cancel", ""),
        ("DELETE", f"{runs}/{{run}}", "runs.delete"),
        ("GET", f"{runs}/{{run}}/output_items", "runs.output_items.list"),
        ("GET", f"{runs}/{{run}}/output_items/{{item}}", "runs.output_items.retrieve"),
    ):
        yield Served(method, path, f"evals.{sdk}" if sdk else "", "resource", Since("2025-04-01"))


def _assistants() -> Iterator[Served]:
    first = Since("2024-02-15")
    yield Served("POST", "/assistants", "beta.assistants.create", "resource", first, v1=False)
    yield Served("GET", "/assistants", "beta.assistants.list", "resource", first, v1=False)
    yield Served("GET", "/assistants/{id}", "beta.assistants.retrieve", "resource", first, v1=False)
    yield Served("POST", "/assistants/{id}", "beta.assistants.update", "resource", first, v1=False)
    yield Served("DELETE", "/assistants/{id}", "beta.assistants.delete", "resource", first, v1=False)
    messages, runs = "/threads/{id}/messages", "/threads/{id}/runs"
    for method, path, sdk in (
        ("POST", "/threads", "create"),
        ("GET", "/threads/{id}", "retrieve"),
        ("POST", "/threads/{id}", "update"),
        ("DELETE", "/threads/{id}", "delete"),
        ("POST", "/threads/runs", "create_and_run"),
        ("POST", messages, "messages.create"),
        ("GET", messages, "messages.list"),
        ("GET", f"{messages}/{{message}}", "messages.retrieve"),
        ("POST", f"{messages}/{{message}}", "messages.update"),
        ("DELETE", f"{messages}/{{message}}", "messages.delete"),
        ("POST", runs, "runs.create"),
        ("GET", runs, "runs.list"),
        ("GET", f"{runs}/{{run}}", "runs.retrieve"),
        ("POST", f"{runs}/{{run}}", "runs.update"),
        ("POST", f"{runs}/{{run}}/cancel", "runs.cancel"),
        ("POST", f"{runs}/{{run}}/submit_tool_outputs", "runs.submit_tool_outputs"),
        ("GET", f"{runs}/{{run}}/steps", "runs.steps.list"),
        ("GET", f"{runs}/{{run}}/steps/{{step}}", "runs.steps.retrieve"),
    ):
        yield Served(method, path, f"beta.threads.{sdk}", "resource", first)


def _realtime() -> Iterator[Served]:
    since = Since("2024-10-01")
    yield Served("GET", "/realtime", "realtime.connect", "resource", since)
    yield Served("POST", "/realtime/client_secrets", "realtime.client_secrets.create")
    yield Served("POST", "/realtime/sessions", "beta.realtime.sessions.create", "resource", Since("2025-04-01"))
    transcribed = "beta.realtime.transcription_sessions.create"
    yield Served("POST", "/realtime/transcription_sessions", transcribed, "resource", Since("2025-04-01"))
    yield Served("POST", "/realtime/calls", "realtime.calls.create")
    for verb in ("accept", "reject", "refer", "hangup"):
        yield Served("POST", f"/realtime/calls/{{id}}/{verb}", f"realtime.calls.{verb}")


SERVED: tuple[Served, ...] = (
    *_models(),
    *_media(),
    *_responses(),
    *_files(),
    *_vector_stores(),
    *_containers(),
    *_skills(),
    *_jobs(),
    *_evals(),
    *_assistants(),
    *_realtime(),
)

ABSENT: Mapping[str, str] = {
    "/moderations": "Azure OpenAI has no moderations; its content filters annotate every reply",
    "/images/variations": "Azure OpenAI has no image variations; use images/edits",
    "/chatkit": "ChatKit's sessions and threads are OpenAI's platform only",
    "/organization": "OpenAI's administration is not part of Azure OpenAI",
    "/projects": "OpenAI's administration is not part of Azure OpenAI",
    "/content_provenance_checks": "content provenance checks are OpenAI's platform only",
    "/assistants": "the v1 form has no assistants; the classic form has them",
    "/fine_tuning/checkpoints": "Azure OpenAI has no permissions of checkpoints",
    "/fine_tuning/alpha": "the emulator does not serve graders",
    "/realtime/translations": "the emulator does not serve translations",
    "/video": "the emulator serves /videos of the v1 form, not the jobs of the preview before it",
    "/live": "the emulator does not serve live sessions",
    "/agents": "the emulator does not serve agents and their sessions",
    "/vaults": "the emulator does not serve vaults, which belong to agents",
    "/decisions": "the emulator does not serve decisions",
    "/audio/voices": "the emulator does not serve voices of one's own",
    "/audio/voice_consents": "the emulator does not serve voices of one's own",
    "/webhook_endpoints": "the emulator does not call webhooks",
    "/webhook_event_types": "the emulator does not call webhooks",
    "/safety": "the emulator does not serve alerts and cases of safety",
}
"""What answers 404 with a reason, by the path's beginning."""
