"""A Chat Completions history as Azure takes it: every tool call answered once, directly behind it."""

from __future__ import annotations

from typing import Any, cast

from .._utils import Json, as_text, object_or_none, type_name
from ..errors import InvalidRequestError
from ._call import UNNAMED, is_object_text, read_call, read_text, write_call
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
from ._names import NameMap, is_wire_name, message_name, unique_id

__all__ = ["NO_RESULT", "repair_history"]

_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
_MAX_ID = 40
"""Chat Completions answers longer ids in a history with "string too long"."""

_REPLY_ONLY = frozenset(
    {"content_filter_results", "content_filter_offsets", "content_filters", "prompt_filter_results"}
)
_INSTEAD_OF_CONTENT = ("tool_calls", "function_call", "refusal", "audio")
_CALL_FIELDS = ({"id", "type", "function"}, {"id", "type", "custom"})
_FUNCTION_FIELDS = {"name", "arguments"}
_CUSTOM_FIELDS = {"name", "input"}
_TEXT_HINT = "A tool's result is sent as text: json.dumps(result)."


def repair_history(messages: object, names: NameMap | None = None) -> tuple[list[Any], tuple[HistoryRepair, ...]]:
    """The messages as Chat Completions takes them, with a record of all that was done.

    The list itself is returned where nothing is wrong; nothing given is ever changed. Calls left unanswered get a
    result that says so, results given twice become one, results in the wrong place are moved behind their call, and
    results without a call are left out. Ids, names and arguments of replayed calls are put within Azure's limits, and
    the older `function_call` and `function` messages become tool calls and results.

    Args:
        messages: dictionaries, or the SDK's own message objects.
        names: the request's tool names, so that replayed calls have the names under which the tools are sent.

    Raises:
        InvalidRequestError: with the position, for what no repair can know: an unknown role, content of a wrong type.
    """
    given = cast("list[object]", messages) if isinstance(messages, list) else listed(messages, "messages")
    if _is_sound(given, names):
        return cast("list[Any]", given), ()
    repairer = _Repairer(names or NameMap(()))
    repaired = repairer.repair([_message(entry, index) for index, entry in enumerate(given)])
    report_repairs(repairer.repairs)
    return cast("list[Any]", repaired), tuple(repairer.repairs)


def _message(entry: object, index: int) -> Json:
    message = object_or_none(entry)
    if message is None:
        where = f"messages[{index}]"
        rule = f"{where}: a message is an object with `role` and `content`, not {type_name(entry)}"
        raise InvalidRequestError(rule, param=where)
    return message


def _is_sound(messages: list[object], names: NameMap | None) -> bool:
    """Whether nothing is to be repaired; every message is checked in any case."""
    sound = True
    waiting: set[str] = set()
    for index, entry in enumerate(messages):
        message = _message(entry, index)
        role: Any = message.get("role")
        if type(role) is not str or role not in _ROLES:
            check_role(message, _ROLES, f"messages[{index}]")
        if role in {"tool", "function"}:
            hint = _TEXT_HINT
            identity: Any = message.get("tool_call_id")
            answers = role == "tool" and type(identity) is str and identity in waiting
            waiting.discard(identity if answers else "")
            if not answers or ("name" in message and not _is_sendable(message["name"], names)):
                sound = False
        else:
            hint = ""
            if waiting:
                sound = False
                waiting = set[str]()
            if "name" in message and _author(message["name"]) != message["name"]:
                sound = False
        if role == "assistant":
            if not _is_sound_assistant(message, index, names, waiting):
                sound = False
        elif type(message.get("content")) is not str and (role != "function" or message.get("content") is not None):
            check_content(message.get("content"), f"messages[{index}].content", hint=hint)
        if message is not entry or not _REPLY_ONLY.isdisjoint(message):
            sound = False
    return sound and not waiting


def _is_sound_assistant(message: Json, index: int, names: NameMap | None, waiting: set[str]) -> bool:
    where = f"messages[{index}]"
    content: object = message.get("content")
    if content is not None:
        if type(content) is not str:
            check_content(content, f"{where}.content")
    elif not any(message.get(key) for key in _INSTEAD_OF_CONTENT):
        return False
    calls: object = message.get("tool_calls")
    sound = "function_call" not in message
    if calls is None or calls == []:
        return sound and "tool_calls" not in message
    if not isinstance(calls, list):
        rule = f"{where}.tool_calls: a list is needed, not {type_name(calls)}"
        raise InvalidRequestError(rule, param=f"{where}.tool_calls")
    for number, entry in enumerate(cast("list[object]", calls)):
        call = object_or_none(entry)
        if call is None:
            place = f"{where}.tool_calls[{number}]"
            raise InvalidRequestError(f"{place}: an object is needed, not {type_name(entry)}", param=place)
        if call is not entry or not _is_sound_call(call, names, waiting):
            sound = False
    return sound


def _is_sound_call(call: Json, names: NameMap | None, waiting: set[str]) -> bool:
    identity: Any = call.get("id")
    if call.keys() not in _CALL_FIELDS or type(identity) is not str or not 0 < len(identity) <= _MAX_ID:
        return False
    if identity in waiting:
        return False
    waiting.add(identity)
    kind: Any = call["type"]
    inner: Any = call.get(kind) if type(kind) is str else None
    if type(inner) is not dict:
        return False
    body = cast("Json", inner)
    if kind == "function":
        fields_fit = body.keys() == _FUNCTION_FIELDS and is_object_text(body["arguments"])
    else:
        fields_fit = body.keys() == _CUSTOM_FIELDS and type(body["input"]) is str
    return fields_fit and _is_sendable(body["name"], names)


