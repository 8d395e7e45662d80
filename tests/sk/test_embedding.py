"""Embeddings over HTTP: batches within Azure's limits, dimensions, order, and SK's vector stores on top."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import numpy
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from semantic_kernel import Kernel
from semantic_kernel.connectors.ai.open_ai import OpenAIEmbeddingPromptExecutionSettings
from semantic_kernel.connectors.ai.prompt_execution_settings import PromptExecutionSettings
from semantic_kernel.exceptions.service_exceptions import ServiceResponseException

from azure_connector import DeploymentNotFoundError
from azure_connector.emulator import Emulator, Reply
from azure_connector.requests import embedding_batches
from sk_azure_plugin import AzureConnectorTextEmbedding


@pytest_asyncio.fixture
async def service(azure: Emulator) -> AsyncIterator[AzureConnectorTextEmbedding]:
    service = AzureConnectorTextEmbedding(
        model="text-embedding-3-small", endpoint=azure.endpoint, api_key=azure.api_key
    )
    yield service
    await service.client.close()


async def test_vectors_come_in_the_order_of_the_texts(azure: Emulator, service: AzureConnectorTextEmbedding) -> None:
    texts = ["a cat on the mat", "interest rates rose", "the cat sat on a mat"]
    one, two, three = await service.generate_embeddings(texts)
    assert one @ three > one @ two
    (request,) = azure.requests
    assert (request.url, request.body["input"]) == ("/openai/v1/embeddings", texts)
    assert request.body["model"] == "text-embedding-3-small"


async def test_entries_that_come_out_of_order_are_put_right(
    azure: Emulator, service: AzureConnectorTextEmbedding
) -> None:
    data = [{"object": "embedding", "index": n, "embedding": [float(n)]} for n in (1, 0)]
    usage = {"prompt_tokens": 2, "total_tokens": 2}
    azure.script(Reply(body={"object": "list", "data": data, "model": "m", "usage": usage}))
    assert (await service.generate_embeddings(["zero", "one"])).tolist() == [[0.0], [1.0]]


async def test_more_texts_than_azure_takes_go_in_several_requests(
    azure: Emulator, service: AzureConnectorTextEmbedding
) -> None:
    texts = [f"text {n}" for n in range(2050)]
    vectors = await service.generate_embeddings(texts, dimensions=8)
    assert vectors.shape == (2050, 8)
    assert [len(request.body["input"]) for request in azure.requests] == [2048, 2]
    (alone,) = await service.generate_embeddings([texts[2049]], dimensions=8)
    assert numpy.allclose(vectors[2049], alone)


async def test_a_size_that_is_asked_for_is_kept(azure: Emulator, service: AzureConnectorTextEmbedding) -> None:
    await service.generate_embeddings(["a", "b", "c"], batch_size=2)
    assert [request.body["input"] for request in azure.requests] == [["a", "b"], ["c"]]


async def test_no_text_is_no_request(azure: Emulator, service: AzureConnectorTextEmbedding) -> None:
    assert len(await service.generate_embeddings([])) == 0
    assert len(azure.requests) == 0


@pytest.mark.parametrize(
    "settings",
    [OpenAIEmbeddingPromptExecutionSettings(dimensions=64), PromptExecutionSettings(dimensions=64)],
    ids=lambda settings: type(settings).__name__,
)
async def test_settings_are_sent_and_never_changed(
    azure: Emulator, service: AzureConnectorTextEmbedding, settings: Any
) -> None:
    before = settings.model_dump()
    vectors = await asyncio.gather(
        service.generate_embeddings(["one"], settings), service.generate_raw_embeddings(["one", "two"], settings)
    )
    assert [len(vector) for vector in vectors] == [1, 2]
    assert {request.body["dimensions"] for request in azure.requests} == {64}
    assert settings.model_dump() == before


async def test_a_failure_is_sks_exception(azure: Emulator) -> None:
    service = AzureConnectorTextEmbedding(model="nothing", endpoint=azure.endpoint, api_key=azure.api_key)
    with pytest.raises(ServiceResponseException, match="service failed to generate embeddings") as caught:
        await service.generate_embeddings(["a"])
    cause = caught.value.__cause__
    assert isinstance(cause, DeploymentNotFoundError)
    assert cause.hint in str(caught.value)
    await service.client.close()


async def test_a_vector_store_embeds_and_searches(azure: Emulator, service: AzureConnectorTextEmbedding) -> None:
    from semantic_kernel.connectors.in_memory import InMemoryStore

    from tests.sk.notes import Note

    store = InMemoryStore(embedding_generator=service)
    notes = store.get_collection(Note, collection_name="notes")
    await notes.ensure_collection_exists()
    texts = ["The cat sleeps on the sofa", "Interest rates rose in Norway", "A cat and a dog on a sofa"]
    await notes.upsert([Note(text, id=str(number)) for number, text in enumerate(texts)])
    assert len(azure.requests) == 1
    found = await notes.search("Where does the cat sleep?", top=2)
    best = [result.record.id async for result in found.results]
    assert best[0] == "0"
    assert "1" not in best


async def test_a_kernel_finds_the_service_by_its_type(service: AzureConnectorTextEmbedding) -> None:
    kernel = Kernel()
    kernel.add_service(service)
    assert kernel.get_service(type=AzureConnectorTextEmbedding) is service


@given(st.lists(st.text(max_size=20), max_size=60), st.integers(1, 9), st.integers(1, 60))
def test_batches_keep_order_and_limits(texts: list[str], inputs: int, tokens: int) -> None:
    batches = list(embedding_batches(texts, max_inputs=inputs, max_tokens=tokens))
    assert [text for batch in batches for text in batch] == texts
    for batch in batches:
        assert 0 < len(batch) <= inputs
        assert len(batch) == 1 or sum(len(text.encode()) // 2 + 1 for text in batch) <= tokens


def test_a_batch_holds_no_more_tokens_than_azure_takes() -> None:
    long = "word " * 7000
    assert [len(batch) for batch in embedding_batches([long] * 40)] == [17, 17, 6]
    assert list(embedding_batches([[1] * 8000, [2] * 8000], max_tokens=10_000)) == [[[1] * 8000], [[2] * 8000]]


async def test_a_mapped_model_needs_no_name(azure: Emulator) -> None:
    service = AzureConnectorTextEmbedding(
        endpoint=azure.endpoint,
        api_key=azure.api_key,
        deployment_mapping={"text-embedding-3-small": "text-embedding-3-small"},
    )
    async with service:
        assert len(await service.generate_embeddings(["Oslo"])) == 1
    assert azure.requests.last.body["model"] == "text-embedding-3-small"
