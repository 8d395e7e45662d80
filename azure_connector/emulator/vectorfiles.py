"""The files of a vector store, one by one and in batches."""

from __future__ import annotations

from .bodies import read_body, update
from .errors import invalid, long_array, missing, wrong_choice
from .paging import listed
from .resource import Resource
from .routes import Handler
from .shelves import Thing
from .values import Json, items_of, object_of
from .vectorstores import STATES, attach, check_attributes, store_of, strategy_of, work
from .wire import Answer, Call

__all__ = ["HANDLERS"]

MOST_IN_BATCH = 2_000


async def create(call: Call, resource: Resource) -> Answer:
    """`POST /vector_stores/{id}/files`."""
    store = store_of(call.params["id"], resource)
    body = read_body(call, ("file_id",), {"chunking_strategy": "an object"})
    strategy, attributes = strategy_of(body), body.get("attributes")
    made = attach(store, body["file_id"], "file_id", resource, strategy=strategy, attributes=attributes)
    return Answer(body=dict(made.body))


async def list_files(call: Call, resource: Resource) -> Answer:
    """`GET /vector_stores/{id}/files`."""
    store = store_of(call.params["id"], resource)
    work(store, resource)
    return Answer(body=listed(_filtered(store.below["files"].bodies(), call), call))


def _filtered(bodies: list[Json], call: Call) -> list[Json]:
    wanted = call.query.get("filter")
    if wanted is not None and wanted not in STATES:
        raise wrong_choice("filter", wanted, STATES)
    return [one for one in bodies if wanted in {None, one["status"]}]


def _file(call: Call, resource: Resource) -> Thing:
    store = store_of(call.params["id"], resource)
    found = store.below["files"].find(call.params["file"])
    work(store, resource)
    return found


async def retrieve(call: Call, resource: Resource) -> Answer:
    """`GET /vector_stores/{id}/files/{file}`."""
    return Answer(body=dict(_file(call, resource).body))


async def modify(call: Call, resource: Resource) -> Answer:
    """`POST /vector_stores/{id}/files/{file}`: its attributes."""
    file = _file(call, resource)
    body = read_body(call, ("attributes",))
    check_attributes(body["attributes"])
    return Answer(body=dict(update(file.body, body, ("attributes",))))


async def content(call: Call, resource: Resource) -> Answer:
    """`GET /vector_stores/{id}/files/{file}/content`: the text that was read."""
    file = _file(call, resource)
    if file.body["status"] != "completed":
        raise invalid(f"The file {file.identity} has not been processed: it is {file.body['status']}.", "file_id")
    data = [{"type": "text", "text": file.hidden["text"]}]
    page: Json = {"object": "vector_store.file_content.page", "data": data, "has_more": False, "next_page": None}
    return Answer(body=page)


async def delete(call: Call, resource: Resource) -> Answer:
    """`DELETE /vector_stores/{id}/files/{file}`: the file itself stays."""
    store = store_of(call.params["id"], resource)
    return Answer(body=store.below["files"].remove(call.params["file"], "vector_store.file"))


async def create_batch(call: Call, resource: Resource) -> Answer:
    """`POST /vector_stores/{id}/file_batches`."""
    store = store_of(call.params["id"], resource)
    body = read_body(call, (), {"file_ids": "an array", "files": "an array", "chunking_strategy": "an object"})
    wanted = [{"file_id": one} for one in items_of(body.get("file_ids"))] or items_of(body.get("files"))
    if not wanted:
        raise missing("file_ids")
    if len(wanted) > MOST_IN_BATCH:
        raise long_array("file_ids", MOST_IN_BATCH, len(wanted))
    strategy = strategy_of(body)
    for number, one in enumerate(wanted):
        resource.file(object_of(one).get("file_id"), f"file_ids[{number}]")
    for number, one in enumerate(wanted):
        fields = object_of(one)
        attributes = fields.get("attributes", body.get("attributes"))
        attach(store, fields["file_id"], f"file_ids[{number}]", resource, strategy=strategy, attributes=attributes)
    shown: Json = {
        "id": f"vsfb_{resource.ids.hexadecimal(32)}",
        "object": "vector_store.files_batch",
        "created_at": int(resource.clock()),
        "vector_store_id": store.identity,
        "status": "in_progress",
        "file_counts": {},
    }
    batch = Thing(shown, {"files": [object_of(one)["file_id"] for one in wanted]})
    return Answer(body=_counted(store.below["batches"].keep(batch), store))


def _counted(batch: Thing, store: Thing) -> Json:
    kept = store.below["files"].kept
    states = [kept[one].body["status"] for one in batch.hidden["files"] if one in kept]
    batch.body["file_counts"] = {state: states.count(state) for state in STATES} | {"total": len(states)}
    return dict(batch.body)


def _batch(call: Call, resource: Resource) -> tuple[Thing, Thing]:
    store = store_of(call.params["id"], resource)
    return store.below["batches"].find(call.params["batch"]), store


async def retrieve_batch(call: Call, resource: Resource) -> Answer:
    """`GET /vector_stores/{id}/file_batches/{batch}`: done by then, unless it was cancelled."""
    batch, store = _batch(call, resource)
    if batch.body["status"] == "in_progress":
        work(store, resource)
        batch.body["status"] = "completed"
    return Answer(body=_counted(batch, store))


async def cancel_batch(call: Call, resource: Resource) -> Answer:
    """`POST /vector_stores/{id}/file_batches/{batch}/cancel`."""
    batch, store = _batch(call, resource)
    if batch.body["status"] != "in_progress":
        text = f"Cannot cancel the file batch {batch.identity}: its status is '{batch.body['status']}'."
        raise invalid(text, "batch_id")
    batch.body["status"] = "cancelled"
    for one in batch.hidden["files"]:
        file = store.below["files"].kept.get(one)
        if file is not None and file.body["status"] == "in_progress":
            file.body["status"] = "cancelled"
    return Answer(body=_counted(batch, store))


async def list_batch_files(call: Call, resource: Resource) -> Answer:
    """`GET /vector_stores/{id}/file_batches/{batch}/files`."""
    batch, store = _batch(call, resource)
    kept = store.below["files"].kept
    bodies = [kept[one].body for one in batch.hidden["files"] if one in kept]
    return Answer(body=listed(_filtered(bodies, call), call))


HANDLERS: dict[str, Handler] = {
    "POST /vector_stores/{id}/files": create,
    "GET /vector_stores/{id}/files": list_files,
    "GET /vector_stores/{id}/files/{file}": retrieve,
    "POST /vector_stores/{id}/files/{file}": modify,
    "DELETE /vector_stores/{id}/files/{file}": delete,
    "GET /vector_stores/{id}/files/{file}/content": content,
    "POST /vector_stores/{id}/file_batches": create_batch,
    "GET /vector_stores/{id}/file_batches/{batch}": retrieve_batch,
    "POST /vector_stores/{id}/file_batches/{batch}/cancel": cancel_batch,
    "GET /vector_stores/{id}/file_batches/{batch}/files": list_batch_files,
}
