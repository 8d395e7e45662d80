"""OpenTelemetry's OpenAI instrumentation on the connector."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import openai
import pytest

from azure_connector import AzureConnector
from azure_connector.emulator import Deployment, Emulator, faults
from tests.neighbours.stock import stock_client
from tests.support.frameworks import needed

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

frameworks = needed("opentelemetry.instrumentation.openai_v2", "opentelemetry.sdk.trace", "semantic_kernel.contents")
HELLO: Any = [{"role": "user", "content": "Say hello to Oslo"}]


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    OpenAIInstrumentor().instrument(tracer_provider=provider)
    yield spans
    OpenAIInstrumentor().uninstrument()
    provider.shutdown()


def test_whole_and_streamed_replies_have_the_deployment_on_their_spans(
    azure: Emulator, sample: Callable[[str], ModuleType]
) -> None:
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    spans = InMemorySpanExporter()
    sample("neighbours/opentelemetry_spans").main(spans)
    whole, streamed = map(attributes, spans.get_finished_spans())
    for span in (whole, streamed):
        assert span["gen_ai.request.model"] == "gpt-5"
        assert span["azure.deployment"] == "gpt-5"
        assert span["azure.resource"] == "default"
        assert span["azure.region"] == "Sweden Central"
        assert span["azure.attempts"] == 1
    assert whole["gen_ai.usage.output_tokens"] > 0
    assert whole["azure.service.request.id"] != streamed["azure.service.request.id"]


def test_a_stock_span_ends_in_the_error_that_the_connectors_span_tells_as_a_failover(
    azure: Emulator, exporter: InMemorySpanExporter
) -> None:
    azure.script(faults.too_many_requests(3600), deployment="gpt-5", times=None)
    with stock_client(azure) as stock, pytest.raises(openai.RateLimitError):
        stock.chat.completions.create(model="gpt-5", messages=HELLO)
    with Emulator([Deployment("spare", "gpt-5")]) as other:
        second = {"azure_endpoint": other.endpoint, "api_key": other.api_key}
        mapping = {"gpt-5": ["gpt-5", "spare@second"]}
        with AzureConnector(resources={"second": second}, deployment_mapping=mapping) as connector:
            connector.chat.completions.create(model="gpt-5", messages=HELLO)
        port = urlsplit(other.endpoint).port
    failed, answered = exporter.get_finished_spans()
    assert not failed.status.is_ok
    assert not [name for name in attributes(failed) if name.startswith("azure.")]
    assert answered.status.is_unset
    told = attributes(answered)
    assert (told["azure.deployment"], told["azure.resource"], told["azure.attempts"]) == ("spare", "second", 2)
    assert told["server.port"] == port


async def test_semantic_kernels_calls_have_spans(azure: Emulator, exporter: InMemorySpanExporter) -> None:
    from semantic_kernel.contents import ChatHistory

    from sk_azure_plugin import AzureConnectorChatCompletion

    history = ChatHistory()
    history.add_user_message("Say hello to Oslo")
    service = AzureConnectorChatCompletion(deployment_name="gpt-5")
    await service.get_chat_message_content(history, service.instantiate_prompt_execution_settings())
    await service.client.close()
    (span,) = exporter.get_finished_spans()
    assert attributes(span)["azure.deployment"] == "gpt-5"


def test_other_spans_are_left_alone(azure: Emulator) -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    with provider.get_tracer("app").start_as_current_span("GET /page"), AzureConnector() as connector:
        connector.chat.completions.create(model="gpt-5", messages=HELLO)
    provider.shutdown()
    assert attributes(spans.get_finished_spans()[0]) == {}
