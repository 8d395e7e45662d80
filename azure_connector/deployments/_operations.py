"""The operations of the API as data: URLs, the mapping of models, retries and what binds to a resource read them.

Sources: Azure's v1 REST reference of 2026-03-19 and its how-to pages, the classic documents 2024-10-21 and
2025-03-01-preview, and the methods of openai 2.54 and 3.57.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

__all__ = [
    "CHAT",
    "EMBEDDINGS",
    "OPERATIONS",
    "REALTIME",
    "RESPONSES",
    "WEB_SOCKET_MODELS",
    "Again",
    "Operation",
    "Project",
    "operation_of",
]

CHAT = "/chat/completions"
RESPONSES = "/responses"
EMBEDDINGS = "/embeddings"
REALTIME = "/realtime"

Again = Literal["reads", "costs", "idempotent", "never"]
Classic = Literal["deployment", "resource", "no"]
Project = Literal["", "openai", "root"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the SDK.

    Attributes:
        methods: the HTTP verbs, with a space between.
        path: the SDK's path; `{id}` stands for what its own resource alone knows, `{name}` for what any resource may, a
            closing `*` for whatever follows.
        models: where deployments' names stand in the body, as dotted paths (`[]`: in each entry of a list, `*`: in
            each value of a table). The first one decides where the request goes.
        model_optional: it may do without a model at all.
        unless: parameters beside which the model may be missing.
        part: the part of a multipart form that holds JSON with the models.
        classic: the classic form has it below `/deployments/{deployment}`, on the resource, or not at all.
        since: the first classic api-version that has it.
        v1: the v1 form has it.
        again: after a lost answer: it only reads; costs again, but keeps nothing; changes what it has changed
            already; or makes something new, so that it is never sent twice.
        stores: the default of the body's `store`; where that is true, `again` is `never`.
        instead: what to use instead where Azure does not have it.
        project: a Foundry project has it, and its resource has not: below the project's `/openai/v1`, or at its root.
        preview: the header that switches it on, with the value `preview`.
    """

    methods: str
    path: str
    models: tuple[str, ...] = ()
    model_optional: bool = False
    unless: frozenset[str] = frozenset()
    part: str = ""
    classic: Classic = "no"
    since: str = ""
    v1: bool = True
    again: Again = "never"
    stores: bool | None = None
    instead: str = ""
    project: Project = ""
    preview: str = ""

    @property
    def below_deployment(self) -> bool:
        """Whether the classic form puts the deployment into the path."""
        return self.classic == "deployment"

    @property
    def names_deployment(self) -> bool:
        """Whether its request names a deployment somewhere."""
        return bool(self.models)

    def needs_model(self, body: Mapping[str, object]) -> bool:
        """Whether this body must name a model."""
        return bool(self.models) and not self.model_optional and self.unless.isdisjoint(body)

    def repeatable(self, body: Mapping[str, object] | None) -> bool:
        """Whether a request that may have been executed may be sent again without doing anything twice."""
        if self.stores is not None:
            asked = (body or {}).get("store")
            if self.stores if asked is None else asked is not False:
                return False
        return self.again != "never"


def _rows() -> Iterator[Operation]:  # one row an operation: a table, whose length is its content
    yield from _models_rows()
    yield from _responses_rows()
    yield from _files_rows()
    yield from _tuning_rows()
    yield from _realtime_and_video_rows()
    yield from _assistants_rows()
    yield from _newest_rows()
    yield from _absent_rows()


