"""Lists, page by page."""

from __future__ import annotations

import re

from .errors import invalid, wrong_choice
from .values import Json
from .wire import Call

__all__ = ["listed", "page"]


def _place(items: list[Json], identity: str, name: str) -> int:
    for number, item in enumerate(items):
        if item["id"] == identity:
            return number
    raise invalid(f"No item with id '{identity}' found in the list.", name, "invalid_value")


def listed(oldest_first: list[Json], call: Call, *, order: str = "desc", most: int = 100) -> Json:
    """One page of a list in the query's `order`.

    Raises:
        Refusal: 400.
    """
    wanted = call.query.get("order", order)
    if wanted not in {"asc", "desc"}:
        raise wrong_choice("order", wanted, ("asc", "desc"))
    return page(oldest_first[::-1] if wanted == "desc" else oldest_first, call, most=most)


def page(items: list[Json], call: Call, *, most: int = 100, default: int = 20) -> Json:
    """One page of a list, by the query's `after` and `limit`.

    Raises:
        Refusal: 400, the limit is none.
    """
    limit = call.query.get("limit", str(min(default, most)) if most <= 100 else str(most))
    if not re.fullmatch(r"[0-9]{1,9}", limit) or not 1 <= int(limit) <= most:
        raise invalid(f"Invalid 'limit': expected an integer between 1 and {most}, but got '{limit}'.", "limit")
    after, before = call.query.get("after"), call.query.get("before")
    start = 0 if after is None else _place(items, after, "after") + 1
    end = len(items) if before is None else _place(items, before, "before")
    shown = items[start:end][: int(limit)] if before is None else items[start:end][-int(limit) :]
    first, last = (shown[0]["id"], shown[-1]["id"]) if shown else (None, None)
    more = len(items[start:end]) > len(shown)
    return {"object": "list", "data": shown, "first_id": first, "last_id": last, "has_more": more}
