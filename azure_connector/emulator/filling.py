"""An instance of a JSON schema, made of values that stand in a text. Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from .phrases import names, numbers, quotations, stem, words
from .values import Json, items_of, object_of, text_of

__all__ = ["fill"]

_DEPTH = 12
_FORMATS = {
    "date": (r"\d{4}-\d{2}-\d{2}", "2026-01-15"),
    "date-time": (r"\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})", "2026-01-15T09:00:00Z"),
    "time": (r"\d{2}:\d{2}(?::\d{2})?", "09:00:00Z"),
    "duration": (r"P[\dTYMWDHS]+", "PT1H"),
    "email": (r"[\w.+-]+@[\w-]+\.[\w.]*\w", "someone@example.com"),
    "uri": (r"https?://[^\s\"'<>)]+", "https://example.com/"),
    "url": (r"https?://[^\s\"'<>)]+", "https://example.com/"),
    "uuid": (r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "00000000-0000-4000-8000-000000000000"),
    "ipv4": (r"\d{1,3}(?:\.\d{1,3}){3}", "192.0.2.1"),
    "ipv6": (r"[0-9a-fA-F:]*::[0-9a-fA-F:]*", "2001:db8::1"),
    "hostname": (r"(?:[a-z0-9-]+\.)+[a-z]{2,}", "example.com"),
}
_NAMED_FORMATS = {
    "date": "date",
    "day": "date",
    "email": "email",
    "mail": "email",
    "url": "uri",
    "uri": "uri",
    "link": "uri",
}
# Parameters that want the sentence, not a name in it.
_WHOLE = frozenset(
    stem(word)
    for word in "query question prompt request instruction expression code sql message body content summary description "
    "reason explanation answer reasoning thought command search keyword sentence note topic subject task input text".split()
)


@dataclass
class _Source:
    """The text's values, each given out once before any is repeated."""

    text: str
    root: Json
    quoted: list[str] = field(default_factory=list[str])
    figures: list[float | int] = field(default_factory=list[float | int])
    proper: list[str] = field(default_factory=list[str])
    used: set[str] = field(default_factory=set[str])

    def take(self, kind: str, values: list[Any]) -> Any:
        for index, value in enumerate(values):
            if f"{kind}{index}" not in self.used:
                self.used.add(f"{kind}{index}")
                return value
        return values[-1] if values else None


def fill(schema: Any, text: str, *, context: str = "") -> Any:
    """A value that satisfies the schema, with the text's own numbers, names, quotations and enum words in it.

    Args:
        schema: a JSON schema, as tools and structured outputs use it.
        text: where the values come from.
        context: more text, for what `text` does not hold.
    """
    source = _Source(text, object_of(schema))
    source.quoted = _merged(quotations(text), quotations(context))
    source.figures = _merged(numbers(text), numbers(context))
    source.proper = _merged(names(text), names(context))
    return _value(schema, source, "", 0, required=True)


def _merged(first: list[Any], second: list[Any]) -> list[Any]:
    return [*first, *(one for one in second if one not in first)]


def _value(schema: Any, source: _Source, name: str, depth: int, *, required: bool) -> Any:
    rules = _resolved(object_of(schema), source)
    if "const" in rules:
        return rules["const"]
    if items_of(rules.get("enum")):
        return _choice(rules["enum"], source, required=required)
    for word in ("anyOf", "oneOf"):
        if items_of(rules.get(word)):
            return _any_of(rules, word, source, name, depth, required=required)
    kind = rules.get("type")
    if isinstance(kind, list):
        kinds = items_of(kind)
        solid = [one for one in kinds if one != "null"]
        value = (
            _value({**rules, "type": solid[0]}, source, name, depth, required="null" not in kinds) if solid else None
        )
        return value
    if kind is None:
        kind = "object" if "properties" in rules else "array" if "items" in rules else "string"
    if kind == "object":
        return _object(rules, source, depth)
    if kind == "array":
        return _array(rules, source, name, depth, required=required)
    if kind in {"number", "integer"}:
        return _number(rules, source, name, whole=kind == "integer", required=required)
    if kind == "boolean":
        return _boolean(rules, source, name, required=required)
    return None if kind == "null" else _string(rules, source, name, required=required)


