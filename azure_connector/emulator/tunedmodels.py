"""What came out of fine-tuning: its models among the others, and copies of its checkpoints to other resources."""

from __future__ import annotations

from .bodies import read_body
from .errors import azure, invalid
from .resource import Resource
from .routes import Handler
from .shelves import Thing
from .values import Json
from .wire import Answer, Call

__all__ = ["HANDLERS", "tuned_model", "tuned_models"]

HEADER = "aoai-copy-ft-checkpoints"


def _job_of(name: str, resource: Resource) -> Thing | None:
    """The job whose model has that name, and was not deleted."""
    jobs = resource.shelves.jobs.kept.values()
    return next((job for job in jobs if job.body["fine_tuned_model"] == name and not job.hidden["deleted"]), None)


def _shown(job: Thing) -> Json:
    body = job.body
    chats = {"fine_tune": False, "inference": True, "completion": False, "chat_completion": True, "embeddings": False}
    return {
        "id": body["fine_tuned_model"],
        "object": "model",
        "created": body["finished_at"],
        "owned_by": "organization-owner",
        "status": "succeeded",
        "model": body["model"],
        "lifecycle_status": "generally-available",
        "capabilities": {**chats, "responses": False},
        "created_at": body["finished_at"],
        "updated_at": body["finished_at"],
        "deprecation": {},
    }


def tuned_models(resource: Resource) -> list[Json]:
    """The fine-tuned models, as `GET /models` shows them."""
    jobs = resource.shelves.jobs.kept.values()
    return [_shown(job) for job in jobs if job.body["fine_tuned_model"] and not job.hidden["deleted"]]


def tuned_model(name: str, resource: Resource) -> Json | None:
    """One of them."""
    job = _job_of(name, resource)
    return None if job is None else _shown(job)


async def delete(call: Call, resource: Resource) -> Answer:
    """`DELETE /models/{model}`: of a fine-tuned one; base models are not the resource's own."""
    name = call.params["model"]
    job = _job_of(name, resource)
    if job is not None:
        job.hidden["deleted"] = True
        return Answer(body={"id": name, "object": "model", "deleted": True})
    if any(name in {one.base_model, one.served_model} for one in resource.deployments.values()):
        raise invalid(f"The model '{name}' is a base model and cannot be deleted.", "model", status=403)
    raise invalid(f"The model '{name}' does not exist", "model", "model_not_found", status=404)


def _checkpoint(call: Call, resource: Resource) -> tuple[Thing, Json]:
    """The job and the checkpoint of a path.

    Raises:
        Refusal: 400 without the header that the preview wants; 404, there is none.
    """
    if call.headers.get(HEADER) != "preview":
        text = f"Copying checkpoints is in preview: send the header '{HEADER}: preview'."
        raise azure(400, "BadRequest", text)
    job, wanted = resource.shelves.jobs.find(call.params["id"]), call.params["checkpoint"]
    for one in job.hidden["checkpoints"]:
        if wanted in {one["id"], one["fine_tuned_model_checkpoint"]}:
            return job, one
    raise invalid(f"Checkpoint '{wanted:.100}' of {job.identity} not found.", "fine_tuning_checkpoint_id", status=404)


def _copies(job: Thing, checkpoint: Json) -> Json:
    copies = job.hidden.setdefault("copies", {}).setdefault(checkpoint["id"], [])
    return {
        "checkpointedModelName": checkpoint["fine_tuned_model_checkpoint"],
        "fineTuningJobId": job.identity,
        "copiedAccountDetails": [dict(one) for one in copies],
    }


async def copy(call: Call, resource: Resource) -> Answer:
    """`POST /fine_tuning/jobs/{id}/checkpoints/{checkpoint}/copy`."""
    job, checkpoint = _checkpoint(call, resource)
    needed = ("destinationResourceId", "region")
    body = read_body(call, needed, dict.fromkeys(needed, "a string"))
    made = {**{name: body[name] for name in needed}, "status": "InProgress"}
    copies = job.hidden.setdefault("copies", {}).setdefault(checkpoint["id"], [])
    copies[:] = [one for one in copies if one["destinationResourceId"] != body["destinationResourceId"]][-99:]
    copies.append(made)
    return Answer(body=_copies(job, checkpoint))


async def copies(call: Call, resource: Resource) -> Answer:
    """`GET /fine_tuning/jobs/{id}/checkpoints/{checkpoint}/copy`: shows how far they are, then ends them."""
    job, checkpoint = _checkpoint(call, resource)
    shown = _copies(job, checkpoint)
    for one in job.hidden["copies"][checkpoint["id"]]:
        one["status"] = "Completed"
    return Answer(body=shown)


_COPY = "/fine_tuning/jobs/{id}/checkpoints/{checkpoint}/copy"
HANDLERS: dict[str, Handler] = {
    "DELETE /models/{model}": delete,
    f"POST {_COPY}": copy,
    f"GET {_COPY}": copies,
}