def _models_rows() -> Iterator[Operation]:
    model, stored = ("model",), "2025-02-01-preview"
    yield Operation("POST", CHAT, model, classic="deployment", again="costs", stores=False)
    yield Operation("GET", CHAT, classic="resource", since=stored, again="reads")
    yield Operation("GET", f"{CHAT}/{{id}}", classic="resource", since=stored, again="reads")
    yield Operation("GET", f"{CHAT}/{{id}}/messages", classic="resource", since=stored, again="reads")
    yield Operation("POST DELETE", f"{CHAT}/{{id}}", classic="resource", since=stored, again="idempotent")
    since = {
        "/completions": "",
        EMBEDDINGS: "",
        "/audio/transcriptions": "2023-09-01-preview",
        "/audio/translations": "2023-09-01-preview",
        "/audio/speech": "2024-02-15-preview",
        "/images/generations": "2023-12-01-preview",
        "/images/edits": "2025-04-01-preview",
    }
    for path, first in since.items():
        yield Operation("POST", path, model, classic="deployment", since=first, again="costs")
    yield Operation("GET", "/models", classic="resource", again="reads")
    yield Operation("GET", "/models/{name}", classic="resource", again="reads")
    yield Operation("DELETE", "/models/{name}", classic="resource", again="idempotent")


def _responses_rows() -> Iterator[Operation]:
    # An agent, or a prompt that is stored at the service, brings its model along.
    own: dict[str, Any] = {"models": ("model",), "unless": frozenset({"prompt", "agent_reference", "agent"})}
    old: dict[str, Any] = {"classic": "resource", "since": "2025-03-01-preview"}
    yield Operation("POST", RESPONSES, again="costs", stores=True, **own, **old)
    yield Operation("GET", f"{RESPONSES}/{{id}}", again="reads", **old)
    yield Operation("GET", f"{RESPONSES}/{{id}}/input_items", again="reads", **old)
    yield Operation("DELETE", f"{RESPONSES}/{{id}}", again="idempotent", **old)
    yield Operation("POST", f"{RESPONSES}/{{id}}/cancel", again="idempotent", **old)
    yield Operation("POST", f"{RESPONSES}/compact", again="costs", **own)
    yield Operation("POST", f"{RESPONSES}/input_tokens", again="reads", **own)
    # An agent's conversation is its project's.
    talk: dict[str, Any] = {"project": "openai"}
    yield Operation("POST", "/conversations", **talk)
    yield Operation("POST", "/conversations/{id}/items", **talk)
    for path in ("/conversations/{id}", "/conversations/{id}/items", "/conversations/{id}/items/{id}"):
        yield Operation("GET", path, again="reads", **talk)
    yield Operation("POST DELETE", "/conversations/{id}", again="idempotent", **talk)
    yield Operation("DELETE", "/conversations/{id}/items/{id}", again="idempotent", **talk)


def _files_rows() -> Iterator[Operation]:
    yield from _stored("/files", classic="resource", lists=("", "/{id}", "/{id}/content"))
    upload: dict[str, Any] = {"classic": "resource", "since": "2024-08-01-preview"}
    for path in ("/uploads", "/uploads/{id}/parts", "/uploads/{id}/complete"):
        yield Operation("POST", path, **upload)
    yield Operation("POST", "/uploads/{id}/cancel", again="idempotent", **upload)
    batch_job: dict[str, Any] = {"classic": "resource", "since": "2024-07-01-preview"}
    yield Operation("POST", "/batches", **batch_job)
    yield Operation("GET", "/batches", again="reads", **batch_job)
    yield Operation("GET", "/batches/{id}", again="reads", **batch_job)
    yield Operation("POST", "/batches/{id}/cancel", again="idempotent", **batch_job)
    vector: dict[str, Any] = {"classic": "resource", "since": "2024-05-01-preview"}
    yield from _stored("/vector_stores", changes=("/{id}",), **vector)
    yield Operation("POST", "/vector_stores/{id}/search", again="reads", **vector)
    one = "/vector_stores/{id}/files"
    yield from _stored(one, lists=("", "/{id}", "/{id}/content"), changes=("/{id}",), **vector)
    batch = "/vector_stores/{id}/file_batches"
    yield from _stored(batch, lists=("/{id}", "/{id}/files"), changes=("/{id}/cancel",), **vector)
    yield from _stored("/containers")
    yield from _stored("/containers/{id}/files", lists=("", "/{id}", "/{id}/content"))
    yield from _stored("/skills", lists=("", "/{id}", "/{id}/content"), changes=("/{id}",))
    yield from _stored("/skills/{id}/versions", lists=("", "/{id}", "/{id}/content"))


