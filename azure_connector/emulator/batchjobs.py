"""What happens inside a batch: its input checked, its lines answered, its results kept."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

from .batchrules import BATCH_SKUS, EXPIRED
from .counting import count_value
from .faults import failure
from .files import keep_file
from .parsing import parse
from .resource import Resource
from .stored import StoredBatch, StoredFile
from .values import Json, is_object, object_of, text_of

__all__ = ["begin", "enqueued", "fault", "finish", "tokens_of", "work"]

LINE_FAULTS = {
    "empty_file": "The input file is empty.",
    "invalid_json_line": "A line of the input file is no JSON object.",
    "too_many_tasks": "The number of requests in the input file exceeds the limit.",
    "url_mismatch": "The url of a line does not match the endpoint of the batch.",
    "model_not_found": "The model of a line is no deployment of this resource.",
    "model_mismatch": "The lines of a file must all name the same deployment.",
    "duplicate_custom_id": "The custom_id of a line is not unique.",
    "invalid_request": "The deployment is not of a batch type (GlobalBatch, DataZoneBatch).",
    "token_limit_exceeded": "The enqueued token limit of the deployment has been reached.",
}


def begin(source: StoredFile, endpoint: str, resource: Resource) -> tuple[list[Json], list[Json]]:
    """The lines of a file, and what is wrong with them: an empty list when nothing is."""
    rules = resource.batch_rules
    lines: list[Json] = []
    if source.content.startswith(b"\xef\xbb\xbf"):
        return [], [_fault("invalid_json_line", 1)]
    try:
        content = source.content.decode("utf-8")
    except UnicodeDecodeError:
        return [], [_fault("invalid_json_line", 1)]
    for number, text in enumerate(content.splitlines(), 1):
        if not text.strip():
            continue
        line = _read(text)
        if line is None:
            return [], [_fault("invalid_json_line", number)]
        lines.append(line)
    if not lines:
        return [], [_fault("empty_file", None)]
    if len(lines) > rules.max_requests:
        return lines, [_fault("too_many_tasks", None)]
    return lines, _faults(lines, endpoint, resource)


def _read(text: str) -> Json | None:
    try:
        line: Any = parse(text)
    except ValueError:
        return None
    return line if is_object(line) and is_object(object_of(line).get("body")) else None


def _faults(lines: list[Json], endpoint: str, resource: Resource) -> list[Json]:
    """The first fault of each kind, as Azure reports them."""
    found: dict[str, Json] = {}
    seen: set[str] = set()
    first = text_of(object_of(lines[0]["body"]).get("model"))
    for number, line in enumerate(lines, 1):
        identity, name = text_of(line.get("custom_id")), text_of(object_of(line["body"]).get("model"))
        deployment = resource.deployments.get(name)
        if text_of(line.get("url")).removeprefix("/v1") != endpoint.removeprefix("/v1"):
            found.setdefault("url_mismatch", _fault("url_mismatch", number))
        if identity in seen or not identity:
            found.setdefault("duplicate_custom_id", _fault("duplicate_custom_id", number))
        if deployment is None:
            found.setdefault("model_not_found", _fault("model_not_found", number))
        elif name != first:
            found.setdefault("model_mismatch", _fault("model_mismatch", number))
        elif not (deployment.sku in BATCH_SKUS or name.endswith("-batch")):
            found.setdefault("invalid_request", _fault("invalid_request", number))
        seen.add(identity)
    return list(found.values())


def _fault(code: str, line: int | None) -> Json:
    return {"code": code, "message": LINE_FAULTS[code], "line": line, "param": None}


def fault(code: str) -> Json:
    """One entry of a batch's `errors`."""
    return _fault(code, None)


def tokens_of(lines: list[Json]) -> int:
    """What lines count against the limit of enqueued tokens."""
    return sum(count_value(line["body"]) for line in lines)


def enqueued(deployment: str, resource: Resource) -> int:
    """The tokens of a deployment's batches that have not ended."""
    running = ("validating", "in_progress", "finalizing", "cancelling")
    batches = [one for one in resource.batches.values() if one.body["status"] in running]
    return sum(one.tokens for one in batches if one.deployment == deployment)


async def work(stored: StoredBatch, resource: Resource) -> bool:
    """Answers some more lines; whether all are done."""
    rules = resource.batch_rules
    last = len(stored.lines) if rules.expires_after_lines is None else min(rules.expires_after_lines, len(stored.lines))
    until = min(last, stored.at + rules.lines_per_look)
    operation = text_of(stored.body["endpoint"]).removeprefix("/v1")
    for line in stored.lines[stored.at : until]:
        _keep(stored, line, await _answer(line, operation, resource), resource)
        if stored.at % 50 == 0:
            await asyncio.sleep(0)  # others are served meanwhile
        stored.at += 1
    stored.body["request_counts"] |= {"completed": len(stored.done), "failed": len(stored.failed)}
    return stored.at >= last


async def _answer(line: Json, operation: str, resource: Resource) -> tuple[int, Any]:
    wanted = resource.batch_rules.line_status
    status = wanted(text_of(line.get("custom_id"))) if wanted else None
    if status is not None:
        return status, failure(status).body
    answer = await resource.perform(operation, object_of(line["body"]))
    return answer.status, answer.body


def _keep(stored: StoredBatch, line: Json, answered: tuple[int, Any], resource: Resource) -> None:
    status, body = answered
    response = {"status_code": status, "request_id": resource.ids.uuid(), "body": body}
    result = {"id": f"batch_req_{resource.ids.hexadecimal(24)}", "custom_id": line.get("custom_id")}
    kept = stored.done if status < 400 else stored.failed
    kept.append(json.dumps({**result, "response": response, "error": None}))


def finish(stored: StoredBatch, status: str, resource: Resource) -> None:
    """Ends a batch: what was done is in its files, what was not is in the error file with the reason."""
    code = {"expired": "batch_expired", "cancelled": "batch_cancelled"}.get(status)
    if code is not None:
        for line in stored.lines[stored.at :]:
            result = {"id": f"batch_req_{resource.ids.hexadecimal(24)}", "custom_id": line.get("custom_id")}
            error = {"code": code, "message": EXPIRED[code]}
            stored.failed.append(json.dumps({**result, "response": None, "error": error}))
    rules = resource.batch_rules
    for name, results in (("output_file_id", stored.done), ("error_file_id", stored.failed)):
        if rules.shuffled:
            random.Random(stored.body["id"]).shuffle(results)  # noqa: S311  # an order, no secret
        if results or (name == "error_file_id" and rules.empty_error_file):
            content = "\n".join(results).encode()
            filename = f"{stored.body['id']}_{name}.jsonl"
            stored.body[name] = keep_file(resource, filename, content, "batch_output").identity
    now = int(resource.clock())
    stored.body["request_counts"] |= {"completed": len(stored.done), "failed": len(stored.failed)}
    stored.body |= {"status": status, f"{status}_at": now}
    for spent in (stored.lines, stored.done, stored.failed):
        spent.clear()  # what is left of them stands in the files
