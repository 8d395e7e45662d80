"""Fine-tuning jobs: one step further with each look, and a model's name at the end. Nothing is learned."""

from __future__ import annotations

from typing import Any

from .bodies import read_body
from .counting import count_value
from .errors import invalid, wrong_choice, wrong_type
from .files import keep_file
from .paging import listed, page
from .parameters import check_integer
from .parsing import parse_object
from .resource import Resource
from .routes import Handler
from .shelves import Thing
from .stored import StoredFile
from .values import Json, is_object, items_of, object_of
from .wire import Answer, Call

__all__ = ["HANDLERS"]

METHODS = ("supervised", "dpo", "reinforcement")
STEPS = ("validating_files", "queued", "running", "succeeded")
ENDED = ("succeeded", "failed", "cancelled")
LEAST_EXAMPLES = 10
EPOCHS = 3


async def create(call: Call, resource: Resource) -> Answer:
    """`POST /fine_tuning/jobs`. The training file is looked through in the job's first step."""
    body = read_body(
        call,
        ("model", "training_file"),
        {
            "model": "a string",
            "training_file": "a string",
            "validation_file": "a string",
            "suffix": "a string",
            "hyperparameters": "an object",
            "method": "an object",
        },
    )
    check_integer("seed", body.get("seed"), 0)
    if len(body.get("suffix") or "") > 64:
        raise invalid("Invalid 'suffix': string too long. Expected at most 64 characters.", "suffix")
    method = object_of(body.get("method")) or {"type": "supervised"}
    if method.get("type") not in METHODS:
        raise wrong_choice("method.type", method.get("type"), METHODS)
    _training_file(body["training_file"], "training_file", resource)
    if body.get("validation_file") is not None:
        _training_file(body["validation_file"], "validation_file", resource)
    shown = _made(body, method, resource)
    job = Thing(
        shown, {"suffix": body.get("suffix"), "events": [], "checkpoints": [], "paused": False, "deleted": False}
    )
    _tell(job, "Created fine-tuning job: " + shown["id"], resource)
    return Answer(body=dict(resource.shelves.jobs.keep(job).body))


def _made(body: Json, method: Json, resource: Resource) -> Json:
    return {
        "id": f"ftjob-{resource.ids.hexadecimal(32)}",
        "object": "fine_tuning.job",
        "created_at": int(resource.clock()),
        "model": body["model"],
        "status": STEPS[0],
        "fine_tuned_model": None,
        "organization_id": "",
        "training_file": body["training_file"],
        "validation_file": body.get("validation_file"),
        "hyperparameters": _parameters(body),
        "method": method,
        "result_files": [],
        "trained_tokens": None,
        "seed": body.get("seed") or 1_234_567,
        "estimated_finish": None,
        "integrations": [],
        "metadata": body.get("metadata") or {},
        "error": None,
        "finished_at": None,
    }


def _training_file(identity: str, param: str, resource: Resource) -> StoredFile:
    file = resource.file(identity, param)
    if file.purpose != "fine-tune":
        raise invalid(f"File '{identity}' has purpose '{file.purpose}'; expected 'fine-tune'.", param, "invalid_file")
    return file


def _parameters(body: Json) -> Json:
    given = object_of(body.get("hyperparameters"))
    for name in ("n_epochs", "batch_size", "learning_rate_multiplier"):
        value = given.get(name)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if value not in (None, "auto") and not (number and value > 0):
            raise wrong_type(f"hyperparameters.{name}", "one of 'auto' or a positive number", value)
    defaults = {"n_epochs": EPOCHS, "batch_size": 1, "learning_rate_multiplier": 1}
    taken = {name: given.get(name) for name in defaults}
    return {name: default if taken[name] in (None, "auto") else taken[name] for name, default in defaults.items()}


def _tell(job: Thing, message: str, resource: Resource, level: str = "info") -> None:
    event: Json = {
        "id": f"ftevent-{resource.ids.hexadecimal(32)}",
        "object": "fine_tuning.job.event",
        "created_at": int(resource.clock()),
        "level": level,
        "message": message,
        "type": "message",
        "data": {},
    }
    job.hidden["events"].append(event)


def _advance(job: Thing, resource: Resource) -> None:
    """One step on, unless it has ended or rests."""
    status = job.body["status"]
    if status in ENDED or job.hidden["paused"]:
        return
    if status == STEPS[0]:
        fault = _fault(resource.files.get(job.body["training_file"]))
        if fault is not None:
            error = {"code": "invalid_training_file", "message": fault, "param": "training_file"}
            job.body |= {"status": "failed", "error": error, "finished_at": int(resource.clock())}
            _tell(job, fault, resource, "error")
            return
        job.body["status"] = "queued"
        _tell(job, "Files validated, moving job to queued state", resource)
    elif status == "queued":
        job.body["status"] = "running"
        _tell(job, "Fine-tuning job started", resource)
    else:
        _finish(job, resource)


def _examples(file: StoredFile | None) -> list[Json]:
    lines = [] if file is None else file.content.decode("utf-8-sig").splitlines()
    return [parse_object(line) for line in lines if line.strip()]


def _fault(file: StoredFile | None) -> str | None:
    try:
        examples = _examples(file)
    except ValueError:
        return "The training file is not valid JSONL."
    if len(examples) < LEAST_EXAMPLES:
        return f"Training file has {len(examples)} example(s), but must have at least {LEAST_EXAMPLES} examples"
    for number, one in enumerate(examples, 1):
        if not items_of(one.get("messages")) and not is_object(one.get("input")):
            return f"Invalid file format. Line {number}: 'messages' is missing or empty."
    return None


