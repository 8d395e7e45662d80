"""The same chat call in four ways, so that a test can be run for all of them."""

from __future__ import annotations

import asyncio
from typing import Any

from azure_connector import AsyncAzureConnector, AzureConnector, azure_info

WAYS = ("sync", "sync stream", "async", "async stream")
STREAMS = ("sync stream", "async stream")
HELLO = [{"role": "user", "content": "Say hello to Oslo"}]


def ask(way: str, options: dict[str, Any], **request: Any) -> Any:
    """Sends one chat request and gives the completion, or the list of chunks for a stream."""
    body = {"model": "gpt-4o", "messages": HELLO, **request}
    if way.startswith("async"):
        return asyncio.run(_ask_async(way, body, options))
    with AzureConnector(**options) as client:
        if way == "sync":
            return client.chat.completions.create(**body)
        return list(client.chat.completions.create(**body, stream=True))


async def _ask_async(way: str, body: dict[str, Any], options: dict[str, Any]) -> Any:
    async with AsyncAzureConnector(**options) as client:
        if way == "async":
            return await client.chat.completions.create(**body)
        return [chunk async for chunk in await client.chat.completions.create(**body, stream=True)]


def text_of(reply: Any) -> str:
    """The text of a completion or of a list of chunks."""
    if isinstance(reply, list):
        return "".join(chunk.choices[0].delta.content or "" for chunk in reply if chunk.choices)
    return reply.choices[0].message.content


def tried(reply: Any) -> list[tuple[str, int | None]]:
    """Resource and status of each attempt that led to a reply, or that an error lists."""
    attempts = reply.attempts if isinstance(reply, Exception) else azure_info(_last(reply)).attempts
    return [(attempt.resource, attempt.status) for attempt in attempts]


def _last(reply: Any) -> Any:
    return reply[-1] if isinstance(reply, list) else reply
