"""Tool calls in a native Responses reply: the items keep their form, names and arguments become the caller's."""

from __future__ import annotations

from .._utils import Json, as_text
from ._call import ITEM_KINDS, Repair, ends_early, new_call_id, read_arguments, read_call, report
from ._names import NameMap

__all__ = ["as_function_call", "normalize_item", "normalize_items"]


def as_function_call(item: Json, *, begun: bool = False) -> Json:
    """A `tool_call` item, as some servers write it, as the `function_call` that it is; any other item itself.

    Args:
        item: an item of a whole reply or of a stream's event.
        begun: its arguments are still to come.
    """
    if item.get("type") != "tool_call":
        return item
    call = read_call(item)
    rest = {key: value for key, value in item.items() if key not in ("function", "tool_call", "input", "parameters")}
    arguments = ("" if begun else "{}") if call.arguments is None else call.arguments
    identity = call.id or new_call_id()
    return {**rest, "type": "function_call", "call_id": identity, "name": call.name, "arguments": arguments}


def normalize_items(
    items: list[Json], names: NameMap, *, repair: bool = True, repairs: list[Repair] | None = None
) -> list[Json]:
    """A reply's output items with each tool call as `normalize_item` makes it; the list itself where all are sound."""
    normal = [
        normalize_item(item, names, index=index, repair=repair, repairs=repairs) for index, item in enumerate(items)
    ]
    return items if all(one is other for one, other in zip(normal, items, strict=True)) else normal


def normalize_item(
    item: Json, names: NameMap, *, index: int = 0, repair: bool = True, repairs: list[Repair] | None = None
) -> Json:
    """An output item whose tool's name is the caller's and whose arguments are JSON text of an object.

    Args:
        item: an item of a whole reply or of a stream's event. It is never changed, and is returned itself when it is
            no tool call or is as it should be. Of a call that is still in progress only the name is normalized.
        names: the request's tool names.
        index: its position in the output, for the records.
        repair: False leaves the text of arguments as the model wrote it.
        repairs: receives a record of all that was repaired.
    """
    if as_text(item.get("type")) not in ITEM_KINDS:
        return item
    item = as_function_call(item)
    changes: Json = {}
    given = as_text(item.get("name"))
    name = names.caller(given)
    if name != given:
        changes["name"] = name
        if not names.is_wire(given):
            report(Repair(f"output[{index}].name", name, "name put right"), repairs)
    status = as_text(item.get("status"))
    if ITEM_KINDS[item["type"]] == "function" and "arguments" in item and status != "in_progress":
        arguments = read_arguments(item["arguments"], cut=ends_early(status), repair=repair)
        if arguments.repaired:
            changes["arguments"] = arguments.text
            report(Repair(f"output[{index}].arguments", name, arguments.repaired, arguments.raw), repairs)
    return item | changes if changes else item
