"""Chat completions that were asked with `store: true`."""

from __future__ import annotations

import re

from .bodies import read_body, update
from .errors import invalid
from .paging import listed
from .resource import Resource
from .routes import Handler
from .shelves import Thing
from .values import Json, items_of, object_of
from .wire import Answer, Call

__all__ = ["HANDLERS", "keep_chat"]

_METADATA = re.compile(r"metadata\[(.{1,64})\]")


def keep_chat(reply: Json, body: Json, size: int, resource: Resource) -> None:
    """Store a reply with its messages."""
    number = range(len(items_of(body["messages"])))
    messages = [
        {"id": f"{reply['id']}-{at}", "name": None, "content_parts": None, **object_of(one)}
        for at, one in zip(number, items_of(body["messages"]), strict=True)
    ]
    for one in messages:
        if not isinstance(one.get("content"), str):
            parts = items_of(one.get("content"))
            one |= {"content": None, "content_parts": parts or None}
    shown: Json = {**reply, "metadata": body.get("metadata") or {}, "request_id": resource.ids.uuid()}
    for name in ("temperature", "top_p", "seed", "tools", "tool_choice", "response_format"):
        shown[name] = body.get(name)
    resource.shelves.chats.keep(Thing(shown, {"messages": messages}, size=size))


async def list_chats(call: Call, resource: Resource) -> Answer:
    """`GET /chat/completions`."""
    wanted = {found.group(1): value for name, value in call.query.items() if (found := _METADATA.fullmatch(name))}
    model = call.query.get("model")
    bodies = [
        body
        for body in resource.shelves.chats.bodies()
        if model in {None, body["model"]} and wanted.items() <= body["metadata"].items()
    ]
    return Answer(body=listed(bodies, call, order="asc"))


async def retrieve(call: Call, resource: Resource) -> Answer:
    """`GET /chat/completions/{id}`."""
    return Answer(body=resource.shelves.chats.find(call.params["id"]).body)


async def modify(call: Call, resource: Resource) -> Answer:
    """`POST /chat/completions/{id}`: its metadata."""
    chat = resource.shelves.chats.find(call.params["id"])
    body = read_body(call, ("metadata",))
    if set(body) != {"metadata"}:
        raise invalid("Only 'metadata' can be changed.")
    return Answer(body=update(chat.body, body, ("metadata",)))


async def delete(call: Call, resource: Resource) -> Answer:
    """`DELETE /chat/completions/{id}`."""
    return Answer(body=resource.shelves.chats.remove(call.params["id"], "chat.completion"))


async def list_messages(call: Call, resource: Resource) -> Answer:
    """`GET /chat/completions/{id}/messages`."""
    chat = resource.shelves.chats.find(call.params["id"])
    return Answer(body=listed(chat.hidden["messages"], call, order="asc"))


HANDLERS: dict[str, Handler] = {
    "GET /chat/completions": list_chats,
    "GET /chat/completions/{id}": retrieve,
    "POST /chat/completions/{id}": modify,
    "DELETE /chat/completions/{id}": delete,
    "GET /chat/completions/{id}/messages": list_messages,
}
