"""The structure of a Chat Completions request: messages, tools and their order, refused as OpenAI refuses them."""

from __future__ import annotations

import re
from typing import Any

from .errors import (
    empty_array,
    invalid,
    long_array,
    long_string,
    missing,
    unknown_parameter,
    unsupported_value,
    wrong_choice,
    wrong_pattern,
    wrong_type,
)
from .models import Family
from .schemas import check_function_schema
from .strictness import LARGE, Sizes, check_strict
from .values import Json, among, is_object, items_of, object_of

__all__ = ["check_format", "check_messages", "check_name", "check_tools"]

SILENT_PARTS = ("text", "image_url", "refusal", "file")
ROLES = ("system", "assistant", "user", "function", "tool", "developer")
PARTS = ("text", "image_url", "input_audio", "refusal", "audio", "file")
LONGEST_DESCRIPTION = 1_024
"""Azure's limit for a tool's description, by its page of quotas and limits; OpenAI's own service takes longer ones."""
NAME = re.compile(r"[a-zA-Z0-9_-]+")
# What Azure adds to its replies and does not take back.
REPLY_ONLY = ("status", "content_filter_results", "content_filter_offsets", "prompt_filter_results", "content_filters")


def check_messages(body: Json, family: Family) -> list[Json]:
    """The messages, when they are well formed and every tool call is answered.

    Raises:
        Refusal: 400, naming the first message that is wrong.
    """
    if "messages" not in body:
        raise missing("messages")
    messages = body["messages"]
    if not isinstance(messages, list):
        raise wrong_type("messages", "an array of objects", messages)
    checked = [_message(index, message, family) for index, message in enumerate(items_of(messages))]
    if not checked:
        raise empty_array("messages")
    if family.dialect == "openai" and family.reasoning:
        roles = {message["role"] for message in checked}
        if {"system", "developer"} <= roles:
            text = "Invalid 'messages': 'system' and 'developer' messages cannot be used in the same request."
            raise invalid(text, "messages", "invalid_value")
    _check_order(checked)
    return checked


def _message(index: int, message: Any, family: Family) -> Json:
    where = f"messages[{index}]"
    if not is_object(message):
        raise wrong_type(where, "an object", message)
    if "role" not in message:
        raise missing(f"{where}.role")
    role = message["role"]
    if not among(role, ROLES):
        raise wrong_choice(f"{where}.role", role, ROLES)
    if role in ("system", "developer") and not family.system:
        raise unsupported_value(f"{where}.role", role, "Supported values are: 'user' and 'assistant'.")
    for name in REPLY_ONLY:
        if name in message:
            raise unknown_parameter(f"{where}.{name}")
    if not isinstance(message.get("name", ""), str | None):
        raise wrong_type(f"{where}.name", "a string", message["name"])
    if message.get("name") is not None and not re.fullmatch(r"[^\s<|\\/>]+", str(message["name"])):
        raise wrong_pattern(f"{where}.name", r"^[^\s<|\\/>]+$")
    _check_content(where, index, role, message, family)
    if role == "assistant":
        _check_calls(where, message)
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        raise missing(f"{where}.tool_call_id")
    return object_of(message)


def _check_content(where: str, index: int, role: str, message: Json, family: Family) -> None:
    content = message.get("content")
    if content is None:
        if role == "assistant" and (message.get("tool_calls") or message.get("function_call") or message.get("audio")):
            return
        if role == "assistant" and message.get("refusal"):
            return
        raise invalid("Invalid value for 'content': expected a string, got null.", f"messages.[{index}].content")
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        raise wrong_type(f"{where}.content", "one of a string or array of objects", content)
    if not content:
        raise empty_array(f"{where}.content")
    for number, part in enumerate(items_of(content)):
        place = f"{where}.content[{number}]"
        if not is_object(part):
            raise wrong_type(place, "an object", part)
        kind = object_of(part).get("type")
        if kind is None:
            raise missing(f"{place}.type")
        if not among(kind, PARTS) or (kind == "input_audio" and family.dialect == "openai" and not family.audio):
            raise wrong_choice(f"{place}.type", kind, PARTS if family.audio else SILENT_PARTS)
        if kind not in object_of(part):
            raise missing(f"{place}.{kind}")
        _check_part(f"{place}.{kind}", kind, object_of(part)[kind])


