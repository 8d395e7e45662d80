"""Lists, page by page."""

from __future__ import annotations

import re

from .errors import invalid
from .values import Json
from .wire import Call

__all__ = ["page"]


def page(items: list[Json], call: Call, *, most: int = 100, default: int = 20) -> Json:
    """One page of a list, by the query's `after` and `limit`.

    Raises:
        Refusal: 400, the limit is none.
    """
    limit = call.query.get("limit", str(min(default, most)) if most <= 100 else str(most))
    if not re.fullmatch(r"[0-9]{1,9}", limit) or not 1 <= int(limit) <= most:
        raise invalid(f"Invalid 'limit': expected an integer between 1 and {most}, but got '{limit}'.", "limit")
    after = call.query.get("after")
    start = next((number + 1 for number, item in enumerate(items) if item["id"] == after), 0)
    shown = items[start : start + int(limit)]
    first, last = (shown[0]["id"], shown[-1]["id"]) if shown else (None, None)
    more = start + len(shown) < len(items)
    return {"object": "list", "data": shown, "first_id": first, "last_id": last, "has_more": more}
