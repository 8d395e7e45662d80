"""AG-UI's messages as the Chat Completions API knows them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from ag_ui.core import AssistantMessage, Context, Message, Tool, ToolMessage, UserMessage
from ag_ui.core.types import DataSource, FileSource, ImagePart, TextPart

__all__ = ["chat_messages", "chat_tools", "context_text", "with_short_ids"]

Json = dict[str, Any]
# OpenAI refuses longer ids of tool calls ("maximum length 40"), and other providers make them.
LONGEST_ID = 40


def chat_messages(messages: Sequence[Message]) -> list[Json]:
    """The conversation for a model. What only people see (reasoning, activities) stays out.

    A call that no result answers, as a stopped run leaves it, is left out too, since models refuse it; so is a result
    without its call. A result follows its call, wherever the client kept it.
    """
    results = {one.tool_call_id: one for one in messages if isinstance(one, ToolMessage)}
    found: list[Json] = []
    for one in messages:
        if isinstance(one, AssistantMessage):
            found += _assistant(one, results)
        elif isinstance(one, UserMessage):
            if content := _content(one.content):
                found.append({"role": "user", "content": content})
        elif one.role in ("system", "developer"):
            # Only OpenAI's own models know `developer`; the connector renames `system` for them.
            found.append({"role": "system", "content": one.content})
    return found


def with_short_ids(messages: Sequence[Json]) -> list[Json]:
    """The same conversation, with ids that any provider takes: it may have begun with another one."""
    return [
        message
        | ({"tool_call_id": _short(message["tool_call_id"])} if "tool_call_id" in message else {})
        | (
            {"tool_calls": [call | {"id": _short(call["id"])} for call in message["tool_calls"]]}
            if "tool_calls" in message
            else {}
        )
        for message in messages
    ]


def _short(identity: str) -> str:
    return identity if len(identity) <= LONGEST_ID else f"call_{sha256(identity.encode()).hexdigest()[:32]}"


def _assistant(message: AssistantMessage, results: dict[str, ToolMessage]) -> list[Json]:
    calls = [call for call in message.tool_calls or () if call.id in results]
    if not calls:
        return [{"role": "assistant", "content": message.content}] if message.content else []
    described = [
        {"id": call.id, "type": "function", "function": {"name": call.function.name, "arguments": _arguments(call)}}
        for call in calls
    ]
    answers = [{"role": "tool", "tool_call_id": call.id, "content": _result(results[call.id])} for call in calls]
    return [{"role": "assistant", "content": message.content or None, "tool_calls": described}, *answers]


def _arguments(call: Any) -> str:
    """A call's arguments; a model refuses a history whose arguments cannot be read."""
    try:
        return call.function.arguments if isinstance(json.loads(call.function.arguments), dict) else "{}"
    except ValueError:
        return "{}"


def _result(message: ToolMessage) -> str:
    content = message.content
    text = content if isinstance(content, str) else "\n".join(p.text for p in content if isinstance(p, TextPart))
    return json.dumps({"error": message.error, "content": text}) if message.error else text


def _content(content: Any) -> str | list[Json]:
    """Text, or parts; as the protocol says, a part that cannot be used is dropped."""
    if isinstance(content, str):
        return content
    parts = [part for part in map(_part, content) if part]
    if all(part["type"] == "text" for part in parts):
        return "\n".join(part["text"] for part in parts)
    return parts


def _part(part: Any) -> Json | None:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text} if part.text else None
    if not isinstance(part, ImagePart) or isinstance(part.source, FileSource):
        return None
    source = part.source
    inline = isinstance(source, DataSource)
    url = f"data:{source.mime_type};base64,{source.value}" if inline else source.value
    return {"type": "image_url", "image_url": {"url": url}}


def chat_tools(tools: Sequence[Tool]) -> list[Json]:
    """The tools that the client itself carries out."""
    empty = {"type": "object", "properties": {}}
    return [
        {
            "type": "function",
            "function": {"name": one.name, "description": one.description, "parameters": one.parameters or empty},
        }
        for one in tools
    ]


def context_text(context: Sequence[Context]) -> str:
    """What the client tells the agent beside the conversation."""
    return "\n".join(f"{one.description}: {one.value}" for one in context)
