"""Short words for histories and for what the service says."""

from __future__ import annotations

import sys
from functools import reduce
from typing import Annotated, Any

import pytest
from semantic_kernel.contents import ChatHistory, StreamingChatMessageContent
from semantic_kernel.functions import kernel_function

from azure_connector.emulator import Reply
from tests.support import bodies
from tests.support.bodies import tool_call

# Its `kernel_function` reads `Union.__args__`, which an agent's first argument leads to.
NEEDS_AGENTS = pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="Semantic Kernel 1.45's agents do not run on Python 3.14"
)
FRAME = {"id": "chatcmpl-1", "created": 1790000000, "model": "gpt-4o-2024-11-20"}
USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def history(*texts: str) -> ChatHistory:
    """A history of user messages."""
    found = ChatHistory()
    for text in texts:
        found.add_user_message(text)
    return found


def completion(finish: str | None = "stop", *, usage: Any = USAGE, choice: Any = None, **message: Any) -> Reply:
    """A whole reply; `message` is the assistant's."""
    said = {"role": "assistant", "content": None} | message
    body = {"index": 0, "finish_reason": finish, "message": said, **(choice or {})}
    return Reply(body={**FRAME, "object": "chat.completion", "choices": [body], "usage": usage})


def chunk(finish: str | None = None, *, choice: Any = None, **delta: Any) -> dict[str, Any]:
    """One chunk of a stream."""
    return bodies.chunk(delta, finish, **(choice or {}))


def usage_chunk(**usage: Any) -> dict[str, Any]:
    """The last chunk."""
    return {**FRAME, "object": "chat.completion.chunk", "choices": [], "usage": USAGE | usage}


def stream(*chunks: Any, usage: bool = True, done: bool = True) -> Reply:
    """A streamed reply, with the usage at its end."""
    return Reply(events=[*chunks, *([usage_chunk()] if usage else [])], done=done)


def call(arguments: str, *, name: str = "weather-get_weather", identity: str = "call_1") -> dict[str, Any]:
    """A tool call of a whole reply."""
    return tool_call(name, arguments, identity)


def call_delta(
    arguments: str, *, name: str | None = None, identity: str | None = None, index: int = 0
) -> dict[str, Any]:
    """A piece of a streamed tool call."""
    function: dict[str, Any] = {"arguments": arguments} | ({"name": name} if name else {})
    return {"index": index, "function": function} | ({"id": identity, "type": "function"} if identity else {})


def streamed_call(arguments: str, **how: Any) -> Reply:
    """A streamed reply that is one tool call."""
    named = {"name": "weather-get_weather", "identity": "call_1"} | how
    return stream(chunk(role="assistant", tool_calls=[call_delta(arguments, **named)]), chunk("tool_calls"))


async def gathered(parts: Any) -> list[StreamingChatMessageContent]:
    """What a stream of single messages gave."""
    return [part async for part in parts]


def whole(parts: list[StreamingChatMessageContent], role: str = "assistant") -> StreamingChatMessageContent:
    """The assistant's parts put together, as SK's users do it."""
    return reduce(lambda one, other: one + other, [part for part in parts if part.role == role])


class Weather:
    """A plugin that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    @kernel_function(description="Get the weather in a city")
    def get_weather(self, city: Annotated[str, "the city"]) -> str:
        self.asked.append(city)
        return f"Sunny, 21 degrees in {city}"
