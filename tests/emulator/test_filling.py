"""Whatever schema a tool has, the arguments satisfy it."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from azure_connector.emulator.filling import fill
from azure_connector.emulator.patterns import sample
from azure_connector.emulator.phrases import names, numbers, quotations
from tests.support.examples import examples
from tests.support.tables import each_row

PROMPT = (
    'Book 2 nights from 2026-05-01 in "Hotel Ritz", Paris for Ada Lovelace (ada@example.org), no breakfast, '
    "129.50 at most"
)
NODE = {
    "type": "object",
    "properties": {"v": {"type": "string"}, "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}},
    "required": ["v", "next"],
}

SCHEMAS: list[tuple[dict[str, Any], Any]] = [
    ({"type": "string", "format": "date"}, "2026-05-01"),
    ({"type": "string", "format": "email"}, "ada@example.org"),
    ({"type": "string"}, "Hotel Ritz"),
    ({"type": "integer", "minimum": 1, "maximum": 10}, 2),
    ({"type": "number", "exclusiveMinimum": 2026}, 2027),
    ({"type": "string", "pattern": "^[A-Z]{3}-\\d{4}$"}, None),
    ({"enum": ["London", "Paris"]}, "Paris"),
    ({"const": 7}, 7),
    ({"type": ["string", "null"], "enum": ["x", None]}, "x"),
    ({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 3}, None),
    ({"type": "array", "items": {"enum": ["Paris", "Rome"]}}, ["Paris"]),
    ({"anyOf": [{"type": "null"}, {"type": "integer", "multipleOf": 4}]}, None),
    ({"allOf": [{"properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"type": "object"}]}, {"a": 2}),
    ({"type": "string", "minLength": 300}, None),
    ({"type": "string", "maxLength": 3}, "Hot"),
    (
        {
            "type": "object",
            "properties": {
                "nights": {"type": "integer"},
                "breakfast": {"type": "boolean"},
                "city": {"enum": ["Rome", "Paris"]},
            },
            "required": ["nights", "breakfast", "city"],
            "additionalProperties": False,
        },
        {"nights": 2, "breakfast": False, "city": "Paris"},
    ),
    (
        {"$defs": {"node": NODE}, "$ref": "#/$defs/node"},
        None,
    ),
]


@each_row(("schema", "wanted"), SCHEMAS)
@each_row("text", [PROMPT, "", "hello"])
def test_values_satisfy_their_schema(schema: dict[str, Any], wanted: Any, text: str) -> None:
    value = fill(schema, text)
    jsonschema.validate(value, schema)
    if wanted is not None and text == PROMPT:
        assert value == wanted


def bounded(kind: str, low: str, high: str) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda start, size: {"type": kind, low: start, high: start + size}, st.integers(-50, 5000), st.integers(1, 60)
    )


scalars = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("string")},
        optional={"minLength": st.integers(0, 20), "format": st.sampled_from(["date", "email", "uri", "uuid"])},
    ),
    bounded("integer", "minimum", "maximum"),
    bounded("number", "exclusiveMinimum", "exclusiveMaximum"),
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.builds(
        lambda options: {"enum": options},
        st.lists(st.one_of(st.text(max_size=5), st.integers(), st.none()), min_size=1, max_size=4, unique_by=repr),
    ),
)


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    arrays = st.builds(
        lambda items, least, more: {"type": "array", "items": items, "minItems": least, "maxItems": least + more},
        inner,
        st.integers(0, 3),
        st.integers(0, 3),
    )
    objects = st.builds(
        lambda properties, only: {
            "type": "object",
            "properties": properties,
            "required": [name for name in properties if name not in only],
            "additionalProperties": False,
        },
        st.dictionaries(st.sampled_from(["city", "count", "query", "name", "date", "id", "unit"]), inner, max_size=4),
        st.sets(st.sampled_from(["city", "count"])),
    )
    unions = st.builds(lambda first, second: {"anyOf": [first, second]}, inner, inner)
    return st.one_of(arrays, objects, unions)


@examples(300)
@given(schema=st.recursive(scalars, containers, max_leaves=8), text=st.one_of(st.just(PROMPT), st.text(max_size=60)))
def test_any_schema_is_satisfied(schema: dict[str, Any], text: str) -> None:
    jsonschema.validate(fill(schema, text), schema)


@each_row(
    "pattern",
    [
        r"^\d{4}-\d{2}$",
        r"^[A-Z]{2,5}$",
        r"^(?:EUR|USD) \d+(?:\.\d\d)?$",
        r"^#[0-9a-f]{6}$",
        r"^\w+@\w+\.com$",
        r"[^a-z]x?",
    ],
)
def test_samples_match(pattern: str) -> None:
    assert re.search(pattern, sample(pattern))


@given(st.text())
def test_phrases_never_fail(text: str) -> None:
    assert isinstance(names(text), list)
    assert all(isinstance(one, int | float) for one in numbers(text))
    assert all(one in text for one in quotations(text))
