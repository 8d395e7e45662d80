"""The hook before async calls: what it changes, for whom, and what it leans on in LiteLLM."""

from __future__ import annotations

import asyncio

import pytest

from azure_connector.emulator import Reply
from tests.litellm.lite import VERSION, ask, run, settle
from tests.support.asking import HELLO, WAYS, text_of
from tests.support.frameworks import late

litellm = late("litellm")
loggers = late("tests.litellm.loggers")
async_calls = late("litellm_adapter.hooks.async_calls")
wrapping = late("litellm_adapter.stream_wrapper")
litellm_adapter = late("litellm_adapter")
setup = late("litellm_adapter.setup")

LIMITED = Reply(status=429, body={"error": {"code": "429", "message": "Slow down"}}, headers={"retry-after": "9"})


async def test_calls_to_others_are_left_alone(registered):
    for model in ("openai/gpt-4o", "gpt-4o", "azure/gpt-4o", "azure_connector_2/gpt-4o"):
        call = {"model": model, "stream": True, "reasoning_effort": "low"}
        assert await async_calls.hook.async_pre_call_deployment_hook(call, "acompletion") is None
        assert call["stream"] is True


def test_the_stream_is_open_when_the_call_returns(registered):
    async def call():
        stream = await litellm.acompletion(model="azure_connector/gpt-4o", messages=HELLO, stream=True)
        opened = len(registered.requests)
        return stream, opened, [chunk async for chunk in stream]

    stream, opened, chunks = run(call())
    assert isinstance(stream, wrapping.StreamWrapper)
    assert opened == 1
    assert "Oslo" in text_of(chunks)


def test_an_error_comes_at_the_call(registered):
    registered.script(LIMITED)

    async def call():
        with pytest.raises(litellm.RateLimitError) as caught:
            await litellm.acompletion(model="azure_connector/gpt-4o", messages=HELLO, stream=True, max_retries=0)
        assert caught.value.response.headers["retry-after"] == "9"

    run(call())


@pytest.mark.skipif(VERSION < (1, 105), reason="LiteLLM gives its hooks no arguments that were passed by position")
def test_a_model_passed_by_position_is_recognised(registered):
    async def call():
        return await litellm.acompletion("azure_connector/gpt-5", HELLO, stream=True, reasoning_effort="low")

    stream = run(call())
    assert isinstance(stream, wrapping.StreamWrapper)
    assert registered.requests.last.body["reasoning_effort"] == "low"


ELSEWHERE = {
    "cache": {},
    "fallbacks": {"fallbacks": ["azure_connector/gpt-4.1"]},
    "context_window_fallback_dict": {"context_window_fallback_dict": {"azure_connector/gpt-4o": "gpt-4.1"}},
    "no hook": {},
}


@pytest.mark.parametrize("reason", ELSEWHERE)
def test_a_stream_is_open_also_where_the_call_may_end_elsewhere(registered, cache, reason):
    if reason != "cache":
        litellm.cache = None
    if reason == "no hook":
        litellm.callbacks.remove(async_calls.hook)

    async def call():
        stream = await litellm.acompletion(
            model="azure_connector/gpt-4o", messages=HELLO, stream=True, **ELSEWHERE[reason]
        )
        return stream, len(registered.requests), [chunk async for chunk in stream]

    stream, early, chunks = run(call())
    assert "Oslo" in text_of(chunks)
    assert isinstance(stream, wrapping.StreamWrapper)
    assert early == 1


@pytest.mark.parametrize("reason", ["mock_response", "no place"])
def test_the_generator_is_the_fallback(registered, reason):
    if reason == "no place":
        for patch in setup.streams.PATCHES:
            patch.take_out()
    more = {"mock_response": "mocked Oslo"} if reason == "mock_response" else {}

    async def call():
        stream = await litellm.acompletion(model="azure_connector/gpt-4o", messages=HELLO, stream=True, **more)
        return stream, len(registered.requests), [chunk async for chunk in stream]

    stream, early, chunks = run(call())
    assert "Oslo" in text_of(chunks)
    assert not isinstance(stream, wrapping.StreamWrapper)
    assert early == 0


