"""The object that a prompt in JSON mode asks for: by a schema, an example, a sketch, or by its keys. Pure functions."""

from __future__ import annotations

import json
import re
from typing import Any

from .phrases import stem
from .values import Json, is_object, items_of, object_of

__all__ = ["wanted_schema"]

_MOST_OBJECTS = 40
_LONGEST = 60_000
_SKETCHED = re.compile(r"[\"']?([A-Za-z_][\w-]{0,63})[\"']?\s*:")
_NAMED = re.compile(
    r"(?i)\b(?:keys?|fields?|propert(?:y|ies)|attributes?|entries|members?)\b\s*(?:(?:named|called|are|is|must be)\s+)?"
    r":?\s*([\w\"'`, \-*\n():/]{1,400})"
)
_BEFORE = re.compile(r"[\"'`]([A-Za-z_][\w-]{0,63})[\"'`]\s+(?:key|field|property|attribute)s?\b")
_END_WORDS = "for of about from in with to as where which that containing each whose you your it the"
_ENDS = frozenset(_END_WORDS.split())
_TYPES = {
    "string": "string", "str": "string", "text": "string", "number": "number", "float": "number", "int": "integer",
    "integer": "integer", "bool": "boolean", "boolean": "boolean", "true": "boolean", "list": "array",
    "array": "array", "object": "object", "dict": "object",
}  # fmt: skip


def wanted_schema(texts: list[str]) -> Json | None:
    """A schema of the object that the messages ask for; None where they say nothing of its keys.

    Args:
        texts: the messages' texts in order; what comes last counts most.
    """
    for text in reversed(texts):
        found = _embedded(text[:_LONGEST]) or _keys(text[:_LONGEST])
        if found:
            return found
    return None


def _embedded(text: str) -> Json | None:
    """By the last schema that stands in the text, else by the last example or sketch of an object."""
    example: Json | None = None
    schema: Json | None = None
    for start, value in _objects(text):
        if is_object(value.get("properties")):
            schema = {"type": "object", **value}
        elif value and not _is_data(text[:start]):
            example = _schema_of(value, 0)
    return schema or example or _sketched(text)


def _objects(text: str) -> list[tuple[int, Json]]:
    found: list[tuple[int, Json]] = []
    reader = json.JSONDecoder()
    at = text.find("{")
    for _ in range(_MOST_OBJECTS):
        if at < 0:
            break
        try:
            value, end = reader.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            found.append((at, object_of(value)))
        at = text.find("{", end)
    return found


def _is_data(before: str) -> bool:
    """Whether an object is what the prompt is about, and not what it asks for."""
    told = r"(?i)\b(?:data|input|given|context|document|record|payload)\s*(?:is|are)?\s*:?\s*$"
    return bool(re.search(told, before[-60:]))


def _schema_of(example: Any, depth: int) -> Json:
    """The schema of an example, whose strings may name types."""
    if is_object(example) and depth < 6:
        properties = {name: _schema_of(one, depth + 1) for name, one in object_of(example).items()}
        return {"type": "object", "properties": properties, "required": list(properties)}
    if isinstance(example, list):
        items = [_schema_of(one, depth + 1) for one in items_of(example)[:1]]
        return {"type": "array", "minItems": 1, "items": items[0] if items else {"type": "string"}}
    if isinstance(example, str):
        kind = _TYPES.get(re.sub(r"[^a-z].*", "", example.strip("<>[]() ").lower()), "string")
        options = [one.strip() for one in example.strip("<>").split("|")]
        if len(options) > 1 and all(re.fullmatch(r"[\w -]{1,40}", one) for one in options):
            return {"enum": options}
        return {"type": kind} if kind not in {"array", "object"} else {"type": "string"}
    if isinstance(example, bool):
        return {"type": "boolean"}
    return {"type": "integer" if isinstance(example, int) else "number"} if example is not None else {"type": "string"}


def _sketched(text: str) -> Json | None:
    """`{name: string, "age": number, ...}`: no JSON, but its keys are plain."""
    found = re.findall(r"\{([^{}]{1,2000})\}", text)
    names = _SKETCHED.findall(found[-1]) if found else []
    return _schema_with(names) if names else None


def _keys(text: str) -> Json | None:
    """By the keys that the words name."""
    names = _BEFORE.findall(text)
    match = None if names else _NAMED.search(text)
    for piece in re.split(r",|\band\b|\n|\s+", match.group(1)) if match else ():
        name = re.sub(r"\(.*", "", piece).strip("\"'`*-: ")
        if name.lower() in _ENDS:
            break
        if re.fullmatch(r"[A-Za-z_][\w-]*", name) and name.lower() not in _ENDS | _TYPES.keys():
            names.append(name)
    return _schema_with(names[:40]) if names else None


def _schema_with(names: list[str]) -> Json:
    properties = {name: {"type": _kind(name)} for name in dict.fromkeys(names)}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _kind(name: str) -> str:
    """What a key's name says of its value."""
    if re.match(r"(?i)(?:is|has|can|should)[_A-Z]", name):
        return "boolean"
    return "integer" if stem(name.lower()) in {"age", "count", "year", "quantity"} else "string"
