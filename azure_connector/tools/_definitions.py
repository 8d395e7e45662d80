"""Tool definitions in every shape that people have, given out in the form of the API in use; and all that a request's
body says of its tools, with the older `functions`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from .._utils import Json, object_or_none, type_name
from ..errors import InvalidRequestError
from ._functions import describe
from ._names import Api, NameMap, name_map
from ._schemas import check_parameters, complete_strict, fault, unserializable
from ._tool_choice import MODES, choice_to_wire

__all__ = ["MAX_TOOLS", "TOOL_FIELDS", "normalize_tools", "strict_function", "to_wire"]

TOOL_FIELDS = frozenset({"tools", "tool_choice", "functions", "function_call", "parallel_tool_calls"})
_OLDER = {"functions": "tools", "function_call": "tool_choice"}

MAX_TOOLS = 128
"""Azure's limit for one request."""

_SHAPES = (
    'a Chat or Responses function, an Anthropic or MCP tool (`input_schema`, `inputSchema`), {"type": "custom", …}, '
    "a Pydantic model or a typed Python function"
)
_FUNCTION_FIELDS = frozenset({"name", "description", "parameters", "strict"})

# Lists that were found to be as they should be: programs send the same tools over and over.
_sound: dict[tuple[Api, bool, str], NameMap] = {}
_MAX_SOUND = 32


@dataclass(frozen=True, slots=True)
class _Tool:
    """A definition, whatever its shape was.

    `given` is the caller's own dictionary, where it has the form of `api` already.
    """

    kind: Literal["function", "custom", "builtin"]
    where: str
    name: str = ""
    description: str | None = None
    parameters: Json | None = None
    strict: bool | None = None
    format: Json | None = None
    given: Json | None = None
    api: Api | None = None


def normalize_tools(body: Json, api: Api = "chat", strict: bool = False) -> tuple[Json, NameMap | None]:
    """A request's body with its tools in the API's form, and the map of their names (None without tools).

    The older `functions` and `function_call` become `tools` and `tool_choice`. A choice among no tools, which Azure
    refuses, is left out where it says nothing. The body is never changed, and is returned itself where it fits.

    Raises:
        InvalidRequestError: with the position and the rule that is broken.
    """
    if TOOL_FIELDS.isdisjoint(body):
        return body, None
    changes = _modern(body)
    tools = changes.get("tools", body.get("tools"))
    if not tools:
        return _without_tools(body, api), None
    position = "functions" if "functions" in body else "tools"
    written, names = to_wire(tools, api, strict, position=position)
    if written is not body.get("tools"):
        changes["tools"] = written
    choice = changes.get("tool_choice", body.get("tool_choice"))
    if choice is not None and not (isinstance(choice, str) and choice in MODES):  # those are the same in both APIs
        place = "function_call" if "function_call" in body else "tool_choice"
        wired = choice_to_wire(choice, api, names, position=place)
        if wired is not choice or "tool_choice" in changes:
            changes["tool_choice"] = wired
    if not changes:
        return body, names
    return {key: value for key, value in body.items() if key not in _OLDER} | changes, names


def _modern(body: Json) -> Json:
    changes: Json = {}
    for older, newer in _OLDER.items():
        value = body.get(older)
        if value is None:
            if older in body:
                changes |= {newer: body[newer]} if body.get(newer) is not None else {}
            continue
        if body.get(newer) is not None:
            raise fault(older, f"give either `{newer}` or the older `{older}`, not both")
        changes[newer] = value
    return changes


def _without_tools(body: Json, api: Api) -> Json:
    """The body of a request without tools: of an empty list and a choice among nothing, Azure makes a 400."""
    dropped = set(_OLDER)
    if api == "chat" or "tools" in body:
        dropped |= {"tools", "parallel_tool_calls"}
        dropped |= {"tool_choice"} if body.get("tool_choice") in (None, "none", "auto") else set()
    if body.keys().isdisjoint(dropped):
        return body
    return {key: value for key, value in body.items() if key not in dropped}


