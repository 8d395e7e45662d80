"""Threads and their messages."""

from __future__ import annotations

from typing import Any

from .assistants import check_resources
from .bodies import read_body, update
from .errors import empty_array, invalid, missing, wrong_choice, wrong_type
from .paging import listed
from .resource import Resource
from .routes import Handler
from .shelves import Shelf, Thing
from .values import Json, among, items_of, object_of, text_of
from .wire import Answer, Call

__all__ = ["ACTIVE", "HANDLERS", "add_message", "make_thread"]

ROLES = ("user", "assistant")
PARTS = ("text", "image_url", "image_file")
ACTIVE = ("queued", "in_progress", "requires_action", "cancelling")
LONGEST = 256_000


def make_thread(body: Json, resource: Resource) -> Thing:
    """A thread with its first messages.

    Raises:
        Refusal: 400 or 404.
    """
    check_resources(body, resource)
    shown: Json = {
        "id": f"thread_{resource.ids.letters(24)}",
        "object": "thread",
        "created_at": int(resource.clock()),
        "metadata": body.get("metadata") or {},
        "tool_resources": body.get("tool_resources") or {},
    }
    below = {"messages": Shelf("No message found with id '{}'."), "runs": Shelf("No run found with id '{}'.")}
    thread = Thing(shown, below=below)
    for number, message in enumerate(items_of(body.get("messages"))):
        add_message(thread, object_of(message), resource, f"messages[{number}].")
    return resource.shelves.threads.keep(thread)


def add_message(thread: Thing, given: Json, resource: Resource, where: str = "", *, run: Json | None = None) -> Thing:
    """Add a message.

    Args:
        thread: where.
        given: `role`, `content` and the like of a request.
        resource: the resource.
        where: the beginning of parameters' names in refusals.
        run: the run that says it.

    Raises:
        Refusal: 400 or 404.
    """
    role = given.get("role")
    if role is None:
        raise missing(f"{where}role")
    if not among(role, ROLES):
        raise wrong_choice(f"{where}role", role, ROLES)
    shown: Json = {
        "id": f"msg_{resource.ids.letters(24)}",
        "object": "thread.message",
        "created_at": int(resource.clock()),
        "thread_id": thread.identity,
        "role": role,
        "content": _content(given.get("content"), where, resource),
        "assistant_id": run["assistant_id"] if run else None,
        "run_id": run["id"] if run else None,
        "attachments": items_of(given.get("attachments")),
        "metadata": given.get("metadata") or {},
        "status": "completed",
        "completed_at": int(resource.clock()),
        "incomplete_at": None,
        "incomplete_details": None,
    }
    for number, one in enumerate(shown["attachments"]):
        resource.file(object_of(one).get("file_id"), f"{where}attachments[{number}].file_id")
    return thread.below["messages"].keep(Thing(shown, size=2_000 + len(str(shown["content"]))))


def _content(content: Any, where: str, resource: Resource) -> list[Json]:
    if content is None:
        raise missing(f"{where}content")
    if isinstance(content, str):
        if not content:
            raise invalid("Message content must be non-empty.", f"{where}content")
        if len(content) > LONGEST:
            raise invalid(f"Message content must have at most {LONGEST} characters.", f"{where}content")
        return [_text(content)]
    if not isinstance(content, list):
        raise wrong_type(f"{where}content", "one of a string or array of objects", content)
    if not content:
        raise empty_array(f"{where}content")
    made: list[Json] = []
    for number, part in enumerate(items_of(content)):
        fields, place = object_of(part), f"{where}content[{number}]"
        if not among(fields.get("type"), PARTS):
            raise wrong_choice(f"{place}.type", fields.get("type"), PARTS)
        if fields["type"] == "text" and not isinstance(fields.get("text"), str):
            raise missing(f"{place}.text")
        if fields["type"] == "image_file":
            resource.file(object_of(fields.get("image_file")).get("file_id"), f"{place}.image_file.file_id")
        made.append(_text(fields["text"]) if fields["type"] == "text" else fields)
    return made


def _text(text: str) -> Json:
    return {"type": "text", "text": {"value": text, "annotations": []}}


async def create(call: Call, resource: Resource) -> Answer:
    """`POST /threads`."""
    body = read_body(call, (), {"messages": "an array", "tool_resources": "an object"})
    return Answer(body=make_thread(body, resource).body)


async def retrieve(call: Call, resource: Resource) -> Answer:
    """`GET /threads/{id}`."""
    return Answer(body=resource.shelves.threads.find(call.params["id"]).body)


async def modify(call: Call, resource: Resource) -> Answer:
    """`POST /threads/{id}`."""
    thread = resource.shelves.threads.find(call.params["id"])
    body = read_body(call, (), {"tool_resources": "an object"})
    check_resources(body, resource)
    return Answer(body=update(thread.body, body, ("metadata", "tool_resources")))


async def delete(call: Call, resource: Resource) -> Answer:
    """`DELETE /threads/{id}`."""
    return Answer(body=resource.shelves.threads.remove(call.params["id"], "thread"))


async def create_message(call: Call, resource: Resource) -> Answer:
    """`POST /threads/{id}/messages`: not while a run is active."""
    thread = resource.shelves.threads.find(call.params["id"])
    body = read_body(call, ("role", "content"), {"attachments": "an array"})
    for run in thread.below["runs"].bodies():
        if run["status"] in ACTIVE:
            text = f"Can't add messages to {thread.identity} while a run {run['id']} is active."
            raise invalid(text)
    return Answer(body=add_message(thread, body, resource).body)


async def list_messages(call: Call, resource: Resource) -> Answer:
    """`GET /threads/{id}/messages`."""
    thread = resource.shelves.threads.find(call.params["id"])
    run = call.query.get("run_id")
    bodies = [one for one in thread.below["messages"].bodies() if run in {None, text_of(one["run_id"])}]
    return Answer(body=listed(bodies, call))


def _message(call: Call, resource: Resource) -> tuple[Thing, Thing]:
    thread = resource.shelves.threads.find(call.params["id"])
    return thread, thread.below["messages"].find(call.params["message"])


async def get_message(call: Call, resource: Resource) -> Answer:
    """`GET /threads/{id}/messages/{message}`."""
    return Answer(body=_message(call, resource)[1].body)


async def modify_message(call: Call, resource: Resource) -> Answer:
    """`POST /threads/{id}/messages/{message}`."""
    _, message = _message(call, resource)
    return Answer(body=update(message.body, read_body(call), ("metadata",)))


async def delete_message(call: Call, resource: Resource) -> Answer:
    """`DELETE /threads/{id}/messages/{message}`."""
    thread, message = _message(call, resource)
    return Answer(body=thread.below["messages"].remove(message.identity, "thread.message"))


HANDLERS: dict[str, Handler] = {
    "POST /threads": create,
    "GET /threads/{id}": retrieve,
    "POST /threads/{id}": modify,
    "DELETE /threads/{id}": delete,
    "POST /threads/{id}/messages": create_message,
    "GET /threads/{id}/messages": list_messages,
    "GET /threads/{id}/messages/{message}": get_message,
    "POST /threads/{id}/messages/{message}": modify_message,
    "DELETE /threads/{id}/messages/{message}": delete_message,
}