def _resolved(schema: Json, source: _Source) -> Json:
    """Without `$ref` and `allOf`."""
    for _ in range(_DEPTH):
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            break
        target: Any = source.root
        for step in reference.removeprefix("#").strip("/").split("/"):
            target = object_of(target).get(step.replace("~1", "/").replace("~0", "~"), {}) if step else target
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**object_of(target), **rest}
    merged = {key: value for key, value in schema.items() if key != "allOf"}
    for part in items_of(schema.get("allOf")):
        resolved = _resolved(object_of(part), source)
        properties = object_of(merged.get("properties")) | object_of(resolved.get("properties"))
        required = [*items_of(merged.get("required")), *items_of(resolved.get("required"))]
        merged = {**merged, **resolved}
        if properties:
            merged["properties"], merged["required"] = properties, required
    return merged


def _choice(options: list[Any], source: _Source, *, required: bool) -> Any:
    present = words(source.text)
    lowered = source.text.lower()
    for option in options:
        if isinstance(option, str) and re.search(rf"(?<!\w){re.escape(option.lower())}(?!\w)", lowered):
            return option
        if isinstance(option, str) and set(words(option)) & set(present):
            return option
        if isinstance(option, int | float) and not isinstance(option, bool) and option in source.figures:
            return option
    if None in options and not required:
        return None
    return options[0] if required else None


def _any_of(rules: Json, word: str, source: _Source, name: str, depth: int, *, required: bool) -> Any:
    base = {key: value for key, value in rules.items() if key not in {"anyOf", "oneOf", "default"}}
    options = [_resolved({**base, **object_of(option)}, source) for option in items_of(rules[word])]
    solid = [option for option in options if option.get("type") != "null"]
    nullable = len(solid) < len(options)
    for option in solid:
        value = _value(option, source, name, depth + 1, required=False)
        if value is not None:
            return value
    if nullable or not solid:
        return None
    return _value(solid[0], source, name, depth + 1, required=True) if required else None


def _object(rules: Json, source: _Source, depth: int) -> Json:
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


def _array(rules: Json, source: _Source, name: str, depth: int, *, required: bool) -> list[Any] | None:
    fixed = items_of(rules.get("prefixItems"))
    if fixed:
        return [_value(one, source, name, depth + 1, required=True) for one in fixed]
    least, most = int(rules.get("minItems") or 0), int(rules.get("maxItems") or 50)
    items = _resolved(object_of(rules.get("items")), source)
    if depth >= _DEPTH:
        return [_value(items, source, name, depth + 1, required=True) for _ in range(least)]
    kind = items.get("type")
    if kind in {"number", "integer"}:
        count = len(source.figures)
    elif items.get("enum"):
        found = [one for one in items_of(items["enum"]) if str(one).lower() in source.text.lower()]
        return (found[:most] or [items["enum"][0]] * max(1, least)) if found or required else None
    elif kind == "string":
        count = len(source.quoted) or len(source.proper)
    else:
        count = 1
    if not count and not required:
        return None
    singular = stem(name)
    return [_value(items, source, singular, depth + 1, required=True) for _ in range(min(max(count, least, 1), most))]