def to_wire(
    tools: object, api: Api = "chat", strict: bool = False, *, position: str = "tools"
) -> tuple[list[Json], NameMap]:
    """The tools as the API takes them, and the map of their names.

    The list itself is returned where every tool has the right form already; nothing given is ever changed.

    Args:
        tools: a list of definitions, in any mixture of shapes: Chat's and Responses' functions, custom tools and (for
            Responses) built-in tools, Anthropic's and MCP's tools, Pydantic models, typed Python functions.
        api: the form to give out.
        strict: make every function strict and complete its schema for that. Functions that are marked strict
            themselves are completed in any case, others never.
        position: what errors call the list.

    Raises:
        InvalidRequestError: with the position and the rule that is broken.
    """
    given = _listed(tools, position)
    key = _key(given, api, strict)
    if key is not None and (known := _sound.get(key)):
        return cast("list[Json]", given), known
    if len(given) > MAX_TOOLS:
        rule = f"{len(given)} tools, and Azure takes {MAX_TOOLS} at most"
        raise InvalidRequestError(f"{position}: {rule}", param=position)
    read = [_read(tool, f"{position}[{index}]") for index, tool in enumerate(given)]
    names = name_map(_names(read))
    written = [_write(_strict(tool) if strict else tool, api, names) for tool in read]
    if all(one is other for one, other in zip(written, given, strict=True)):
        if key is not None:
            if len(_sound) >= _MAX_SOUND:
                _sound.clear()
            _sound[key] = names
        return cast("list[Json]", given), names
    return written, names


def strict_function(tool: object, api: Api, where: str) -> Json:
    """One tool of any shape in the API's form, strict unless it says otherwise, under its own name.

    Args:
        tool: as in `to_wire`.
        api: the form to give out.
        where: what errors call it.

    Raises:
        InvalidRequestError: it is no tool, or its parameters cannot be strict.
    """
    read = _read(tool, where)
    try:
        read = _strict(read)
    except InvalidRequestError as error:
        hint = (
            "parse() and stream() read the arguments of calls, for which functions must be strict; create() takes all."
        )
        raise InvalidRequestError(str(error), param=error.param, hint=hint) from None
    written = _write(read, api, name_map(frozenset[str]()))
    if read.kind == "builtin":
        return written
    if api == "chat":
        return {**written, read.kind: {**written[read.kind], "name": read.name}}
    return {**written, "name": read.name}


def _listed(tools: object, position: str) -> list[object]:
    if isinstance(tools, list):
        return cast("list[object]", tools)
    if isinstance(tools, str | bytes | dict) or not isinstance(tools, Iterable):
        rule = f"a list of tools is needed, not {type_name(cast('object', tools))}"
        raise InvalidRequestError(f"{position}: {rule}", param=position)
    return list(cast("Iterable[object]", tools))


