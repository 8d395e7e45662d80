"""Conversations: items that several responses share."""

from __future__ import annotations

from typing import Any

from ..bodies import prefixed, read_body, update
from ..errors import empty_array, long_array, missing
from ..paging import listed
from ..resource import Resource
from ..routes import Handler
from ..shelves import Shelf, Thing
from ..values import Json, is_object, items_of, object_of
from ..wire import Answer, Call
from .naming import named
from .reading import read_items

__all__ = ["HANDLERS", "conversation_of", "extend", "items_in"]

MOST_ITEMS = 20


def conversation_of(given: Any, resource: Resource) -> Thing:
    """The conversation that a response's `conversation` names, by its id or an object with it.

    Raises:
        Refusal: 400 or 404.
    """
    identity = object_of(given).get("id") if is_object(given) else given
    if identity is None:
        raise missing("conversation.id")
    return resource.shelves.conversations.find(prefixed(identity, "conv_", "conversation"), "conversation")


def items_in(conversation: Thing) -> list[Json]:
    """Its items, the oldest first."""
    return conversation.below["items"].bodies()


def extend(conversation: Thing, items: list[Json]) -> None:
    """Add items that have ids; each is done."""
    for one in items:
        item = one if one["type"] == "reasoning" else {"status": "completed", **one}
        conversation.below["items"].keep(Thing(item, size=2_000 + len(str(item.get("content") or ""))))


def _read(given: Any, resource: Resource) -> list[Json]:
    items = items_of(given)
    if len(items) > MOST_ITEMS:
        raise long_array("items", MOST_ITEMS, len(items))
    read = read_items(items, resource.responses, resource.seal, stored=True, name="items")
    return [
        item if item["type"] == "reasoning" else {"status": "completed", **item} for item in named(read, resource.ids)
    ]


async def create(call: Call, resource: Resource) -> Answer:
    """`POST /conversations`."""
    body = read_body(call, (), {"items": "an array"}, known=("items",))
    items = _read(body.get("items"), resource)
    shown: Json = {
        "id": f"conv_{resource.ids.hexadecimal(48)}",
        "object": "conversation",
        "created_at": int(resource.clock()),
        "metadata": body.get("metadata") or {},
    }
    kept = Shelf("Item with id '{}' not found in conversation '" + shown["id"] + "'.", param="item_id")
    conversation = resource.shelves.conversations.keep(Thing(shown, below={"items": kept}))
    extend(conversation, items)
    return Answer(body=conversation.body)


def _conversation(call: Call, resource: Resource) -> Thing:
    return resource.shelves.conversations.find(prefixed(call.params["id"], "conv_", "conversation_id"))


async def retrieve(call: Call, resource: Resource) -> Answer:
    """`GET /conversations/{id}`."""
    return Answer(body=_conversation(call, resource).body)


async def modify(call: Call, resource: Resource) -> Answer:
    """`POST /conversations/{id}`: its metadata."""
    conversation = _conversation(call, resource)
    body = read_body(call, ("metadata",))
    return Answer(body=update(conversation.body, body, ("metadata",)))


async def delete(call: Call, resource: Resource) -> Answer:
    """`DELETE /conversations/{id}`."""
    identity = _conversation(call, resource).identity
    return Answer(body=resource.shelves.conversations.remove(identity, "conversation"))


async def add_items(call: Call, resource: Resource) -> Answer:
    """`POST /conversations/{id}/items`."""
    conversation = _conversation(call, resource)
    body = read_body(call, ("items",), {"items": "an array"})
    if not items_of(body["items"]):
        raise empty_array("items")
    items = _read(body["items"], resource)
    extend(conversation, items)
    first, last = items[0]["id"], items[-1]["id"]
    shown = items_in(conversation)[-len(items) :]
    return Answer(body={"object": "list", "data": shown, "first_id": first, "last_id": last, "has_more": False})


async def list_items(call: Call, resource: Resource) -> Answer:
    """`GET /conversations/{id}/items`, the newest first."""
    return Answer(body=listed(items_in(_conversation(call, resource)), call))


async def get_item(call: Call, resource: Resource) -> Answer:
    """`GET /conversations/{id}/items/{item}`."""
    return Answer(body=_conversation(call, resource).below["items"].find(call.params["item"]).body)


async def delete_item(call: Call, resource: Resource) -> Answer:
    """`DELETE /conversations/{id}/items/{item}`: answers the conversation."""
    conversation = _conversation(call, resource)
    conversation.below["items"].remove(call.params["item"], "conversation.item")
    return Answer(body=conversation.body)


HANDLERS: dict[str, Handler] = {
    "POST /conversations": create,
    "GET /conversations/{id}": retrieve,
    "POST /conversations/{id}": modify,
    "DELETE /conversations/{id}": delete,
    "POST /conversations/{id}/items": add_items,
    "GET /conversations/{id}/items": list_items,
    "GET /conversations/{id}/items/{item}": get_item,
    "DELETE /conversations/{id}/items/{item}": delete_item,
}
