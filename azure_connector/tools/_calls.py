"""Tool calls out of a whole reply, in one shape: Chat Completions' `tool_calls`."""

from __future__ import annotations

from typing import Any, cast

from .._utils import Json, as_text, object_or_none
from ._call import (
    ITEM_KINDS,
    UNNAMED,
    Repair,
    ends_early,
    is_object_text,
    new_call_id,
    read_call,
    read_text,
    report,
    write_call,
)
from ._names import NameMap, name_map, unique_id

__all__ = ["normalize_message", "to_function_call"]


def normalize_message(
    message: Json,
    names: NameMap | None = None,
    known: frozenset[str] = frozenset(),
    *,
    finish_reason: str | None = None,
    custom_as_function: bool = False,
    repair: bool = True,
    repairs: list[Repair] | None = None,
) -> Json:
    """An assistant's message with every tool call in the one shape, its arguments valid JSON text of an object.

    Args:
        message: the message as the service sent it. It is never changed, and is returned itself when it is as it
            should be.
        names: the request's tool names; without them, `known`.
        known: the names of the request's tools, where they need no mapping.
        finish_reason: the choice's finish reason: what it says was cut off is never repaired.
        custom_as_function: give calls of custom tools as function calls with the single argument `input`.
        repair: False leaves the text of arguments as the model wrote it.
        repairs: receives a record of all that was repaired.
    """
    calls: object = message.get("tool_calls")
    legacy = object_or_none(message.get("function_call"))
    if not calls and not legacy:
        return message
    if not isinstance(calls, list):
        calls = [calls] if calls else []
    found = cast("list[object]", calls) or [{"function": legacy}]
    reader = _Reader(names or name_map(known), custom_as_function, repairs, repair=repair)
    last = len(found) - 1
    cut = ends_early(finish_reason)
    written = [reader.read(call, index, cut=cut and index == last) for index, call in enumerate(found)]
    result = [call for call in written if call is not None]
    if "function_call" not in message and len(result) == len(found) and all(map(_same, result, found)):
        return message
    rest = {key: value for key, value in message.items() if key != "function_call"}
    return rest | {"tool_calls": result}


def to_function_call(message: Json) -> Json:
    """The message for a caller who asked with the older `functions`: its first call as `function_call`."""
    calls = message.get("tool_calls")
    if not calls or "function" not in calls[0]:
        return message
    rest = {key: value for key, value in message.items() if key != "tool_calls"}
    return rest | {"function_call": dict(calls[0]["function"])}


def _same(one: object, other: object) -> bool:
    return one is other


class _Reader:
    """Reads the calls of one message, whose ids must differ."""

    def __init__(
        self, names: NameMap, custom_as_function: bool, repairs: list[Repair] | None, *, repair: bool = True
    ) -> None:
        self._names = names
        self._repair = repair
        self._custom_as_function = custom_as_function
        self._repairs = repairs
        self._ids: set[str] = set()

    def read(self, value: object, index: int, *, cut: bool) -> Json | None:
        if self._is_sound(value):
            return cast("Json", value)
        call = object_or_none(value)
        if call is None:
            self._record(index, "", "", "dropped: not a tool call")
            return None
        raw = read_call(call)
        name = self._names.caller(raw.name) or UNNAMED
        identity = unique_id(raw.id or new_call_id(), self._ids)
        if identity != raw.id:
            self._record(index, "id", name, "given a new id" if raw.id else "given an id")
        if name != raw.name and raw.name not in self._names.foreign.values():
            self._record(index, "name", name, "name put right" if raw.name else "came without a name")
        arguments = read_text(raw, cut=cut, repair=self._repair)
        if arguments.repaired:
            field = "function.arguments" if raw.kind == "function" else "custom.input"
            self._record(index, field, name, arguments.repaired, raw=arguments.raw)
        extras = {} if as_text(call.get("type")) in ITEM_KINDS else call
        written = write_call(identity, raw.kind, name, arguments.text, extras, as_function=self._custom_as_function)
        return call if written == call else written

    def _is_sound(self, value: object) -> bool:
        """The common case, at the price of one parse: Chat's own shape, a known name, valid arguments."""
        if type(value) is not dict:
            return False
        call = cast("Json", value)
        function: Any = call.get("function")
        identity: Any = call.get("id")
        if call.get("type") != "function" or type(function) is not dict or type(identity) is not str:
            return False
        function = cast("Json", function)
        name: Any = function.get("name")
        if type(name) is not str or not name or (self._names.known and name not in self._names.known):
            return False
        if not identity or identity in self._ids:
            return False
        if not is_object_text(function.get("arguments")):
            return False
        self._ids.add(identity)
        return True

    def _record(self, index: int, field: str, name: str, what: str, *, raw: bool = False) -> None:
        position = f"tool_calls[{index}]" + (f".{field}" if field else "")
        report(Repair(position, name, what, raw), self._repairs)