def _stored(
    path: str,
    *,
    lists: tuple[str, ...] = ("", "/{id}"),
    changes: tuple[str, ...] = (),
    classic: Classic = "no",
    since: str = "",
) -> Iterator[Operation]:
    """Something that is made once, then read, changed and deleted."""
    yield Operation("POST", path, classic=classic, since=since)
    for more in lists:
        yield Operation("GET", path + more, classic=classic, since=since, again="reads")
    for more in changes:
        yield Operation("POST", path + more, classic=classic, since=since, again="idempotent")
    yield Operation("DELETE", f"{path}/{{id}}", classic=classic, since=since, again="idempotent")


def _tuning_rows() -> Iterator[Operation]:
    # What is tuned is a base model; a grader is a deployment.
    grader = ("grader.model", "grader.graders.*.model", "grader.graders[].model", "grader.graders.model")
    job: dict[str, Any] = {"classic": "resource", "since": "2023-10-01-preview"}
    nested = tuple(f"method.reinforcement.{path}" for path in grader)
    yield Operation("POST", "/fine_tuning/jobs", nested, model_optional=True, **job)
    for path in ("", "/{id}", "/{id}/events", "/{id}/checkpoints"):
        yield Operation("GET", f"/fine_tuning/jobs{path}", again="reads", **job)
    for verb in ("cancel", "pause", "resume"):
        yield Operation("POST", f"/fine_tuning/jobs/{{id}}/{verb}", again="idempotent", **job)
    copy, switch = "/fine_tuning/jobs/{id}/checkpoints/{id}/copy", "aoai-copy-ft-checkpoints"
    yield Operation("POST", copy, preview=switch)
    yield Operation("GET", copy, again="reads", preview=switch)
    for verb in ("run", "validate"):
        yield Operation("POST", f"/fine_tuning/alpha/graders/{verb}", grader, model_optional=True, again="costs")
    since = "2025-04-01-preview"
    # The header belongs to the resource's own operation: the reference of 2026 needs it no more, older resources do.
    old: dict[str, Any] = {"classic": "resource", "since": since, "project": "openai", "preview": "aoai-evals"}
    yield Operation("POST", "/evals", ("testing_criteria[].model",), model_optional=True, **old)
    yield Operation("POST DELETE", "/evals/{id}", again="idempotent", **old)
    yield Operation("POST", "/evals/{id}/runs", ("data_source.model",), model_optional=True, **old)
    # A POST to a run cancels it.
    yield Operation("POST DELETE", "/evals/{id}/runs/{id}", again="idempotent", **old)
    runs = "/evals/{id}/runs"
    for path in ("/evals", "/evals/{id}", runs, f"{runs}/{{id}}"):
        yield Operation("GET", path, again="reads", **old)
    for path in (f"{runs}/{{id}}/output_items", f"{runs}/{{id}}/output_items/{{id}}"):
        yield Operation("GET", path, again="reads", **old)