def _check_part(where: str, kind: str, value: Any) -> None:
    expected = "a string" if kind in ("text", "refusal") else "an object"
    if not isinstance(value, str if expected == "a string" else dict):
        raise wrong_type(where, expected, value)
    if kind == "image_url":
        url = object_of(value).get("url")
        if not isinstance(url, str):
            raise missing(f"{where}.url") if url is None else wrong_type(f"{where}.url", "a string", url)
        if not re.match(r"(?i)(https?://|data:image/)", url):
            raise invalid(
                f"Invalid '{where}.url'. Expected a valid URL, but got a value with an invalid format.",
                f"{where}.url",
                "invalid_value",
            )
        if object_of(value).get("detail") not in (None, "auto", "low", "high"):
            raise wrong_choice(f"{where}.detail", object_of(value)["detail"], ("auto", "low", "high"))
    if kind == "input_audio":
        for name in ("data", "format"):
            if not isinstance(object_of(value).get(name), str):
                raise missing(f"{where}.{name}")


def _check_calls(where: str, message: Json) -> None:
    calls = message.get("tool_calls")
    if calls is None:
        return
    if not isinstance(calls, list):
        raise wrong_type(f"{where}.tool_calls", "an array of objects", calls)
    if not calls:
        raise empty_array(f"{where}.tool_calls")
    for number, call in enumerate(items_of(calls)):
        place = f"{where}.tool_calls[{number}]"
        fields = object_of(call)
        for name in ("id", "type"):
            if fields.get(name) is None:
                raise missing(f"{place}.{name}")
            if not isinstance(fields[name], str):
                raise wrong_type(f"{place}.{name}", "a string", fields[name])
        if fields["type"] not in ("function", "custom"):
            raise wrong_choice(f"{place}.type", fields["type"], ("function", "custom"))
        if fields["type"] == "function":
            function = object_of(fields.get("function"))
            check_name(f"{place}.function.name", function.get("name"))
            if not isinstance(function.get("arguments"), str):
                raise wrong_type(f"{place}.function.arguments", "a string", function.get("arguments"))


def _check_order(messages: list[Json]) -> None:
    """Every tool call is answered right after it, and nothing answers what was not asked."""
    open_calls: list[str] = []
    known: set[str] = set()
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            identity = message["tool_call_id"]
            if not known:
                text = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
                raise invalid(f"Invalid parameter: {text}", f"messages.[{index}].role")
            if identity not in known:
                text = (
                    f"Invalid parameter: 'tool_call_id' of '{identity}' not found in 'tool_calls' of previous message."
                )
                raise invalid(text, f"messages.[{index}].tool_call_id")
            if identity in open_calls:
                open_calls.remove(identity)
            continue
        if open_calls:
            raise _unanswered(open_calls, index)
        open_calls = [call["id"] for call in items_of(message.get("tool_calls"))]
        known = set(open_calls)
    if open_calls:
        raise _unanswered(open_calls, len(messages) - 1)


def _unanswered(open_calls: list[str], index: int) -> Exception:
    text = (
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        f"The following tool_call_ids did not have response messages: {', '.join(open_calls)}"
    )
    return invalid(text, f"messages.[{index}].role")


def check_name(param: str, name: Any) -> str:
    """A function's name within Azure's limits.

    Raises:
        Refusal: 400, when it is missing, too long or has other characters.
    """
    if name is None:
        raise missing(param)
    if not isinstance(name, str):
        raise wrong_type(param, "a string", name)
    if not name:
        expected = "Expected a string with minimum length 1, but got an empty string instead."
        raise invalid(f"Invalid '{param}': empty string. {expected}", param, "empty_string")
    if len(name) > 64:
        raise long_string(param, 64, len(name))
    if not NAME.fullmatch(name):
        raise wrong_pattern(param, "^[a-zA-Z0-9_-]+$")
    return name