def _key(tools: list[object], api: Api, strict: bool) -> tuple[Api, bool, str] | None:
    """A key for lists of plain JSON; None for all others, which are read anew each time."""
    try:
        return api, strict, json.dumps(tools, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return None


def _read(value: object, where: str) -> _Tool:
    tool = _mcp(value)
    described = None if tool else describe(value, where)
    if described is not None:
        description = described.description or None
        schema = check_parameters(described.parameters, f"{where}.parameters")
        return _Tool("function", where, described.name, description, schema)
    tool = tool or object_or_none(value)
    if tool is None:
        raise fault(where, f"{type_name(value)} is no tool: {_SHAPES}")
    if found := unserializable(tool, where):
        raise fault(found[0], f"{type_name(found[1])} cannot be written as JSON")
    kind: object = tool.get("type")
    if "input_schema" in tool or "inputSchema" in tool:
        return _function(tool, where, "input_schema" if "input_schema" in tool else "inputSchema")
    if kind == "custom":
        return _custom(tool, where, value)
    if kind in {None, "function"}:
        return _openai_function(tool, where, value)
    if not isinstance(kind, str):
        raise fault(f"{where}.type", f"a tool's type is text, not {type_name(kind)}")
    return _Tool("builtin", where, given=tool)


def _mcp(value: object) -> Json | None:
    """An MCP tool, which is a Pydantic model with defaults that other dumps would bring along."""
    schema = getattr(value, "inputSchema", None)
    if schema is None or isinstance(value, type):
        return None
    description = getattr(value, "description", None)
    return {"name": getattr(value, "name", None), "description": description, "inputSchema": schema}


def _openai_function(tool: Json, where: str, value: object) -> _Tool:
    if "function" not in tool:
        read = _function(tool, where, "parameters")
        # Without a type it is an entry of the older `functions`.
        return replace(read, given=tool if value is tool else None, api="responses") if "type" in tool else read
    inner = object_or_none(tool["function"])
    if inner is None:
        raise fault(f"{where}.function", f"an object is needed, not {type_name(tool['function'])}")
    read = _function(inner, f"{where}.function", "parameters")
    plain = value is tool and len(tool) == 2 and "type" in tool
    return replace(read, given=tool if plain else None, api="chat")


def _function(tool: Json, where: str, key: str) -> _Tool:
    name = _name(tool, where)
    description = _description(tool, where)
    strict: object = tool.get("strict")
    if strict is not None and not isinstance(strict, bool):
        raise fault(f"{where}.strict", f"true or false is needed, not {type_name(strict)}")
    schema: object = tool.get(key)
    parameters = None if schema is None else check_parameters(schema, f"{where}.{key}")
    read = _Tool("function", where, name, description, parameters, strict)
    return _strict(read) if strict else read


def _strict(tool: _Tool) -> _Tool:
    if tool.kind != "function" or tool.strict is False:
        return tool
    parameters = tool.parameters or {"type": "object", "properties": {}}
    return replace(tool, strict=True, parameters=complete_strict(parameters, f"{tool.where}.parameters"))


def _custom(tool: Json, where: str, value: object) -> _Tool:
    nested = "custom" in tool
    inner = object_or_none(tool["custom"]) if nested else tool
    if inner is None:
        raise fault(f"{where}.custom", f"an object is needed, not {type_name(tool['custom'])}")
    place = f"{where}.custom" if nested else where
    form: object = inner.get("format")
    if form is not None and not isinstance(form, dict):
        raise fault(f"{place}.format", f"an object is needed, not {type_name(form)}")
    name, description = _name(inner, place), _description(inner, place)
    given = tool if value is tool else None
    api: Api = "chat" if nested else "responses"
    return _Tool("custom", place, name, description, format=cast("Json | None", form), given=given, api=api)


def _name(tool: Json, where: str) -> str:
    name: object = tool.get("name")
    if not isinstance(name, str):
        rule = "missing" if name is None else f"a tool's name is text, not {type_name(name)}"
        raise fault(f"{where}.name", rule, hint="A tool needs a name by which the model calls it.")
    if not name:
        raise fault(f"{where}.name", "empty", hint="A tool needs a name by which the model calls it.")
    return name


def _description(tool: Json, where: str) -> str | None:
    description: object = tool.get("description")
    if description is not None and not isinstance(description, str):
        raise fault(f"{where}.description", f"a description is text, not {type_name(description)}")
    return description


def _names(tools: Sequence[_Tool]) -> frozenset[str]:
    first: dict[str, _Tool] = {}
    for tool in tools:
        if tool.kind == "builtin":
            continue
        if tool.name in first:
            raise fault(f"{tool.where}.name", f"{tool.name!r} is the name of {first[tool.name].where} too")
        first[tool.name] = tool
    return frozenset(first)


def _write(tool: _Tool, api: Api, names: NameMap) -> Json:
    if tool.kind == "builtin":
        given = cast("Json", tool.given)
        if api == "chat":
            rule = f"Chat Completions has no built-in tool {given['type']!r}; it knows function and custom tools"
            hint = "Use client.responses.create, or force the Responses API for this deployment."
            raise fault(f"{tool.where}.type", rule, hint)
        return given
    if tool.kind == "function":
        body, plain = _function_body(tool, api, names)
    else:
        body, plain = _custom_body(tool, api, names)
    if plain and tool.given is not None and tool.api == api:
        return tool.given
    return {"type": tool.kind, tool.kind: body} if api == "chat" else {"type": tool.kind} | body


def _function_body(tool: _Tool, api: Api, names: NameMap) -> tuple[Json, bool]:
    body: dict[str, Any] = {"name": names.wire(tool.name)}
    if tool.description is not None:
        body["description"] = tool.description
    if tool.parameters is not None:
        body["parameters"] = tool.parameters
    if tool.strict is not None:
        body["strict"] = tool.strict
    if api == "responses":
        body.setdefault("parameters", {"type": "object", "properties": {}})
        if tool.api != "responses":
            # Responses takes a function to be strict unless told otherwise; Chat does not.
            body.setdefault("strict", False)
    source = tool.given or {}
    inner = cast("Json", source.get("function", source))
    extras = {key: value for key, value in inner.items() if key not in _FUNCTION_FIELDS and key != "type"}
    body |= extras
    unchanged = all(body.get(key) is inner[key] for key in inner if key != "type")
    return body, unchanged and len(body) == len(inner) - ("type" in inner)


def _custom_body(tool: _Tool, api: Api, names: NameMap) -> tuple[Json, bool]:
    body: dict[str, Any] = {"name": names.wire(tool.name)}
    if tool.description is not None:
        body["description"] = tool.description
    form = tool.format
    if form is not None:
        # Chat nests a grammar one level deeper than Responses.
        nested = object_or_none(form.get("grammar"))
        if api == "chat" and nested is None and form.get("type") == "grammar":
            form = {"type": "grammar", "grammar": {key: value for key, value in form.items() if key != "type"}}
        elif api == "responses" and nested is not None:
            form = {"type": "grammar"} | nested
        body["format"] = form
    source = tool.given or {}
    inner = cast("Json", source.get("custom", source))
    return body, all(body.get(key) is inner[key] for key in inner if key != "type")
