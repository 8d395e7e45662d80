"""Uploaded files."""

from __future__ import annotations

import re

from .errors import invalid, missing, wrong_choice, wrong_type
from .multipart import Form, read_form
from .paging import page
from .parameters import check_integer
from .resource import Resource
from .routes import Handler
from .stored import StoredFile
from .wire import Answer, Call, Refusal

__all__ = ["HANDLERS", "LONGEST", "PURPOSES", "SHORTEST", "keep_file"]

SHORTEST, LONGEST = 14 * 86_400, 30 * 86_400  # seconds that a file may be kept for, where it says so
PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")


def keep_file(
    resource: Resource, filename: str, content: bytes, purpose: str, expires: int | None = None
) -> StoredFile:
    """Store a file; the emulator's own, or one that was uploaded."""
    if sum(len(one.content) for one in resource.files.values()) + len(content) > resource.limits.file_bytes:
        text = f"The resource keeps {resource.limits.file_bytes} bytes of files at most. Delete some first."
        raise invalid(text, "file", "quota_exceeded")
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
    expires = _expiry(form, int(resource.clock()))
    if purpose == "batch":
        _check_batch_file(sent.content, expires, resource)
    made = keep_file(resource, sent.filename, sent.content, purpose, expires)
    return Answer(201 if call.form == "classic" else 200, body=made.shown())


def _expiry(form: Form, now: int) -> int | None:
    """When the file goes, by `expires_after[anchor]` and `expires_after[seconds]`.

    Raises:
        Refusal: 400.
    """
    anchor, seconds = form.fields.get("expires_after[anchor]"), form.fields.get("expires_after[seconds]")
    if anchor is None and seconds is None:
        return None
    if anchor != "created_at":
        raise (
            missing("expires_after.anchor")
            if anchor is None
            else wrong_choice("expires_after.anchor", anchor, ("created_at",))
        )
    if seconds is None or not re.fullmatch(r"[0-9]{1,9}", seconds):
        raise (
            missing("expires_after.seconds")
            if seconds is None
            else wrong_type("expires_after.seconds", "an integer", seconds)
        )
    check_integer("expires_after.seconds", int(seconds), SHORTEST, LONGEST)
    return now + int(seconds)


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
    kept = [one for one in list(resource.files.values()) if not _expired(one, resource)]
    shown = [one.shown() for one in kept if wanted in {None, one.purpose}]
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
    if found is None or _expired(found, resource):
        raise invalid(f"No such File object: {identity}", "id", status=404)
    return found


def _expired(file: StoredFile, resource: Resource) -> bool:
    return file.expires is not None and resource.clock() >= file.expires


HANDLERS: dict[str, Handler] = {
    "POST /files": upload,
    "GET /files": list_files,
    "GET /files/{id}": get_file,
    "DELETE /files/{id}": delete_file,
    "GET /files/{id}/content": get_content,
}
