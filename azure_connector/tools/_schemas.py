"""JSON Schemas of tool parameters: checked, and completed where Azure refuses what most libraries leave out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from .._utils import Json, object_or_none, type_name
from ..errors import InvalidRequestError

__all__ = ["check_parameters", "complete_strict", "fault", "unserializable"]

_TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
_NAMED = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
_LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = (
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedProperties",
    "unevaluatedItems",
)
_COMBINING = ("anyOf", "oneOf", "allOf", "$ref", "enum", "not")
_MAX_DEPTH = 100


def check_parameters(schema: object, where: str) -> Json:
    """A function's parameters as a schema that Azure accepts.

    Azure wants `type: object`, `properties`, and `items` in every array; these are filled in. The schema is never
    changed, and is returned itself where nothing is missing.

    Args:
        schema: what the caller gave.
        where: its position, for errors.

    Raises:
        InvalidRequestError: it is no JSON Schema of an object.
    """
    root = _mapping(schema, where)
    checked = _check(root, where, root)
    if "$ref" in checked and "type" not in checked:
        # Pydantic writes a recursive model so; Azure wants the object itself.
        target = cast("Json", _resolve(checked, checked["$ref"]))
        checked = {key: value for key, value in checked.items() if key != "$ref"} | target
    kind = checked.get("type")
    if kind is None and not any(key in checked for key in _COMBINING):
        checked = {"type": "object"} | checked
    elif kind is not None and kind != "object":
        raise fault(f"{where}.type", f"parameters are an object, so this is 'object', not {kind!r}")
    if checked.get("type") == "object" and "properties" not in checked:
        checked = checked | {"properties": dict[str, Any]()}
    return checked


def complete_strict(schema: Json, where: str) -> Json:
    """The schema in the form that `strict` demands, or itself where it has that form.

    Every object lists all its properties as required and allows no others; what was optional may be null instead.

    Raises:
        InvalidRequestError: an object with free-form keys, which strict schemas cannot describe.
    """
    return _rebuilt(schema, where, _complete)


def unserializable(value: object, where: str) -> tuple[str, object] | None:
    """The first part of a value that JSON cannot carry, with its position; None where there is none."""
    return _unserializable(value, where, 0)


def _unserializable(value: object, where: str, depth: int) -> tuple[str, object] | None:
    if value is None or isinstance(value, str | bool | int):
        return None
    if isinstance(value, float):
        return None if value - value == 0 else (where, value)
    if depth > _MAX_DEPTH:
        return where, value
    if isinstance(value, dict):
        for key, member in cast("dict[object, object]", value).items():
            if not isinstance(key, str | int | float | bool | None):
                return where, key
            if found := _unserializable(member, f"{where}.{key}", depth + 1):
                return found
        return None
    if isinstance(value, list | tuple):
        for index, member in enumerate(cast("list[object]", value)):
            if found := _unserializable(member, f"{where}[{index}]", depth + 1):
                return found
        return None
    return where, value


def fault(where: str, rule: str, hint: str = "") -> InvalidRequestError:
    """The error for something in a request's tools that breaks a rule."""
    return InvalidRequestError(f"{where}: {rule}", param=where, hint=hint)


def _mapping(value: object, where: str) -> Json:
    if not isinstance(value, dict):
        raise fault(where, f"a JSON Schema is an object, not {type_name(value)}")
    return cast("Json", value)


def _check(node: Json, where: str, root: Json) -> Json:
    kinds: object = node.get("type")
    if kinds is not None:
        for kind in cast("list[object]", kinds) if isinstance(kinds, list) else [kinds]:
            if not isinstance(kind, str) or kind not in _TYPES:
                raise fault(f"{where}.type", f"{kind!r} is no JSON Schema type ({', '.join(sorted(_TYPES))})")
    required: object = node.get("required")
    if required is not None and not (
        isinstance(required, list) and all(isinstance(name, str) for name in cast("list[object]", required))
    ):
        raise fault(f"{where}.required", "a list of property names is needed")
    if "enum" in node and not isinstance(node["enum"], list):
        raise fault(f"{where}.enum", f"a list of values is needed, not {type_name(node['enum'])}")
    if "$ref" in node and _resolve(root, node["$ref"]) is None:
        raise fault(f"{where}.$ref", f"{node['$ref']!r} points to no schema in these parameters")
    node = _rebuilt(node, where, lambda child, place: _check(child, place, root), deep=False)
    if node.get("type") == "array" and "items" not in node and "prefixItems" not in node:
        node = node | {"items": {}}
    return node


