"""Evals: criteria over rows of data, run step by step.

String checks are computed; the other graders pass what has a text.
"""

from __future__ import annotations

from typing import Any

from .bodies import read_body, update
from .counting import count_value
from .errors import empty_array, invalid, missing, wrong_choice
from .paging import listed
from .parsing import parse_object
from .resource import Resource
from .routes import Handler
from .shelves import Shelf, Thing
from .values import Json, among, is_object, items_of, object_of, text_of
from .wire import Answer, Call

__all__ = ["HANDLERS"]

SOURCES = ("custom", "logs", "stored_completions")
RUN_SOURCES = ("jsonl", "completions", "responses")
GRADERS = ("label_model", "string_check", "text_similarity", "python", "score_model")
NEEDED = {
    "string_check": ("name", "input", "operation", "reference"),
    "label_model": ("name", "input", "labels", "passing_labels", "model"),
    "text_similarity": ("name", "input", "reference", "evaluation_metric"),
    "python": ("name", "source"),
    "score_model": ("name", "input", "model"),
}
CHECKS = ("eq", "ne", "like", "ilike")
MOST_ROWS = 1_000


async def create(call: Call, resource: Resource) -> Answer:
    """`POST /evals`."""
    body = read_body(
        call,
        ("data_source_config", "testing_criteria"),
        {"name": "a string", "data_source_config": "an object", "testing_criteria": "an array"},
    )
    config = object_of(body["data_source_config"])
    if not among(config.get("type"), SOURCES):
        raise wrong_choice("data_source_config.type", config.get("type"), SOURCES)
    if config["type"] == "custom" and not is_object(config.get("item_schema")):
        raise missing("data_source_config.item_schema")
    if not items_of(body["testing_criteria"]):
        raise empty_array("testing_criteria")
    criteria = [_criterion(number, one, resource) for number, one in enumerate(items_of(body["testing_criteria"]))]
    schema: Json = object_of(config.get("item_schema")) or {"type": "object", "properties": {}}
    kept = {name: value for name, value in config.items() if name not in {"item_schema", "include_sample_schema"}}
    shown: Json = {
        "id": f"eval_{resource.ids.hexadecimal(32)}",
        "object": "eval",
        "created_at": int(resource.clock()),
        "name": body.get("name") or "",
        "data_source_config": {**kept, "schema": {"type": "object", "properties": {"item": schema}}},
        "testing_criteria": criteria,
        "metadata": body.get("metadata") or {},
    }
    runs = Shelf("Run with id '{}' not found.", "not_found")
    return Answer(201, body=resource.shelves.evals.keep(Thing(shown, below={"runs": runs})).body)


def _criterion(number: int, given: Any, resource: Resource) -> Json:
    where = f"testing_criteria[{number}]"
    fields = object_of(given)
    if not among(fields.get("type"), GRADERS):
        raise wrong_choice(f"{where}.type", fields.get("type"), GRADERS)
    for name in NEEDED[fields["type"]]:
        if fields.get(name) is None:
            raise missing(f"{where}.{name}")
    if fields["type"] == "string_check" and not among(fields["operation"], CHECKS):
        raise wrong_choice(f"{where}.operation", fields["operation"], CHECKS)
    if "model" in NEEDED[fields["type"]]:
        resource.deployment(text_of(fields["model"]))
    return {**fields, "id": f"{fields['name']}-{resource.ids.hexadecimal(24)}"}


async def list_evals(call: Call, resource: Resource) -> Answer:
    """`GET /evals`."""
    return Answer(body=listed(resource.shelves.evals.bodies(), call, order="asc"))


async def retrieve(call: Call, resource: Resource) -> Answer:
    """`GET /evals/{id}`."""
    return Answer(body=resource.shelves.evals.find(call.params["id"]).body)


async def modify(call: Call, resource: Resource) -> Answer:
    """`POST /evals/{id}`: its name and metadata."""
    found = resource.shelves.evals.find(call.params["id"])
    return Answer(body=update(found.body, read_body(call, (), {"name": "a string"}), ("name", "metadata")))


async def delete(call: Call, resource: Resource) -> Answer:
    """`DELETE /evals/{id}`."""
    gone = resource.shelves.evals.remove(call.params["id"], "eval")
    return Answer(body={"object": gone["object"], "deleted": True, "eval_id": gone["id"]})


