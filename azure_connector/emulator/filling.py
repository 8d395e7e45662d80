"""An instance of a JSON schema, made of values that stand in a text. Pure functions."""

from __future__ import annotations

import json
import re
from typing import Any

from .leaves import Source, boolean, number, string
from .phrases import stem, words
from .values import Json, items_of, object_of, whole

__all__ = ["ROOM", "fill", "fill_within"]

ROOM = 150_000
"""Characters that are made at most, where nothing else is said."""

# A recursive schema ends here: deeper, only what is required is filled.
_DEPTH = 6
# Of a text only so many characters are looked at, and of a list of choices so many.
_READ, _MOST_OPTIONS, _MOST_ITEMS = 8_000, 300, 64


def fill(schema: Any, text: str, *, context: str = "") -> Any:
    """A value that satisfies the schema, with the text's own numbers, names, quotations and enum words in it."""
    return fill_within(schema, text, context=context)[0]


def fill_within(schema: Any, text: str, *, context: str = "", room: int = ROOM) -> tuple[Any, bool]:
    """A value that satisfies the schema as far as there is room, and whether the schema wanted more.

    Args:
        schema: a JSON schema, as tools and structured outputs use it.
        text: where the values come from.
        context: more text, for what `text` does not hold.
        room: characters that may be made.
    """
    source = Source(text[:_READ], context[:_READ], object_of(schema), room)
    return _value(schema, source, "", 0, required=True), source.endless


def _value(schema: Any, source: Source, name: str, depth: int, *, required: bool) -> Any:
    if depth > 4 * _DEPTH:
        source.endless = source.endless or required  # no finite value satisfies it
        return None
    if not source.spend():
        return None
    rules = _resolved(object_of(schema), source)
    if "const" in rules:
        return rules["const"]
    if items_of(rules.get("enum")):
        return _choice(rules["enum"], source, required=required)
    for word in ("anyOf", "oneOf"):
        if items_of(rules.get(word)):
            return _any_of(rules, word, source, name, depth, required=required)
    kinds = items_of(rules.get("type"))
    if kinds:
        solid = next((one for one in kinds if one != "null"), "null")
        needed = required and "null" not in kinds
        return _value({**rules, "type": solid}, source, name, depth, required=needed)
    kind = rules.get("type") or ("object" if "properties" in rules else "array" if "items" in rules else "string")
    if kind == "object":
        return _object(rules, source, depth)
    if kind == "array":
        return _array(rules, source, name, depth, required=required)
    if kind in ("number", "integer"):
        return number(rules, source, name, whole=kind == "integer", required=required)
    if kind == "boolean":
        return boolean(rules, source, name, required=required)
    return None if kind == "null" else string(rules, source, name, required=required)


def _resolved(schema: Json, source: Source, turns: int = 0) -> Json:
    """Without `$ref` and `allOf`."""
    if turns > _DEPTH or not source.spend():
        return {}
    for _ in range(8):
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            break
        target: Any = source.root
        for step in reference.removeprefix("#").strip("/").split("/"):
            target = object_of(target).get(step.replace("~1", "/").replace("~0", "~"), {}) if step else target
        schema = {**object_of(target), **{key: value for key, value in schema.items() if key != "$ref"}}
    merged = {key: value for key, value in schema.items() if key != "allOf"}
    for part in items_of(schema.get("allOf")):
        resolved = _resolved(object_of(part), source, turns + 1)
        properties = object_of(merged.get("properties")) | object_of(resolved.get("properties"))
        required = [*items_of(merged.get("required")), *items_of(resolved.get("required"))]
        merged = {**merged, **resolved}
        if properties:
            merged["properties"], merged["required"] = properties, required
    return merged


def _choice(options: list[Any], source: Source, *, required: bool) -> Any:
    """The option that the text names; else the first one where one is required."""
    for text in (source.text, source.context):
        lowered, present = text.lower(), set(words(text))
        for option in options[:_MOST_OPTIONS]:
            if isinstance(option, str):
                if option and re.search(rf"(?<!\w){re.escape(option.lower())}(?!\w)", lowered):
                    return option
                if set(words(option)) & present:
                    return option
            elif isinstance(option, int | float) and not isinstance(option, bool) and option in source.figures:
                return option
    return options[0] if required else None


def _any_of(rules: Json, word: str, source: Source, name: str, depth: int, *, required: bool) -> Any:
    base = {key: value for key, value in rules.items() if key not in {"anyOf", "oneOf", "default"}}
    options = [_resolved({**base, **object_of(option)}, source) for option in items_of(rules[word])]
    solid = [option for option in options if option.get("type") != "null"]
    if depth < _DEPTH:
        for option in solid:
            value = _value(option, source, name, depth + 1, required=False)
            if value is not None:
                return value
    if len(solid) < len(options) or not required:
        return None
    simple = [option for option in solid if option.get("type") not in ("object", "array")]
    return _value((simple or solid)[0] if depth >= _DEPTH else solid[0], source, name, depth + 1, required=True)


def _object(rules: Json, source: Source, depth: int) -> Json:
    made: Json = {}
    required = items_of(rules.get("required"))
    for name, child in object_of(rules.get("properties")).items():
        must = name in required
        if depth >= _DEPTH and not must:
            continue
        value = _value(child, source, name, depth + 1, required=must)
        if must or value is not None:
            made[name] = value
    return made


def _array(rules: Json, source: Source, name: str, depth: int, *, required: bool) -> list[Any] | None:
    """As many items as the text has values for, within the schema's limits."""
    fixed = items_of(rules.get("prefixItems"))
    if fixed and depth < 3 * _DEPTH:
        return [_value(one, source, name, depth + 1, required=True) for one in fixed]
    least = max(0, whole(rules.get("minItems"), 0))
    most = max(0, whole(rules.get("maxItems"), max(least, 50)))
    items = _resolved(object_of(rules.get("items")), source)
    if depth >= _DEPTH:
        return _repeated(
            [_value(items, source, name, depth + 1, required=True) for _ in range(min(least, 1))], least, source
        )
    if items_of(items.get("enum")):
        return _options(items["enum"], source, least, most, required=required)
    kind = items.get("type")
    count = 1
    if kind in ("number", "integer"):
        count = len(source.figures)
    elif kind == "string":
        count = len(source.quoted) or len(source.proper)
    if not count and not required:
        return None
    size = min(max(count, least, 1), most, _MOST_ITEMS)
    made = [_value(items, source, stem(name), depth + 1, required=True) for _ in range(size)]
    return _repeated(made, min(least, most), source)


def _repeated(made: list[Any], least: int, source: Source) -> list[Any]:
    """With the last item again until there are as many as the schema wants, or no room is left."""
    if len(made) >= least or not made:
        return made
    size = len(json.dumps(made[-1], ensure_ascii=False)) + 1
    more = min(least - len(made), source.room // size + 1)
    source.endless = source.endless or more < least - len(made)
    source.room -= more * size
    return made + made[-1:] * more


def _options(options: list[Any], source: Source, least: int, most: int, *, required: bool) -> list[Any] | None:
    named = [one for one in options[:_MOST_OPTIONS] if str(one).lower() in source.text.lower()][:most]
    if not named and not required:
        return None
    rest = [one for one in options if one not in named]
    padded = named + rest[: max(0, max(least, 1) - len(named))]
    return _repeated(padded[:most], min(least, most), source)