def _resolve(root: Json, reference: object) -> Json | None:
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    target: Any = root
    for step in reference.removeprefix("#").strip("/").split("/") if reference != "#" else []:
        name = step.replace("~1", "/").replace("~0", "~")
        target = (object_or_none(target) or {}).get(name)
    return object_or_none(target)


def _rebuilt(node: Json, where: str, visit: Callable[[Json, str], Json], *, deep: bool = True) -> Json:
    """A schema whose subschemas are replaced by what `visit` makes of them; itself where nothing changes.

    With `deep`, the subschemas' own subschemas come first, and the schema itself is visited last.
    """

    def inner(child: object, place: str) -> object:
        if isinstance(child, bool):
            return child
        child = _mapping(child, place)
        return _rebuilt(child, place, visit) if deep else visit(child, place)

    changed: Json = {}
    for key in _NAMED:
        if key in node:
            named = _mapping(node[key], f"{where}.{key}")
            members = {name: inner(child, f"{where}.{key}.{name}") for name, child in named.items()}
            if any(members[name] is not named[name] for name in named):
                changed[key] = members
    for key in _LISTED:
        if key in node:
            changed |= _listed(node, key, where, inner)
    for key in _SINGLE:
        if key == "items" and isinstance(node.get(key), list):  # tuples, as older drafts have them
            changed |= _listed(node, key, where, inner)
        elif key in node and (member := inner(node[key], f"{where}.{key}")) is not node[key]:
            changed[key] = member
    result = node | changed if changed else node
    return visit(result, where) if deep else result


def _listed(node: Json, key: str, where: str, inner: Callable[[object, str], object]) -> Json:
    given: object = node[key]
    if not isinstance(given, list) or not given:
        raise fault(f"{where}.{key}", "a list of schemas is needed")
    children = cast("list[object]", given)
    members = [inner(child, f"{where}.{key}[{index}]") for index, child in enumerate(children)]
    return {key: members} if any(a is not b for a, b in zip(members, children, strict=True)) else {}


def _complete(node: Json, where: str) -> Json:
    changed: Json = {}
    if "oneOf" in node:
        changed["anyOf"] = [*node.get("anyOf", []), *node["oneOf"]]
    if "$ref" in node and len(node) > 1:  # strict schemas allow no keyword beside a reference
        changed["anyOf"] = [{"$ref": node["$ref"]}]
    dropped = {"default", *(("oneOf", "discriminator") if "oneOf" in node else ())}
    dropped |= {"$ref"} if "anyOf" in changed and "$ref" in node else set()
    kinds: Any = node.get("type")
    if kinds == "object" or (isinstance(kinds, list) and "object" in kinds) or "properties" in node:
        changed |= _closed(node, where)
    if not changed and dropped.isdisjoint(node):
        return node
    return {key: value for key, value in node.items() if key not in dropped} | changed


def _closed(node: Json, where: str) -> Json:
    properties: Json = node.get("properties") or {}
    others: object = node.get("additionalProperties", "properties" not in node)
    if (isinstance(others, dict) and others) or (others is not False and not properties):
        rule = "a strict schema names every key, so an object with free-form keys is not possible"
        raise fault(f"{where}.additionalProperties", rule)
    changed: Json = {}
    if node.get("additionalProperties") is not False:
        changed["additionalProperties"] = False
    required: list[str] = node.get("required") or []
    if any(name not in required for name in properties) or "required" not in node:
        changed["required"] = list(properties)
    optional = {name: _nullable(child) for name, child in properties.items() if name not in required}
    if any(optional[name] is not properties[name] for name in optional):
        changed["properties"] = properties | optional
    return changed


def _nullable(schema: object) -> Any:
    if not isinstance(schema, dict):
        return schema
    node = cast("Json", schema)
    kinds: Any = node.get("type")
    if "anyOf" in node:
        options: list[Any] = node["anyOf"]
        if any(isinstance(option, dict) and cast("Json", option).get("type") == "null" for option in options):
            return node
        return node | {"anyOf": [*options, {"type": "null"}]}
    if isinstance(kinds, str | list):
        listed: list[str] = [kinds] if isinstance(kinds, str) else cast("list[str]", kinds)
        result = node if "null" in listed else node | {"type": [*listed, "null"]}
        if "enum" in node and None not in node["enum"]:
            result = result | {"enum": [*node["enum"], None]}
        return result
    return {"anyOf": [node, {"type": "null"}]} if node else node
