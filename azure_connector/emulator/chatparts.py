"""Chat Completions' messages and tools, read into the terms that the brain works in."""

from __future__ import annotations

from typing import Any

from .filters import unmarked
from .models import Family
from .thinking import Ask, ToolCall, ToolSpec, Turn
from .values import Json, items_of, object_of, text_of

__all__ = ["filterable", "read_ask", "read_content"]


def read_ask(body: Json, messages: list[Json], family: Family, room: int) -> Ask:
    """A checked body as an `Ask`, within what the model family can do."""
    choice, named = _choice(body)
    tools = tuple(_tools(body))
    allowed = object_of(object_of(body.get("tool_choice")).get("allowed_tools"))
    if allowed:
        names = {object_of(object_of(one).get("function")).get("name") for one in items_of(allowed.get("tools"))}
        tools = tuple(tool for tool in tools if tool.name in names)
        choice = text_of(allowed.get("mode")) or "auto"
    parallel = family.parallel and body.get("parallel_tool_calls") is not False
    parallel = parallel and body.get("reasoning_effort") != "minimal"
    return Ask(
        turns=tuple(_turn(message) for message in messages),
        tools=tools,
        choice=choice,
        parallel=parallel and not body.get("functions"),
        output=_output(object_of(body.get("response_format"))),
        named=named,
        room=room,
    )


def _choice(body: Json) -> tuple[str, bool]:
    given = body.get("tool_choice")
    if given is None and body.get("functions"):
        given = body.get("function_call")
        if isinstance(given, dict):
            return text_of(object_of(given).get("name")), True
    if isinstance(given, str):
        return given, False
    fields = object_of(given)
    name = object_of(fields.get("function") or fields.get("custom")).get("name")
    return (name, True) if isinstance(name, str) else ("auto", False)


def _tools(body: Json) -> list[ToolSpec]:
    found: list[ToolSpec] = []
    for tool in items_of(body.get("tools")):
        custom = object_of(tool).get("type") == "custom"
        function = object_of(object_of(tool).get("custom" if custom else "function"))
        found.append(
            ToolSpec(
                text_of(function.get("name")), text_of(function.get("description")), function.get("parameters"), custom
            )
        )
    for function in items_of(body.get("functions")):
        one = object_of(function)
        found.append(ToolSpec(text_of(one.get("name")), text_of(one.get("description")), one.get("parameters")))
    return found


def _output(wanted: Json) -> Any:
    if wanted.get("type") == "json_schema":
        return object_of(wanted.get("json_schema")).get("schema") or {}
    return {} if wanted.get("type") == "json_object" else None


def _turn(message: Json) -> Turn:
    role = text_of(message.get("role"))
    text, attachments = read_content(message.get("content"))
    if role in {"tool", "function"}:
        return Turn("tool", text, call_id=text_of(message.get("tool_call_id")) or text_of(message.get("name")))
    if role == "assistant":
        calls = tuple(_call(object_of(call)) for call in items_of(message.get("tool_calls")))
        legacy = object_of(message.get("function_call"))
        if legacy:
            calls = (
                ToolCall(text_of(legacy.get("name")), text_of(legacy.get("arguments")), text_of(legacy.get("name"))),
            )
        return Turn("assistant", text, calls=calls)
    return Turn("user" if role == "user" else "system", unmarked(text), attachments)


def filterable(messages: list[Json]) -> list[str]:
    """The texts that the content filter looks at: the users' and the tools'."""
    return [read_content(message.get("content"))[0] for message in messages if message.get("role") in {"user", "tool"}]


def _call(call: Json) -> ToolCall:
    custom = object_of(call.get("custom"))
    if custom:
        return ToolCall(text_of(custom.get("name")), text_of(custom.get("input")), text_of(call.get("id")), custom=True)
    function = object_of(call.get("function"))
    return ToolCall(text_of(function.get("name")), text_of(function.get("arguments")), text_of(call.get("id")))


def read_content(content: Any) -> tuple[str, tuple[str, ...]]:
    """The text of a message, and what else it holds, of both APIs' content parts."""
    if isinstance(content, str):
        return content, ()
    texts: list[str] = []
    others: list[str] = []
    for part in items_of(content):
        fields = object_of(part)
        kind = text_of(fields.get("type"))
        if kind in {"text", "input_text", "output_text"}:
            texts.append(text_of(fields.get("text")))
        elif kind == "refusal":
            texts.append(text_of(fields.get("refusal")))
        elif kind in {"image_url", "input_image"}:
            others.append("an image")
        elif kind in {"input_audio", "audio"}:
            others.append("audio")
        elif kind in {"file", "input_file"}:
            name = text_of((object_of(fields.get("file")) or fields).get("filename"))
            others.append(f"a file ({name})" if name else "a file")
    return "\n".join(texts), tuple(others)
