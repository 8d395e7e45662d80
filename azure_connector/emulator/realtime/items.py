"""The conversation of a realtime session: its items, checked and kept in order."""

from __future__ import annotations

from typing import Any

from ..errors import invalid, missing, wrong_choice, wrong_type
from ..identifiers import Identifiers
from ..values import Json, among, is_object, items_of, object_of, text_of
from ..wire import Refusal
from .dialects import Dialect

__all__ = ["Conversation", "no_audio", "read_item"]

NEEDED = {
    "message": ("role", "content"),
    "function_call": ("name", "arguments"),
    "function_call_output": ("call_id", "output"),
}


def no_audio(param: str) -> Refusal:
    """The one thing that Azure takes here and the emulator does not."""
    return invalid("The emulator's realtime endpoint takes and gives text only, no audio.", param, "invalid_value")


def read_item(where: str, given: Any, dialect: Dialect, ids: Identifiers) -> Json:
    """An item as the client sent it, completed to what the service keeps.

    Raises:
        Refusal: it is malformed, or holds audio.
    """
    if not is_object(given):
        raise missing(where) if given is None else wrong_type(where, "an object", given)
    item = object_of(given)
    kind = item.get("type")
    if not among(kind, NEEDED):
        raise missing(f"{where}.type") if kind is None else wrong_choice(f"{where}.type", kind, tuple(NEEDED))
    for name in NEEDED[str(kind)]:
        if name not in item:
            raise missing(f"{where}.{name}")
    made: Json = {"id": text_of(item.get("id")) or f"item_{ids.letters(21)}", "object": "realtime.item", "type": kind}
    if kind == "message":
        _check_message(where, item, dialect)
    elif kind == "function_call":
        made["call_id"] = ids.call()
    return {**made, "status": "completed", **{name: item[name] for name in item if name not in {"id", "object"}}}


def _check_message(where: str, item: Json, dialect: Dialect) -> None:
    role, content = item["role"], item["content"]
    if not among(role, ("user", "assistant", "system")):
        raise wrong_choice(f"{where}.role", role, ("assistant", "system", "user"))
    if not isinstance(content, list):
        raise wrong_type(f"{where}.content", "an array of objects", content)
    kinds = {"assistant": (dialect.text,), "system": ("input_text",), "user": ("input_text", "input_image")}[role]
    for number, part in enumerate(items_of(content)):
        place, kind = f"{where}.content[{number}]", object_of(part).get("type")
        if kind in ("input_audio", "output_audio", "audio"):
            raise no_audio(f"{place}.type")
        if kind not in kinds:
            raise missing(f"{place}.type") if kind is None else wrong_choice(f"{place}.type", kind, kinds)


class Conversation:
    """The items so far, in order."""

    def __init__(self) -> None:
        self._items: list[Json] = []

    @property
    def items(self) -> list[Json]:
        """A list of its own."""
        return list(self._items)

    def add(self, item: Json, after: Any = None) -> str | None:
        """Put an item at the end, at the beginning (`root`), or after another; returns the id of the one before it.

        Raises:
            Refusal: there is no item to put it after.
        """
        place = len(self._items)
        if after is not None:
            place = 0 if after == "root" else self._place(after, "previous_item_id") + 1
        self._items.insert(place, item)
        return self._items[place - 1]["id"] if place else None

    def get(self, identity: Any) -> Json:
        """The item of that id.

        Raises:
            Refusal: there is none.
        """
        return self._items[self._place(identity, "item_id")]

    def remove(self, identity: Any) -> None:
        """Forget the item of that id.

        Raises:
            Refusal: there is none.
        """
        del self._items[self._place(identity, "item_id")]

    def _place(self, identity: Any, param: str) -> int:
        for place, item in enumerate(self._items):
            if item["id"] == identity:
                return place
        raise invalid(f"Item with id '{identity}' does not exist.", param, "invalid_value")
