"""OpenTelemetry: the OpenAI instrumentation traces the connector, and its spans say which deployment answered."""

from __future__ import annotations

from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor, SpanExporter

from azure_connector import AzureConnector


def main(exporter: SpanExporter | None = None) -> None:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter or ConsoleSpanExporter()))
    OpenAIInstrumentor().instrument(tracer_provider=provider)
    try:
        with AzureConnector() as client:
            question = [{"role": "user", "content": "Say hello to Oslo"}]
            client.chat.completions.create(model="gpt-5", messages=question)
            list(client.chat.completions.create(model="gpt-5", messages=question, stream=True))
    finally:
        OpenAIInstrumentor().uninstrument()


if __name__ == "__main__":
    main()
