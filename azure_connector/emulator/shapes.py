"""Requests against the published shapes: types, enumerations, bounds, required and unknown fields, at any depth.

`shapes.json` is made from the published document by `docs/generate_published.py`. What depends on the model, or has
words of its own, the handlers check before: this finds the rest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from .errors import (
    empty_array,
    invalid,
    long_array,
    long_string,
    missing,
    out_of_range,
    short_string,
    unknown_parameter,
    wrong_choice,
    wrong_type,
)
from .multipart import Form
from .shaping import Objects, Shape, Texts, shape_of
from .values import Json, is_object, items_of, object_of
from .wire import Call, Refusal

__all__ = ["check_form_part", "check_form_shape", "check_shape"]

# Read by handlers with words and rules of their own, or a schema that a user writes.
_CHAT = (
    "messages model stop logit_bias metadata reasoning_effort temperature top_p frequency_penalty presence_penalty n "
    "max_tokens max_completion_tokens stream store user logprobs top_logprobs seed verbosity"
)
OWN: Mapping[str, frozenset[str]] = {
    "POST /chat/completions": frozenset(_CHAT.split()),
    "POST /responses": frozenset({"input", "instructions", "model", "metadata", "conversation", "include"}),
    "POST /embeddings": frozenset({"input", "model"}),
    "POST /completions": frozenset({"prompt", "model", "stop", "logit_bias"}),
    "POST /batches": frozenset({"endpoint", "metadata"}),
}


TELLING = ("type", "role", "object", "anchor")
"""Fields by which the alternatives of an object are told apart."""


@cache
def _table() -> Json:
    from pkgutil import get_data  # here: an emulator that is asked nothing needs neither

    return json.loads(get_data(__name__, "shapes.json") or b"")


@cache
def _shape(key: str, kind: str) -> Mapping[str, Shape]:
    """The top fields of an operation's request; empty where the document has none."""
    table = _table()
    schema = object_of(table["operations"].get(key)).get(kind)
    if schema is None:
        return {}
    shape = shape_of(schema, table["schemas"])
    own = OWN.get(key, frozenset())
    return {name: one for rule in shape.objects for name, one in rule.fields.items() if name not in own}


def check_shape(call: Call, body: Json) -> None:
    """Refuse what the published document does not have.

    Fields at the top that it does not know are left to the handler.

    Raises:
        Refusal: 400, naming the field by its path.
    """
    fields = _shape(f"{call.method} {call.operation}", "body")
    for name, value in body.items():
        shape = fields.get(name)
        if shape is not None and value is not None:
            _check(value, shape, name)


def check_form_shape(call: Call, form: Form) -> None:
    """The same of a form, whose numbers and truths are written as texts; not of parts that hold objects.

    Raises:
        Refusal: 400, naming the field.
    """
    fields = _shape(f"{call.method} {call.operation}", "form")
    for name, texts in form.values.items():
        shape = fields.get(name) or fields.get(f"{name}[]")
        if shape is None or shape.objects:
            continue
        if shape.items is None:
            _check(_read(texts[-1], shape), shape, name)
        elif shape.texts is None and not shape.items.objects:
            _check_items([_read(text, shape.items) for text in texts], shape, name)


def check_form_part(call: Call, name: str, value: Any) -> None:
    """The same of a part that holds an object, which its handler has read.

    Raises:
        Refusal: 400, naming the field by its path.
    """
    shape = _shape(f"{call.method} {call.operation}", "form").get(name)
    if shape is not None:
        _check(value, shape, name)


def _read(text: str, shape: Shape) -> Any:
    if shape.texts is None and shape.boolean:
        return {"true": True, "false": False}.get(text.lower(), text)
    if shape.texts is None and shape.numbers is not None:
        with suppress(ValueError):
            return int(text) if text.lstrip("-").isdecimal() else float(text)
    return text


def _check(value: Any, shape: Shape, where: str) -> None:
    if shape.anything:
        return
    if isinstance(value, str) and shape.texts is not None:
        _check_text(value, shape.texts, where)
    elif isinstance(value, bool) and shape.boolean:
        return
    elif isinstance(value, int | float) and not isinstance(value, bool) and shape.numbers is not None:
        _check_number(value, shape, where)
    elif isinstance(value, list) and shape.items is not None:
        _check_items(items_of(value), shape, where)
    elif is_object(value) and shape.objects:
        _check_object(object_of(value), shape.objects, where)
    elif value is not None or not shape.null:
        raise wrong_type(where, shape.words, value)


def _check_text(value: str, texts: Texts, where: str) -> None:
    if texts.choices is not None and value not in texts.choices:
        raise wrong_choice(where, value, texts.choices)
    if texts.longest is not None and len(value) > texts.longest:
        raise long_string(where, texts.longest, len(value))
    if len(value) < texts.shortest:
        raise short_string(where, texts.shortest, len(value))


def _check_number(value: float, shape: Shape, where: str) -> None:
    numbers = shape.numbers
    assert numbers is not None
    if numbers.whole and not isinstance(value, int):
        raise wrong_type(where, shape.words, value)
    kind = "integer" if numbers.whole else "decimal"
    if numbers.lowest is not None and value < numbers.lowest:
        raise out_of_range(where, kind, numbers.lowest, value, above=False)
    if numbers.highest is not None and value > numbers.highest:
        raise out_of_range(where, kind, numbers.highest, value, above=True)


def _check_items(values: list[Any], shape: Shape, where: str) -> None:
    assert shape.items is not None
    if len(values) < shape.fewest:
        raise empty_array(where)
    if shape.most is not None and len(values) > shape.most:
        raise long_array(where, shape.most, len(values))
    for number, value in enumerate(values):
        _check(value, shape.items, f"{where}[{number}]")


def _check_object(value: Json, rules: list[Objects], where: str) -> None:
    fitting = list(_named(value, rules, where))
    first: Refusal | None = None
    for rule in fitting:
        try:
            return _check_fields(value, rule, where)
        except Refusal as refusal:  # another alternative may take the value
            first = first or refusal
    raise first or invalid(f"Invalid value for '{where}'.", where)


def _named(value: Json, rules: list[Objects], where: str) -> Iterator[Objects]:
    """The alternatives that an object means by the field that tells them apart."""
    name = next((one for one in TELLING if all(one in rule.consts for rule in rules)), None)
    if name is None:
        yield from rules
        return
    word = value.get(name)
    if word is None:
        if all(name in rule.required for rule in rules):
            raise missing(f"{where}.{name}")
        yield from (rule for rule in rules if name not in rule.required)
        return
    fitting = [rule for rule in rules if isinstance(word, str) and word in rule.consts[name]]
    if not fitting:
        raise wrong_choice(f"{where}.{name}", word, list(dict.fromkeys(c for rule in rules for c in rule.consts[name])))
    yield from fitting


def _check_fields(value: Json, rule: Objects, where: str) -> None:
    for name in rule.required:
        if name not in value:
            raise missing(f"{where}.{name}")
    for name, one in value.items():
        shape = rule.fields.get(name, rule.others)
        if shape is None:
            raise unknown_parameter(f"{where}.{name}")
        if one is not None:
            _check(one, shape, f"{where}.{name}")
        elif name in rule.required and not shape.null and not shape.anything:
            raise missing(f"{where}.{name}")
