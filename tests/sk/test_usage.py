"""Tokens as Semantic Kernel's own samples count them: equal to stock's, and the sum of a whole answer beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import openai
import pytest
import pytest_asyncio
from semantic_kernel import Kernel
from semantic_kernel.agents import ChatCompletionAgent
from semantic_kernel.connectors.ai.completion_usage import CompletionUsage
from semantic_kernel.connectors.ai.function_choice_behavior import FunctionChoiceBehavior
from semantic_kernel.connectors.ai.open_ai import AzureChatCompletion, AzureChatPromptExecutionSettings
from semantic_kernel.filters import FilterTypes

from azure_connector.emulator import Emulator, Reply
from sk_azure_plugin import AzureConnectorChatCompletion
from tests.sk.saying import (
    NEEDS_AGENTS,
    Weather,
    call,
    chunk,
    completion,
    gathered,
    history,
    stream,
    streamed_call,
    usage_chunk,
)

ROUNDS = [0, 1, 2, 4]
STOCK_KEYS = {"id", "created", "system_fingerprint", "usage", "logprobs"}
Services = dict[str, Any]


@pytest_asyncio.fixture
async def services(azure: Emulator) -> AsyncIterator[Services]:
    """Semantic Kernel's own service and ours."""
    where: dict[str, Any] = {"api_key": azure.api_key, "api_version": "2024-10-21"}
    async with (
        openai.AsyncAzureOpenAI(azure_endpoint=azure.endpoint, **where) as client,
        AzureConnectorChatCompletion(deployment_name="gpt-4o", endpoint=azure.endpoint, **where) as ours,
    ):
        yield {"stock": AzureChatCompletion(deployment_name="gpt-4o", async_client=client), "ours": ours}


def used(number: int) -> dict[str, int]:
    """What the call of a round uses: a different amount for each, so that no two sums agree by chance."""
    return {"prompt_tokens": 100 * (number + 1), "completion_tokens": number + 1, "total_tokens": 101 * (number + 1)}


def whole_replies(rounds: int) -> list[Reply]:
    asked = [
        completion("tool_calls", tool_calls=[call('{"city": "Oslo"}', identity=f"c{n}")], usage=used(n))
        for n in range(rounds)
    ]
    return [*asked, completion(content="Sunny.", usage=used(rounds))]


def streamed_replies(rounds: int) -> list[Reply]:
    asked = [streamed_call('{"city": "Oslo"}', identity=f"c{n}").events[:-1] for n in range(rounds)]  # type: ignore[index]
    said = [*asked, [chunk(content="Sunny"), chunk(content="."), chunk("stop")]]
    return [Reply(events=[*events, usage_chunk(**used(number))]) for number, events in enumerate(said)]


def settings() -> AzureChatPromptExecutionSettings:
    return AzureChatPromptExecutionSettings(function_choice_behavior=FunctionChoiceBehavior.Auto())


def kernel_with(service: Any) -> Kernel:
    kernel = Kernel()
    kernel.add_service(service)
    kernel.add_plugin(Weather(), "weather")
    return kernel


def counted(parts: list[Any]) -> CompletionUsage:
    """The loop of Semantic Kernel's samples."""
    total = CompletionUsage()
    for part in parts:
        if part.metadata.get("usage"):
            total += part.metadata["usage"]
    return total


def truth(rounds: int) -> tuple[int, int]:
    return sum(used(n)["prompt_tokens"] for n in range(rounds + 1)), sum(
        used(n)["completion_tokens"] for n in range(rounds + 1)
    )


def numbers(usage: CompletionUsage) -> tuple[int, int]:
    return usage.prompt_tokens or 0, usage.completion_tokens or 0


async def plain(service: Any, rounds: int) -> Any:
    asked = history("Weather?")
    answer = await service.get_chat_message_content(asked, settings(), kernel=kernel_with(service))
    between = [message for message in asked.messages if message.role == "assistant"]
    return [*between, answer]


async def streamed(service: Any, rounds: int) -> Any:
    asked = service.get_streaming_chat_message_content(history("Weather?"), settings(), kernel=kernel_with(service))
    return await gathered(asked)


async def agent(service: Any, rounds: int) -> Any:
    made = ChatCompletionAgent(
        kernel=kernel_with(service), name="helper", function_choice_behavior=FunctionChoiceBehavior.Auto()
    )
    return [response.message async for response in made.invoke(messages="Weather?")]