def _number(rules: Json, source: _Source, name: str, *, whole: bool, required: bool) -> float | int | None:
    lowest, highest = rules.get("minimum"), rules.get("maximum")
    after, before = rules.get("exclusiveMinimum"), rules.get("exclusiveMaximum")
    step = rules.get("multipleOf")

    def fits(value: float) -> bool:
        return (
            not (whole and value != int(value))
            and not (lowest is not None and value < lowest)
            and not (highest is not None and value > highest)
            and not (after is not None and value <= after)
            and not (before is not None and value >= before)
            and not (step and abs(value / step - round(value / step)) > 1e-9)
        )

    named = re.search(
        rf"(?i)\b{re.escape(name.replace('_', ' '))}\W+(?:(?:is|of|to|at)\W+)?(-?\d+(?:\.\d+)?)", source.text
    )
    candidates = [value for value in source.figures if fits(value)]
    if name and named and fits(float(named.group(1))):
        value: float | int | None = float(named.group(1))
    else:
        value = source.take("number", candidates)
    if value is None:
        if not required:
            return None
        default = rules.get("default")
        guesses = (
            default,
            lowest,
            after and after + 1,
            1,
            0,
            highest,
            step,
            lowest and step and -(-lowest // step) * step,
        )
        solid = [one for one in guesses if isinstance(one, int | float) and not isinstance(one, bool)]
        middle = (
            [(lowest if lowest is not None else after) + 0.5]
            if (lowest if lowest is not None else after) is not None
            else [0.5]
        )
        value = next((one for one in (*solid, *middle) if fits(one)), 1)
    return int(value) if whole or value == int(value) else value


def _boolean(rules: Json, source: _Source, name: str, *, required: bool) -> bool | None:
    text = source.text.lower()
    mentioned = set(words(name)) & set(words(source.text))
    if mentioned:
        topic = re.escape(next(iter(mentioned)))
        return not re.search(rf"\b(?:no|not|without|don't|never|disable)\b(?:\W+\w+){{0,3}}?\W+{topic}", text)
    if not required:
        return None
    return bool(rules.get("default", True))


def _string(rules: Json, source: _Source, name: str, *, required: bool) -> str | None:
    value = _string_value(rules, source, name, required=required)
    if value is None:
        return None
    pattern = rules.get("pattern")
    if isinstance(pattern, str) and not re.search(pattern, value):
        from .patterns import sample

        found = [one for one in [*source.quoted, *source.text.split()] if re.search(pattern, one)]
        value = found[0] if found else sample(pattern)
    least, most = rules.get("minLength"), rules.get("maxLength")
    if isinstance(most, int) and len(value) > most:
        value = value[:most]
    if isinstance(least, int) and len(value) < least:
        value = (value or "x") + "x" * (least - len(value or "x"))
    return value


def _string_value(rules: Json, source: _Source, name: str, *, required: bool) -> str | None:
    topics = set(words(name))
    form = text_of(rules.get("format")) or next((_NAMED_FORMATS[one] for one in topics if one in _NAMED_FORMATS), "")
    if form in _FORMATS:
        pattern, default = _FORMATS[form]
        found = re.search(pattern, source.text)
        if found:
            return found.group()
        if rules.get("format") or form in {"email", "uri"}:
            return default if required else None
    if not required and not source.quoted and not source.proper:
        return None
    if source.quoted and required:
        return source.take("quoted", source.quoted)
    if topics & _WHOLE:
        return source.text.strip() if required else None
    labelled = re.search(
        rf"(?i)\b{re.escape(name.replace('_', ' '))}\s*(?:is|=|:|of|named)\s*[\"']?([\w@./-]+)", source.text
    )
    if name and labelled:
        return labelled.group(1)
    if not required:
        return _optional_string(source, topics)
    if source.proper:
        return source.take("name", source.proper)
    after = re.findall(r"(?i)\b(?:in|at|for|to|from|about|of|on)\s+(?:the\s+)?([a-zA-Z][\w'-]+)", source.text)
    default = rules.get("default")
    if isinstance(default, str):
        return default
    return after[-1] if after else source.text.strip() or name or "text"


def _optional_string(source: _Source, topics: set[str]) -> str | None:
    """An optional parameter is given only where the text names what it is about."""
    if topics & set(words(source.text)):
        return source.take("quoted", source.quoted) or source.take("name", source.proper)
    return None
