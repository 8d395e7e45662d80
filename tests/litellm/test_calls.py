"""LiteLLM's calls through the prefix over HTTP: what goes out on the wire and what comes back."""

from __future__ import annotations

import json

import pytest

from tests.litellm.lite import ask, run
from tests.support.asking import HELLO, WAYS, text_of
from tests.support.frameworks import late

litellm = late("litellm")

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.mark.parametrize("way", WAYS)
def test_a_chat_completion(registered, way):
    reply = ask(way, temperature=0.2)
    assert "Oslo" in text_of(reply)
    sent = registered.requests.last
    assert sent.url == "/openai/v1/chat/completions"
    assert sent.headers["api-key"] == registered.api_key
    assert "authorization" not in sent.headers
    stream = {"stream": True} if way.endswith("stream") else {}
    assert sent.body == {"model": "gpt-4o", "messages": HELLO, "temperature": 0.2, **stream}


@pytest.mark.parametrize("way", WAYS)
def test_the_classic_form(registered, way):
    ask(way, api_version="2024-10-21")
    assert registered.requests.last.url == "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"


@pytest.mark.parametrize("way", WAYS)
def test_a_tool_call_and_its_answer(registered, way):
    messages = [{"role": "user", "content": "How is the weather in Bergen?"}]
    reply = ask(way, messages=messages, tools=[WEATHER])
    if isinstance(reply, list):
        reply = litellm.stream_chunk_builder(reply)
    assert reply.choices[0].finish_reason == "tool_calls"
    call = reply.choices[0].message.tool_calls[0]
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Bergen"}
    assert registered.requests.last.body["tools"] == [WEATHER]
    messages += [reply.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "Bergen: 12 degrees"}]
    answer = ask(way, messages=messages, tools=[WEATHER])
    assert "12 degrees" in text_of(answer)


@pytest.mark.parametrize("way", ["sync stream", "async stream"])
def test_usage_is_the_service_s_own(registered, way):
    chunks = ask(way, stream_options={"include_usage": True})
    whole = ask(way.removesuffix(" stream"))
    assert registered.requests[0].body["stream_options"] == {"include_usage": True}
    assert chunks[-1].usage.total_tokens == whole.usage.total_tokens
    assert chunks[-1].usage.completion_tokens_details.reasoning_tokens == 0
    assert litellm.stream_chunk_builder(chunks).usage.prompt_tokens == whole.usage.prompt_tokens


@pytest.mark.parametrize("asynchronous", [False, True])
def test_embeddings(registered, asynchronous):
    call = {"model": "azure_connector/text-embedding-3-small", "input": ["cat", "kitten"]}
    reply = run(litellm.aembedding(**call)) if asynchronous else litellm.embedding(**call)
    assert len(reply.data) == 2
    assert len(reply.data[0]["embedding"]) == 1536
    assert reply.usage.prompt_tokens > 0
    assert reply._hidden_params["headers"]["x-ms-region"] == "Sweden Central"
    assert registered.requests.last.url == "/openai/v1/embeddings"


@pytest.mark.parametrize("way", WAYS)
def test_a_missing_deployment_is_litellm_s_own_error(registered, way):
    with pytest.raises(litellm.NotFoundError) as caught:
        ask(way, model="azure_connector/nope")
    assert caught.value.llm_provider == "azure_connector"
    assert caught.value.status_code == 404
    assert "deployment_mapping" in str(caught.value)


def test_an_unknown_prefix():
    with pytest.raises(litellm.BadRequestError, match="LLM Provider NOT provided"):
        litellm.completion(model="azure_conector/gpt-4o", messages=HELLO)


@pytest.mark.parametrize("way", WAYS)
def test_no_settings(way):
    import litellm_adapter

    litellm_adapter.register()
    with pytest.raises(litellm.BadRequestError, match="AZURE_OPENAI_ENDPOINT"):
        ask(way)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("messages", [[], [{"role": "user"}]])
def test_messages_that_are_none(registered, way, messages):
    with pytest.raises(litellm.exceptions.BadRequestError):
        ask(way, messages=messages)


def test_the_reply_s_headers_are_where_litellm_keeps_them(registered):
    reply = ask("sync")
    assert reply._hidden_params["headers"]["x-ms-region"] == "Sweden Central"
    assert reply._hidden_params["additional_headers"]["llm_provider-x-ms-region"] == "Sweden Central"
