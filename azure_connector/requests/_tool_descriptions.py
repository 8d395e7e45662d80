"""Descriptions of tools that are longer than a deployment takes: learnt from the refusal, and cut."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .._utils import Json, as_list, as_object
from ..errors import ErrorFacts
from ._adaptations import Adaptation
from ._parameter_rules import RequestChange

__all__ = ["cut_descriptions", "description_lesson"]

_NAME = "tools.description"
_PLACE = re.compile(r"(?:tools|functions)\[\d+\](?:\.function)?\.description")
_LONGEST = re.compile(
    r"maximum length (?:of )?(\d+)|at most (\d+) characters|longer than (\d+)|(\d+) characters or (?:less|fewer)"
)


def description_lesson(refusal: ErrorFacts, operation: str, body: Json) -> Adaptation | None:
    """How long a tool's description may be, where a refusal says it.

    Args:
        refusal: the error as it was read.
        operation: the API.
        body: the request that was refused.
    """
    found = _LONGEST.search(refusal.message)
    where = refusal.param or ""
    if found is None or not (_PLACE.search(where) or _PLACE.search(refusal.message)):
        return None
    longest = int(next(part for part in found.groups() if part))
    if not 0 < longest < max((len(_description(tool)) for tool in as_list(body.get("tools"))), default=0):
        return None
    return Adaptation("at_most", operation, _NAME, limit=longest, reason=refusal.message[:160])


def cut_descriptions(
    body: Json, operation: str, adaptations: Sequence[Adaptation]
) -> tuple[Json, tuple[RequestChange, ...]]:
    """The request with descriptions of its tools no longer than the deployment takes.

    Args:
        body: the request, its tools in the API's form; never changed.
        operation: the API.
        adaptations: what the deployment has taught.
    """
    limits = [one.limit for one in adaptations if one.parameter == _NAME and one.operation == operation]
    if not limits or not body.get("tools"):
        return body, ()
    limit, tools = min(limits), as_list(body["tools"])
    cut = [_cut(tool, limit) for tool in tools]
    if all(one is other for one, other in zip(cut, tools, strict=True)):
        return body, ()
    why = f"this deployment takes {limit} characters of a description"
    return {**body, "tools": cut}, (RequestChange(_NAME, "replaced", "their beginning", why, loss=True),)


def _description(tool: object) -> str:
    held = as_object(tool)
    text = held.get("description") or as_object(held.get("function")).get("description")
    return text if isinstance(text, str) else ""


def _cut(tool: Any, limit: int) -> Any:
    text = _description(tool)
    if len(text) <= limit:
        return tool
    # A sentence's end is the best place, where one is near enough.
    end = max(text.rfind(mark, limit // 2, limit) for mark in (". ", ".\n", "\n")) + 1
    short = text[: end or limit].rstrip()
    if "function" in tool:
        return {**tool, "function": {**tool["function"], "description": short}}
    return {**tool, "description": short}
