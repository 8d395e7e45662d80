"""A Responses `input` as Azure takes it: every tool call answered once, and nothing that only replies may have."""

from __future__ import annotations

from typing import Any, cast

from .._utils import Json, as_text, object_or_none, type_name
from ..errors import InvalidRequestError
from ._call import UNNAMED, is_object_text, read_call, read_text
from ._history_repair import (
    NO_RESULT,
    HistoryRepair,
    Rule,
    Slot,
    call_id_for,
    check_content,
    check_role,
    listed,
    merged,
    pair,
    report_repairs,
)
from ._names import NameMap, unique_id

__all__ = ["repair_input_items"]

_ROLES = frozenset({"system", "developer", "user", "assistant"})
_MAX_ID = 64
_OUTPUT_OF = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}
_OUTPUTS = frozenset(_OUTPUT_OF.values())
_FILTERS = frozenset({"content_filters", "content_filter_results", "content_filter_offsets", "content_filter_raw"})
_REPLY_ONLY = _FILTERS | {"status", "parsed_arguments"}
# Items of built-in tools must keep their status.
_STRIPPED = frozenset({"message", "reasoning", *_OUTPUT_OF, *_OUTPUTS})


def repair_input_items(
    items: object, names: NameMap | None = None, *, whole: bool = False
) -> tuple[Any, tuple[HistoryRepair, ...]]:
    """The `input` as the Responses API of Azure takes it, with a record of all that was done.

    Text, and a list in which nothing is wrong, are returned themselves; nothing given is ever changed. What
    `repair_history` does for messages is done for `function_call` and `custom_tool_call` items and their outputs.
    Fields that only replies have (`status`, filter results) are left out, and a replayed `output_text` gets the
    `annotations` that Azure wants.

    Args:
        items: text, or items as dictionaries or the SDK's own objects.
        names: the request's tool names.
        whole: the input is the whole conversation, so that a result without its call is a leftover. It is not where
            the request continues a stored response or conversation (`previous_response_id`, `conversation`).

    Raises:
        InvalidRequestError: with the position, for what no repair can know.
    """
    if isinstance(items, str):
        return items, ()
    given = listed(items, "input")
    repairer = _Repairer(names, whole)
    read = [repairer.read(entry, index) for index, entry in enumerate(given)]
    paired = repairer.paired(read)
    if len(paired) == len(given) and all(one is other for one, other in zip(paired, given, strict=True)):
        return given, ()
    report_repairs(repairer.repairs)
    return paired, tuple(repairer.repairs)


