"""The published documents' tables, and requests that they do not allow."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

Json = dict[str, Any]
FOLDER = Path(__file__).parent / "published"
TABLES = {"v1": ("openai", "v1"), "classic": ("classic-preview", "classic-stable")}
LONGEST = 40_000  # a longer string is no test of a bound worth its bytes
DEEPEST = 4
_OTHERS: dict[str, tuple[Any, ...]] = {
    "string": ("no-such-word", 7, []),
    "integer": ("no-such-word", 1.5),
    "number": ("no-such-word", True),
    "boolean": ("no-such-word", 7),
    "array": ({}, "no-such-word"),
    "object": (7, "no-such-word"),
}


@cache
def table(name: str) -> Json:
    return json.loads((FOLDER / f"{name}.json").read_text())


@cache
def disagreements() -> Mapping[str, list[Json]]:
    return tomllib.loads((FOLDER / "disagreements.toml").read_text())


@cache
def schema_of(name: str, operation: str, part: str) -> Json | None:
    """The schema of one part of an operation, with what it refers to."""
    whole = table(name)
    schema = whole["operations"].get(operation, {}).get(part)
    if schema is None:
        return None
    schemas = dict(whole["schemas"])
    for one in disagreements()["request"] if part in ("body", "form") else ():
        if one["schema"] in schemas:
            kept = [word for word in schemas[one["schema"]].get("required", []) if word not in one["optional"]]
            schemas[one["schema"]] = {**schemas[one["schema"]], "required": kept}
    return {"schemas": schemas, **schema}


@cache
def validator(name: str, operation: str, part: str) -> Draft202012Validator | None:
    schema = schema_of(name, operation, part)
    return None if schema is None else Draft202012Validator(schema)


def faults(name: str, operation: str, part: str, value: Any) -> Iterator[str]:
    """Where a value is not as the document says, but for what the list of disagreements has."""
    check = validator(name, operation, part)
    for error in check.iter_errors(value) if check is not None else ():
        deepest = _deepest(error)
        where = ".".join(str(step) for step in deepest.absolute_path)
        text = f"{name} {operation} {part} at '{where}': {deepest.message:.200}"
        known = disagreements()["differs"]
        if not any(re.search(one["operation"], operation) and re.search(one["where"], text) for one in known):
            yield text


def _deepest(error: ValidationError) -> ValidationError:
    """What is wrong within the alternative that the value's own `type` means, else within the nearest one."""
    while error.context:
        branches: dict[Any, list[ValidationError]] = {}
        for one in error.context:
            branches.setdefault(one.schema_path[0], []).append(one)
        meant = [b for b in branches.values() if not any(_tells(one) for one in b)]
        error = meant[0][0] if len(meant) == 1 else best_match(error.context) if not meant else meant[0][0]
    return error


def _tells(error: ValidationError) -> bool:
    path = list(error.relative_path)
    return (len(path) == 1 and path[0] in ("type", "object", "role")) or (not path and error.validator == "type")


def bent(name: str, operation: str, body: Json) -> Iterator[tuple[str, Json]]:
    """Bodies that the document does not allow, each by one value, with the name of what is wrong."""
    schema = schema_of(name, operation, "body")
    if schema is None:
        return
    seen: set[str] = set()
    for path, value in _bends(schema, schema, body, (), 0):
        shown = f"{'.'.join(map(str, path))} = {json.dumps(value)[:60]}" if value is not ABSENT else f"no {path[-1]}"
        label = f"{operation}: {shown}"
        if label in seen:
            continue
        seen.add(label)
        made = _put(body, path, value)
        if not _allowed(name, operation, path[0], made):
            yield label, made


