"""The connector is an OpenAI client: each way of the SDK to ask and to read works, and gains Azure's information."""

from __future__ import annotations

import asyncio
import copy
import pickle

import openai
import pydantic
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from azure_connector import AsyncAzureConnector, AzureConnector, azure_info
from tests.support.asking import HELLO


class City(pydantic.BaseModel):
    city: str
    population: int


@pytest.fixture
def client(azure):
    with AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as made:
        yield made


def test_both_are_openai_clients(azure):
    assert issubclass(AzureConnector, openai.OpenAI)
    assert issubclass(AsyncAzureConnector, openai.AsyncOpenAI)


def test_the_reply_is_the_sdks_own(client):
    reply = client.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert type(reply) is ChatCompletion
    assert reply._request_id == azure_info(reply).request_id
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    assert reply.model_dump()["prompt_filter_results"], "Azure's own fields stay in the dump"
    assert "_azure_info" not in reply.model_dump_json()


def test_a_stream_is_the_sdks_own_and_can_be_iterated_either_way(client):
    stream = client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True)
    assert isinstance(stream, openai.Stream)
    first = next(stream)
    rest = list(stream)
    assert all(type(chunk) is ChatCompletionChunk for chunk in (first, *rest))
    assert azure_info(stream) is azure_info(rest[-1])
    assert azure_info(stream).prompt_filters["hate"]["severity"] == "safe"


def test_parse(client):
    messages = [{"role": "user", "content": "Oslo has 700000 inhabitants"}]
    reply = client.chat.completions.parse(model="gpt-4o", messages=messages, response_format=City)
    assert reply.choices[0].message.parsed == City(city="Oslo", population=700000)


def test_stream_helper(client):
    with client.chat.completions.stream(model="gpt-4o", messages=HELLO) as events:
        kinds = {event.type for event in events}
        final = events.get_final_completion()
    assert "content.delta" in kinds
    assert "Oslo" in final.choices[0].message.content


def test_raw_response(client):
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=HELLO)
    assert raw.headers["x-ms-region"]
    reply = raw.parse()
    assert type(reply) is ChatCompletion
    assert azure_info(reply).deployment == "gpt-4o"


def test_raw_stream(client):
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=HELLO, stream=True)
    chunks = list(raw.parse())
    assert "Oslo" in "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def test_streaming_response(client):
    with client.chat.completions.with_streaming_response.create(model="gpt-4o", messages=HELLO) as raw:
        assert "Oslo" in raw.parse().choices[0].message.content


def test_a_ready_body_by_post_skips_the_sdks_transformation(azure, client):
    body = {"model": "gpt-5", "messages": HELLO, "max_tokens": 50}
    reply = client.post("/chat/completions", body=body, cast_to=ChatCompletion)
    assert type(reply) is ChatCompletion
    assert azure.requests[0].body["max_completion_tokens"] == 50
    assert body["max_tokens"] == 50, "the caller's body is never changed"
    chunks = list(
        client.post(
            "/chat/completions",
            body={**body, "stream": True},
            cast_to=ChatCompletion,
            stream=True,
            stream_cls=openai.Stream[ChatCompletionChunk],
        )
    )
    assert all(type(chunk) is ChatCompletionChunk for chunk in chunks)


def test_extra_body_headers_and_query_arrive(azure, client):
    client.chat.completions.create(
        model="gpt-4o",
        messages=HELLO,
        extra_body={"user_security_context": {"application_name": "test"}},
        extra_headers={"x-trace": "abc"},
        extra_query={"debug": "1"},
    )
    (request,) = azure.requests
    assert request.body["user_security_context"] == {"application_name": "test"}
    assert request.headers["x-trace"] == "abc"
    assert request.query == {"debug": "1"}


def test_with_options_shares_credentials_and_keeps_its_own_headers(azure, client):
    other = client.with_options(timeout=5, max_retries=0, default_headers={"x-team": "blue"})
    assert type(other) is AzureConnector
    other.chat.completions.create(model="gpt-4o", messages=HELLO)
    client.chat.completions.create(model="gpt-4o", messages=HELLO)
    with_header, without = azure.requests
    assert with_header.headers["x-team"] == "blue"
    assert with_header.headers["x-stainless-read-timeout"] == "5"
    assert "x-team" not in without.headers
    assert with_header.connection == without.connection, "copies share connections"


def test_models_are_listed(client):
    assert "gpt-4o-2024-11-20" in [model.id for model in client.models.list()]


def test_deepcopy_is_the_same_client_and_pickling_says_why_not(client):
    assert copy.deepcopy(client) is client
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(client)


def test_what_frameworks_read_is_there_without_the_secret(azure, client):
    assert str(client.base_url) == f"{azure.endpoint}/openai/v1/"
    assert azure.api_key not in client.api_key
    assert azure.api_key not in repr(client)


def test_the_environment_of_openai_goes_nowhere(azure, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-canary")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer canary")
    with AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        client.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert "canary" not in str(azure.requests[0].headers)


def test_one_async_client_serves_several_event_loops(azure):
    client = AsyncAzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key)

    async def ask():
        reply = await client.chat.completions.create(model="gpt-4o", messages=HELLO)
        await client.close()
        return reply.choices[0].message.content

    assert [asyncio.run(ask()) for _ in range(3)].count(asyncio.run(ask())) == 3


def test_many_threads_share_one_client(azure, client):
    from concurrent.futures import ThreadPoolExecutor

    def ask(number):
        messages = [{"role": "user", "content": f"number {number}"}]
        return client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(24)))
    assert [f"number {number}" in answer for number, answer in enumerate(answers)] == [True] * 24


async def test_async_ways(azure):
    async with AsyncAzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        parsed = await client.chat.completions.parse(
            model="gpt-4o", messages=[{"role": "user", "content": "Oslo has 700000"}], response_format=City
        )
        assert parsed.choices[0].message.parsed.population == 700000
        async with client.chat.completions.stream(model="gpt-4o", messages=HELLO) as events:
            async for _ in events:
                pass
            final = await events.get_final_completion()
        assert "Oslo" in final.choices[0].message.content
        raw = await client.chat.completions.with_raw_response.create(model="gpt-4o", messages=HELLO)
        assert azure_info(raw.parse()).region == raw.headers["x-ms-region"]
        async with client.chat.completions.with_streaming_response.create(model="gpt-4o", messages=HELLO) as streamed:
            assert (await streamed.parse()).choices
        assert (await client.with_options(timeout=3).embeddings.create(model="text-embedding-3-small", input="x")).data
        assert [model.id async for model in client.models.list()]
