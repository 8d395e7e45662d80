"""The same call through LiteLLM in each of its four ways, so that a test can be run for all."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable
from importlib.metadata import version
from typing import Any

import openai

from tests.support.asking import HELLO
from tests.support.frameworks import late
from tests.support.waiting import PATIENCE

litellm = late("litellm")
http_handler = late("litellm.llms.custom_httpx.http_handler")


def ask(way: str, model: str = "azure_connector/gpt-4o", messages: Any = None, **call: Any) -> Any:
    """The same call in each of the four ways: a reply, or the list of a stream's chunks."""
    call = {"model": model, "messages": HELLO if messages is None else messages, **call}
    if way == "sync":
        return litellm.completion(**call)
    if way == "sync stream":
        return list(litellm.completion(**call, stream=True))
    return run(_ask_async(way, call))


async def _ask_async(way: str, call: dict[str, Any]) -> Any:
    if way == "async":
        return await litellm.acompletion(**call)
    return [chunk async for chunk in await litellm.acompletion(**call, stream=True)]


def run(call: Awaitable[Any]) -> Any:
    """Awaits a call on a loop of its own, and whatever LiteLLM does behind it."""

    async def whole() -> Any:
        try:
            return await call
        finally:
            await settle()

    return asyncio.run(whole())


async def settle() -> None:
    """Lets LiteLLM's background logging end, so that no task is left on a closing loop."""
    from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

    await asyncio.sleep(0)
    await asyncio.wait_for(GLOBAL_LOGGING_WORKER.flush(), PATIENCE)
    for entry in litellm.custom_provider_map:
        await entry["custom_handler"].aclose()
    # The clients that LiteLLM keeps for `azure/`.
    for client in list(litellm.in_memory_llm_clients_cache.cache_dict.values()):
        if isinstance(client, openai.AsyncOpenAI | http_handler.AsyncHTTPHandler):
            await client.close()
        elif isinstance(client, openai.OpenAI | http_handler.HTTPHandler):
            client.close()
    litellm.in_memory_llm_clients_cache.flush_cache()
    gc.collect(1)  # streams that nobody read to the end close when they are collected
    await asyncio.sleep(0)


VERSION = tuple(int(part) for part in version("litellm").split(".")[:2])
