"""Tool calls out of a whole reply, in one shape: Chat Completions' `tool_calls`."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from .._utils import Json, as_text, object_or_none
from ._arguments import Arguments, is_object_text, read_arguments, write_json
from ._names import NameMap, name_map

__all__ = [
    "ITEM_KINDS",
    "UNNAMED",
    "RawCall",
    "Repair",
    "calls_from_items",
    "ends_early",
    "new_call_id",
    "normalize_message",
    "read_call",
    "read_text",
    "report",
    "to_function_call",
    "unique_id",
    "write_call",
]

logger = logging.getLogger("azure_connector.tools")

Kind = Literal["function", "custom"]

UNNAMED = "unnamed_tool_call"
"""Stands for the name of a call that came without one, so that no tool is executed by guess."""

ITEM_KINDS: Mapping[str, Kind] = {"function_call": "function", "tool_call": "function", "custom_tool_call": "custom"}
_CUT = frozenset({"length", "content_filter", "incomplete"})


@dataclass(frozen=True, slots=True)
class Repair:
    """One thing that was not as it should be in a tool call, and what was done.

    Attributes:
        position: where, e.g. `tool_calls[0].function.arguments`.
        name: the tool's name, as the caller knows it.
        what: what was done, or why the arguments could not be read; never any of the arguments themselves.
        raw: whether the arguments stand unread under `_raw_arguments`.
    """

    position: str
    name: str
    what: str
    raw: bool = False

    def __str__(self) -> str:
        outcome = "could not be read and were kept as raw text" if self.raw else "repaired"
        return f"{self.position} of tool {self.name[:64]!r} {outcome}: {self.what}"


@dataclass(frozen=True, slots=True)
class RawCall:
    """A tool call as it was found, in whatever shape, before anything is repaired."""

    id: str
    kind: Kind
    name: str
    arguments: object


def ends_early(finish_reason: object) -> bool:
    """Whether a reply with this finish reason may have been cut off in the middle of a tool call."""
    return isinstance(finish_reason, str) and finish_reason in _CUT


def new_call_id() -> str:
    """An id for a call that came without one, of the length that OpenAI's own have."""
    return f"call_{uuid.uuid4().hex[:24]}"


def unique_id(wanted: str, taken: set[str], limit: int = 40) -> str:
    """The id, or the same with a number after it where it is taken; at most `limit` characters."""
    candidate, number = wanted, 1
    while candidate in taken:
        number += 1
        suffix = f"_{number}"
        candidate = wanted[: limit - len(suffix)] + suffix
    taken.add(candidate)
    return candidate


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


def calls_from_items(
    items: Iterable[object],
    names: NameMap | None = None,
    known: frozenset[str] = frozenset(),
    *,
    custom_as_function: bool = False,
    repair: bool = True,
    repairs: list[Repair] | None = None,
) -> list[Json]:
    """The tool calls among a Responses reply's output items, as Chat Completions' `tool_calls`.

    Takes `function_call`, `tool_call` and `custom_tool_call` items; an item whose `status` is "incomplete" was cut
    off. The other arguments are those of `normalize_message`.
    """
    reader = _Reader(names or name_map(known), custom_as_function, repairs, repair=repair)
    calls: list[Json] = []
    for item in items:
        call = object_or_none(item)
        if call is not None and as_text(call.get("type")) in ITEM_KINDS:
            cut = ends_early(as_text(call.get("status")))
            written = reader.read(call, len(calls), cut=cut)
            if written is not None:
                calls.append(written)
    return calls


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


def report(repair: Repair, repairs: list[Repair] | None) -> None:
    """Keep a record and log it, without any of the arguments: they may hold what no log should."""
    if repairs is not None:
        repairs.append(repair)
    # A function without parameters is often called with no text at all: nothing to be warned of.
    level = logging.DEBUG if repair.what == "empty" else logging.WARNING
    logger.log(level, "%s", repair)


def read_call(call: Json) -> RawCall:
    """A tool call in any of the shapes that services and histories have, with nothing repaired yet."""
    kind_of_item = as_text(call.get("type"))
    custom = object_or_none(call.get("custom"))
    inner = object_or_none(call.get("function")) or custom or object_or_none(call.get("tool_call")) or call
    kind: Kind = "custom" if custom is not None or kind_of_item in {"custom", "custom_tool_call"} else "function"
    if kind_of_item in ITEM_KINDS:
        identity = as_text(call.get("call_id")) or as_text(inner.get("id")) or as_text(call.get("id"))
    else:
        identity = as_text(call.get("id")) or as_text(call.get("call_id"))
    keys = ("input", "arguments") if kind == "custom" else ("arguments", "input", "parameters")
    arguments = next((inner[key] for key in keys if inner.get(key) is not None), None)
    return RawCall(identity, kind, as_text(inner.get("name")), arguments)


def read_text(call: RawCall, *, cut: bool = False, repair: bool = True) -> Arguments:
    """A call's arguments, or a custom tool's input, which is free text."""
    if call.kind == "function":
        return read_arguments(call.arguments, cut=cut, repair=repair)
    if isinstance(call.arguments, str):
        return Arguments(call.arguments)
    if call.arguments is None:
        return Arguments("", "empty")
    return Arguments(read_arguments(call.arguments).text, "an object instead of its text")


def write_call(
    identity: str, kind: Kind, name: str, text: str, extras: Json | None = None, *, as_function: bool = False
) -> Json:
    """A tool call in Chat's shape. `extras` are the fields that the service sent beside these."""
    if kind == "custom" and as_function:
        kind, text = "function", write_json({"input": text})
    body = {"name": name, "arguments" if kind == "function" else "input": text}
    written: Json = {"id": identity, "type": kind, kind: body}
    if extras:
        written |= {key: value for key, value in extras.items() if key not in _OWN}
    return written


_OWN = frozenset(
    {"id", "call_id", "type", "function", "custom", "tool_call", "name", "arguments", "input", "parameters"}
)
