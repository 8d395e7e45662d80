"""Uploads: a large file in parts."""

from __future__ import annotations

from .bodies import expiry, read_body
from .errors import invalid, missing, too_large, wrong_choice, wrong_type
from .files import LONGEST, PURPOSES, SHORTEST, keep_file
from .multipart import read_form
from .parameters import check_integer
from .resource import Resource
from .routes import Handler
from .shelves import Shelf, Thing
from .values import Json, is_object, items_of
from .wire import Answer, Call

__all__ = ["HANDLERS"]

LIFETIME, LARGEST, LARGEST_PART = 3_600, 8 * 2**30, 64 * 2**20


async def create(call: Call, resource: Resource) -> Answer:
    """`POST /uploads`."""
    body = read_body(
        call, ("bytes", "filename", "mime_type", "purpose"), {"filename": "a string", "mime_type": "a string"}
    )
    check_integer("bytes", body["bytes"], 1, LARGEST)
    if body["purpose"] not in PURPOSES:
        raise wrong_choice("purpose", body["purpose"], PURPOSES)
    after = body.get("expires_after")
    if after is not None and not is_object(after):
        raise wrong_type("expires_after", "an object", after)
    keep = None if after is None else expiry(after, "expires_after", SHORTEST, LONGEST, LONGEST)
    now = int(resource.clock())
    shown: Json = {
        "id": f"upload_{resource.ids.hexadecimal(32)}",
        "object": "upload",
        "bytes": body["bytes"],
        "created_at": now,
        "expires_at": now + LIFETIME,
        "filename": body["filename"],
        "purpose": body["purpose"],
        "status": "pending",
        "file": None,
    }
    parts = Shelf("No part found with id '{}'.", param="part_ids")
    return Answer(body=dict(resource.shelves.uploads.keep(Thing(shown, {"keep": keep}, {"parts": parts})).body))


def _pending(call: Call, resource: Resource) -> Thing:
    """The upload, which must still be open.

    Raises:
        Refusal: 404, there is none; 400, it is closed.
    """
    upload = resource.shelves.uploads.find(call.params["id"])
    if upload.body["status"] == "pending" and resource.clock() >= upload.body["expires_at"]:
        upload.body["status"] = "expired"
        upload.below["parts"].kept.clear()
    if upload.body["status"] != "pending":
        status = upload.body["status"]
        raise invalid(f"Upload {upload.identity} has status '{status}'; expected 'pending'.", "upload_id")
    return upload


async def add_part(call: Call, resource: Resource) -> Answer:
    """`POST /uploads/{id}/parts`."""
    upload = _pending(call, resource)
    sent = read_form(call).upload("data")
    if sent is None:
        raise missing("data")
    if len(sent.content) > LARGEST_PART:
        raise too_large(LARGEST_PART)
    parts = upload.below["parts"]
    held = sum(len(part.hidden["data"]) for part in parts.kept.values())
    if held + len(sent.content) > min(upload.body["bytes"], resource.limits.file_bytes):
        raise invalid(f"The parts have more bytes than the upload's {upload.body['bytes']}.", "data")
    shown: Json = {
        "id": f"part_{resource.ids.hexadecimal(32)}",
        "object": "upload.part",
        "created_at": int(resource.clock()),
        "upload_id": upload.identity,
    }
    parts.kept.most_bytes = resource.limits.file_bytes
    return Answer(body=parts.keep(Thing(shown, {"data": sent.content}, size=len(sent.content))).body)


async def complete(call: Call, resource: Resource) -> Answer:
    """`POST /uploads/{id}/complete`: the parts in the order that is given."""
    upload = _pending(call, resource)
    body = read_body(call, ("part_ids",), {"part_ids": "an array", "md5": "a string"})
    if not items_of(body["part_ids"]):
        raise missing("part_ids")
    parts = [upload.below["parts"].find(str(one)) for one in items_of(body["part_ids"])]
    content = b"".join(part.hidden["data"] for part in parts)
    if len(content) != upload.body["bytes"]:
        text = f"The parts have {len(content)} bytes together, but the upload was created with {upload.body['bytes']}."
        raise invalid(text, "part_ids")
    seconds = upload.hidden["keep"]
    expires = None if seconds is None else int(resource.clock()) + seconds
    file = keep_file(resource, upload.body["filename"], content, upload.body["purpose"], expires)
    upload.below["parts"].kept.clear()
    upload.body |= {"status": "completed", "file": file.shown()}
    return Answer(body=dict(upload.body))


async def cancel(call: Call, resource: Resource) -> Answer:
    """`POST /uploads/{id}/cancel`."""
    upload = _pending(call, resource)
    upload.below["parts"].kept.clear()
    upload.body["status"] = "cancelled"
    return Answer(body=dict(upload.body))


HANDLERS: dict[str, Handler] = {
    "POST /uploads": create,
    "POST /uploads/{id}/parts": add_part,
    "POST /uploads/{id}/complete": complete,
    "POST /uploads/{id}/cancel": cancel,
}
