"""Stored responses: found again by id until they are deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import invalid
from .keeping import Newest
from .values import Json
from .wire import Refusal

__all__ = ["ResponseStore", "StoredResponse"]


@dataclass
class StoredResponse:
    """One response that can be fetched, continued, resumed or cancelled.

    Attributes:
        body: the finished response.
        items: its input as items, the ones of earlier responses included.
        own_items: its own input alone, as `input_items` lists it.
        background: it was created to run in the background.
        size: bytes that it takes in memory, about.
        status: where it stands: a background response is `queued` first and goes on with each fetch.
    """

    body: Json
    items: list[Json]
    own_items: list[Json]
    background: bool = False
    status: str = ""
    size: int = 0

    def __post_init__(self) -> None:
        self.status = "queued" if self.background else self.body["status"]

    def advance(self) -> None:
        """One step on: queued, in progress, then what the finished response says."""
        if self.status == "queued":
            self.status = "in_progress"
        elif self.status == "in_progress":
            self.status = self.body["status"]

    def finish(self) -> None:
        """To the end at once, unless it was cancelled."""
        if self.status != "cancelled":
            self.status = self.body["status"]

    def shown(self) -> Json:
        """The body as it stands now."""
        if self.status == self.body["status"]:
            return self.body
        unfinished: Json = {"status": self.status, "completed_at": None, "output": [], "usage": None}
        return self.body | unfinished | {"incomplete_details": None, "content_filters": None}


class ResponseStore:
    """The stored responses and their items, by id."""

    def __init__(self) -> None:
        self.kept: Newest[StoredResponse] = Newest(weigh=lambda stored: stored.size, forget=self._forget)
        """The responses by id; the oldest are forgotten."""
        self._items: dict[str, Json] = {}
        self._led: dict[str, str] = {}

    def add(self, stored: StoredResponse) -> None:
        """Keep a response and its items."""
        self.kept[stored.body["id"]] = stored
        reasoning: str | None = None
        for item in [*stored.own_items, *stored.body["output"]]:
            if isinstance(item.get("id"), str):
                self._items[item["id"]] = item
        for item in stored.body["output"]:
            if item["type"] == "reasoning":
                reasoning = item["id"]
            elif reasoning is not None:
                self._led[item["id"]] = reasoning

    def get(self, identity: str) -> StoredResponse:
        """The response of that id.

        Raises:
            Refusal: 404, there is none.
        """
        found = self.kept.get(identity)
        if found is None:
            raise invalid(f"Response with id '{identity}' not found.", status=404)
        return found

    def previous(self, identity: str) -> StoredResponse:
        """The response that a new one continues.

        Raises:
            Refusal: 404 `previous_response_not_found`.
        """
        found = self.kept.get(identity)
        if found is None:
            text = f"Previous response with id '{identity}' not found."
            raise invalid(text, "previous_response_id", "previous_response_not_found", status=404)
        return found

    def item(self, identity: str) -> Json | None:
        """The item of that id, if a stored response has it."""
        return self._items.get(identity)

    def reasoning_of(self, identity: str) -> str | None:
        """The reasoning that led to an item, where a stored response has both."""
        return self._led.get(identity)

    def delete(self, identity: str) -> Json:
        """Forget a response.

        Raises:
            Refusal: 404, there is none.
        """
        del self.kept[self.get(identity).body["id"]]
        return {"id": identity, "object": "response.deleted", "deleted": True}

    def _forget(self, stored: StoredResponse) -> None:
        for item in [*stored.own_items, *stored.body["output"]]:
            self._items.pop(str(item.get("id")), None)
            self._led.pop(str(item.get("id")), None)


def item_not_found(identity: Any, *, persisted: bool) -> Refusal:
    """An item that the request names and the resource does not have."""
    text = f"Item with id '{identity}' not found."
    if not persisted:
        text += (
            " Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this "
            "item from your input."
        )
    return invalid(text, "input", status=404)
