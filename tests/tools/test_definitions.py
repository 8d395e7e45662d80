"""Tool definitions of every shape, in the form of the API in use."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import functools
import json
import types
from collections.abc import Callable
from typing import Any

import pytest
from openai import pydantic_function_tool
from pydantic import BaseModel, Field

from azure_connector.errors import InvalidRequestError
from azure_connector.tools import choice_to_wire, normalize_tools, to_wire
from tests.support.tables import each_row

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CHAT = {"type": "function", "function": {"name": "get_weather", "description": "Weather.", "parameters": SCHEMA}}
FLAT = {"type": "function", "name": "get_weather", "description": "Weather.", "parameters": SCHEMA}
GRAMMAR = {"definition": "start: /[a-z]+/", "syntax": "lark"}
CHAT_CUSTOM = {
    "type": "custom",
    "custom": {"name": "sql", "description": "SQL.", "format": {"type": "grammar", "grammar": GRAMMAR}},
}
FLAT_CUSTOM = {"type": "custom", "name": "sql", "description": "SQL.", "format": {"type": "grammar", **GRAMMAR}}


class Weather(BaseModel):
    """Weather."""

    city: str


@dataclasses.dataclass
class Point:
    x: int


def get_weather(city: str) -> str:
    """Weather."""
    return city


SHAPES: dict[str, Any] = {
    "chat": CHAT,
    "chat without a type": {"function": CHAT["function"]},
    "flat": {**FLAT, "strict": False},
    "entry of functions": CHAT["function"],
    "anthropic": {"name": "get_weather", "description": "Weather.", "input_schema": SCHEMA, "cache_control": {}},
    "anthropic with its type": {
        "type": "custom",
        "name": "get_weather",
        "description": "Weather.",
        "input_schema": SCHEMA,
    },
    "mcp": {"name": "get_weather", "description": "Weather.", "inputSchema": SCHEMA, "annotations": None},
    "mcp object": types.SimpleNamespace(name="get_weather", description="Weather.", inputSchema=SCHEMA),
    "mapping": types.MappingProxyType(CHAT),
}


@each_row("shape", SHAPES.values(), ids=SHAPES)
def test_every_shape_becomes_both_forms(shape: Any) -> None:
    before = copy.deepcopy(shape) if not isinstance(shape, types.MappingProxyType) else shape
    (chat,), names = to_wire([shape], "chat")
    (flat,), _ = to_wire([shape], "responses")
    strict = {"strict": False} if "strict" in dict(shape if isinstance(shape, dict) else {}) else {}
    assert chat == {"type": "function", "function": CHAT["function"] | strict}
    # Responses takes a function to be strict unless it is told otherwise.
    assert flat == {**FLAT, "strict": False}
    assert names.known == {"get_weather"}
    assert shape == before


def test_an_mcp_sdk_tool() -> None:
    tool = pytest.importorskip("mcp.types").Tool(name="get_weather", description="Weather.", inputSchema=SCHEMA)
    assert to_wire([tool])[0] == [CHAT]


def test_a_model_and_a_function() -> None:
    (model, function, point), names = to_wire([Weather, get_weather, Point])
    expected = SCHEMA | {"properties": {"city": {"type": "string"}}}
    assert model == {
        "type": "function",
        "function": {"name": "Weather", "description": "Weather.", "parameters": expected},
    }
    assert function["function"].items() >= {"name": "get_weather", "description": "Weather."}.items()
    assert function["function"]["parameters"].items() >= expected.items()
    assert point["function"] == {
        "name": "Point",
        "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]},
    }
    assert names.known == {"Weather", "get_weather", "Point"}


def test_what_the_sdk_makes_of_a_model_passes_as_it_is() -> None:
    tools = [pydantic_function_tool(Weather)]
    assert to_wire(tools)[0] is tools


@each_row(
    ("tools", "api"),
    [
        ([CHAT, CHAT_CUSTOM], "chat"),
        ([FLAT, FLAT_CUSTOM, {"type": "web_search"}], "responses"),
        ([{"type": "function", "function": {"name": "ping"}}], "chat"),
    ],
)
def test_a_list_of_the_right_form_is_returned_itself(tools: Any, api: Any) -> None:
    for _ in range(2):
        written, names = to_wire(tools, api)
        assert written is tools
        assert to_wire(copy.deepcopy(tools), api)[1] is names


def test_custom_tools_in_both_nestings() -> None:
    assert to_wire([FLAT_CUSTOM], "chat")[0] == [CHAT_CUSTOM]
    assert to_wire([CHAT_CUSTOM], "responses")[0] == [FLAT_CUSTOM]
    plain = {"type": "custom", "name": "sql", "format": {"type": "text"}}
    assert to_wire([plain], "chat")[0] == [
        {"type": "custom", "custom": {"name": "sql", "format": {"type": "text"}}},
    ]


@each_row("kind", ["web_search", "code_interpreter", "mcp", "image_generation", "file_search"])
def test_built_in_tools_are_for_responses(kind: str) -> None:
    tools = [CHAT, {"type": kind, "server_label": "x"}]
    assert to_wire(tools, "responses")[0][1] is tools[1]
    with pytest.raises(InvalidRequestError, match="responses") as caught:
        to_wire(tools, "chat")
    assert caught.value.param == "tools[1].type"


def test_names_are_mapped() -> None:
    tools = [{"name": name, "input_schema": SCHEMA} for name in ("my tool", "my_tool", "x" * 70)]
    written, names = to_wire(tools)
    wires = [tool["function"]["name"] for tool in written]
    assert wires[1] == "my_tool"
    assert len(set(wires)) == 3
    assert [names.caller(wire) for wire in wires] == ["my tool", "my_tool", "x" * 70]


def test_what_azure_misses_in_a_schema_is_filled_in() -> None:
    given = {"properties": {"tags": {"type": "array"}, "pairs": {"type": "array", "items": {"type": "array"}}}}
    tools = [{"type": "function", "function": {"name": "a", "parameters": given}}, {"name": "b", "parameters": {}}]
    written, _ = to_wire(tools)
    assert written[0]["function"]["parameters"] == {
        "type": "object",
        "properties": {
            "tags": {"type": "array", "items": {}},
            "pairs": {"type": "array", "items": {"type": "array", "items": {}}},
        },
    }
    assert written[1]["function"]["parameters"] == {"type": "object", "properties": {}}
    assert "type" not in given


def test_a_recursive_model_is_an_object_on_the_wire() -> None:
    class Node(BaseModel):
        name: str
        children: list[Node] = Field(default_factory=list)

    Node.model_rebuild(_types_namespace={"Node": Node})
    parameters = to_wire([Node])[0][0]["function"]["parameters"]
    assert parameters["type"] == "object"
    assert parameters["properties"]["children"]["items"] == {"$ref": "#/$defs/Node"}
    strict = to_wire([Node], strict=True)[0][0]["function"]["parameters"]
    assert strict["required"] == ["name", "children"]
    assert strict["$defs"]["Node"]["additionalProperties"] is False


def function(**fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", **fields}}


def parameters(**properties: Any) -> dict[str, Any]:
    return function(parameters={"type": "object", "properties": properties})


BAD: list[tuple[Any, str, str]] = [
    ("get_weather", "tools", "a list of tools is needed, not str"),
    (CHAT, "tools", "a list of tools is needed, not dict"),
    (3, "tools", "a list of tools is needed, not int"),
    ([CHAT] * 300, "tools", "300 tools, and Azure takes 128"),
    (["get_weather"], "tools[0]", "str is no tool"),
    ([None], "tools[0]", "None is no tool"),
    ([CHAT, object], "tools[1]", "type is no tool"),
    ([CHAT, CHAT], "tools[1].function.name", "is the name of tools[0].function too"),
    ([CHAT, get_weather], "tools[1].name", "is the name of tools[0].function too"),
    ([{"type": "function", "function": {}}], "tools[0].function.name", "missing"),
    ([{"type": "function"}], "tools[0].name", "missing"),
    ([{}], "tools[0].name", "missing"),
    ([SCHEMA | {"type": "function"}], "tools[0].name", "missing"),
    ([{"type": "custom"}], "tools[0].name", "missing"),
    ([{"name": "", "input_schema": SCHEMA}], "tools[0].name", "empty"),
    ([{"name": 3, "input_schema": SCHEMA}], "tools[0].name", "not int"),
    ([{"type": 3}], "tools[0].type", "not int"),
    ([{"type": "function", "function": "f"}], "tools[0].function", "an object is needed, not str"),
    ([{"type": "custom", "custom": "f"}], "tools[0].custom", "an object is needed, not str"),
    ([{"type": "custom", "name": "f", "format": "text"}], "tools[0].format", "an object is needed, not str"),
    ([function(description=3)], "tools[0].function.description", "not int"),
    ([function(strict="yes")], "tools[0].function.strict", "not str"),
    ([function(parameters=[])], "tools[0].function.parameters", "not list"),
    ([function(parameters={"type": "array", "items": {}})], "tools[0].function.parameters.type", "not 'array'"),
    ([parameters(a={"type": "str"})], "tools[0].function.parameters.properties.a.type", "'str' is no JSON Schema type"),
    ([parameters(a={"type": ["string", 3]})], "tools[0].function.parameters.properties.a.type", "3 is no"),
    ([parameters(a="string")], "tools[0].function.parameters.properties.a", "not str"),
    ([parameters(a={"required": True})], "tools[0].function.parameters.properties.a.required", "a list of property"),
    ([parameters(a={"enum": "x"})], "tools[0].function.parameters.properties.a.enum", "not str"),
    ([parameters(a={"anyOf": []})], "tools[0].function.parameters.properties.a.anyOf", "a list of schemas"),
    ([parameters(a={"items": None})], "tools[0].function.parameters.properties.a.items", "not None"),
    ([parameters(a={"$ref": "#/$defs/X"})], "tools[0].function.parameters.properties.a.$ref", "points to no schema"),
    ([function(parameters={"properties": []})], "tools[0].function.parameters.properties", "not list"),
    ([{"name": "f", "input_schema": []}], "tools[0].input_schema", "not list"),
    ([{"name": "f", "inputSchema": 3}], "tools[0].inputSchema", "not int"),
    (
        [parameters(a={"default": datetime.date.today()})],
        "tools[0].function.parameters.properties.a.default",
        "date cannot be written as JSON",
    ),
    ([parameters(a={"default": float("nan")})], "tools[0].function.parameters.properties.a.default", "float cannot"),
    ([function(parameters=Weather)], "tools[0].function.parameters", "cannot be written as JSON"),
    ([lambda city: city], "tools[0].name", "a tool needs a name"),
    ([functools.partial(get_weather, "Oslo")], "tools[0].name", "a tool needs a name"),
    ([max], "tools[0].parameters", "tells no parameters"),
    ([parameters(a={"default": {(1, 2): 3}})], "tools[0].function.parameters.properties.a.default", "tuple cannot"),
    ([parameters(a={"default": [{"b": {1}}]})], "tools[0].function.parameters.properties.a.default[0].b", "set cannot"),
    ([parameters(a={"$ref": 3})], "tools[0].function.parameters.properties.a.$ref", "points to no schema"),
    ([parameters(a={"items": ["x"]})], "tools[0].function.parameters.properties.a.items[0]", "not str"),
]


@each_row(("tools", "param", "rule"), BAD, ids=[f"{param}: {rule}" for _, param, rule in BAD])
def test_bad_input_names_the_position_and_the_rule(tools: Any, param: str, rule: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        to_wire(tools)
    assert caught.value.param == param
    assert str(caught.value).startswith(f"{param}: ")
    assert rule in str(caught.value)


def test_schemas_that_contain_themselves_are_refused() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    schema["properties"]["self"] = schema
    with pytest.raises(InvalidRequestError):
        to_wire([function(parameters=schema)])
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(40):
        deep = {"type": "object", "properties": {"a": deep}}
    assert to_wire([function(parameters=deep)])
    for _ in range(500):
        deep = {"type": "object", "properties": {"a": deep}}
    with pytest.raises(InvalidRequestError):
        to_wire([function(parameters=deep)])
    bare: dict[str, Any] = {}
    for _ in range(90):
        bare = {"not": {"not": bare}}
    with pytest.raises(InvalidRequestError):
        to_wire([function(parameters=bare)])


def test_strict_only_when_asked_for() -> None:
    schema = {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"type": "string", "enum": ["c", "f"], "default": "c"},
            "place": {"$ref": "#/$defs/Place", "description": "Where."},
            "kind": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
            "mode": {"const": "fast"},
            "pair": {"type": ["array", "null"], "items": [{"type": "array"}, {}]},
            "any": {},
            "truth": True,
            "known": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["city", "kind"],
        "$defs": {"Place": {"type": "object", "properties": {"x": {"type": "integer"}}}},
    }
    tool = function(parameters=schema)
    before = copy.deepcopy(tool)
    (plain,), _ = to_wire([tool])
    assert plain["function"]["parameters"]["properties"].items() >= {"mode": {"const": "fast"}, "any": {}}.items()
    assert "strict" not in plain["function"]
    ((written,), _) = to_wire([tool], strict=True)
    assert written["function"]["strict"] is True
    assert written["function"]["parameters"] == {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"type": ["string", "null"], "enum": ["c", "f", None]},
            "place": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}], "description": "Where."},
            "kind": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            "mode": {"anyOf": [{"const": "fast"}, {"type": "null"}]},
            "pair": {"type": ["array", "null"], "items": [{"type": "array", "items": {}}, {}]},
            "any": {},
            "truth": True,
            "known": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["city", "unit", "place", "kind", "mode", "pair", "any", "truth", "known"],
        "additionalProperties": False,
        "$defs": {
            "Place": {
                "type": "object",
                "properties": {"x": {"type": ["integer", "null"]}},
                "required": ["x"],
                "additionalProperties": False,
            }
        },
    }
    assert tool == before
    # What is complete is not touched; a tool that says it is strict has asked; one that says it is not stays so.
    assert to_wire([written], strict=True)[0][0] is written
    assert to_wire([function(parameters=schema, strict=True)])[0] == [written]
    assert to_wire([function(parameters=SCHEMA, strict=False)], strict=True)[0] == [
        function(parameters=SCHEMA, strict=False)
    ]


@each_row("member", [{"type": "object"}, {"type": "object", "additionalProperties": {"type": "string"}}])
def test_free_form_objects_cannot_be_strict(member: dict[str, Any]) -> None:
    assert to_wire([parameters(a=member)])
    with pytest.raises(InvalidRequestError, match=r"properties\.a\.additionalProperties: a strict schema"):
        to_wire([parameters(a=member)], strict=True)


NAMED: Callable[[str], Any] = lambda name: {"type": "function", "function": {"name": name}}  # noqa: E731 - a table's entry


@each_row(
    ("given", "chat", "flat"),
    [
        ("auto", "auto", "auto"),
        ("required", "required", "required"),
        ("any", "required", "required"),
        ({"type": "any"}, "required", "required"),
        ({"type": "none"}, "none", "none"),
        ("get_weather", NAMED("get_weather"), {"type": "function", "name": "get_weather"}),
        (NAMED("get_weather"), NAMED("get_weather"), {"type": "function", "name": "get_weather"}),
        ({"type": "tool", "name": "my tool"}, NAMED("my_tool"), {"type": "function", "name": "my_tool"}),
        ({"name": "my tool"}, NAMED("my_tool"), {"type": "function", "name": "my_tool"}),
        (
            {"type": "custom", "name": "sql"},
            {"type": "custom", "custom": {"name": "sql"}},
            {"type": "custom", "name": "sql"},
        ),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "my tool"}]},
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [NAMED("my_tool")]}},
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "my_tool"}]},
        ),
        (
            {"type": "allowed_tools", "tools": [{"type": "image_generation"}]},
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "image_generation"}]}},
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "image_generation"}]},
        ),
    ],
)
def test_the_choice_is_translated_along(given: Any, chat: Any, flat: Any) -> None:
    tools = [CHAT, {"name": "my tool", "input_schema": SCHEMA}, FLAT_CUSTOM]
    for api, expected in (("chat", chat), ("responses", flat)):
        body = {"model": "m", "tools": tools, "tool_choice": given}
        fitted, names = normalize_tools(body, api)  # type: ignore[arg-type]
        assert fitted["tool_choice"] == expected
        assert body == {"model": "m", "tools": tools, "tool_choice": given}
        assert names is not None
        assert choice_to_wire(expected, api, names) is expected  # type: ignore[arg-type]


@each_row(
    ("choice", "param"),
    [
        ("sometimes", "tool_choice"),
        (3, "tool_choice"),
        ({"type": "function", "function": {"name": "other"}}, "tool_choice"),
        ({"type": "file_search"}, "tool_choice.type"),
        ({}, "tool_choice.type"),
        ({"type": "allowed_tools", "tools": "all"}, "tool_choice.tools"),
        ({"type": "allowed_tools", "tools": ["all"]}, "tool_choice.tools[0]"),
    ],
)
def test_a_choice_of_nothing_that_is_there(choice: Any, param: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        normalize_tools({"tools": [CHAT], "tool_choice": choice})
    assert caught.value.param == param


def test_a_built_in_tool_may_be_chosen_with_responses() -> None:
    body = {"tools": [{"type": "file_search"}], "tool_choice": {"type": "file_search"}}
    assert normalize_tools(body, "responses")[0] is body


def test_a_body_that_fits_is_returned_itself() -> None:
    plain = {"model": "m", "messages": []}
    assert normalize_tools(plain) == (plain, None)
    assert normalize_tools(plain)[0] is plain
    body = {"model": "m", "tools": [CHAT], "tool_choice": "auto", "parallel_tool_calls": False}
    fitted, names = normalize_tools(body)
    assert fitted is body
    assert names is not None
    assert names.known == {"get_weather"}


def test_the_older_functions_become_tools() -> None:
    body = {"functions": [CHAT["function"]], "function_call": {"name": "get_weather"}, "model": "m"}
    fitted, _ = normalize_tools(body)
    assert fitted == {"model": "m", "tools": [CHAT], "tool_choice": NAMED("get_weather")}
    with pytest.raises(InvalidRequestError, match=r"^functions\[0\]\.name: missing"):
        normalize_tools({"functions": [{}]})
    with pytest.raises(InvalidRequestError, match=r"^functions: give either"):
        normalize_tools(body | {"tools": [CHAT]})
    with pytest.raises(InvalidRequestError, match=r"^function_call: give either"):
        normalize_tools(body | {"tool_choice": "auto"})
    assert normalize_tools({"functions": None, "tools": [CHAT]})[0] == {"tools": [CHAT]}


@each_row("tools", [[], None])
def test_no_tools_leave_nothing_about_tools(tools: Any) -> None:
    body = {"model": "m", "tools": tools, "tool_choice": "auto", "parallel_tool_calls": True}
    for api in ("chat", "responses"):
        assert normalize_tools(body, api) == ({"model": "m"}, None)  # type: ignore[arg-type]
    # A stored prompt may bring tools of its own.
    prompted = {"prompt": {"id": "pmpt_1"}, "tool_choice": "required", "parallel_tool_calls": False}
    assert normalize_tools(prompted, "responses")[0] is prompted


def test_many_different_lists_are_not_all_kept() -> None:
    for number in range(40):
        tools = [function(description=str(number))]
        assert to_wire(tools)[0] is tools


def test_tools_from_a_generator() -> None:
    assert to_wire(tool for tool in (CHAT,))[0] == [CHAT]
    assert json.dumps(to_wire((CHAT,))[0])