async def create_run(call: Call, resource: Resource) -> Answer:
    """`POST /evals/{id}/runs`: 201, and queued."""
    found = resource.shelves.evals.find(call.params["id"])
    body = read_body(call, ("data_source",), {"name": "a string", "data_source": "an object"})
    source = object_of(body["data_source"])
    if not among(source.get("type"), RUN_SOURCES):
        raise wrong_choice("data_source.type", source.get("type"), RUN_SOURCES)
    model = text_of(source.get("model"))
    if source["type"] != "jsonl":
        if not model:
            raise missing("data_source.model")
        resource.deployment(model)
    rows = _rows(object_of(source.get("source")), resource)
    shown: Json = {
        "id": f"evalrun_{resource.ids.hexadecimal(32)}",
        "object": "eval.run",
        "eval_id": found.identity,
        "created_at": int(resource.clock()),
        "name": body.get("name") or "",
        "model": model,
        "status": "queued",
        "report_url": f"{resource.endpoint}/evaluations/{found.identity}",
        "data_source": source,
        "result_counts": {"total": 0, "errored": 0, "failed": 0, "passed": 0},
        "per_testing_criteria_results": [],
        "per_model_usage": [],
        "metadata": body.get("metadata") or {},
        "error": None,
    }
    items = Shelf("Output item with id '{}' not found.", "not_found")
    run = Thing(shown, {"rows": rows}, {"items": items}, size=4_000 + len(call.raw))
    return Answer(201, body=dict(found.below["runs"].keep(run).body))


def _rows(source: Json, resource: Resource) -> list[Json]:
    """The rows of `file_content` or `file_id`; of stored replies there are none."""
    kind = source.get("type")
    if kind == "file_content":
        rows = [object_of(one) for one in items_of(source.get("content"))]
        if not rows:
            raise missing("data_source.source.content")
    elif kind == "file_id":
        file = resource.file(source.get("id"), "data_source.source.id")
        try:
            rows = [parse_object(line) for line in file.content.decode("utf-8-sig").splitlines() if line.strip()]
        except ValueError as error:
            raise invalid(f"File '{file.identity}' is not valid JSONL.", "data_source.source.id") from error
    elif kind in ("stored_completions", "responses"):
        rows = []
    else:
        raise wrong_choice("data_source.source.type", kind, ("file_content", "file_id", "responses"))
    return rows[:MOST_ROWS]


def _run(call: Call, resource: Resource) -> tuple[Thing, Thing]:
    found = resource.shelves.evals.find(call.params["id"])
    return found, found.below["runs"].find(call.params["run"])


async def list_runs(call: Call, resource: Resource) -> Answer:
    """`GET /evals/{id}/runs`."""
    found = resource.shelves.evals.find(call.params["id"])
    status = call.query.get("status")
    bodies = [dict(one) for one in found.below["runs"].bodies() if status in {None, one["status"]}]
    return Answer(body=listed(bodies, call, order="asc"))


async def retrieve_run(call: Call, resource: Resource) -> Answer:
    """`GET /evals/{id}/runs/{run}`: shows where it stands, then works on."""
    found, run = _run(call, resource)
    shown = dict(run.body)
    if run.body["status"] == "queued":
        run.body["status"] = "in_progress"
    elif run.body["status"] == "in_progress":
        await _grade(found, run, resource)
    return Answer(body=shown)


async def _grade(found: Thing, run: Thing, resource: Resource) -> None:
    criteria: list[Json] = found.body["testing_criteria"]
    counts = {"total": 0, "errored": 0, "failed": 0, "passed": 0}
    by_criterion = {one["id"]: {"testing_criteria": one["id"], "passed": 0, "failed": 0} for one in criteria}
    for number, row in enumerate(run.hidden["rows"]):
        sample = _sample(row, run.body["model"])
        values = {"item": object_of(row.get("item")), "sample": {"output_text": sample["output"][0]["content"]}}
        results = [{"name": one["id"], "type": one["type"], **_verdict(one, values)} for one in criteria]
        passed = all(result["passed"] for result in results)
        counts["total"] += 1
        counts["passed" if passed else "failed"] += 1
        for result in results:
            by_criterion[result["name"]]["passed" if result["passed"] else "failed"] += 1
        item = {
            "id": f"outputitem_{resource.ids.hexadecimal(32)}",
            "object": "eval.run.output_item",
            "created_at": int(resource.clock()),
            "run_id": run.identity,
            "eval_id": found.identity,
            "status": "pass" if passed else "fail",
            "datasource_item_id": number,
            "datasource_item": row,
            "results": results,
            "sample": sample,
        }
        run.below["items"].keep(Thing(item))
    run.body |= {"status": "completed", "result_counts": counts}
    run.body["per_testing_criteria_results"] = list(by_criterion.values())
    run.hidden["rows"] = []


