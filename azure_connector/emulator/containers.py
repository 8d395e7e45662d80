"""Containers for the code interpreter: they hold files, and run nothing here."""

from __future__ import annotations

from .bodies import read_body, strings
from .errors import invalid, missing, wrong_choice
from .multipart import read_form
from .paging import listed
from .parameters import check_integer
from .resource import Resource
from .routes import Handler
from .shelves import Shelf, Thing
from .values import Json, object_of
from .wire import Answer, Call

__all__ = ["HANDLERS"]

MEMORY = ("1g", "4g", "16g", "64g")
MINUTES = 20
ROOM = 64 * 2**20
"""Bytes of files that one container keeps."""


async def create(call: Call, resource: Resource) -> Answer:
    """`POST /containers`."""
    body = read_body(call, ("name",), {"name": "a string", "file_ids": "an array", "expires_after": "an object"})
    memory = body.get("memory_limit") or MEMORY[0]
    if memory not in MEMORY:
        raise wrong_choice("memory_limit", memory, MEMORY)
    after = object_of(body.get("expires_after"))
    if after and after.get("anchor") != "last_active_at":
        raise wrong_choice("expires_after.anchor", after.get("anchor"), ("last_active_at",))
    minutes = after.get("minutes", MINUTES)
    check_integer("expires_after.minutes", minutes, 1, 1_440)
    now = int(resource.clock())
    shown: Json = {
        "id": f"cntr_{resource.ids.hexadecimal(48)}",
        "object": "container",
        "created_at": now,
        "status": "running",
        "expires_after": {"anchor": "last_active_at", "minutes": minutes},
        "last_active_at": now,
        "memory_limit": memory,
        "name": body["name"],
    }
    files = Shelf("Container file with id '{}' not found.", param="file_id")
    files.kept.most_bytes = ROOM
    container = Thing(shown, below={"files": files})
    for number, identity in enumerate(strings(body.get("file_ids"))):
        source = resource.file(identity, f"file_ids[{number}]")
        _keep(container, source.filename, source.content, "user", resource)
    return Answer(body=dict(resource.shelves.containers.keep(container).body))


def _container(call: Call, resource: Resource, *, used: bool = False) -> Thing:
    """The container, expired when nobody used it for its time.

    Raises:
        Refusal: 404, there is none; 400, it is to be used and has expired.
    """
    container = resource.shelves.containers.find(call.params["id"])
    body, now = container.body, int(resource.clock())
    if now - body["last_active_at"] >= 60 * body["expires_after"]["minutes"]:
        body["status"] = "expired"
        container.below["files"].kept.clear()
    if used:
        if body["status"] == "expired":
            raise invalid(f"Container {container.identity} is expired.", "container_id", "container_expired")
        body["last_active_at"] = now
    return container


def _keep(container: Thing, name: str, content: bytes, source: str, resource: Resource) -> Json:
    shown: Json = {
        "id": f"cfile_{resource.ids.hexadecimal(48)}",
        "object": "container.file",
        "created_at": int(resource.clock()),
        "bytes": len(content),
        "container_id": container.identity,
        "path": f"/mnt/data/{name.rsplit('/', 1)[-1]}",
        "source": source,
    }
    return container.below["files"].keep(Thing(shown, {"content": content}, size=len(content) + 1_000)).body


async def list_containers(call: Call, resource: Resource) -> Answer:
    """`GET /containers`."""
    return Answer(body=listed([dict(one) for one in resource.shelves.containers.bodies()], call))


async def retrieve(call: Call, resource: Resource) -> Answer:
    """`GET /containers/{id}`."""
    return Answer(body=dict(_container(call, resource).body))


async def delete(call: Call, resource: Resource) -> Answer:
    """`DELETE /containers/{id}`."""
    return Answer(body=resource.shelves.containers.remove(call.params["id"], "container"))


async def add_file(call: Call, resource: Resource) -> Answer:
    """`POST /containers/{id}/files`: a form with `file`, or a `file_id`."""
    container = _container(call, resource, used=True)
    if call.is_form:
        form = read_form(call)
        sent, identity = form.upload("file"), form.fields.get("file_id")
    else:
        sent, identity = None, read_body(call, ("file_id",))["file_id"]
    if sent is not None:
        return Answer(body=_keep(container, sent.filename, sent.content, "user", resource))
    if identity is None:
        raise missing("file")
    source = resource.file(identity, "file_id")
    return Answer(body=_keep(container, source.filename, source.content, "user", resource))


async def list_files(call: Call, resource: Resource) -> Answer:
    """`GET /containers/{id}/files`."""
    return Answer(body=listed(_container(call, resource, used=True).below["files"].bodies(), call))


def _file(call: Call, resource: Resource) -> Thing:
    return _container(call, resource, used=True).below["files"].find(call.params["file"])


async def get_file(call: Call, resource: Resource) -> Answer:
    """`GET /containers/{id}/files/{file}`."""
    return Answer(body=_file(call, resource).body)


async def get_content(call: Call, resource: Resource) -> Answer:
    """`GET /containers/{id}/files/{file}/content`."""
    return Answer(raw=_file(call, resource).hidden["content"])


async def delete_file(call: Call, resource: Resource) -> Answer:
    """`DELETE /containers/{id}/files/{file}`."""
    files = _container(call, resource, used=True).below["files"]
    return Answer(body=files.remove(call.params["file"], "container.file"))


HANDLERS: dict[str, Handler] = {
    "POST /containers": create,
    "GET /containers": list_containers,
    "GET /containers/{id}": retrieve,
    "DELETE /containers/{id}": delete,
    "POST /containers/{id}/files": add_file,
    "GET /containers/{id}/files": list_files,
    "GET /containers/{id}/files/{file}": get_file,
    "DELETE /containers/{id}/files/{file}": delete_file,
    "GET /containers/{id}/files/{file}/content": get_content,
}