async def agent_streamed(service: Any, rounds: int) -> Any:
    made = ChatCompletionAgent(
        kernel=kernel_with(service), name="helper", function_choice_behavior=FunctionChoiceBehavior.Auto()
    )
    return [response.message async for response in made.invoke_stream(messages="Weather?")]


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize(
    ("ask", "replies"),
    [
        (plain, whole_replies),
        (streamed, streamed_replies),
        pytest.param(agent, whole_replies, marks=NEEDS_AGENTS),
        pytest.param(agent_streamed, streamed_replies, marks=NEEDS_AGENTS),
    ],
    ids=["plain", "streamed", "agent", "streaming agent"],
)
async def test_sks_own_counting_gives_what_stock_gives(
    azure: Emulator, services: Services, rounds: int, ask: Any, replies: Callable[[int], list[Reply]]
) -> None:
    found: dict[str, tuple[int, int]] = {}
    for name, service in services.items():
        azure.script(*replies(rounds))
        parts = await ask(service, rounds)
        found[name] = numbers(counted(parts))
        assert len(azure.requests) == rounds + 1
        azure.clear()
    assert found["ours"] == found["stock"]
    if ask is not agent:  # which gives its last message alone
        assert found["ours"] == truth(rounds)
    *_, last = [part for part in parts if part.metadata.get("total_usage")]
    assert numbers(last.metadata["total_usage"]) == truth(rounds)


async def test_several_answers_repeat_the_usage_as_stock_does(azure: Emulator, services: Services) -> None:
    asked = AzureChatPromptExecutionSettings(number_of_responses=2)
    found: dict[str, list[Any]] = {}
    for name, service in services.items():
        azure.script(*[stream(chunk("stop", content="a"), chunk("stop", choice={"index": 1}, content="b"))])
        told = [
            message
            async for messages in service.get_streaming_chat_message_contents(history("Hi"), asked)
            for message in messages
        ]
        found[name] = [(part.choice_index, str(part), part.metadata["usage"]) for part in told]
    assert found["ours"] == found["stock"]
    assert {numbers(part.metadata["total_usage"]) for part in told if part.metadata["usage"]} == {(10, 5)}


async def test_no_chunk_loses_a_key_that_stock_has(azure: Emulator, services: Services) -> None:
    for _ in range(3):
        parts = await gathered(
            services["ours"].get_streaming_chat_message_content(
                history("Count to 70"), AzureChatPromptExecutionSettings()
            )
        )
        assert len(parts) > 100
        assert all(part.metadata.keys() >= STOCK_KEYS for part in parts[:-1])
        assert [bool(part.metadata["usage"]) for part in parts] == [False] * (len(parts) - 1) + [True]


@pytest.mark.parametrize("kind", ["streamed", "plain"])
async def test_an_answer_that_a_filter_ends_still_tells_what_it_used(
    azure: Emulator, services: Services, kind: str
) -> None:
    service = services["ours"]
    kernel = kernel_with(service)

    @kernel.filter(FilterTypes.AUTO_FUNCTION_INVOCATION)
    async def stop(context: Any, next: Any) -> None:
        await next(context)
        context.terminate = True

    if kind == "streamed":
        azure.script(*streamed_replies(1))
        parts = await gathered(
            service.get_streaming_chat_message_content(history("Weather?"), settings(), kernel=kernel)
        )
        assert numbers(counted(parts)) == truth(0)
    else:
        azure.script(*whole_replies(1))
        answer = await service.get_chat_message_content(history("Weather?"), settings(), kernel=kernel)
        assert "usage" not in answer.metadata
        assert numbers(answer.metadata["total_usage"]) == truth(0)
    assert len(azure.requests) == 1


async def test_a_usage_that_was_told_before_a_break_is_not_lost(azure: Emulator, services: Services) -> None:
    azure.script(Reply(events=[chunk(content="Hi"), usage_chunk(), {"error": {"message": "out"}}], done=False))
    heard: list[Any] = []

    async def listen() -> None:
        async for part in services["ours"].get_streaming_chat_message_content(
            history("Hi"), AzureChatPromptExecutionSettings()
        ):
            heard.append(part)

    with pytest.raises(Exception, match="failed to complete"):
        await listen()
    assert numbers(counted(heard)) == (10, 5)
