"""The operations that the emulator serves, as data: its routes, its api-versions and its page are made of this list.

Sources: Azure's v1 REST reference of 2026-03-19 and its how-to pages, the classic documents 2024-10-21 and
2025-03-01-preview, Microsoft's page on the versions' life cycle, and the methods of openai 2.54.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
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
        module: the module of this package whose `HANDLERS` answers it.
        method: the HTTP verb.
        path: the operation's path; `{id}` and the like stand for one segment.
        sdk: the methods of openai's client that call it; empty where none does.
        classic: the classic form has it below `/deployments/{deployment}`, on the resource, or not at all.
        since: the first classic api-versions that have it; None for all.
        until: the date of the last classic api-version that has it.
        v1: the v1 form has it.
        inference: it stands below the resource's `/models`, as the model inference API does, and nowhere else.
    """

    module: str
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
    basic, stored = partial(Served, "handlers"), partial(Served, "storedchats")
    completions = partial(Served, "completions")
    tuned, inferred = partial(Served, "tunedmodels"), partial(Served, "inference")
    chatted, since = Since("2023-03-15", "2023-05-15"), Since("2025-02-01")
    yield basic("POST", "/chat/completions", "chat.completions.create", "deployed", chatted)
    yield stored("GET", "/chat/completions", "chat.completions.list", "resource", since)
    yield stored("GET", "/chat/completions/{id}", "chat.completions.retrieve", "resource", since)
    yield stored("POST", "/chat/completions/{id}", "chat.completions.update", "resource", since)
    yield stored("DELETE", "/chat/completions/{id}", "chat.completions.delete", "resource", since)
    yield stored("GET", "/chat/completions/{id}/messages", "chat.completions.messages.list", "resource", since)
    yield completions("POST", "/completions", "completions.create", "deployed")
    yield basic("POST", "/embeddings", "embeddings.create", "deployed")
    yield basic("GET", "/models", "models.list", "resource")
    yield basic("GET", "/models/{model}", "models.retrieve", "resource")
    yield tuned("DELETE", "/models/{model}", "models.delete", "resource")
    yield basic("GET", "/deployments", "", "resource", until="2023-03-15", v1=False)
    yield inferred("POST", "/chat/completions", "", inference=True)
    yield inferred("POST", "/embeddings", "", inference=True)
    yield inferred("GET", "/info", "", inference=True)


def _media() -> Iterator[Served]:
    audio, speech = partial(Served, "audio"), partial(Served, "speech")
    images = partial(Served, "images")
    videos, edits = partial(Served, "videos"), partial(Served, "videoedits")
    heard = Since("2023-09-01", "2024-02-01")
    yield audio("POST", "/audio/transcriptions", "audio.transcriptions.create", "deployed", heard)
    yield audio("POST", "/audio/translations", "audio.translations.create", "deployed", heard)
    yield speech("POST", "/audio/speech", "audio.speech.create", "deployed", Since("2024-02-15"))
    drawn = Since("2023-12-01", "2024-02-01")
    yield images("POST", "/images/generations", "images.generate", "deployed", drawn)
    yield images("POST", "/images/edits", "images.edit", "deployed", Since("2025-04-01"))
    yield videos("POST", "/videos", "videos.create")
    yield videos("GET", "/videos", "videos.list")
    yield videos("GET", "/videos/{id}", "videos.retrieve")
    yield videos("DELETE", "/videos/{id}", "videos.delete")
    yield videos("GET", "/videos/{id}/content", "videos.download_content")
    yield videos("POST", "/videos/{id}/remix", "videos.remix")
    yield edits("POST", "/videos/edits", "videos.edit")
    yield edits("POST", "/videos/extensions", "videos.extend")
    yield edits("POST", "/videos/characters", "videos.create_character")
    yield edits("GET", "/videos/characters/{character}", "videos.get_character")


def _responses() -> Iterator[Served]:
    responses, further = partial(Served, "responses.handlers"), partial(Served, "responses.further")
    conversations = partial(Served, "responses.conversations")
    since = Since("2025-03-01")
    yield responses("POST", "/responses", "responses.create", "resource", since)
    yield responses("GET", "/responses/{id}", "responses.retrieve", "resource", since)
    yield responses("DELETE", "/responses/{id}", "responses.delete", "resource", since)
    yield responses("POST", "/responses/{id}/cancel", "responses.cancel", "resource", since)
    yield responses("GET", "/responses/{id}/input_items", "responses.input_items.list", "resource", since)
    yield further("POST", "/responses/input_tokens", "responses.input_tokens.count")
    yield further("POST", "/responses/compact", "responses.compact")
    yield conversations("POST", "/conversations", "conversations.create")
    yield conversations("GET", "/conversations/{id}", "conversations.retrieve")
    yield conversations("POST", "/conversations/{id}", "conversations.update")
    yield conversations("DELETE", "/conversations/{id}", "conversations.delete")
    yield conversations("POST", "/conversations/{id}/items", "conversations.items.create")
    yield conversations("GET", "/conversations/{id}/items", "conversations.items.list")
    yield conversations("GET", "/conversations/{id}/items/{item}", "conversations.items.retrieve")
    yield conversations("DELETE", "/conversations/{id}/items/{item}", "conversations.items.delete")