def bent_form(name: str, operation: str, given: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    """Forms that the document does not allow, each by one part, with the name of what is wrong."""
    root = schema_of(name, operation, "form")
    for one in _alternatives(root, root) if root is not None else ():
        for field in one.get("required", ()):
            yield f"{operation}: no {field}", {key: part for key, part in given.items() if key != field}
        for field, inner in one["properties"].items():
            for part, text in _inside(field, inner, root or {}, given.get(field)):
                yield f"{operation}: {part} = {text[:200]!r}", {**given, part: text}


def _inside(field: str, schema: Json, root: Json, part: Any) -> Iterator[tuple[str, str]]:
    """Texts that a part of a form must not have; of a part that holds JSON, what its document does not allow."""
    text = part[1] if isinstance(part, tuple) and part[0] is None else ""
    if not text.startswith("{"):
        yield from _texts(field, schema, root)
        return
    check = Draft202012Validator({"schemas": root["schemas"], "allOf": [schema]})
    for path, value in _bends(schema, root, json.loads(text), (), 0):
        made = _put(json.loads(text), path, value)
        if path and not check.is_valid(made):
            yield field, json.dumps(made)


def _texts(field: str, schema: Json, root: Json) -> Iterator[tuple[str, str]]:
    """Texts that no alternative of a form's field takes."""
    kinds = list(_alternatives(schema, root))
    items = [one["items"] for one in kinds if _kind(one) == "array"]
    if items and not field.endswith("[]"):
        yield from ((f"{field}[]", text) for _, text in _texts(field, {"anyOf": items}, root))
    for one in kinds:
        for inner in one.get("properties", {}) if len(kinds) == 1 else ():
            yield from _texts(f"{field}[{inner}]", one["properties"][inner], root)
    wrong = ["no-such-word", "1.5", *(str(value) for one in kinds for _, value in _bounds(one, (), None))]
    for text in dict.fromkeys(wrong) if {_kind(one) for one in kinds} <= {*SCALARS, ""} else ():
        if not any(_takes(one, text, root) for one in kinds):
            yield field, text


SCALARS = {"string", "integer", "number", "boolean", "null"}


def _takes(one: Json, text: str, root: Json) -> bool:
    """Whether a schema of one kind allows what a form's text stands for."""
    kind, value = _kind(one), text
    if kind in {"integer", "number", "boolean"}:
        try:
            value = json.loads(text)
        except ValueError:
            return False
    elif kind == "null":
        return False
    return Draft202012Validator({"schemas": root["schemas"], "allOf": [one]}).is_valid(value)


@cache
def _field(name: str, operation: str, field: str) -> Draft202012Validator | None:
    schema = schema_of(name, operation, "body") or {}
    whole = _resolved(schema, schema)
    if "anyOf" in whole:
        return None
    return Draft202012Validator({"schemas": schema["schemas"], "allOf": [whole["properties"][field]]})


def _allowed(name: str, operation: str, field: str, body: Json) -> bool:
    """Whether the document allows one field of a body as it is; quicker than to look at all of it."""
    check = _field(name, operation, field)
    if check is not None and field in body:
        return check.is_valid(body[field])
    whole = validator(name, operation, "body")
    return whole is None or whole.is_valid(body)


ABSENT: Any = object()


def _resolved(schema: Json, root: Json) -> Json:
    """A schema with its references and parts put together; alternatives stay."""
    while "$ref" in schema:
        schema = {
            **root["schemas"][schema["$ref"].rsplit("/", 1)[-1]],
            **{k: v for k, v in schema.items() if k != "$ref"},
        }
    for part in schema.get("allOf", ()):
        other = _resolved(part, root)
        properties = {**other.get("properties", {}), **schema.get("properties", {})}
        required = [*other.get("required", ()), *schema.get("required", ())]
        schema = {**other, **schema, "properties": properties, "required": required}
    return schema


def _alternatives(schema: Json, root: Json) -> Iterator[Json]:
    whole = _resolved(schema, root)
    for key in ("anyOf",):
        if key in whole:
            for one in whole[key]:
                yield from _alternatives(one, root)
            return
    yield whole


def _bends(
    schema: Json, root: Json, body: Any, path: tuple[Any, ...], depth: int
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for one in _alternatives(schema, root):
        for value in _OTHERS.get(_kind(one), (7, {})) if path else ():
            yield path, value
        yield from _bounds(one, path, body)
        if depth >= DEEPEST:
            continue
        if "properties" in one:
            present = body if isinstance(body, dict) else None
            base = present if present is not None else example(one, root)
            if present is None and path:
                for name in one.get("required", ()):
                    yield path, {key: value for key, value in base.items() if key != name}
            for name in one.get("required", ()) if present is not None else ():
                yield (*path, name), ABSENT
            for name, inner in one["properties"].items():
                if present is not None:
                    yield from _bends(inner, root, present.get(name), (*path, name), depth + 1)
                elif path:
                    for tail, value in _bends(inner, root, base.get(name), (name,), depth + 1):
                        yield path, _put(base, tail, value)
        elif isinstance(one.get("items"), dict):
            first = body[0] if isinstance(body, list) and body else None
            start = body if first is not None else [example(one["items"], root)]
            for tail, value in _bends(one["items"], root, start[0], (0,), depth + 1):
                yield path, _put(start, tail, value)


def _kind(one: Json) -> str:
    kinds = one.get("type")
    return str(kinds[0] if isinstance(kinds, list) else kinds or "")


def _bounds(one: Json, path: tuple[Any, ...], body: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(one.get("minimum"), int | float) and abs(one["minimum"]) < 2**53:
        yield path, one["minimum"] - 1
    if isinstance(one.get("maximum"), int | float) and abs(one["maximum"]) < 2**53:
        yield path, one["maximum"] + 1
    if one.get("maxLength", LONGEST) < LONGEST:
        yield path, "x" * (one["maxLength"] + 1)
    if one.get("minLength", 0) > 0:
        yield path, ""
    if one.get("maxItems", LONGEST) < 200 and isinstance(body, list) and body:
        yield path, [body[0]] * (one["maxItems"] + 1)


def example(schema: Json, root: Json, depth: int = 0) -> Any:
    """The least value that a schema allows."""
    one = next(_alternatives(schema, root))
    if "const" in one:
        return one["const"]
    if "enum" in one:
        return one["enum"][0]
    kind = _kind(one)
    if kind == "object" or "properties" in one:
        fields = one.get("properties", {})
        return {name: example(fields.get(name, {}), root, depth + 1) for name in one.get("required", ()) if depth < 6}
    if kind == "array":
        return [example(one["items"], root, depth + 1)] if one.get("minItems") and depth < 6 else []
    return {"string": "x" * max(1, one.get("minLength", 1)), "boolean": True}.get(kind, one.get("minimum", 1))


def _put(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy with one value in it, or without one."""
    if not path:
        return value
    made = deepcopy(body)
    place = made
    for step in path[:-1]:
        place = place[step]
    if value is ABSENT:
        place.pop(path[-1], None)
    else:
        place[path[-1]] = value
    return made