def _is_sendable(name: object, names: NameMap | None) -> bool:
    if not isinstance(name, str):
        return False
    return is_wire_name(name) if names is None else names.wire(name) == name


def _author(name: object) -> object:
    """The name of a message's author as Azure takes it; None for one that is blank, and what is no text as it is."""
    if not isinstance(name, str):
        return name
    return message_name(name) if name.strip() else None


class _Repairer:
    def __init__(self, names: NameMap) -> None:
        self.repairs: list[HistoryRepair] = []
        self._names = names
        self._slots: list[Slot] = []

    def repair(self, messages: list[Json]) -> list[Json]:
        older: list[tuple[str, str]] = []  # ids and names of `function_call`s not answered yet
        prepared = [self._prepared(message, index, older) for index, message in enumerate(messages)]
        results = [(i, as_text(m.get("tool_call_id"))) for i, m in enumerate(prepared) if m["role"] == "tool"]
        for index in pair(self._slots, results):
            self._record(index, "", "orphan", "left out: the result of a call that is not in the conversation")
        repaired: list[Json] = []
        for index, message in enumerate(prepared):
            if message["role"] != "tool":
                repaired.append(message)
            repaired += [self._result(slot, prepared) for slot in self._slots if slot.place == index]
        return repaired

    def _record(self, index: int, field: str, rule: Rule, what: str) -> None:
        self.repairs.append(HistoryRepair(f"messages[{index}]{field}", rule, what))

    def _prepared(self, message: Json, index: int, older: list[tuple[str, str]]) -> Json:
        dropped = _REPLY_ONLY.intersection(message)
        if dropped:
            self._record(index, "", "stripped", f"left out: {', '.join(sorted(dropped))}, which only replies have")
            message = {key: value for key, value in message.items() if key not in dropped}
        if message["role"] == "function":
            return self._modern_result(message, index, older)
        if message["role"] != "tool" and "name" in message:
            message = self._named(message, index)
        if message["role"] == "assistant":
            return self._assistant(message, index, older)
        return message

    def _named(self, message: Json, index: int) -> Json:
        name = _author(message["name"])
        if name == message["name"]:
            return message
        self._record(index, ".name", "name", "put within Azure's limits")
        rest = {key: value for key, value in message.items() if key != "name"}
        return rest if name is None else rest | {"name": name}

    def _modern_result(self, message: Json, index: int, older: list[tuple[str, str]]) -> Json:
        name = as_text(message.get("name"))
        match = next((entry for entry in reversed(older) if entry[1] == name), None)
        if match is not None:
            older.remove(match)
        identity = match[0] if match else f"function:{name}"
        self._record(index, "", "legacy", "a function's result became a tool's")
        return {"role": "tool", "tool_call_id": identity, "content": message.get("content") or ""}

    def _assistant(self, message: Json, index: int, older: list[tuple[str, str]]) -> Json:
        calls = cast("list[object]", message.get("tool_calls") or [])
        legacy = object_or_none(message.get("function_call"))
        message = {key: value for key, value in message.items() if key not in {"tool_calls", "function_call"}}
        if legacy and not calls:
            name = as_text(legacy.get("name"))
            identity = call_id_for("", f"{index}:{name}", _MAX_ID)
            older.append((identity, name))
            self._record(index, ".function_call", "legacy", "became a tool call")
            calls = [{"id": identity, "type": "function", "function": legacy}]
        taken: set[str] = set()
        written = [self._call(cast("Json", object_or_none(c)), index, n, taken) for n, c in enumerate(calls)]
        if written:
            return message | {"tool_calls": written}
        if message.get("content") is None and not message.get("refusal") and not message.get("audio"):
            self._record(index, ".content", "content", "was null and became empty")
            return message | {"content": ""}
        return message

    def _call(self, call: Json, index: int, number: int, taken: set[str]) -> Json:
        raw = read_call(call)
        where = f".tool_calls[{number}]"
        name = self._names.wire(raw.name or UNNAMED)
        if name != raw.name and raw.name not in self._names.foreign:
            self._record(index, f"{where}.name", "name", "put within Azure's limits")
        wanted = call_id_for(raw.id, f"{index}:{number}", _MAX_ID)
        identity = unique_id(wanted, taken, _MAX_ID)
        if identity != raw.id:
            self._record(index, f"{where}.id", "id", "repeated, too long or missing: a new one was given")
        arguments = read_text(raw)
        if arguments.repaired:
            self._record(index, where, "arguments", f"arguments repaired: {arguments.repaired}")
        self._slots.append(Slot(index, index, raw.id, identity))
        return write_call(identity, raw.kind, name, arguments.text)

    def _result(self, slot: Slot, messages: list[Json]) -> Json:
        if not slot.results:
            self._record(slot.place, "", "unanswered", "a tool call had no result, which its result now says")
            return {"role": "tool", "tool_call_id": slot.wire_id, "content": NO_RESULT}
        first = min(slot.results)
        result = messages[first]
        changes: Json = {}
        if len(slot.results) > 1:
            for again in sorted(slot.results)[1:]:
                self._record(again, "", "answered twice", "a second result of one call was merged with the first")
            changes["content"] = merged([messages[place]["content"] for place in sorted(slot.results)])
        if not self._is_behind(slot.place, first, messages):
            self._record(first, "", "moved", "a result was moved behind its call")
        if result.get("tool_call_id") != slot.wire_id:
            changes["tool_call_id"] = slot.wire_id
        name: object = result.get("name")
        if "name" in result and not _is_sendable(name, self._names):
            changes["name"] = self._names.wire(as_text(name) or UNNAMED)
        return result | changes if changes else result

    @staticmethod
    def _is_behind(place: int, result: int, messages: list[Json]) -> bool:
        return result > place and all(message["role"] == "tool" for message in messages[place + 1 : result])