def _files() -> Iterator[Served]:
    files = partial(Served, "files")
    uploads = partial(Served, "uploads")
    batches = partial(Served, "batches")
    yield files("POST", "/files", "files.create", "resource")
    yield files("GET", "/files", "files.list", "resource")
    yield files("GET", "/files/{id}", "files.retrieve", "resource")
    yield files("DELETE", "/files/{id}", "files.delete", "resource")
    yield files("GET", "/files/{id}/content", "files.content", "resource")
    parts = Since("2024-08-01")
    yield uploads("POST", "/uploads", "uploads.create", "resource", parts)
    yield uploads("POST", "/uploads/{id}/parts", "uploads.parts.create", "resource", parts)
    yield uploads("POST", "/uploads/{id}/complete", "uploads.complete", "resource", parts)
    yield uploads("POST", "/uploads/{id}/cancel", "uploads.cancel", "resource", parts)
    since = Since("2024-07-01", "2024-10-21")
    yield batches("POST", "/batches", "batches.create", "resource", since)
    yield batches("GET", "/batches", "batches.list", "resource", since)
    yield batches("GET", "/batches/{id}", "batches.retrieve", "resource", since)
    yield batches("POST", "/batches/{id}/cancel", "batches.cancel", "resource", since)


def _vector_stores() -> Iterator[Served]:
    stores, attached = partial(Served, "vectorstores"), partial(Served, "vectorfiles")
    since, later = Since("2024-05-01"), Since("2025-03-01")
    top, files, batches = "/vector_stores", "/vector_stores/{id}/files", "/vector_stores/{id}/file_batches"
    for family, method, path, sdk, version in (
        (stores, "POST", top, "create", since),
        (stores, "GET", top, "list", since),
        (stores, "GET", f"{top}/{{id}}", "retrieve", since),
        (stores, "POST", f"{top}/{{id}}", "update", since),
        (stores, "DELETE", f"{top}/{{id}}", "delete", since),
        (stores, "POST", f"{top}/{{id}}/search", "search", later),
        (attached, "POST", files, "files.create", since),
        (attached, "GET", files, "files.list", since),
        (attached, "GET", f"{files}/{{file}}", "files.retrieve", since),
        (attached, "POST", f"{files}/{{file}}", "files.update", later),
        (attached, "DELETE", f"{files}/{{file}}", "files.delete", since),
        (attached, "GET", f"{files}/{{file}}/content", "files.content", later),
        (attached, "POST", batches, "file_batches.create", since),
        (attached, "GET", f"{batches}/{{batch}}", "file_batches.retrieve", since),
        (attached, "POST", f"{batches}/{{batch}}/cancel", "file_batches.cancel", since),
        (attached, "GET", f"{batches}/{{batch}}/files", "file_batches.list_files", since),
    ):
        yield family(method, path, f"vector_stores.{sdk}", "resource", version)


def _containers() -> Iterator[Served]:
    containers = partial(Served, "containers")
    top, files = "/containers", "/containers/{id}/files"
    yield containers("POST", top, "containers.create")
    yield containers("GET", top, "containers.list")
    yield containers("GET", f"{top}/{{id}}", "containers.retrieve")
    yield containers("DELETE", f"{top}/{{id}}", "containers.delete")
    yield containers("POST", files, "containers.files.create")
    yield containers("GET", files, "containers.files.list")
    yield containers("GET", f"{files}/{{file}}", "containers.files.retrieve")
    yield containers("DELETE", f"{files}/{{file}}", "containers.files.delete")
    yield containers("GET", f"{files}/{{file}}/content", "containers.files.content.retrieve")


def _jobs() -> Iterator[Served]:
    jobs, tuned = partial(Served, "finetuning"), partial(Served, "tunedmodels")
    top, since, later = "/fine_tuning/jobs", Since("2023-10-01", "2024-10-21"), Since("2024-05-01", "2024-10-21")
    yield jobs("POST", top, "fine_tuning.jobs.create", "resource", since)
    yield jobs("GET", top, "fine_tuning.jobs.list", "resource", since)
    yield jobs("GET", f"{top}/{{id}}", "fine_tuning.jobs.retrieve", "resource", since)
    yield jobs("GET", f"{top}/{{id}}/events", "fine_tuning.jobs.list_events", "resource", since)
    yield jobs("GET", f"{top}/{{id}}/checkpoints", "fine_tuning.jobs.checkpoints.list", "resource", later)
    yield jobs("POST", f"{top}/{{id}}/cancel", "fine_tuning.jobs.cancel", "resource", since)
    paused = Since("2025-04-01")
    yield jobs("POST", f"{top}/{{id}}/pause", "fine_tuning.jobs.pause", "resource", paused)
    yield jobs("POST", f"{top}/{{id}}/resume", "fine_tuning.jobs.resume", "resource", paused)
    for method in ("POST", "GET"):
        yield tuned(method, f"{top}/{{id}}/checkpoints/{{checkpoint}}/copy")


