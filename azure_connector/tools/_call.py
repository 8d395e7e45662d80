"""One tool call, read from the shapes that services and histories have, and written in Chat's.

Its arguments are always the JSON text of an object, never a guess about what was cut off.
"""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from .._utils import Json, as_text, object_or_none, type_name
from ._argument_reader import ArgumentReader

__all__ = [
    "ITEM_KINDS",
    "NOT_READABLE",
    "RAW_ARGUMENTS",
    "UNNAMED",
    "Arguments",
    "Kind",
    "RawCall",
    "Repair",
    "ends_early",
    "is_object_text",
    "new_call_id",
    "read_arguments",
    "read_call",
    "read_text",
    "report",
    "write_call",
    "write_json",
]

_log = logging.getLogger("azure_connector.tools")

Kind = Literal["function", "custom"]

UNNAMED = "unnamed_tool_call"
"""Stands for the name of a call that came without one, so that no tool is executed by guess."""

ITEM_KINDS: Mapping[str, Kind] = {"function_call": "function", "tool_call": "function", "custom_tool_call": "custom"}
_CUT = frozenset({"length", "content_filter", "incomplete"})

NOT_READABLE = "not readable"
"""Why arguments could not be read, in a record or a log."""

RAW_ARGUMENTS = "_raw_arguments"
"""The only key of an arguments object whose text could not be read; its value is that text."""

_MAX_REPAIRED = 200_000
_MAX_ENCODINGS = 3
_FENCE = re.compile(r"```[\w+-]*[ \t]*\n?(.*?)(?:```)?", re.DOTALL)
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|\'[^\'\\]*(?:\\.[^\'\\]*)*\'', re.DOTALL)
_LEFT_OVER = re.compile(r"[\s}\]`;]*")
# Outside strings: values that JSON has not, of which the library would make strings.
_NO_VALUE = re.compile(r"\b(?:undefined|NaN|Infinity|0[xXoObB]\w+|\d{4000,})\b")
_CLOSES = {"}": "{", "]": "["}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|[bfnrt])")
_WORD = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[^\W\d_]+")
_LITERALS = {"none": "null"}


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_strict = json.JSONDecoder(parse_constant=_refuse_constant)
_lenient = json.JSONDecoder(parse_constant=_refuse_constant, strict=False)


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


@dataclass(frozen=True, slots=True)
class Arguments:
    """Arguments as they may be handed on.

    Attributes:
        text: JSON text of an object.
        repaired: what was done to get it, in a word or two; None where the model's text stands as it was.
        raw: whether the text could not be read and stands, whole, under `_raw_arguments`.
    """

    text: str
    repaired: str | None = None
    raw: bool = False


def ends_early(finish_reason: object) -> bool:
    """Whether a reply with this finish reason may have been cut off in the middle of a tool call."""
    return isinstance(finish_reason, str) and finish_reason in _CUT


def new_call_id() -> str:
    """An id for a call that came without one, of the length that OpenAI's own have."""
    return f"call_{uuid.uuid4().hex[:24]}"


def is_object_text(text: object) -> bool:
    """Whether this is a JSON object's text that can be sent as it is."""
    if type(text) is not str:
        return False
    try:
        if type(_strict.decode(text)) is not dict:
            return False
        if not text.isascii():
            text.encode()
    except (ValueError, RecursionError):
        return False
    return True


def read_arguments(value: object, *, cut: bool = False, repair: bool = True) -> Arguments:
    """Arguments as a model or a history gave them, as the JSON text of an object.

    Nothing is ever raised. Text that was cut off is never completed: a shorter path or query would be as valid as the
    whole one, and would be executed. It stands under `_raw_arguments` instead, as does all that is not an object.

    Args:
        value: text, None, or an object that was parsed already.
        cut: whether the reply ended before the model did (`finish_reason` "length"): then only an object that is
            whole and valid is taken.
        repair: False leaves text as the model wrote it, whatever it is (the setting `repair_tool_arguments`).
    """
    if is_object_text(value) or (not repair and isinstance(value, str)):
        return Arguments(cast("str", value))
    try:
        if isinstance(value, str):
            return (None if cut else _read_on_the_way(value)) or _repair(value, cut=cut)
        if value is None:
            return _raw("") if cut else Arguments("{}", "empty")
        if isinstance(value, Mapping):
            return Arguments(write_json(dict(cast("Mapping[str, Any]", value))), "an object instead of its text")
        return _raw(write_json(value))
    except (ValueError, TypeError, RecursionError):
        return _raw(value if isinstance(value, str) else f"<{type_name(value)}>")