class _Repairer:
    def __init__(self, names: NameMap | None, whole: bool) -> None:
        self.repairs: list[HistoryRepair] = []
        self._names = names or NameMap(())
        self._whole = whole
        self._slots: list[Slot] = []
        self._taken: set[str] = set()

    def read(self, entry: object, index: int) -> Json:
        """An item within Azure's limits, whatever stands beside it."""
        where = f"input[{index}]"
        item = object_or_none(entry)
        if item is None:
            raise InvalidRequestError(f"{where}: an item is an object, not {type_name(entry)}", param=where)
        kind: object = item.get("type") or ("message" if "role" in item else None)
        if not isinstance(kind, str):
            raise InvalidRequestError(f"{where}.type: missing", param=f"{where}.type")
        if kind in _STRIPPED and not _REPLY_ONLY.isdisjoint(item):
            self._record(index, "", "stripped", "fields left out that only replies have")
            item = {key: value for key, value in item.items() if key not in _REPLY_ONLY}
        if kind == "message":
            return self._message(item, index, where)
        if kind in _OUTPUT_OF:
            return self._call(item, index)
        if kind in _OUTPUTS:
            hint = "A tool's result is sent as text: json.dumps(result)."
            check_content(item.get("output"), f"{where}.output", hint=hint)
        elif kind == "item_reference":
            self._whole = False
        return item

    def paired(self, items: list[Json]) -> list[Json]:
        """The items with every call answered once, behind the call."""
        results = [(i, as_text(item.get("call_id"))) for i, item in enumerate(items) if item.get("type") in _OUTPUTS]
        gone: set[int] = set()
        for index in pair(self._slots, results):
            if self._whole:
                self._record(index, "", "orphan", "left out: the result of a call that is not in the input")
                gone.add(index)
        replaced: dict[int, Json] = {}
        inserted: dict[int, list[Json]] = {}
        for slot in self._slots:
            self._settle(slot, items, gone, replaced, inserted)
        repaired: list[Json] = []
        for index, item in enumerate(items):
            if index not in gone:
                repaired.append(replaced.get(index, item))
            repaired += inserted.get(index, [])
        return repaired

    def _record(self, index: int, field: str, rule: Rule, what: str) -> None:
        self.repairs.append(HistoryRepair(f"input[{index}]{field}", rule, what))

    def _message(self, item: Json, index: int, where: str) -> Json:
        role = check_role(item, _ROLES, where)
        content: Any = item.get("content")
        if content is None and role == "assistant":
            self._record(index, ".content", "content", "was null and became empty")
            return item | {"content": ""}
        check_content(content, f"{where}.content")
        if isinstance(content, str):
            return item
        parts = [_part(part) for part in cast("list[Any]", content)]
        if all(one is other for one, other in zip(parts, cast("list[Any]", content), strict=True)):
            return item
        self._record(index, ".content", "stripped", "text got its annotations and lost what only replies have")
        return item | {"content": parts}

    def _call(self, item: Json, index: int) -> Json:
        raw = read_call(item)
        name = self._names.wire(raw.name or UNNAMED)
        if name != raw.name and raw.name not in self._names.foreign:
            self._record(index, ".name", "name", "put within Azure's limits")
        identity = unique_id(call_id_for(raw.id, f"{index}", _MAX_ID), self._taken, _MAX_ID)
        if identity != raw.id:
            self._record(index, ".call_id", "id", "repeated, too long or missing: a new one was given")
        together = bool(self._slots) and self._slots[-1].place == index - 1
        self._slots.append(Slot(index, self._slots[-1].group if together else index, raw.id, identity))
        changes: Json = {}
        field = "arguments" if raw.kind == "function" else "input"
        if raw.kind == "custom" or not is_object_text(raw.arguments):
            arguments = read_text(raw)
            changes = {field: arguments.text} if arguments.repaired else {}
        if changes:
            self._record(index, f".{field}", "arguments", "arguments repaired")
        changes |= {"name": name} if name != raw.name else {}
        changes |= {"call_id": identity} if identity != item.get("call_id") else {}
        return item | changes if changes else item

    def _settle(
        self, slot: Slot, items: list[Json], gone: set[int], replaced: dict[int, Json], inserted: dict[int, list[Json]]
    ) -> None:
        kind = _OUTPUT_OF[items[slot.place]["type"]]
        if not slot.results:
            self._record(slot.place, "", "unanswered", "a tool call had no result, which its result now says")
            output = {"type": kind, "call_id": slot.wire_id, "output": NO_RESULT}
            inserted.setdefault(_end_of_calls(slot.place, items), []).append(output)
            return
        first, *again = sorted(slot.results)
        result = items[first]
        changes: Json = {"call_id": slot.wire_id, "type": kind}
        if again:
            gone.update(again)
            for place in again:
                self._record(place, "", "answered twice", "a second result of one call was merged with the first")
            changes["output"] = merged([items[place]["output"] for place in slot.results])
        if result.get("type") != kind:
            self._record(first, ".type", "type", "a result got the type that its call wants")
        if any(result.get(key) != value for key, value in changes.items()):
            result = result | changes
        if first < slot.place:
            self._record(first, "", "moved", "a result was moved behind its call")
            gone.add(first)
            inserted.setdefault(_end_of_calls(slot.place, items), []).append(result)
        elif result is not items[first]:
            replaced[first] = result


def _end_of_calls(place: int, items: list[Json]) -> int:
    """The last of the calls and results that stand together with a call."""
    while place + 1 < len(items) and (
        items[place + 1].get("type") in _OUTPUT_OF or items[place + 1].get("type") in _OUTPUTS
    ):
        place += 1
    return place


def _part(part: object) -> Any:
    form = cast("Json", object_or_none(part))
    if form.get("type") != "output_text":
        return part
    if "annotations" in form and _FILTERS.isdisjoint(form) and "parsed" not in form:
        return part
    kept = {key: value for key, value in form.items() if key not in _FILTERS and key != "parsed"}
    return kept if "annotations" in kept else kept | {"annotations": list[Json]()}
