"""Requests, messages and events, as they stand on the wire."""

from __future__ import annotations

import json
from typing import Any

import httpx

__all__ = ["assistant", "chunk", "envelope", "events", "question", "tool_call"]


def question(text: str, **more: Any) -> dict[str, Any]:
    """A chat request with one message."""
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **more}


def tool_call(
    name: Any = "get_weather", arguments: Any = '{"city":"Oslo"}', identity: Any = "call_1"
) -> dict[str, Any]:
    """A tool call of a whole reply, or of a message of the history."""
    return {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}


def chunk(delta: Any, finish: str | None = None, **choice: Any) -> dict[str, Any]:
    """A chunk of a chat stream."""
    frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1790000000, "model": "gpt-4o-2024-11-20"}
    return {**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None, **choice}]}


def envelope(code: Any = None, message: Any = "", **rest: Any) -> dict[str, Any]:
    """The body of a refusal."""
    return {"error": {"code": code, "message": message, **rest}}


def assistant(*calls: Any, **fields: Any) -> dict[str, Any]:
    """The message of a model that calls tools."""
    return {"role": "assistant", "content": None, "tool_calls": list(calls), **fields}


def events(reply: httpx.Response) -> list[dict[str, Any]]:
    """The events of a chat stream that came whole."""
    assert reply.status_code == 200, reply.text
    assert reply.text.endswith("data: [DONE]\n\n")
    return [json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith("data: {")]
