"""A ChatKit store of one's own: threads and their items in memory, in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from chatkit.store import NotFoundError, Store
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata

Kept = TypeVar("Kept", ThreadMetadata, ThreadItem)


class MemoryStore(Store[Any]):
    """Everything is lost when the process ends; a database would keep the same two tables."""

    def __init__(self) -> None:
        self.threads: dict[str, ThreadMetadata] = {}
        self.items: dict[str, dict[str, ThreadItem]] = {}

    async def load_thread(self, thread_id: str, context: Any) -> ThreadMetadata:
        return _found(self.threads, thread_id).model_copy(deep=True)

    async def save_thread(self, thread: ThreadMetadata, context: Any) -> None:
        # ChatKit also hands over a whole `Thread`, whose items are kept apart.
        self.threads[thread.id] = ThreadMetadata(**thread.model_dump(exclude={"items"}))
        self.items.setdefault(thread.id, {})

    async def load_threads(self, limit: int, after: str | None, order: str, context: Any) -> Page[ThreadMetadata]:
        return _page(list(self.threads.values()), limit, after, order)

    async def delete_thread(self, thread_id: str, context: Any) -> None:
        self.threads.pop(thread_id, None)
        self.items.pop(thread_id, None)

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: Any
    ) -> Page[ThreadItem]:
        return _page(list(self.items.get(thread_id, {}).values()), limit, after, order)

    async def load_item(self, thread_id: str, item_id: str, context: Any) -> ThreadItem:
        return _found(self.items.get(thread_id, {}), item_id)

    async def save_item(self, thread_id: str, item: ThreadItem, context: Any) -> None:
        self.items.setdefault(thread_id, {})[item.id] = item

    add_thread_item = save_item

    async def delete_thread_item(self, thread_id: str, item_id: str, context: Any) -> None:
        self.items.get(thread_id, {}).pop(item_id, None)

    async def save_attachment(self, attachment: Attachment, context: Any) -> None:
        raise NotImplementedError("this server takes no attachments")

    async def load_attachment(self, attachment_id: str, context: Any) -> Attachment:
        raise NotFoundError(attachment_id)

    async def delete_attachment(self, attachment_id: str, context: Any) -> None:
        raise NotFoundError(attachment_id)


def _found(kept: dict[str, Kept], key: str) -> Kept:
    if key not in kept:
        raise NotFoundError(key)
    return kept[key]


def _page(kept: Sequence[Kept], limit: int, after: str | None, order: str) -> Page[Kept]:
    """The next entries behind the one called `after`, newest first when `order` is `desc`."""
    ordered = list(kept) if order == "asc" else list(reversed(kept))
    ids = [one.id for one in ordered]
    start = ids.index(after) + 1 if after in ids else 0
    shown = ordered[start : start + limit]
    more = start + limit < len(ordered)
    return Page(data=shown, has_more=more, after=shown[-1].id if more else None)
