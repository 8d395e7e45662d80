"""LiteLLM's other doors through the prefix: Responses, images, text completion, JSON, cache, callbacks, mocks."""

from __future__ import annotations

import asyncio
import json

import pydantic
import pytest

from azure_connector.emulator import Emulator
from tests.litellm.lite import ask, settle
from tests.support.asking import WAYS, text_of
from tests.support.frameworks import late

litellm = late("litellm")
loggers = late("tests.litellm.loggers")
litellm_adapter = late("litellm_adapter")

MODEL = "azure_connector/gpt-4o"


def run(make):
    async def whole():
        try:
            return await make()
        finally:
            await settle()

    return asyncio.run(whole())


def test_responses(registered):
    reply = litellm.responses(model=MODEL, input="Say hello to Oslo")
    assert "Oslo" in reply.output[0].content[0].text
    assert reply.usage.total_tokens > 0
    assert run(lambda: litellm.aresponses(model=MODEL, input="Say hello to Oslo")).output[0].content[0].text


def test_streamed_responses(registered):
    async def call():
        stream = await litellm.aresponses(model=MODEL, input="Say hello to Oslo", stream=True)
        return [event async for event in stream]

    events = run(call)
    assert events[-1].type == "response.completed"
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert "Oslo" in text
    assert [event.type for event in litellm.responses(model=MODEL, input="Hi", stream=True)][-1] == "response.completed"


IMAGE = {"n": 1, "size": "1024x1024", "quality": "high"}


@pytest.fixture
def images():
    with Emulator(["gpt-image-1"]) as azure:
        litellm_adapter.register(azure_endpoint=azure.endpoint, api_key=azure.api_key)
        yield azure


@pytest.mark.parametrize("asynchronous", [False, True])
def test_images(images, asynchronous):
    call = {"prompt": "A cat", "model": "azure_connector/gpt-image-1", **IMAGE}
    reply = run(lambda: litellm.aimage_generation(**call)) if asynchronous else litellm.image_generation(**call)
    assert reply.data[0].b64_json
    assert images.requests.last.body == {"model": "gpt-image-1", "prompt": "A cat", **IMAGE}


def test_text_completion(registered):
    reply = litellm.text_completion(model=MODEL, prompt="Say hello to Oslo")
    assert "Oslo" in reply.choices[0].text
    assert "Oslo" in run(lambda: litellm.atext_completion(model=MODEL, prompt="Say hello to Oslo")).choices[0].text


@pytest.mark.parametrize("asynchronous", [False, True])
def test_streamed_text_completion(registered, asynchronous):
    call = {"model": MODEL, "prompt": "Say hello to Oslo", "stream": True}

    async def read():
        return [chunk async for chunk in await litellm.atext_completion(**call)]

    chunks = run(read) if asynchronous else list(litellm.text_completion(**call))
    assert "Oslo" in "".join(chunk.choices[0].text or "" for chunk in chunks if chunk.choices)


class City(pydantic.BaseModel):
    city: str
    population: int


@pytest.mark.parametrize("way", WAYS)
def test_a_pydantic_response_format(registered, way):
    reply = ask(way, messages=[{"role": "user", "content": "Oslo has 700000 people"}], response_format=City)
    assert City.model_validate_json(text_of(reply))
    sent = registered.requests.last.body["response_format"]
    assert sent["type"] == "json_schema"
    assert sent["json_schema"]["name"] == "City"


@pytest.mark.parametrize("way", WAYS)
def test_json_mode(registered, way):
    messages = [{"role": "user", "content": "Answer in JSON about Oslo"}]
    assert json.loads(text_of(ask(way, messages=messages, response_format={"type": "json_object"})))
    assert registered.requests.last.body["response_format"] == {"type": "json_object"}


@pytest.mark.parametrize("way", WAYS)
def test_caching(registered, cache, way):
    first, second = (text_of(ask(way)) for _ in range(2))
    if way == "sync stream":  # LiteLLM stores it from a thread of its own
        assert first == second
        return
    assert first == second
    assert len(registered.requests) == 1


