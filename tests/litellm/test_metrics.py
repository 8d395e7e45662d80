"""LiteLLM's Prometheus and OpenTelemetry callbacks: the same samples and spans for our prefix as for `azure/`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from azure_connector.emulator import Emulator, Reply
from tests.litellm.lite import run, settle
from tests.support.asking import HELLO
from tests.support.frameworks import late

litellm = late("litellm")

pytest.importorskip("prometheus_client")
pytest.importorskip("opentelemetry.sdk")

PROVIDERS = ("azure", "azure_connector")
BUSY = Reply(status=503, body={"error": {"code": "503", "message": "busy"}})


def _calls(azure: Emulator, provider: str) -> None:
    """A whole reply, a stream and vectors, and a refusal, through a Router as a Proxy has it."""
    where = {"api_base": azure.endpoint, "api_key": azure.api_key, "api_version": "2024-10-21"}
    models = [
        {"model_name": name, "litellm_params": {"model": f"{provider}/{name}", **where}}
        for name in ("gpt-4o", "text-embedding-3-small")
    ]

    async def calls() -> None:
        router = litellm.Router(model_list=models, num_retries=0)
        await router.acompletion(model="gpt-4o", messages=HELLO, user="ada")
        stream = await router.acompletion(model="gpt-4o", messages=HELLO, stream=True)
        assert [chunk async for chunk in stream]
        await router.aembedding(model="text-embedding-3-small", input=["Oslo"])
        azure.script(BUSY)
        with pytest.raises(litellm.ServiceUnavailableError):
            await router.acompletion(model="gpt-4o", messages=HELLO)
        await settle()

    run(calls())


@pytest.fixture
def registry() -> Iterator[Any]:
    """Prometheus' registry, empty before and after."""
    from prometheus_client import REGISTRY

    def clear() -> None:
        for collector in list(REGISTRY._collector_to_names):
            REGISTRY.unregister(collector)

    clear()
    yield REGISTRY
    clear()


def test_prometheus_has_the_same_samples(registered, registry):
    from litellm.integrations.prometheus import PrometheusLogger

    def samples() -> dict[Any, float]:
        found = [sample for metric in registry.collect() for sample in metric.samples]
        return {(one.name, tuple(sorted(one.labels.items()))): one.value for one in found}

    litellm.callbacks.append(PrometheusLogger())
    filled, values = {}, {}
    for provider in PROVIDERS:
        before = samples()
        _calls(registered, provider)
        new = {key: value - before.get(key, 0.0) for key, value in samples().items() if value != before.get(key, 0.0)}
        # Names, with the labels that say something: what they say names the provider.
        filled[provider] = {
            (name, tuple(label for label, value in labels if value not in ("", "None")))
            for (name, labels) in new
            if not name.endswith(("_bucket", "_created"))
        }
        values[provider] = {
            name: sum(value for (other, _), value in new.items() if other == name)
            for name, _ in new
            if "tokens_metric" in name or "spend" in name or name.endswith(("_requests_total", "_responses_total"))
            if not name.endswith("_created")
        }
    assert len(filled["azure"]) > 20
    ours = filled["azure_connector"]
    missing = [
        (name, labels)
        for name, labels in filled["azure"]
        if not any(other == name and set(labels) <= set(more) for other, more in ours)
    ]
    assert missing == []
    # `azure/` counts no tokens of a stream that does not ask for its usage.
    assert all(values["azure_connector"][name] >= value for name, value in values["azure"].items())
    requests = [name for name in values["azure"] if "_requests" in name or "_responses" in name]
    assert {name: values["azure_connector"][name] for name in requests} == {n: values["azure"][n] for n in requests}
    told = {name for name, _ in filled["azure_connector"]}
    assert {"litellm_overhead_latency_metric_sum", "litellm_llm_api_time_to_first_token_metric_sum"} <= told


def _filled(span: Any, provider: str) -> list[str]:
    """The attributes that say something; those of the raw request and reply bear the provider's name."""
    nothing = ("", "None", "{}", "[]", "False")
    return [
        name.replace(f"llm.{provider}.", "llm.")
        for name, value in (span.attributes or {}).items()
        if str(value) not in nothing
    ]


def test_opentelemetry_has_the_same_spans(registered):
    from litellm.integrations.opentelemetry import OpenTelemetry, OpenTelemetryConfig
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    callback = OpenTelemetry(config=OpenTelemetryConfig(exporter=exporter), tracer_provider=tracers)
    litellm.callbacks.append(callback)
    found = {}
    for provider in PROVIDERS:
        exporter.clear()
        _calls(registered, provider)
        spans = exporter.get_finished_spans()
        assert registered.api_key not in str([dict(span.attributes or {}) for span in spans])
        found[provider] = sorted(
            (span.name, span.status.status_code.name, tuple(sorted(_filled(span, provider)))) for span in spans
        )
    assert len(found["azure"]) >= 4
    for stock, ours in zip(found["azure"], found["azure_connector"], strict=True):
        assert stock[:2] == ours[:2]
        assert set(stock[2]) - set(ours[2]) == set()
