"""What may be sent twice, and what never is: where a request may have been executed, repeating it must be safe."""

from __future__ import annotations

import io
import socket

import openai
import pytest

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.emulator import faults
from tests.reliability.asking import tried

MAYBE_EXECUTED = [
    faults.failure(500),
    faults.failure(408),
    faults.reset("before"),
    faults.reset("during"),
    faults.truncated(),
    faults.garbled(),
    faults.gateway_page(504),
]
NOT_EXECUTED = [faults.too_many_requests(0.01), faults.no_capacity(), faults.failure(409)]
MODEL = {"deployment_mapping": {"gpt-5": ["gpt-5", "gpt-5@west"]}}


def name(fault):
    return str(getattr(fault, "status", None) or getattr(fault, "name", fault))


@pytest.mark.parametrize("fault", MAYBE_EXECUTED, ids=name)
def test_a_stored_response_is_never_repeated_after_it_may_have_been_executed(cloud, fault):
    cloud.east.script(fault)
    with AzureConnector(**cloud.options(**MODEL)) as client, pytest.raises(openai.APIError) as caught:
        client.responses.create(model="gpt-5", input="Say hello to Oslo")
    assert cloud.counts() == (1, 0, 0)
    assert len(caught.value.attempts) == 1


@pytest.mark.parametrize("fault", NOT_EXECUTED, ids=name)
def test_a_stored_response_moves_on_where_nothing_was_executed(cloud, fault):
    cloud.east.script(fault)
    with AzureConnector(**cloud.options(**MODEL)) as client:
        reply = client.responses.create(model="gpt-5", input="Say hello to Oslo")
    assert tried(reply)[-1] == ("west", 200)


@pytest.mark.parametrize("fault", MAYBE_EXECUTED, ids=name)
async def test_a_response_that_is_not_stored_is_repeated(cloud, fault):
    cloud.east.script(fault)
    async with AsyncAzureConnector(**cloud.options(**MODEL)) as client:
        reply = await client.responses.create(model="gpt-5", input="Say hello to Oslo", store=False)
    assert "Oslo" in reply.output_text
    assert tried(reply)[-1] == ("west", 200)


@pytest.mark.parametrize("fault", MAYBE_EXECUTED, ids=name)
def test_embeddings_are_repeated(cloud, fault):
    cloud.east.script(fault)
    mapping = {"small": ["text-embedding-3-small", "text-embedding-3-small@west"]}
    with AzureConnector(**cloud.options(deployment_mapping=mapping)) as client:
        reply = client.embeddings.create(model="small", input="Oslo")
    assert len(reply.data[0].embedding) == 1536
    assert tried(reply)[-1] == ("west", 200)


@pytest.mark.parametrize("fault", MAYBE_EXECUTED, ids=name)
def test_files_and_batches_are_never_repeated(cloud, fault):
    with AzureConnector(**cloud.options()) as client:
        stored = client.files.create(file=("a.jsonl", io.BytesIO(b"{}")), purpose="batch")
        cloud.east.script(fault, fault)
        with pytest.raises(openai.APIError):
            client.files.create(file=("a.jsonl", io.BytesIO(b"{}")), purpose="batch")
        with pytest.raises(openai.APIError):
            client.batches.create(input_file_id=stored.id, endpoint="/v1/chat/completions", completion_window="24h")
    assert cloud.counts() == (3, 0, 0)


def test_the_user_may_allow_it(cloud):
    cloud.east.script(faults.reset("before"))
    with AzureConnector(**cloud.options(**MODEL, repeat_unsafe=True)) as client:
        reply = client.responses.create(model="gpt-5", input="Say hello to Oslo")
    assert tried(reply) == [("default", None), ("west", 200)]


def test_a_refused_connection_has_executed_nothing(cloud):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with AzureConnector(**cloud.options(**MODEL, azure_endpoint=endpoint, api_key="k" * 32)) as client:
            reply = client.responses.create(model="gpt-5", input="Say hello to Oslo")
    assert tried(reply) == [("default", None), ("west", 200)]


def test_reading_is_always_repeated(cloud):
    with AzureConnector(**cloud.options()) as client:
        stored = client.responses.create(model="gpt-5", input="Say hello to Oslo")
        cloud.east.script(faults.reset("before"))
        assert client.responses.retrieve(stored.id).id == stored.id
        cloud.east.script(faults.garbled())
        assert client.responses.with_raw_response.retrieve(stored.id).parse().id == stored.id