def _sample(row: Json, model: str) -> Json:
    """What the model said: the row's own sample, or its input again."""
    given = object_of(row.get("sample"))
    text = text_of(given.get("output_text")) or text_of(next(iter(object_of(row.get("item")).values()), ""))
    tokens = count_value(text)
    usage = {"prompt_tokens": tokens, "completion_tokens": tokens, "total_tokens": 2 * tokens, "cached_tokens": 0}
    return {
        "input": [{"role": "user", "content": text}],
        "output": [{"role": "assistant", "content": text}],
        "finish_reason": "stop",
        "model": model,
        "usage": usage,
        "error": None,
        "temperature": 1.0,
        "top_p": 1.0,
        "seed": 42,
        "max_completion_tokens": 2_048,
    }


def _verdict(criterion: Json, values: Json) -> Json:
    left = _filled(text_of(criterion.get("input")), values)
    right = _filled(text_of(criterion.get("reference")), values)
    if criterion["type"] == "string_check":
        told = {
            "eq": left == right,
            "ne": left != right,
            "like": right in left,
            "ilike": right.lower() in left.lower(),
        }
        passed = told[criterion["operation"]]
    else:
        passed = bool(values["sample"]["output_text"])
    return {"passed": passed, "score": 1.0 if passed else 0.0}


def _filled(template: str, values: Json) -> str:
    """A template with `{{item.name}}` and `{{sample.output_text}}` filled in."""
    for kind in ("item", "sample"):
        for name, value in object_of(values[kind]).items():
            for mark in (f"{{{{{kind}.{name}}}}}", f"{{{{ {kind}.{name} }}}}"):
                if mark in template:
                    template = template.replace(mark, value if isinstance(value, str) else str(value))
    return template


async def cancel_run(call: Call, resource: Resource) -> Answer:
    """`POST /evals/{id}/runs/{run}` and, as newer SDKs send it, `…/cancel`."""
    _, run = _run(call, resource)
    if run.body["status"] not in {"queued", "in_progress"}:
        raise invalid(f"Run {run.identity} cannot be canceled: its status is '{run.body['status']}'.", "run_id")
    run.body["status"] = "canceled"
    return Answer(body=dict(run.body))


async def delete_run(call: Call, resource: Resource) -> Answer:
    """`DELETE /evals/{id}/runs/{run}`."""
    found, run = _run(call, resource)
    gone = found.below["runs"].remove(run.identity, "eval.run")
    return Answer(body={"object": gone["object"], "deleted": True, "run_id": gone["id"]})


async def list_items(call: Call, resource: Resource) -> Answer:
    """`GET /evals/{id}/runs/{run}/output_items`."""
    _, run = _run(call, resource)
    status = call.query.get("status")
    bodies = [one for one in run.below["items"].bodies() if status in {None, one["status"]}]
    return Answer(body=listed(bodies, call, order="asc"))


async def get_item(call: Call, resource: Resource) -> Answer:
    """`GET /evals/{id}/runs/{run}/output_items/{item}`."""
    _, run = _run(call, resource)
    return Answer(body=run.below["items"].find(call.params["item"]).body)


HANDLERS: dict[str, Handler] = {
    "POST /evals": create,
    "GET /evals": list_evals,
    "GET /evals/{id}": retrieve,
    "POST /evals/{id}": modify,
    "DELETE /evals/{id}": delete,
    "POST /evals/{id}/runs": create_run,
    "GET /evals/{id}/runs": list_runs,
    "GET /evals/{id}/runs/{run}": retrieve_run,
    "POST /evals/{id}/runs/{run}": cancel_run,
    "POST /evals/{id}/runs/{run}/cancel": cancel_run,
    "DELETE /evals/{id}/runs/{run}": delete_run,
    "GET /evals/{id}/runs/{run}/output_items": list_items,
    "GET /evals/{id}/runs/{run}/output_items/{item}": get_item,
}