def _finish(job: Thing, resource: Resource) -> None:
    body, now = job.body, int(resource.clock())
    epochs = int(body["hyperparameters"]["n_epochs"])
    suffix = f"-{job.hidden['suffix']}" if job.hidden["suffix"] else ""
    name = f"{body['model']}.ft-{resource.ids.hexadecimal(32)}{suffix}"
    file = resource.files.get(body["training_file"])
    tokens = sum(count_value(one) for one in _examples(file)) * min(epochs, 50)
    rows: list[dict[str, Any]] = [
        {"step": step, "train_loss": round(1 / step, 4), "train_mean_token_accuracy": round(1 - 1 / (step + 1), 4)}
        for step in range(1, min(epochs, 50) + 1)
    ]
    job.hidden["checkpoints"] = [_checkpoint(job, name, row, last=row is rows[-1], resource=resource) for row in rows]
    table = "step,train_loss,train_mean_token_accuracy\n" + "".join(
        f"{row['step']},{row['train_loss']},{row['train_mean_token_accuracy']}\n" for row in rows
    )
    results = [keep_file(resource, "step_metrics.csv", table.encode(), "fine-tune-results").identity]
    body |= {"status": "succeeded", "fine_tuned_model": name, "finished_at": now, "trained_tokens": tokens}
    body["result_files"] = results
    _tell(job, f"New fine-tuned model created: {name}", resource)
    _tell(job, "The job has successfully completed", resource)


def _checkpoint(job: Thing, model: str, row: Json, *, last: bool, resource: Resource) -> Json:
    return {
        "id": f"ftchkpt-{resource.ids.hexadecimal(32)}",
        "object": "fine_tuning.job.checkpoint",
        "created_at": int(resource.clock()),
        "fine_tuned_model_checkpoint": model if last else f"{model}:ckpt-step-{row['step']}",
        "fine_tuning_job_id": job.identity,
        "step_number": row["step"],
        "metrics": row,
    }


async def list_jobs(call: Call, resource: Resource) -> Answer:
    """`GET /fine_tuning/jobs`."""
    return Answer(body=listed([dict(one) for one in resource.shelves.jobs.bodies()], call))


async def retrieve(call: Call, resource: Resource) -> Answer:
    """`GET /fine_tuning/jobs/{id}`: shows where it stands, then works on."""
    job = resource.shelves.jobs.find(call.params["id"])
    shown = dict(job.body)
    _advance(job, resource)
    return Answer(body=shown)


async def list_events(call: Call, resource: Resource) -> Answer:
    """`GET /fine_tuning/jobs/{id}/events`, the newest first."""
    return Answer(body=page(resource.shelves.jobs.find(call.params["id"]).hidden["events"][::-1], call))


async def list_checkpoints(call: Call, resource: Resource) -> Answer:
    """`GET /fine_tuning/jobs/{id}/checkpoints`, the newest first."""
    return Answer(body=page(resource.shelves.jobs.find(call.params["id"]).hidden["checkpoints"][::-1], call))


async def cancel(call: Call, resource: Resource) -> Answer:
    """`POST /fine_tuning/jobs/{id}/cancel`."""
    job = resource.shelves.jobs.find(call.params["id"])
    _check_open(job, "cancelled")
    job.body |= {"status": "cancelled", "finished_at": int(resource.clock())}
    _tell(job, "The job has been cancelled", resource)
    return Answer(body=dict(job.body))


async def pause(call: Call, resource: Resource) -> Answer:
    """`POST /fine_tuning/jobs/{id}/pause`: of a running job."""
    job = resource.shelves.jobs.find(call.params["id"])
    _check_open(job, "paused")
    if job.hidden["paused"] or job.body["status"] != "running":
        raise invalid(f"Job {job.identity} cannot be paused: only a running job can.", "fine_tune_id")
    job.hidden["paused"] = True
    job.body["status"] = "paused"
    return Answer(body=dict(job.body))


async def resume(call: Call, resource: Resource) -> Answer:
    """`POST /fine_tuning/jobs/{id}/resume`: of a paused job."""
    job = resource.shelves.jobs.find(call.params["id"])
    if not job.hidden["paused"]:
        raise invalid(f"Job {job.identity} cannot be resumed: it is not paused.", "fine_tune_id")
    job.hidden["paused"] = False
    job.body["status"] = "running"
    return Answer(body=dict(job.body))


def _check_open(job: Thing, verb: str) -> None:
    if job.body["status"] in ENDED:
        text = f"Job {job.identity} cannot be {verb}: its status is '{job.body['status']}'."
        raise invalid(text, "fine_tune_id", "invalid_job_status")


HANDLERS: dict[str, Handler] = {
    "POST /fine_tuning/jobs": create,
    "GET /fine_tuning/jobs": list_jobs,
    "GET /fine_tuning/jobs/{id}": retrieve,
    "GET /fine_tuning/jobs/{id}/events": list_events,
    "GET /fine_tuning/jobs/{id}/checkpoints": list_checkpoints,
    "POST /fine_tuning/jobs/{id}/cancel": cancel,
    "POST /fine_tuning/jobs/{id}/pause": pause,
    "POST /fine_tuning/jobs/{id}/resume": resume,
}
