"""The same call through the sync and the async client, plain and streamed, so that a test can be run for all four."""

from __future__ import annotations

import asyncio
from typing import Any

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.emulator import Emulator

WAYS = ("sync", "sync stream", "async", "async stream")
STREAMS = ("sync stream", "async stream")
HELLO = [{"role": "user", "content": "Say hello to Oslo"}]


def ask(way: str, request: dict[str, Any] | None = None, **options: Any) -> Any:
    """Sends one chat request and gives the completion, or the list of chunks for a stream."""
    body = {"model": "gpt-4o", "messages": HELLO, **(request or {})}
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


def options(azure: Emulator, **more: Any) -> dict[str, Any]:
    """What leads a client to an emulated resource."""
    return {"azure_endpoint": azure.endpoint, "api_key": azure.api_key, **more}


def text_of(reply: Any) -> str:
    """The text of a completion or of a list of chunks."""
    if isinstance(reply, list):
        return "".join(chunk.choices[0].delta.content or "" for chunk in reply if chunk.choices)
    return reply.choices[0].message.content
