"""Semantic Kernel's spans: one for each call, with its own tokens, and with the served model and the deployment."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from semantic_kernel import Kernel
from semantic_kernel.connectors.ai.function_choice_behavior import FunctionChoiceBehavior
from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings
from semantic_kernel.exceptions.service_exceptions import ServiceResponseException
from semantic_kernel.utils.telemetry.model_diagnostics import decorators

from azure_connector.emulator import Emulator, Reply
from sk_azure_plugin import AzureConnectorChatCompletion
from tests.sk.saying import call, chunk, completion, gathered, history, stream, streamed_call

AUTO = AzureChatPromptExecutionSettings(function_choice_behavior=FunctionChoiceBehavior.Auto())


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(decorators, "tracer", provider.get_tracer("test"))
    monkeypatch.setattr(decorators.MODEL_DIAGNOSTICS_SETTINGS, "enable_otel_diagnostics", True)
    return exporter


@pytest.mark.parametrize("streamed", [False, True])
async def test_each_call_has_a_span_of_its_own(
    azure: Emulator, service: AzureConnectorChatCompletion, kernel: Kernel, spans: Any, streamed: bool
) -> None:
    city = '{"city": "Oslo"}'
    if streamed:
        azure.script(streamed_call(city), stream(chunk(content="Sunny"), chunk("stop")))
        await gathered(service.get_streaming_chat_message_content(history("Weather?"), AUTO, kernel=kernel))
    else:
        azure.script(completion("tool_calls", tool_calls=[call(city)]), completion(content="Sunny"))
        await service.get_chat_message_content(history("Weather?"), AUTO, kernel=kernel)
    assert [span.name for span in spans.get_finished_spans()] == ["chat gpt-4o"] * 2
    for span in spans.get_finished_spans():
        told = span.attributes
        assert told["gen_ai.response.model"] == "gpt-4o-2024-11-20"
        assert (told["azure.openai.deployment"], told["azure.openai.resource"]) == ("gpt-4o", "default")
        assert (told["gen_ai.usage.input_tokens"], told["gen_ai.usage.output_tokens"]) == (10, 5)
        assert told["gen_ai.response.id"] == "chatcmpl-1"


async def test_a_failure_is_on_the_span(azure: Emulator, service: AzureConnectorChatCompletion, spans: Any) -> None:
    azure.script(Reply(400, body={"error": {"code": "bad", "message": "no"}}))
    with pytest.raises(ServiceResponseException):
        await service.get_chat_message_content(history("Hi"), AzureChatPromptExecutionSettings())
    (span,) = spans.get_finished_spans()
    assert "ServiceResponseException" in span.attributes["error.type"]


async def test_no_span_of_the_users_is_touched(azure: Emulator, service: AzureConnectorChatCompletion) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("mine").start_as_current_span("mine"):
        await service.get_chat_message_content(history("Hi"), AzureChatPromptExecutionSettings())
    (span,) = exporter.get_finished_spans()
    assert not span.attributes
