"""Uploaded files."""

from __future__ import annotations

from .errors import invalid, missing, wrong_choice
from .multipart import read_form
from .paging import page
from .resource import Resource
from .routes import Route, table
from .stored import StoredFile
from .wire import Answer, Call

__all__ = ["ROUTES", "keep_file"]

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")


def keep_file(resource: Resource, filename: str, content: bytes, purpose: str) -> StoredFile:
    """Store a file; the emulator's own, or one that was uploaded."""
    if sum(len(one.content) for one in resource.files.values()) + len(content) > resource.limits.file_bytes:
        text = f"The resource keeps {resource.limits.file_bytes} bytes of files at most. Delete some first."
        raise invalid(text, "file", "quota_exceeded")
    made = StoredFile(f"file-{resource.ids.hexadecimal(32)}", filename, content, purpose, int(resource.clock()))
    resource.files[made.identity] = made
    return made


async def upload(call: Call, resource: Resource) -> Answer:
    """`POST /files`."""
    form = read_form(call)
    sent = form.upload("file")
    if sent is None:
        raise missing("file")
    purpose = form.fields.get("purpose")
    if purpose is None:
        raise missing("purpose")
    if purpose not in PURPOSES:
        raise wrong_choice("purpose", purpose, PURPOSES)
    return Answer(body=keep_file(resource, sent.filename, sent.content, purpose).shown())


async def list_files(call: Call, resource: Resource) -> Answer:
    """`GET /files`."""
    wanted = call.query.get("purpose")
    shown = [one.shown() for one in resource.files.values() if wanted in {None, one.purpose}]
    return Answer(body=page(shown, call, most=10_000))


async def get_file(call: Call, resource: Resource) -> Answer:
    """`GET /files/{id}`."""
    return Answer(body=find_file(resource, call.params["id"]).shown())


async def get_content(call: Call, resource: Resource) -> Answer:
    """`GET /files/{id}/content`."""
    return Answer(raw=find_file(resource, call.params["id"]).content)


async def delete_file(call: Call, resource: Resource) -> Answer:
    """`DELETE /files/{id}`."""
    identity = find_file(resource, call.params["id"]).identity
    del resource.files[identity]
    return Answer(body={"id": identity, "object": "file", "deleted": True})


def find_file(resource: Resource, identity: str) -> StoredFile:
    """The file of that id.

    Raises:
        Refusal: 404, there is none.
    """
    found = resource.files.get(identity)
    if found is None:
        raise invalid(f"No such File object: {identity}", "id", status=404)
    return found


ROUTES: list[Route] = [
    *table("/files", upload),
    *table("/files", list_files, method="GET"),
    *table("/files/{id}", get_file, method="GET"),
    *table("/files/{id}", delete_file, method="DELETE"),
    *table("/files/{id}/content", get_content, method="GET"),
]