def _realtime_and_video_rows() -> Iterator[Operation]:
    session = ("session.model", "session.audio.input.transcription.model")
    delegate = ("session.delegation.responses.model",)
    yield Operation("GET", REALTIME, ("model",))  # a WebSocket, with the model in its query
    yield Operation("POST", "/realtime/client_secrets", session, model_optional=True)
    yield Operation("POST", "/realtime/translations/client_secrets", session, model_optional=True)
    old = ("model", "input_audio_transcription.model")
    yield Operation("POST", "/realtime/sessions", old, model_optional=True)
    yield Operation("POST", "/realtime/transcription_sessions", old, model_optional=True)
    yield Operation("POST", "/realtime/calls", session, model_optional=True, part="session")
    accepted = ("model", "audio.input.transcription.model")
    yield Operation("POST", "/realtime/calls/{id}/accept", accepted, model_optional=True)
    for verb in ("hangup", "refer", "reject"):
        yield Operation("POST", f"/realtime/calls/{{id}}/{verb}")
    yield Operation("POST", "/live/sessions", (*session, *delegate), model_optional=True)
    yield Operation("POST", "/live", (*session, *delegate), model_optional=True, part="session")
    for verb in ("accept", "fork"):
        yield Operation("POST", f"/live/sessions/{{id}}/{verb}", (*session, *delegate), model_optional=True)
    for verb in ("attach", "hangup", "refer", "reject"):
        yield Operation("POST", f"/live/sessions/{{id}}/{verb}")
    yield Operation("GET", "/live/sessions/{id}/content", again="reads")
    yield Operation("POST", "/videos", ("model",))
    for path in ("/videos/edits", "/videos/extensions", "/videos/characters", "/videos/{id}/remix"):
        yield Operation("POST", path)
    for path in ("/videos", "/videos/{id}", "/videos/{id}/content", "/videos/characters/{id}"):
        yield Operation("GET", path, again="reads")
    yield Operation("DELETE", "/videos/{id}", again="idempotent")
    jobs = "/video/generations/jobs"  # of the first Sora, which no method of the SDK calls
    yield Operation("POST", jobs, ("model",))
    for path in (jobs, f"{jobs}/{{id}}", "/video/generations/{id}/content/video"):
        yield Operation("GET", path, again="reads")
    yield Operation("DELETE", f"{jobs}/{{id}}", again="idempotent")


def _assistants_rows() -> Iterator[Operation]:
    old: dict[str, Any] = {"classic": "resource", "since": "2024-02-15-preview"}
    yield Operation("POST", "/assistants", ("model",), v1=False, **old)
    yield Operation("POST", "/assistants/{id}", ("model",), model_optional=True, v1=False, again="idempotent", **old)
    yield Operation("GET", "/assistants", v1=False, again="reads", **old)
    yield Operation("GET", "/assistants/{id}", v1=False, again="reads", **old)
    yield Operation("DELETE", "/assistants/{id}", v1=False, again="idempotent", **old)
    yield from _stored("/threads", lists=("/{id}",), changes=("/{id}",), **old)
    yield from _stored("/threads/{id}/messages", changes=("/{id}",), **old)
    runs = "/threads/{id}/runs"
    yield Operation("POST", "/threads/runs", ("model",), model_optional=True, **old)
    yield Operation("POST", runs, ("model",), model_optional=True, **old)
    for path in (runs, f"{runs}/{{id}}", f"{runs}/{{id}}/steps", f"{runs}/{{id}}/steps/{{id}}"):
        yield Operation("GET", path, again="reads", **old)
    yield Operation("POST", f"{runs}/{{id}}", again="idempotent", **old)
    yield Operation("POST", f"{runs}/{{id}}/cancel", again="idempotent", **old)
    yield Operation("POST", f"{runs}/{{id}}/submit_tool_outputs", **old)


def _newest_rows() -> Iterator[Operation]:
    """What openai 3.57 adds and no page of Azure's names yet, but for a project's agents: sent, never refused."""
    yield Operation("POST", "/decisions", ("model",), again="costs")
    agents: dict[str, Any] = {"models": ("model",), "model_optional": True, "project": "root"}
    yield Operation("POST", "/agents", **agents)
    yield Operation("POST", "/agents/{name}", **agents)
    yield Operation("POST", "/audio/voices", ("model",), model_optional=True)
    yield Operation("DELETE", "/audio/voices/{id}", again="idempotent")
    yield from _stored("/audio/voice_consents", changes=("/{id}",))
    yield from _stored("/webhook_endpoints", changes=("/{id}",))
    yield Operation("POST", "/webhook_endpoints/{id}/*")
    yield Operation("GET", "/webhook_event_types", again="reads")
    yield Operation("GET", "/safety/*", again="reads")
    yield Operation("POST", "/vaults")
    where: tuple[tuple[str, Project], ...] = (("/agents", "root"), ("/vaults", ""))
    for path, project in where:
        yield Operation("GET", path, again="reads", project=project)
        yield Operation("GET", f"{path}/*", again="reads", project=project)
        yield Operation("POST", f"{path}/*", project=project)
        yield Operation("DELETE", f"{path}/*", again="idempotent", project=project)