def test_cached_embeddings_know_their_dimensions(registered, cache):
    def embed(**more):
        return run(lambda: litellm.aembedding(model="azure_connector/text-embedding-3-small", input=["Oslo"], **more))

    assert len(embed(dimensions=8).data[0]["embedding"]) == 8
    assert len(embed(dimensions=16).data[0]["embedding"]) == 16
    assert len(embed(dimensions=8).data[0]["embedding"]) == 8
    assert len(registered.requests) == 2


@pytest.mark.parametrize("way", ["async", "async stream"])
def test_callbacks_with_cost(registered, way):
    recorder = loggers.Recorder()
    litellm.callbacks.append(recorder)
    ask(way)
    with pytest.raises(litellm.NotFoundError):
        ask(way, model="azure_connector/nope")
    assert [one.kind for one in recorder.awaited()] == ["success", "failure"]
    told = recorder.awaited()[0].kwargs["standard_logging_object"]
    assert told["response_cost"] > 0
    assert told["total_tokens"] > 0
    assert told["custom_llm_provider"] == "azure_connector"
    assert registered.api_key not in json.dumps(told, default=str)


@pytest.mark.parametrize("way", WAYS)
def test_mock_response(registered, way):
    assert text_of(ask(way, mock_response="mocked")) == "mocked"
    assert len(registered.requests) == 0


SENT = {
    "temperature": 0.5,
    "top_p": 0.9,
    "n": 1,
    "stop": ["END"],
    "presence_penalty": 0.1,
    "frequency_penalty": 0.1,
    "logit_bias": {"50256": -1},
    "user": "u",
    "seed": 5,
    "logprobs": True,
    "top_logprobs": 2,
    "prediction": {"type": "content", "content": "x"},
    "modalities": ["text"],
    "safety_identifier": "s",
    "service_tier": "auto",
    "store": False,
    "prompt_cache_key": "k",
}


@pytest.mark.parametrize("way", WAYS)
def test_parameters_arrive(registered, way):
    ask(way, **SENT)
    sent = registered.requests[0].body
    assert {name: sent.get(name) for name in SENT} == SENT


@pytest.mark.parametrize("way", WAYS)
def test_parameters_that_litellm_drops_arrive(registered, way):
    ask(way, model="azure_connector/gpt-5", verbosity="low", reasoning_effort="minimal", prompt_cache_retention="24h")
    sent = registered.requests[0].body
    assert (sent["verbosity"], sent["reasoning_effort"], sent["prompt_cache_retention"]) == ("low", "minimal", "24h")


@pytest.mark.parametrize("way", WAYS)
def test_extra_body_wins_back_everything(registered, way):
    extra = {"reasoning_effort": "low", "verbosity": "low", "prompt_cache_retention": "24h", "metadata": {"a": "b"}}
    ask(way, model="azure_connector/gpt-5", extra_body=extra)
    assert {name: registered.requests[0].body[name] for name in extra} == extra


@pytest.mark.parametrize("way", WAYS)
def test_metadata_goes_along_with_stored_completions_only(registered, way):
    ask(way, metadata={"team": "a"})
    assert "metadata" not in registered.requests.last.body
    ask(way, metadata={"team": "a"}, store=True)
    assert registered.requests.last.body["metadata"] == {"team": "a"}