def check_tools(body: Json, sizes: Sizes = LARGE) -> list[Json]:
    """The tool definitions, when they are well formed.

    Raises:
        Refusal: 400, naming the tool and the rule.
    """
    tools = body.get("tools")
    if tools is None:
        return []
    if not isinstance(tools, list):
        raise wrong_type("tools", "an array of objects", tools)
    check_length("tools", items_of(tools))
    for index, tool in enumerate(items_of(tools)):
        where = f"tools[{index}]"
        kind = object_of(tool).get("type")
        if kind is None:
            raise missing(f"{where}.type")
        if not among(kind, ("function", "custom")):
            raise wrong_choice(f"{where}.type", kind, ("function", "custom"))
        if not is_object(tool.get(kind)):
            raise missing(f"{where}.{kind}")
        check_function(f"{where}.{kind}", object_of(tool[kind]), sizes)
    _check_choice(body)
    return items_of(tools)


def check_length(name: str, tools: list[Any]) -> None:
    """Refuse an empty list of tools, and more than 128."""
    if not tools:
        raise empty_array(name)
    if len(tools) > 128:
        raise long_array(name, 128, len(tools))


def check_function(where: str, function: Json, sizes: Sizes = LARGE) -> None:
    """Refuse a function whose name or schema Azure would not take."""
    name = check_name(f"{where}.name", function.get("name"))
    description = function.get("description")
    if description is not None and not isinstance(description, str):
        raise wrong_type(f"{where}.description", "a string", description)
    if description is not None and len(description) > LONGEST_DESCRIPTION:
        raise long_string(f"{where}.description", LONGEST_DESCRIPTION, len(description))
    if function.get("strict") is not None and not isinstance(function["strict"], bool):
        raise wrong_type(f"{where}.strict", "a boolean", function["strict"])
    if function.get("parameters") is not None:
        check_function_schema(name, function["parameters"], f"{where}.parameters")
        if function.get("strict"):
            param, code = f"{where}.parameters", "invalid_function_parameters"
            check_strict(f"function '{name}'", function["parameters"], param, code, sizes)


def _check_choice(body: Json) -> None:
    choice = body.get("tool_choice")
    if isinstance(choice, str):
        if choice not in {"none", "auto", "required"}:
            raise wrong_choice("tool_choice", choice, ("none", "auto", "required"))
        return
    named = object_of(choice)
    if named.get("type") in ("function", "custom"):
        kind = str(named["type"])
        name = object_of(named.get(kind)).get("name")
        names = [object_of(object_of(tool).get(kind)).get("name") for tool in items_of(body.get("tools"))]
        if name not in names:
            text = f"Invalid value for 'tool_choice': no {kind} named '{name}' was specified in the 'tools' parameter."
            raise invalid(text, "tool_choice")


def check_format(body: Json, messages: list[Json], sizes: Sizes = LARGE) -> Json:
    """`response_format`, when Azure would take it; an empty object for plain text.

    Raises:
        Refusal: 400.
    """
    wanted = body.get("response_format")
    if wanted is None:
        return {}
    if not is_object(wanted):
        raise wrong_type("response_format", "an object", wanted)
    kind = wanted.get("type")
    if not among(kind, ("text", "json_object", "json_schema")):
        raise wrong_choice("response_format.type", kind, ("json_object", "json_schema", "text"))
    if kind == "json_object" and "json" not in str(messages).lower():
        text = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
        raise invalid(text, "messages")
    if kind == "json_schema":
        named = object_of(wanted.get("json_schema"))
        if not named:
            raise missing("response_format.json_schema")
        check_named_schema(named, "response_format.json_schema", "response_format", None, sizes)
    return object_of(wanted)


def check_named_schema(
    named: Json, where: str, param: str, code: str | None = "invalid_json_schema", sizes: Sizes = LARGE
) -> None:
    """Refuse a structured output's schema without a name, or one that `strict` does not allow."""
    if not named.get("name"):
        raise missing(f"{where}.name")
    check_name(f"{where}.name", named["name"])
    if named.get("strict") is not None and not isinstance(named["strict"], bool):
        raise wrong_type(f"{where}.strict", "a boolean", named["strict"])
    if named.get("schema") is not None and not is_object(named["schema"]):
        raise wrong_type(f"{where}.schema", "an object", named["schema"])
    if named.get("strict"):
        check_strict(f"response_format '{named['name']}'", named.get("schema"), param, code, sizes)
