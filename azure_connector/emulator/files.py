"""Uploaded files."""

from __future__ import annotations

from .errors import invalid, missing, wrong_choice
from .multipart import Form, read_form
from .paging import page
from .resource import Resource
from .routes import Route, table
from .stored import StoredFile
from .wire import Answer, Call, Refusal

__all__ = ["ROUTES", "keep_file"]

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")


def keep_file(
    resource: Resource, filename: str, content: bytes, purpose: str, expires: int | None = None
) -> StoredFile:
    """Store a file; the emulator's own, or one that was uploaded."""
    identity, now = f"file-{resource.ids.hexadecimal(32)}", int(resource.clock())
    made = StoredFile(identity, filename, content, purpose, now, expires)
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
    expires = _expiry(form, resource) if purpose == "batch" else None
    if purpose == "batch":
        _check_batch_file(sent.content, expires, resource)
    return Answer(body=keep_file(resource, sent.filename, sent.content, purpose, expires).shown())


def _expiry(form: Form, resource: Resource) -> int | None:
    """When a batch file expires: 14 to 30 days from now, or never."""
    wanted = form.fields.get("expires_after[seconds]")
    if wanted is None:
        return None
    if form.fields.get("expires_after[anchor]") != "created_at":
        raise missing("expires_after.anchor")
    if not wanted.isdecimal() or not 1_209_600 <= int(wanted) <= 2_592_000:
        raise invalid("expires_after.seconds must be from 1209600 to 2592000.", "expires_after.seconds")
    return int(resource.clock()) + int(wanted)


def _check_batch_file(content: bytes, expires: int | None, resource: Resource) -> None:
    rules = resource.batch_rules
    if len(content) > rules.max_bytes:
        raise Refusal(413, {"error": {"code": "413", "message": "The file is too large."}})
    kept = [one for one in resource.files.values() if one.purpose == "batch" and one.expires is None]
    if expires is None and len(kept) >= rules.max_files:
        raise invalid(f"The resource holds its {rules.max_files} batch files; delete some.", "file")


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
