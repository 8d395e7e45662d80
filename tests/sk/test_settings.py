"""What settings objects cannot say with their own fields reaches the wire all the same, or the log."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from semantic_kernel import Kernel
from semantic_kernel.connectors.ai.function_choice_behavior import FunctionChoiceBehavior
from semantic_kernel.connectors.ai.open_ai import (
    AzureChatPromptExecutionSettings,
    OpenAIChatPromptExecutionSettings,
    OpenAIEmbeddingPromptExecutionSettings,
    OpenAITextPromptExecutionSettings,
)
from semantic_kernel.connectors.ai.prompt_execution_settings import PromptExecutionSettings

from azure_connector.emulator import Emulator
from sk_azure_plugin import AzureConnectorChatCompletion
from sk_azure_plugin.settings import _report
from tests.sk.saying import history


@pytest.fixture(autouse=True)
def nothing_reported() -> None:
    _report.cache_clear()


async def sent(service: AzureConnectorChatCompletion, azure: Emulator, settings: Any) -> dict[str, Any]:
    await service.get_chat_message_content(history("Hi"), settings)
    return azure.requests.last.body


@pytest.mark.parametrize("effort", ["minimal", "low", "medium", "high"])
@pytest.mark.parametrize(
    "made", [PromptExecutionSettings, AzureChatPromptExecutionSettings, OpenAIChatPromptExecutionSettings]
)
async def test_every_effort(azure: Emulator, service: AzureConnectorChatCompletion, made: Any, effort: str) -> None:
    settings = made(ai_model_id="gpt-5", reasoning_effort=effort, verbosity="low", max_completion_tokens=900)
    body = await sent(service, azure, settings)
    assert (body["reasoning_effort"], body["verbosity"], body["max_completion_tokens"]) == (effort, "low", 900)


async def test_the_kernels_settings_have_no_limits(kernel: Kernel, azure: Emulator) -> None:
    settings: Any = kernel.get_prompt_execution_settings_from_service_id("gpt-4o")
    assert isinstance(settings, AzureChatPromptExecutionSettings)
    settings.reasoning_effort = "xhigh"
    assert settings.reasoning_effort == "xhigh"


@pytest.mark.parametrize("made", [AzureChatPromptExecutionSettings, PromptExecutionSettings])
async def test_unknown_keys_are_sent_where_create_knows_them(
    azure: Emulator, service: AzureConnectorChatCompletion, made: Any
) -> None:
    settings = made(logprobs=True, top_logprobs=2, service_tier="auto", seed=7, extra_headers={"x-mine": "yes"})
    body = await sent(service, azure, settings)
    assert (body["logprobs"], body["top_logprobs"], body["service_tier"], body["seed"]) == (True, 2, "auto", 7)
    assert azure.requests.last.headers["x-mine"] == "yes"


async def test_a_text_settings_number_of_logprobs_becomes_a_switch_and_a_number(
    azure: Emulator, service: AzureConnectorChatCompletion
) -> None:
    body = await sent(service, azure, OpenAITextPromptExecutionSettings(logprobs=3))
    assert (body["logprobs"], body["top_logprobs"]) == (True, 3)


async def test_what_cannot_be_sent_is_logged_once(
    azure: Emulator, service: AzureConnectorChatCompletion, caplog: pytest.LogCaptureFixture
) -> None:
    settings = PromptExecutionSettings(top_k=5, safe_prompt=True, temperature=0.5)
    with caplog.at_level(logging.WARNING, "azure_connector"):
        body = await sent(service, azure, settings)
        await sent(service, azure, settings)
    assert not {"top_k", "safe_prompt"} & body.keys()
    assert body["temperature"] == 0.5
    lines = [record.getMessage() for record in caplog.records if record.name == "azure_connector.semantic_kernel"]
    assert len(lines) == 1
    assert "safe_prompt, top_k" in lines[0]


async def test_settings_of_another_kind_are_read_and_their_rest_is_logged(
    azure: Emulator, service: AzureConnectorChatCompletion, caplog: pytest.LogCaptureFixture
) -> None:
    settings = OpenAIEmbeddingPromptExecutionSettings(dimensions=256, user="someone")
    body = await sent(service, azure, settings)
    assert body["user"] == "someone"
    assert "dimensions" not in body
    assert "dimensions" in caplog.text


async def test_what_the_model_refuses_is_dropped_and_told_in_the_metadata(
    azure: Emulator, service: AzureConnectorChatCompletion
) -> None:
    settings = AzureChatPromptExecutionSettings(ai_model_id="gpt-5", temperature=0.2, max_tokens=500)
    answer = await service.get_chat_message_content(history("Hi"), settings)
    body = azure.requests.last.body
    assert "temperature" not in body
    assert body["max_completion_tokens"] == 500
    assert any("temperature" in change for change in answer.metadata["changes"])


async def test_extra_body_goes_before_everything(azure: Emulator, service: AzureConnectorChatCompletion) -> None:
    settings = AzureChatPromptExecutionSettings(temperature=0.2, extra_body={"temperature": 0.9, "user": "me"})
    body = await sent(service, azure, settings)
    assert (body["temperature"], body["user"]) == (0.9, "me")


async def test_no_settings_at_all(azure: Emulator, service: AzureConnectorChatCompletion) -> None:
    nothing: Any = None
    assert await service.get_chat_message_content(history("Hi"), nothing)
    assert [part async for part in service.get_streaming_chat_message_content(history("Hi"), nothing)]


async def test_required_functions_are_required(
    azure: Emulator, service: AzureConnectorChatCompletion, kernel: Kernel
) -> None:
    settings = AzureChatPromptExecutionSettings(function_choice_behavior=FunctionChoiceBehavior.Required())
    await service.get_chat_message_content(history("Oslo"), settings, kernel=kernel)
    assert azure.requests[0].body["tool_choice"] == "required"
    assert "tools" not in azure.requests.last.body