def _absent_rows() -> Iterator[Operation]:
    safety = (
        "Azure filters every prompt and completion itself (azure_info(reply).content_filter_results); to judge texts "
        "alone use Azure AI Content Safety, or OpenAI's own client"
    )
    yield Operation("POST", "/moderations", v1=False, instead=safety)
    edits = "Use client.images.edit(model=..., image=..., prompt=...) with a gpt-image deployment"
    yield Operation("POST", "/images/variations", v1=False, instead=edits)
    every = "GET POST PUT PATCH DELETE"
    chatkit = "Serve ChatKit yourself: docs/chatkit.md has a server and a page to copy"
    yield Operation(every, "/chatkit/*", v1=False, instead=chatkit)
    copies = "On Azure a checkpoint is copied to another resource: POST /fine_tuning/jobs/{job}/checkpoints/{name}/copy"
    yield Operation(every, "/fine_tuning/checkpoints/*", v1=False, instead=copies)
    marks = "Read the Content Credentials (C2PA) that Azure puts into its images, for example with the c2pa package"
    yield Operation("POST", "/content_provenance_checks", v1=False, instead=marks)
    portal = "Azure has its own administration: keys, quotas, roles, costs in the portal, or `az cognitiveservices`"
    for path in ("/organization/*", "/projects/*"):
        yield Operation(every, path, v1=False, instead=portal)


def _segments(path: str) -> tuple[str, ...]:
    return tuple(path.strip("/").split("/"))


OPERATIONS = tuple(_rows())
"""Every operation that the table knows."""

WEB_SOCKET_MODELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "response.create": ("model",),
        "session.update": (
            "session.model",
            "session.audio.input.transcription.model",
            "session.input_audio_transcription.model",
        ),
        "transcription_session.update": ("session.input_audio_transcription.model",),
        "session.start": (
            "session.model",
            "session.audio.input.transcription.model",
            "session.delegation.responses.model",
        ),
    }
)
"""The type of an event that a WebSocket's client sends -> where deployments' names stand in it."""

_REST = "*"
_FIXED = MappingProxyType(
    {
        (verb, row.path): row
        for row in OPERATIONS
        for verb in row.methods.split()
        if "{" not in row.path and not row.path.endswith(_REST)
    }
)
_PATTERNS = tuple(
    (verb, _segments(row.path), row)
    for row in OPERATIONS
    for verb in row.methods.split()
    if "{" in row.path or row.path.endswith(_REST)
)
_UNKNOWN = Operation("", "", classic="resource")
_UNKNOWN_READ = Operation("GET", "", classic="resource", again="reads")


def operation_of(path: str, method: str = "POST") -> Operation:
    """The operation with this path; for one that the table does not know, one that is sent as it is.

    Args:
        path: the SDK's path, without its query.
        method: the HTTP verb.
    """
    verb = method.upper()
    return _FIXED.get((verb, path)) or _by_pattern(verb, path)


@lru_cache(maxsize=1024)
def _by_pattern(verb: str, path: str) -> Operation:
    segments = _segments(path)
    for known, pattern, row in _PATTERNS:
        if known == verb and _matches(pattern, segments):
            return row
    return _UNKNOWN_READ if verb == "GET" else _UNKNOWN


def _matches(pattern: tuple[str, ...], segments: tuple[str, ...]) -> bool:
    if pattern[-1] == _REST and len(segments) >= len(pattern):
        return all(map(_fits, pattern[:-1], segments))
    return len(pattern) == len(segments) and all(map(_fits, pattern, segments))


def _fits(pattern: str, segment: str) -> bool:
    return pattern == segment or (pattern[0] == "{" and bool(segment))
