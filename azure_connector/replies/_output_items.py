"""The tool calls among a native response's items, on the SDK's own objects: names and arguments become the caller's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from openai.types.responses import ResponseFunctionToolCall

from .._utils import Json
from ..requests import ReplyPlan
from ..tools import name_map, normalize_item

__all__ = ["normalize_output", "normalized_item"]

_CALLS = frozenset({"function_call", "custom_tool_call", "tool_call"})
_NO_NAMES = name_map(frozenset[str]())


def normalize_output(output: list[Any], plan: ReplyPlan, ids: Mapping[int, Json] = MappingProxyType({})) -> None:
    """Normalizes a response's items, in place; what is no item goes.

    Args:
        output: the items.
        plan: what the request was like.
        ids: the `id` under which a call was announced before, by its position.
    """
    if not all(hasattr(item, "type") for item in output):
        output[:] = [item for item in output if hasattr(item, "type")]
    for index, item in enumerate(output):
        output[index] = normalized_item(item, plan, index, call_id=ids.get(index, {}).get("id"))


def normalized_item(item: Any, plan: ReplyPlan, index: int = 0, *, call_id: str | None = None) -> Any:
    """An item as the caller gets it: nearly always itself.

    Args:
        item: an item, as the SDK built it.
        plan: what the request was like.
        index: its position in the output, for the log.
        call_id: the id that was made for it before.
    """
    kind = getattr(item, "type", None)
    if not isinstance(kind, str) or kind not in _CALLS:
        return item
    found: Json = item.to_dict(mode="json", warnings=False)  # an object may stand where its text should
    normal = normalize_item(found, plan.names or _NO_NAMES, index=index, repair=plan.repair)
    if kind == "tool_call":
        return ResponseFunctionToolCall.construct(
            None, **(normal if call_id is None else {**normal, "call_id": call_id})
        )
    for key, value in normal.items():
        if found.get(key) != value:
            setattr(item, key, value)
    return item