@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_embedding_parameters(registered, asynchronous, drop):
    model = "azure_connector/text-embedding-3-small"
    given = {"dimensions": 8, "encoding_format": "float", "user": "u"}
    call = {"model": model, "input": ["Oslo"], **given, "headers": {"x-a": "1"}, "extra_headers": {"x-b": "2"}}
    call["drop_params"] = drop
    reply = run(lambda: litellm.aembedding(**call)) if asynchronous else litellm.embedding(**call)
    assert len(reply.data[0]["embedding"]) == 8
    sent = registered.requests.last
    assert sent.body == {"model": "text-embedding-3-small", "input": ["Oslo"], **given}
    assert (sent.headers["x-a"], sent.headers["x-b"]) == ("1", "2")


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_caller_may_still_drop_a_parameter(registered, asynchronous):
    call = {"model": "azure_connector/text-embedding-3-small", "input": ["Oslo"], "dimensions": 8}
    call["additional_drop_params"] = ["dimensions"]
    _ = run(lambda: litellm.aembedding(**call)) if asynchronous else litellm.embedding(**call)
    assert "dimensions" not in registered.requests.last.body
    ask("async" if asynchronous else "sync", seed=5, user="u", additional_drop_params=["user"])
    assert (registered.requests.last.body["seed"], "user" in registered.requests.last.body) == (5, False)


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_router_keeps_parameters_and_metadata(registered, asynchronous):
    """A Router writes into the caller's own dictionary; what it wrote is not the caller's."""
    router = litellm.Router(model_list=[{"model_name": "g", "litellm_params": {"model": "azure_connector/gpt-5"}}])
    mine = {"team": "a", "run": "7"}
    call = {"model": "g", "messages": [{"role": "user", "content": "Say hello to Oslo"}], "metadata": mine}
    call |= {"reasoning_effort": "low", "verbosity": "low", "user": "u", "store": True}
    for _ in range(2):
        _ = run(lambda: router.acompletion(**call)) if asynchronous else router.completion(**call)
        sent = registered.requests.last.body
        assert sent["metadata"] == {"team": "a", "run": "7"}
        assert (sent["reasoning_effort"], sent["verbosity"], sent["user"]) == ("low", "low", "u")
    ask("async" if asynchronous else "sync", metadata=mine, store=True)
    assert registered.requests.last.body["metadata"] == {"team": "a", "run": "7"}


@pytest.mark.parametrize("way", WAYS)
def test_metadata_that_is_no_text_is_told_of(registered, caplog, way):
    ask(way, metadata={"team": "a", "trace": {"id": 1}}, store=True)
    assert registered.requests.last.body["metadata"] == {"team": "a"}
    assert "trace" in caplog.text


@pytest.mark.parametrize("way", WAYS)
def test_an_effort_with_a_summary(registered, way):
    ask(way, model="azure_connector/gpt-5", reasoning_effort={"effort": "low"})
    assert registered.requests.last.body["reasoning_effort"] == "low"
    ask(way, model="azure_connector/gpt-5", reasoning_effort={"effort": "low", "summary": "auto"})
    assert registered.requests.last.path.endswith("/responses")  # Chat Completions has no summary
    assert registered.requests.last.body["reasoning"] == {"effort": "low", "summary": "auto"}
    with Emulator(["gpt-5-pro"]) as azure:
        litellm_adapter.register("pro", azure_endpoint=azure.endpoint, api_key=azure.api_key)
        ask(way, model="pro/gpt-5-pro", reasoning_effort={"effort": "high", "summary": "auto"})
        assert azure.requests.last.body["reasoning"] == {"effort": "high", "summary": "auto"}


WEATHER = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


@pytest.mark.parametrize("as_object", [True, False])
@pytest.mark.parametrize("way", WAYS)
def test_reasoning_survives_a_tool_turn(way, as_object):
    with Emulator(["gpt-5-pro"]) as azure:
        litellm_adapter.register("pro", azure_endpoint=azure.endpoint, api_key=azure.api_key)
        messages = [{"role": "user", "content": "How is the weather in Bergen?"}]
        how = {"model": "pro/gpt-5-pro", "tools": [WEATHER], "extra_body": {"include": ["reasoning.encrypted_content"]}}
        reply = ask(way, messages=messages, **how)
        reply = litellm.stream_chunk_builder(reply) if isinstance(reply, list) else reply
        said = reply.choices[0].message
        result = {"role": "tool", "tool_call_id": said.tool_calls[0].id, "content": "12 degrees"}
        ask(way, messages=[*messages, said if as_object else said.model_dump(), result], **how)
        kinds = [item["type"] for item in azure.requests.last.body["input"]]
        assert kinds == ["message", "reasoning", "function_call", "function_call_output"]


@pytest.mark.parametrize("way", WAYS)
def test_a_history_of_litellm_s_messages_holds_nothing_foreign(registered, way):
    reply = ask("sync")
    again = {"role": "user", "content": "Again"}
    ask(way, messages=[{"role": "user", "content": "Say hello to Oslo"}, reply.choices[0].message, again])
    assert "provider_specific_fields" not in registered.requests.last.body["messages"][1]