@pytest.mark.parametrize("way", ["sync stream", "async stream"])
def test_a_context_that_is_too_small_falls_back_to_a_larger_one(registered, way):
    error = {"code": "context_length_exceeded", "message": "This model's maximum context length is 5 tokens."}
    registered.script(
        Reply(status=400, body={"error": {**error, "param": "messages", "type": "invalid_request_error"}})
    )
    larger = {"azure_connector/gpt-4o": "azure_connector/gpt-4.1"}
    assert "Oslo" in text_of(ask(way, context_window_fallback_dict=larger, max_retries=0))
    assert [request.body["model"] for request in registered.requests.snapshot()] == ["gpt-4o", "gpt-4.1"]


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_text_completions_error_comes_at_the_call(registered, way):
    registered.script(LIMITED)
    call = {"model": "azure_connector/gpt-4o", "prompt": "Hi", "stream": True, "max_retries": 0}
    asks = litellm.text_completion if way == "sync" else lambda **call: run(litellm.atext_completion(**call))
    with pytest.raises(litellm.RateLimitError) as caught:
        asks(**call)
    assert caught.value.response.headers["retry-after"] == "9"


def test_a_stream_from_the_cache_is_a_stream(registered, cache):
    async def call():
        texts = []
        for _ in range(2):
            stream = await litellm.acompletion(model="azure_connector/gpt-4o", messages=HELLO, stream=True)
            texts.append(text_of([chunk async for chunk in stream]))
            await settle()
        return texts

    first, second = run(call())
    assert first == second
    assert len(registered.requests) == 1


@pytest.mark.parametrize("eager", [True, False])
def test_a_stream_is_logged_once_and_whole(registered, eager):
    recorder = loggers.Recorder()
    litellm.callbacks.append(recorder)
    if not eager:
        for patch in setup.streams.PATCHES:
            patch.take_out()

    async def call():
        stream = await litellm.acompletion(model="azure_connector/gpt-4o", messages=HELLO, stream=True)
        assert isinstance(stream, wrapping.StreamWrapper) is eager
        async for _ in stream:
            pass
        await settle()

    run(call())
    assert [one.kind for one in recorder.awaited()] == ["success"]
    _, kwargs, response, _ = recorder.awaited()[0]
    assert kwargs["stream"] is True
    assert "Oslo" in response.choices[0].message.content
    assert kwargs["response_cost"] > 0
    assert kwargs["standard_logging_object"]["custom_llm_provider"] == "azure_connector"
    assert kwargs["standard_logging_object"]["stream"] is True


def test_a_failure_is_logged_once(registered):
    recorder = loggers.Recorder()
    litellm.callbacks.append(recorder)
    registered.script(LIMITED)

    async def call():
        with pytest.raises(litellm.RateLimitError):
            await litellm.acompletion(model="azure_connector/gpt-4o", messages=HELLO, stream=True, max_retries=0)
        await settle()

    run(call())
    assert [one.kind for one in recorder.awaited()] == ["failure"]


@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("name", ["reasoning_effort", "verbosity"])
@pytest.mark.parametrize("way", WAYS)
def test_what_litellm_withholds_arrives(registered, way, name, drop):
    ask(way, model="azure_connector/gpt-5", **{name: "low"}, drop_params=drop)
    assert registered.requests.last.body[name] == "low"


@pytest.mark.parametrize("way", WAYS)
def test_thinking_is_for_other_models(registered, way):
    """No model of Azure OpenAI takes it: LiteLLM refuses it, or drops it where it is told to."""
    call = {"model": "azure_connector/gpt-5", "thinking": {"type": "enabled"}}
    with pytest.raises(litellm.UnsupportedParamsError):
        ask(way, **call)
    ask(way, **call, drop_params=True)
    assert "thinking" not in registered.requests.last.body


def test_litellm_still_wraps_by_identity(registered):
    """The detail that eager streams lean on: the handler is picked by truth, the result wrapped where `is True`."""

    async def call():
        return await litellm.acompletion(model="azure_connector/gpt-4o", messages=HELLO, stream=1)

    assert isinstance(run(call()), wrapping.StreamWrapper)


def test_two_prefixes_share_the_hook(azure):
    for prefix in ("north", "south"):
        litellm_adapter.register(prefix, azure_endpoint=azure.endpoint, api_key=azure.api_key)

    async def call(prefix):
        return await litellm.acompletion(model=f"{prefix}/gpt-4o", messages=HELLO, stream=True)

    async def both():
        return await asyncio.gather(call("north"), call("south"))

    assert all(isinstance(stream, wrapping.StreamWrapper) for stream in run(both()))
