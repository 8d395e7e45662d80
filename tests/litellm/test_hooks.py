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


@pytest.mark.parametrize("reason", ["cache", "mock_response", "fallbacks", "context_window_fallback_dict", "no hook"])
def test_the_generator_is_the_fallback(registered, reason):
    more = {
        "mock_response": {"mock_response": "mocked Oslo"},
        "fallbacks": {"fallbacks": ["azure_connector/gpt-4.1"]},
        "context_window_fallback_dict": {"context_window_fallback_dict": {"gpt-4o": "gpt-4.1"}},
    }.get(reason, {})
    if reason == "cache":
        litellm.cache = litellm.Cache(type="local")
    if reason == "no hook":
        litellm.callbacks.remove(async_calls.hook)

    async def call():
        stream = await litellm.acompletion(model="azure_connector/gpt-4o", messages=HELLO, stream=True, **more)
        early = len(registered.requests)
        return stream, early, [chunk async for chunk in stream]

    stream, early, chunks = run(call())
    assert "Oslo" in text_of(chunks)
    if reason != "fallbacks":  # the call that LiteLLM makes in turn passes the hook by itself
        assert not isinstance(stream, wrapping.StreamWrapper)
        assert early == 0


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
        litellm.callbacks.remove(async_calls.hook)

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