def _skills() -> Iterator[Served]:
    skills = partial(Served, "skills")
    top, versions = "/skills", "/skills/{id}/versions"
    yield skills("POST", top, "skills.create")
    yield skills("GET", top, "skills.list")
    yield skills("GET", f"{top}/{{id}}", "skills.retrieve")
    yield skills("POST", f"{top}/{{id}}", "skills.update")
    yield skills("DELETE", f"{top}/{{id}}", "skills.delete")
    yield skills("GET", f"{top}/{{id}}/content", "skills.content.retrieve")
    yield skills("POST", versions, "skills.versions.create")
    yield skills("GET", versions, "skills.versions.list")
    yield skills("GET", f"{versions}/{{version}}", "skills.versions.retrieve")
    yield skills("DELETE", f"{versions}/{{version}}", "skills.versions.delete")
    yield skills("GET", f"{versions}/{{version}}/content", "skills.versions.content.retrieve")


def _evals() -> Iterator[Served]:
    evals = partial(Served, "evals")
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
        yield evals(method, path, f"evals.{sdk}" if sdk else "", "resource", Since("2025-04-01"))


def _assistants() -> Iterator[Served]:
    assistants, threads = partial(Served, "assistants"), partial(Served, "threads")
    run = partial(Served, "runs")
    first = Since("2024-02-15")
    yield assistants("POST", "/assistants", "beta.assistants.create", "resource", first, v1=False)
    yield assistants("GET", "/assistants", "beta.assistants.list", "resource", first, v1=False)
    yield assistants("GET", "/assistants/{id}", "beta.assistants.retrieve", "resource", first, v1=False)
    yield assistants("POST", "/assistants/{id}", "beta.assistants.update", "resource", first, v1=False)
    yield assistants("DELETE", "/assistants/{id}", "beta.assistants.delete", "resource", first, v1=False)
    messages, runs = "/threads/{id}/messages", "/threads/{id}/runs"
    for family, method, path, sdk in (
        (threads, "POST", "/threads", "create"),
        (threads, "GET", "/threads/{id}", "retrieve"),
        (threads, "POST", "/threads/{id}", "update"),
        (threads, "DELETE", "/threads/{id}", "delete"),
        (run, "POST", "/threads/runs", "create_and_run"),
        (threads, "POST", messages, "messages.create"),
        (threads, "GET", messages, "messages.list"),
        (threads, "GET", f"{messages}/{{message}}", "messages.retrieve"),
        (threads, "POST", f"{messages}/{{message}}", "messages.update"),
        (threads, "DELETE", f"{messages}/{{message}}", "messages.delete"),
        (run, "POST", runs, "runs.create"),
        (run, "GET", runs, "runs.list"),
        (run, "GET", f"{runs}/{{run}}", "runs.retrieve"),
        (run, "POST", f"{runs}/{{run}}", "runs.update"),
        (run, "POST", f"{runs}/{{run}}/cancel", "runs.cancel"),
        (run, "POST", f"{runs}/{{run}}/submit_tool_outputs", "runs.submit_tool_outputs"),
        (run, "GET", f"{runs}/{{run}}/steps", "runs.steps.list"),
        (run, "GET", f"{runs}/{{run}}/steps/{{step}}", "runs.steps.retrieve"),
    ):
        yield family(method, path, f"beta.threads.{sdk}", "resource", first)


def _realtime() -> Iterator[Served]:
    opened, granted = partial(Served, "realtime.handlers"), partial(Served, "realtime.keys")
    since = Since("2024-10-01")
    yield opened("GET", "/realtime", "realtime.connect", "resource", since)
    yield granted("POST", "/realtime/client_secrets", "realtime.client_secrets.create")
    yield granted("POST", "/realtime/sessions", "beta.realtime.sessions.create", "resource", Since("2025-04-01"))
    transcribed = "beta.realtime.transcription_sessions.create"
    yield granted("POST", "/realtime/transcription_sessions", transcribed, "resource", Since("2025-04-01"))
    yield granted("POST", "/realtime/calls", "realtime.calls.create")
    for verb in ("accept", "reject", "refer", "hangup"):
        yield granted("POST", f"/realtime/calls/{{id}}/{verb}", f"realtime.calls.{verb}")


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
    "WebSocket /responses": "the emulator does not serve responses over WebSocket; `stream` gives the same events",
    "/safety": "the emulator does not serve alerts and cases of safety",
}
"""What answers 404 with a reason, by the path's beginning; a WebSocket by all of its path."""
