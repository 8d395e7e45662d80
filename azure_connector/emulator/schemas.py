"""What Azure demands of a JSON schema before a model sees it."""

from __future__ import annotations

from typing import Any

from .errors import invalid, wrong_type
from .strictness import TYPES
from .values import Json, is_object, items_of, object_of
from .wire import Refusal

__all__ = ["check_function_schema"]


def check_function_schema(name: str, schema: Any, param: str) -> None:
    """Refuse a function's parameters that are no object schema.

    Raises:
        Refusal: 400 `invalid_function_parameters`.
    """
    if not is_object(schema):
        raise wrong_type(param, "an object", schema)
    what = f"function '{name}'"
    if not schema:
        return
    kind = schema.get("type")
    if kind != "object":
        shown = f'"{kind}"' if kind is not None else '"None"'
        reason = f"schema must be a JSON Schema of 'type: \"object\"', got 'type: {shown}'."
        raise _bad(what, reason, param, "invalid_function_parameters")
    if "properties" not in schema:
        raise _bad(what, "In context=(), object schema missing properties.", param, "invalid_function_parameters")
    if not is_object(schema["properties"]):
        reason = f"In context=('properties',), {schema['properties']!r:.80} is not of type 'object'."
        raise _bad(what, reason, param, "invalid_function_parameters")
    _walk(what, object_of(schema), (), param)


def _walk(what: str, schema: Json, path: tuple[str, ...], param: str) -> None:
    kinds = schema.get("type")
    for kind in items_of(kinds) if isinstance(kinds, list) else [kinds]:
        if kind is not None and kind not in TYPES:
            reason = f"In context={path}, '{kind!s:.80}' is not valid under any of the given schemas."
            raise _bad(what, reason, param, "invalid_function_parameters")
    if schema.get("type") == "array" and "items" not in schema and "prefixItems" not in schema:
        raise _bad(what, f"In context={path}, array schema missing items.", param, "invalid_function_parameters")
    for name, child in object_of(schema.get("properties")).items():
        if not isinstance(child, dict | bool):
            reason = f"In context={(*path, 'properties')}, {child!r:.80} is not of type 'object', 'boolean'."
            raise _bad(what, reason, param, "invalid_function_parameters")
        _walk(what, object_of(child), (*path, "properties", name), param)
    if is_object(schema.get("items")):
        _walk(what, schema["items"], (*path, "items"), param)


def _bad(what: str, reason: str, param: str, code: str) -> Refusal:
    return invalid(f"Invalid schema for {what}: {reason}", param, code)
