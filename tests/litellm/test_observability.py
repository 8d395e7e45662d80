"""What callbacks see of a call: the times, the address, request and reply as with `azure/`, and no secret."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from azure_connector.emulator import Emulator, Reply
from tests.litellm.lite import VERSION, ask, run, settle
from tests.support.asking import HELLO, WAYS
from tests.support.frameworks import late
from tests.support.waiting import until

litellm = late("litellm")
loggers = late("tests.litellm.loggers")
litellm_adapter = late("litellm_adapter")

CANARY = "canary-0123456789abcdef-0123456789abcdef"


@pytest.fixture
def seen() -> Any:
    found = loggers.Recorder()
    litellm.callbacks.append(found)
    litellm.input_callback.append(found)
    return found


def _finish(way: str) -> None:
    """Sync calls are logged from a thread pool of LiteLLM's, a stream's end by the logging of its last chunk."""
    if way.startswith("sync"):
        from litellm.utils import executor

        # All of its threads are idle, which no public name tells.
        until(lambda: executor._work_queue.empty() and executor._idle_semaphore._value >= len(executor._threads))


def _embed(way: str, model: str, **call: Any) -> Any:
    call = {"model": model, "input": ["Oslo"], **call}
    return run(litellm.aembedding(**call)) if way == "async" else litellm.embedding(**call)


@pytest.mark.parametrize("way", WAYS)
def test_the_times_and_the_address_of_a_call(registered, seen, way):
    ask(way, temperature=0.5)
    _finish(way)
    before = seen.of("before")[0]
    assert before["additional_args"]["api_base"] == registered.endpoint
    assert before["additional_args"]["complete_input_dict"]["messages"] == HELLO
    told = seen.of("success")[-1]
    assert told["api_call_start_time"] is not None
    assert told["llm_api_duration_ms"] > 0
    shown = told["standard_logging_object"]
    assert shown["api_base"].startswith(registered.endpoint)
    assert shown["model_parameters"].get("stream") in ((True,) if "stream" in way else (None, False))
    assert shown["model_parameters"]["temperature"] == 0.5
    if "stream" in way:
        assert told["completion_start_time"] >= told["api_call_start_time"]
    else:
        assert "Oslo" in told["original_response"]
        assert seen.of("after")


@pytest.mark.parametrize("way", ["sync", "async"])
def test_embeddings_tell_the_same(registered, seen, way):
    _embed(way, "azure_connector/text-embedding-3-small", dimensions=8)
    _finish(way)
    told = seen.of("success")[-1]
    assert told["api_call_start_time"] is not None
    assert told["standard_logging_object"]["model_parameters"]["dimensions"] == 8
    assert told["standard_logging_object"]["api_base"] == registered.endpoint


@pytest.mark.parametrize("way", WAYS)
def test_a_failure_tells_when_and_where(registered, seen, way):
    registered.script(Reply(status=503, body={"error": {"code": "503", "message": "busy"}}))
    with pytest.raises(litellm.ServiceUnavailableError):
        ask(way, max_retries=0)
    _finish(way)
    told = seen.of("failure")[-1]
    assert told["api_call_start_time"] is not None
    assert told["standard_logging_object"]["api_base"].startswith(registered.endpoint)


SECRETS = {
    "api_key": CANARY,
    "apim_subscription_key": CANARY,
    "client_certificate_password": CANARY,
    "default_headers": {"x-gateway-token": CANARY},
    "extra_headers": {"x-gateway-token": CANARY},
}


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("way", WAYS)
def test_no_secret_reaches_a_callback(registered, seen, way, name):
    more = {"api_key": registered.api_key} if name != "api_key" else {}
    try:
        ask(way, **{name: SECRETS[name]}, **more, headers={"x-own": "own-9876543210"}, max_retries=0)
    except litellm.AuthenticationError:
        assert name == "api_key"
    _finish(way)
    assert seen.told
    shown = [json.dumps(one.kwargs, default=str) for one in seen.told]
    assert not [text for text in shown if CANARY in text]
    assert not [text for text in shown if registered.api_key in text]
    assert "own-9876543210" not in str(seen.of("before")[0]["additional_args"])


def test_no_secret_of_another_operation_reaches_a_callback(seen):
    from tests.litellm.entry_rows import AUDIO, DEPLOYMENTS, EMBEDDINGS, IMAGES, RESPONSES, TEXT

    with Emulator(DEPLOYMENTS, api_key=CANARY) as azure:
        litellm_adapter.register()
        where = {"api_base": azure.endpoint, "api_key": CANARY, "extra_headers": {"x-own": CANARY}}
        for group in (AUDIO, EMBEDDINGS, IMAGES, RESPONSES, TEXT):
            entry, call = next(group[0].steps())
            getattr(litellm, entry)(**{**call, "model": f"azure_connector/{call['model']}"}, **where)
            assert azure.requests.last.headers["x-own"] == CANARY
        entry, call = next(IMAGES[10].steps())
        run(litellm.aimage_edit(**{**call, "model": f"azure_connector/{call['model']}"}, **where))
        assert len(azure.requests) == 6
    _finish("sync")
    assert len(seen.of("success")) >= 6
    assert not [one for one in seen.told if CANARY in json.dumps(one.kwargs, default=str)]


@pytest.mark.parametrize("way", ["sync stream", "async stream"])
def test_a_streams_log_has_the_quota(registered, seen, way):
    ask(way)
    _finish(way)
    told = seen.of("success")[-1]["standard_logging_object"]
    if VERSION < (1, 110):  # newer ones put together what they log of a stream in another way
        assert told["hidden_params"]["additional_headers"]["x_ratelimit_remaining_requests"] >= 0


@pytest.mark.parametrize("way", ["sync stream", "async stream"])
def test_streams_have_the_quota_s_headers(registered, way):
    call = {"model": "azure_connector/gpt-4o", "messages": HELLO, "stream": True}
    stream = litellm.completion(**call) if way == "sync stream" else run(litellm.acompletion(**call))
    assert stream._hidden_params["additional_headers"]["x-ratelimit-remaining-requests"]


def _fields(kwargs: dict[str, Any]) -> set[str]:
    # LiteLLM's marks of what it has logged come from other threads, in any order.
    return {name for name, value in kwargs.items() if value not in (None, "", {}, []) and "has_logged" not in name}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_that_azure_tells_is_missing(azure, seen, monkeypatch, way):
    """The same call through `azure/`: every field that its loggers see filled is filled here."""
    litellm_adapter.register(azure_endpoint=azure.endpoint, api_key=azure.api_key)
    where = {"api_base": azure.endpoint, "api_key": azure.api_key, "api_version": "2024-10-21"}
    found = {}
    for provider, more in (("azure", where), ("azure_connector", {})):
        seen.told.clear()
        ask(way, model=f"{provider}/gpt-4o", **more)
        _finish(way)
        told = seen.of("success")[-1]
        found[provider] = (_fields(told), _fields(told["standard_logging_object"]))
    kept = {"api_key", "api_version", "base_model", "custom_llm_provider", "client", "max_retries"}
    kept |= {"optional_params"}  # an empty `extra_body` there
    assert found["azure"][0] - found["azure_connector"][0] - kept == set()
    assert found["azure"][1] - found["azure_connector"][1] == set()


def test_prompts_stay_out_where_the_caller_says_so(registered, seen, monkeypatch):
    monkeypatch.setattr(litellm, "turn_off_message_logging", True)
    ask("async")
    told = seen.of("success")[-1]
    assert "Oslo" not in json.dumps(told["standard_logging_object"]["messages"], default=str)


async def test_router_calls_are_timed_too(registered, seen):
    router = litellm.Router(model_list=[{"model_name": "g", "litellm_params": {"model": "azure_connector/gpt-4o"}}])
    await router.acompletion(model="g", messages=HELLO)
    await settle()
    assert seen.of("success")[-1]["llm_api_duration_ms"] > 0


def test_images_and_responses_tell_the_same(seen):
    with Emulator(["gpt-image-1", "gpt-4o"]) as azure:
        litellm_adapter.register(azure_endpoint=azure.endpoint, api_key=azure.api_key)

        async def calls():
            await litellm.aimage_generation(prompt="A cat", model="azure_connector/gpt-image-1")
            await litellm.aresponses(model="azure_connector/gpt-4o", input="Say hello to Oslo")
            await settle()

        asyncio.run(calls())
        for told in seen.of("success"):
            assert told["api_call_start_time"] is not None
            assert told["llm_api_duration_ms"] > 0
            assert told["standard_logging_object"]["api_base"].startswith(azure.endpoint)
            assert told["response_cost"] > 0


# Whom a success is told to -> what that takes.
LISTENERS: dict[str, Any] = {
    "callbacks": lambda _: litellm.callbacks.append(loggers.Recorder()),
    "success_callback": lambda _: litellm.success_callback.append(lambda *_, **__: None),
    "a call's own callback": lambda _: {"success_callback": [lambda *_, **__: None]},
    "a call's metadata": lambda _: {"metadata": {}},
    "LiteLLM's print": lambda patch: patch.setenv("LITELLM_PRINT_STANDARD_LOGGING_PAYLOAD", "1"),
    "the debug log": lambda patch: patch.setattr(logging.getLogger("LiteLLM"), "isEnabledFor", lambda _: True),
}


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_record_is_made_where_somebody_is_told(registered, monkeypatch, way):
    from litellm.litellm_core_utils import litellm_logging

    made: list[object] = []
    for told in ("callbacks", "success_callback", "_async_success_callback"):  # what other tests' routers left there
        mine = [one for one in getattr(litellm, told) if getattr(one, "is_connector_hook", False)]
        monkeypatch.setattr(litellm, told, mine)
    stock = litellm_logging.get_standard_logging_object_payload
    kept = lambda *args, **kwargs: made.append(stock(*args, **kwargs)) or made[-1]  # noqa: E731
    monkeypatch.setattr(litellm_logging, "get_standard_logging_object_payload", kept)
    reply = ask(way)
    _finish(way)
    assert not made, "for nobody"
    assert reply._hidden_params["response_cost"] > 0
    for told, prepare in LISTENERS.items():
        with monkeypatch.context() as patch:
            for name in ("callbacks", "success_callback", "_async_success_callback"):
                patch.setattr(litellm, name, list(getattr(litellm, name)))
            ask(way, **(prepare(patch) or {}))
            _finish(way)
        assert made, told
        made.clear()
