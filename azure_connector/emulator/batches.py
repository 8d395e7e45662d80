"""Batches: a file of requests, answered into another file."""

from __future__ import annotations

import codecs
import json
from typing import Any

from .errors import invalid, missing, wrong_choice
from .files import find_file, keep_file
from .paging import page
from .parsing import parse
from .resource import Resource
from .routes import Route, table
from .stored import StoredBatch, StoredFile
from .values import Json, among, is_object, object_of, text_of
from .wire import Answer, Call

__all__ = ["ROUTES"]

OPERATIONS = (
    "/chat/completions",
    "/embeddings",
    "/responses",
    "/v1/chat/completions",
    "/v1/embeddings",
    "/v1/responses",
)
MOST_LINES = 100_000
# Each look at a batch takes it one step further.
NEXT = {"validating": "in_progress", "in_progress": "finalizing", "finalizing": "completed"}


async def create(call: Call, resource: Resource) -> Answer:
    """`POST /batches`."""
    body = call.json_object()
    for name in ("input_file_id", "endpoint", "completion_window"):
        if not body.get(name):
            raise missing(name)
    if not among(body["endpoint"], OPERATIONS):
        raise wrong_choice("endpoint", body["endpoint"], OPERATIONS)
    source = find_file(resource, str(body["input_file_id"]))
    lines = [_line(number, text) for number, text in enumerate(_text_of(source).splitlines()) if text.strip()]
    if not lines:
        raise invalid("The input file holds no requests.", "input_file_id", "empty_batch")
    if len(lines) > MOST_LINES:
        raise invalid(f"The input file holds more than {MOST_LINES} requests.", "input_file_id", "too_many_tasks")
    created = int(resource.clock())
    made: Json = {
        "id": f"batch_{resource.ids.hexadecimal(32)}",
        "object": "batch",
        "endpoint": body["endpoint"],
        "input_file_id": source.identity,
        "completion_window": body["completion_window"],
        "status": "validating",
        "output_file_id": None,
        "error_file_id": None,
        "errors": None,
        "created_at": created,
        "expires_at": created + 86_400,
        "completed_at": None,
        "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
        "metadata": body.get("metadata"),
    }
    resource.batches[made["id"]] = StoredBatch(made, lines)
    return Answer(201, body=made)


def _text_of(source: StoredFile) -> str:
    if source.content.startswith(codecs.BOM_UTF8):
        raise invalid("The input file must not begin with a byte order mark.", "input_file_id", "invalid_json_line")
    try:
        return source.content.decode("utf-8")
    except UnicodeDecodeError:
        raise invalid("The input file is not encoded in UTF-8.", "input_file_id", "invalid_json_line") from None


def _line(number: int, text: str) -> Json:
    try:
        line: Any = parse(text)
    except ValueError:
        line = None
    if not is_object(line) or not is_object(object_of(line).get("body")):
        raise invalid(f"Line {number + 1} of the input file is no request.", "input_file_id", "invalid_json_line")
    return object_of(line)


async def retrieve(call: Call, resource: Resource) -> Answer:
    """`GET /batches/{id}`: shows where it stands, then works on."""
    stored = _find(call, resource)
    shown = dict(stored.body)
    status = NEXT.get(stored.body["status"])
    if status == "completed":
        await _work(stored, resource)
    if status:
        stored.body["status"] = status
    return Answer(body=shown)


async def _work(stored: StoredBatch, resource: Resource) -> None:
    done: list[str] = []
    failed: list[str] = []
    operation = text_of(stored.body["endpoint"]).removeprefix("/v1")
    for line in stored.lines:
        answer = await resource.perform(operation, object_of(line["body"]))
        response = {"status_code": answer.status, "request_id": resource.ids.uuid(), "body": answer.body}
        result = {"id": f"batch_req_{resource.ids.hexadecimal(24)}", "custom_id": line.get("custom_id")}
        kept = done if answer.status < 400 else failed
        kept.append(json.dumps({**result, "response": response, "error": None}))
    for name, results in (("output_file_id", done), ("error_file_id", failed)):
        if results:
            content = "\n".join(results).encode()
            stored.body[name] = keep_file(
                resource, f"{stored.body['id']}_{name}.jsonl", content, "batch_output"
            ).identity
    stored.body["request_counts"] |= {"completed": len(done), "failed": len(failed)}
    stored.body["completed_at"] = int(resource.clock())


async def cancel(call: Call, resource: Resource) -> Answer:
    """`POST /batches/{id}/cancel`."""
    stored = _find(call, resource)
    if stored.body["status"] in NEXT:
        stored.body["status"] = "cancelled"
    return Answer(body=stored.body)


async def list_batches(call: Call, resource: Resource) -> Answer:
    """`GET /batches`."""
    return Answer(body=page([one.body for one in resource.batches.values()], call))


def _find(call: Call, resource: Resource) -> StoredBatch:
    found = resource.batches.get(call.params["id"])
    if found is None:
        raise invalid(f"No batch found with id '{call.params['id']}'.", status=404)
    return found


ROUTES: list[Route] = [
    *table("/batches", create),
    *table("/batches", list_batches, method="GET"),
    *table("/batches/{id}", retrieve, method="GET"),
    *table("/batches/{id}/cancel", cancel),
]
