"""Batches: a file of requests, answered into two others. Each look at a batch takes it a step further."""

from __future__ import annotations

from .batchjobs import begin, enqueued, fault, finish, tokens_of, work
from .errors import invalid, missing, wrong_choice
from .fieldtypes import check_metadata, check_types
from .files import find_file
from .paging import page
from .resource import Resource
from .routes import Handler
from .shapes import check_shape
from .stored import StoredBatch
from .values import Json, among, object_of, text_of
from .wire import Answer, Call

__all__ = ["HANDLERS"]


MOST_LINES = 1_000_000


def _endpoints(resource: Resource) -> tuple[str, ...]:
    rules = resource.batch_rules
    names = ["/chat/completions", "/responses", *(["/embeddings"] if rules.embeddings else [])]
    plain, versioned = tuple(names), tuple(f"/v1{name}" for name in names)
    return {"plain": plain, "v1": versioned}.get(rules.endpoint_form, plain + versioned)


async def create(call: Call, resource: Resource) -> Answer:
    """`POST /batches`."""
    body = call.json_object()
    for name in ("input_file_id", "endpoint", "completion_window"):
        if not body.get(name):
            raise missing(name)
    check_types(body, {"metadata": "an object"})
    check_metadata(body.get("metadata"))
    check_shape(call, body)
    if not among(body["endpoint"], _endpoints(resource)):
        raise wrong_choice("endpoint", body["endpoint"], _endpoints(resource))
    source = find_file(resource, str(body["input_file_id"]))
    lines, errors = begin(source, body["endpoint"], resource)
    deployment = text_of(object_of(lines[0]["body"]).get("model")) if lines else ""
    tokens, before = tokens_of(lines), enqueued(deployment, resource)
    most = resource.batch_rules.enqueued_tokens
    if most is not None and not errors and before + tokens > most:
        if not resource.batch_rules.late_refusal:
            raise invalid(fault("token_limit_exceeded")["message"], None, "token_limit_exceeded")
        errors = [fault("token_limit_exceeded")]
    held = sum(len(one.lines) for one in resource.batches.values())
    if held + len(lines) > MOST_LINES:
        raise invalid(f"The resource works on {MOST_LINES} lines of batches; try again later.", None, "quota_exceeded")
    made = _made(body, source.identity, len(lines), resource)
    resource.batches[made["id"]] = StoredBatch(made, lines, errors, deployment, tokens)
    headers = {"deployment-enqueued-tokens": str(before + tokens)}
    if most is not None:
        headers["deployment-maximum-enqueued-tokens"] = str(most)
    return Answer(201, body=dict(made), headers=headers)


def _made(body: Json, source: str, lines: int, resource: Resource) -> Json:
    created = int(resource.clock())
    return {
        "id": f"batch_{resource.ids.hexadecimal(32)}",
        "object": "batch",
        "endpoint": body["endpoint"],
        "input_file_id": source,
        "completion_window": body["completion_window"],
        "status": "validating",
        "output_file_id": None,
        "error_file_id": None,
        "errors": None,
        "created_at": created,
        "expires_at": created + 86_400,
        "completed_at": None,
        "request_counts": {"total": lines, "completed": 0, "failed": 0},
        "metadata": body.get("metadata"),
    }


async def retrieve(call: Call, resource: Resource) -> Answer:
    """`GET /batches/{id}`: shows where it stands, then works on."""
    stored = _find(call, resource)
    shown = dict(stored.body) | {"request_counts": dict(stored.body["request_counts"])}
    await _advance(stored, resource)
    return Answer(body=shown)


async def _advance(stored: StoredBatch, resource: Resource) -> None:
    match stored.body["status"]:
        case "validating" if stored.errors:
            stored.body |= {"status": "failed", "failed_at": int(resource.clock())}
            stored.body["errors"] = {"object": "list", "data": stored.errors}
            stored.lines.clear()
        case "validating":
            stored.body["status"] = "in_progress"
        case "in_progress":
            if not stored.busy:
                stored.busy = True
                try:
                    if await work(stored, resource) and stored.body["status"] == "in_progress":
                        stored.body["status"] = "finalizing"
                finally:
                    stored.busy = False
        case "finalizing":
            finish(stored, "completed" if stored.at >= len(stored.lines) else "expired", resource)
        case "cancelling":
            finish(stored, "cancelled", resource)
        case _:
            pass


async def cancel(call: Call, resource: Resource) -> Answer:
    """`POST /batches/{id}/cancel`: what is done by then is kept."""
    stored = _find(call, resource)
    if stored.body["status"] in ("validating", "in_progress", "finalizing"):
        stored.body["status"] = "cancelling"
    return Answer(body=dict(stored.body))


async def list_batches(call: Call, resource: Resource) -> Answer:
    """`GET /batches`, newest first."""
    return Answer(body=page([one.body for one in reversed(resource.batches.values())], call))


def _find(call: Call, resource: Resource) -> StoredBatch:
    found = resource.batches.get(call.params["id"])
    if found is None:
        raise invalid(f"No batch found with id '{call.params['id']}'.", status=404)
    return found


HANDLERS: dict[str, Handler] = {
    "POST /batches": create,
    "GET /batches": list_batches,
    "GET /batches/{id}": retrieve,
    "POST /batches/{id}/cancel": cancel,
}