def write_json(value: object) -> str:
    """JSON text that can be encoded as UTF-8, whatever a model put into it.

    Raises:
        ValueError, TypeError, RecursionError: the value cannot be written as JSON.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can carry only as an escape
        text = json.dumps(value, allow_nan=False)
    return text


def report(repair: Repair, repairs: list[Repair] | None) -> None:
    """Keep a record and log it, without any of the arguments: they may hold what no log should."""
    if repairs is not None:
        repairs.append(repair)
    # A function without parameters is often called with no text at all: nothing to be warned of.
    level = logging.DEBUG if repair.what == "empty" else logging.WARNING
    _log.log(level, "%s", repair)


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


def _read_on_the_way(text: str) -> Arguments | None:
    """The object that a stream of the same text adds up to, or None where it takes more than that to read it."""
    reader = ArgumentReader()
    passed = reader.feed(text)
    whole, _ = reader.finish()
    if not whole or not is_object_text(passed):
        return None
    return Arguments(passed, ", ".join(reader.steps) or None)


def _raw(text: str, why: str = NOT_READABLE) -> Arguments:
    return Arguments(write_json({RAW_ARGUMENTS: text}), why, raw=True)


def _repair(text: str, *, cut: bool) -> Arguments:
    if cut:
        whole = _decoded(text, _strict)
        if isinstance(whole, dict):
            return Arguments(write_json(cast("object", whole)), "characters that cannot be sent")
        return _raw(text, "cut off")
    inner, steps = text, list[str]()
    for _ in range(_MAX_ENCODINGS):
        inner = inner.strip().removeprefix("\ufeff")
        if inner.startswith("```") and (fence := _FENCE.fullmatch(inner)):
            inner = fence[1].strip()
            steps.append("code fence")
            if not inner:
                return _raw(text, "cut off")
        if inner in {"", "null", "None"}:
            return Arguments("{}", ", ".join([*steps, "empty"]))
        value = _decoded(inner, _strict)
        if value is None:
            value = _repaired_value(inner, steps)
        if isinstance(value, dict):
            return Arguments(write_json(cast("object", value)), ", ".join(steps) or "characters that cannot be sent")
        if not isinstance(value, str):
            return _raw(text, "not an object" if value is not None else _why_unreadable(inner))
        inner = value
        steps.append("double encoding")
    return _raw(text, "not an object")


def _decoded(text: str, decoder: json.JSONDecoder) -> Any:
    try:
        return decoder.decode(text)
    except ValueError:
        return None


def _repaired_value(text: str, steps: list[str]) -> Any:
    """An object or a string out of text that is not JSON, or None."""
    value = _decoded(text, _lenient)
    if value is not None:
        steps.append("control characters")
        return value
    if not text.startswith("{"):
        return None
    try:
        value, end = _lenient.raw_decode(text)
    except ValueError:
        pass
    else:
        if _LEFT_OVER.fullmatch(text, end):
            steps.append("trailing characters")
            return value
        return None
    if not text.endswith("}") or len(text) > _MAX_REPAIRED or not _is_closed(text):
        return None
    value = _json_repair(text)
    if value is not None:
        steps.append("malformed JSON")
    return value


def _is_closed(text: str) -> bool:
    """Whether every string, bracket and brace that the text opens is closed, in order."""
    opened: list[str] = []
    for character in _STRING.sub("", text):
        if character in "{[":
            opened.append(character)
        elif character in "}]":
            if not opened or opened.pop() != _CLOSES[character]:
                return False
        elif character in "\"'":
            return False
    return not opened


def _why_unreadable(text: str) -> str:
    return NOT_READABLE if _is_closed(text) else "cut off"


def _json_repair(text: str) -> dict[str, Any] | None:
    if _NO_VALUE.search(_STRING.sub("", text)):
        return None
    import json_repair

    try:
        value: Any = json_repair.loads(text, skip_json_loads=True)
    except Exception:  # noqa: BLE001 - any text may come here, and a foreign parser promises no set of exceptions
        return None
    if not isinstance(value, dict):
        return None
    # The library drops or invents values where it must guess: only a repair that keeps every word counts.
    repaired = cast("dict[str, Any]", value)
    return repaired if _words([_unescaped(text)]) == _words(_leaves(repaired)) else None


def _unescaped(text: str) -> str:
    plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else " ", text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, member in cast("dict[str, object]", value).items():
            yield key
            yield from _leaves(member)
    elif isinstance(value, list):
        for member in cast("list[object]", value):
            yield from _leaves(member)
    else:
        yield value if isinstance(value, str) else json.dumps(value)


def _words(texts: list[str] | Iterator[str]) -> list[str]:
    return [_canonical(word) for text in texts for word in _WORD.findall(text)]


def _canonical(word: str) -> str:
    if word[0].isdigit():
        try:
            return repr(float(word))
        except ValueError:  # digits of other scripts and superscripts
            return word
    folded = word.casefold()
    return _LITERALS.get(folded, folded)
