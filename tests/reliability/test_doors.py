"""The fault table through both doors, and their life in a process: what the core promises holds there too."""

from __future__ import annotations

import asyncio
import functools
import gc
import os
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openai
import pytest

import azure_connector as ac
from azure_connector import AsyncAzureConnector
from tests.reliability.raw_server import FAULTS, RawServer
from tests.reliability.test_lifetimes import descriptors, echo
from tests.reliability.test_raw_faults import (
    ENOUGH,
    begun,
    open_to,
    options,
    outcome_of,
    over_httpx,  # noqa: F401
    until,
)
from tests.support.frameworks import late, needed

if TYPE_CHECKING:
    from semantic_kernel.contents import ChatHistory

frameworks = needed("litellm", "semantic_kernel.connectors.ai.open_ai")
litellm = late("litellm")
MESSAGES = [{"role": "user", "content": "Hi"}]
WAV = ("a.wav", b"R" * 50_000)
# By name: registering replaces some of LiteLLM's functions.
LITE: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("completion", {"model": "raw/gpt-4o", "messages": MESSAGES}),
    "stream": ("completion", {"model": "raw/gpt-4o", "messages": MESSAGES, "stream": True}),
    "response": ("responses", {"model": "raw/gpt-4o", "input": "Hi"}),
    "events": ("responses", {"model": "raw/gpt-4o", "input": "Hi", "stream": True}),
    "embedding": ("embedding", {"model": "raw/text-embedding-3-small", "input": ["Hi"]}),
    "image": ("image_generation", {"model": "raw/gpt-image-1", "prompt": "Hi"}),
    "speech": ("speech", {"model": "raw/tts", "voice": "alloy", "input": "Hi"}),
    "upload": ("transcription", {"model": "raw/whisper", "file": WAV}),
}


@pytest.fixture
def lite() -> Iterator[Callable[..., None]]:
    import litellm_adapter

    yield lambda **given: litellm_adapter.register("raw", **given)
    litellm_adapter.unregister("raw")


def history() -> ChatHistory:
    from semantic_kernel.contents import ChatHistory

    made = ChatHistory()
    made.add_user_message("Hi")
    return made


async def kernel_chat(connector: AsyncAzureConnector) -> None:
    from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings

    from sk_azure_plugin import AzureConnectorChatCompletion

    service = AzureConnectorChatCompletion(model="gpt-4o", connector=connector)
    await service.get_chat_message_content(history(), AzureChatPromptExecutionSettings())


async def kernel_embedding(connector: AsyncAzureConnector) -> None:
    from sk_azure_plugin import AzureConnectorTextEmbedding

    service = AzureConnectorTextEmbedding(model="text-embedding-3-small", connector=connector)
    await service.generate_embeddings(["Hi"])


async def kernel_stream(connector: AsyncAzureConnector) -> None:
    from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings

    from sk_azure_plugin import AzureConnectorChatCompletion

    service = AzureConnectorChatCompletion(model="gpt-4o", connector=connector)
    settings = AzureChatPromptExecutionSettings()
    async for _ in service.get_streaming_chat_message_content(history(), settings):
        pass


KERNEL: dict[str, Callable[[AsyncAzureConnector], Any]] = {
    "chat": kernel_chat,
    "stream": kernel_stream,
    "embedding": kernel_embedding,
}


def lite_call(name: str) -> None:
    function, request = LITE[name]
    reply = getattr(litellm, function)(**request)
    if request.get("stream"):
        for _ in reply:
            pass


async def alite_call(name: str) -> None:
    function, request = LITE[name]
    reply = await getattr(litellm, f"a{function}")(**request)
    if request.get("stream"):
        async for _ in reply:
            pass


def of_the_core(error: BaseException | None) -> bool:
    return error is not None and (isinstance(error, ac.AzureErrorDetails) or of_the_core(error.__cause__))


@pytest.mark.parametrize("way", ["sync", "aiohttp", "httpx"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_each_call_through_litellm_ends_in_one_of_its_errors(fault, way, lite):
    import litellm_adapter

    with RawServer(fault) as server:
        lite(**options(server))
        if way == "sync":
            running = {name: begun(functools.partial(lite_call, name)) for name in LITE}
            found = {name: await asyncio.to_thread(ended) for name, ended in running.items()}
        else:
            found = dict(zip(LITE, await asyncio.gather(*map(outcome_of, map(alite_call, LITE))), strict=True))
        for name, error in found.items():
            assert isinstance(error, openai.APIError), (name, error)
            assert type(error).__module__.startswith("litellm"), (name, error)
        litellm_adapter.unregister("raw")
        gc.collect()
        await asyncio.to_thread(until, lambda: not open_to(server))


@pytest.mark.parametrize("way", ["aiohttp", "httpx"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_each_call_through_semantic_kernel_ends_in_one_of_its_errors(fault, way):
    from semantic_kernel.exceptions import ServiceResponseException

    with RawServer(fault) as server:
        async with AsyncAzureConnector(**options(server)) as connector:
            found = await asyncio.gather(*(outcome_of(call(connector)) for call in KERNEL.values()))
            for name, error in zip(KERNEL, found, strict=True):
                assert isinstance(error, ServiceResponseException), (name, error)
                assert of_the_core(error), (name, error)
        await asyncio.to_thread(until, lambda: not open_to(server))


LOOPS = 2000 if os.environ.get("AZURE_CONNECTOR_LONG_TESTS") else 30


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc")
@pytest.mark.parametrize("way", ["aiohttp", "httpx"])
@pytest.mark.parametrize("door", ["core", "litellm", "semantic kernel"])
def test_loops_that_come_and_go_leave_nothing(door, way, lite):
    from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings

    from sk_azure_plugin import AzureConnectorChatCompletion

    with RawServer(echo) as server:
        given = options(server, timeout=ENOUGH)
        lite(**given)
        shared = AsyncAzureConnector(**given)
        service = AzureConnectorChatCompletion(model="gpt-4o", connector=shared)
        loops: list[weakref.ref[Any]] = []

        async def call() -> None:
            loops.append(weakref.ref(asyncio.get_running_loop()))
            if door == "core":
                reply: Any = await shared.chat.completions.create(model="gpt-4o", messages=MESSAGES)
                assert reply.choices[0].message.content == "Hi"
            elif door == "litellm":
                reply = await litellm.acompletion(model="raw/gpt-4o", messages=MESSAGES)
                assert reply.choices[0].message.content == "Hi"
            else:
                found = await service.get_chat_message_content(history(), AzureChatPromptExecutionSettings())
                assert str(found) == "Hi"

        for _ in range(3):
            asyncio.run(call())
        before = descriptors()
        for _ in range(LOOPS):
            asyncio.run(call())
        gc.collect()
        assert descriptors() <= before + 2
        assert len([loop for loop in loops if loop() is not None]) <= 2
        asyncio.run(shared.close())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_no_lock_that_another_thread_held_blocks_a_forked_child(great_launcher):
    with RawServer(echo) as server:
        done = great_launcher.run(server.endpoint, program="tests.reliability.held_locks", timeout=200)
    assert done.stdout.strip() == "0", done.stderr[-3000:]
