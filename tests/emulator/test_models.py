"""What only some models do: routers, open-weight and partner models, prompt caching, the list of models."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from azure_connector.emulator import Emulator
from azure_connector.emulator.sound import heard

CHAT = "/openai/v1/chat/completions"
NAMES = (
    "model-router gpt-oss-120b grok-4 claude-sonnet-4-5 Llama-3.3-70B-Instruct gpt-4o gpt-6-astra gpt-chat-latest "
    "gpt-5.3-codex gpt-5.4-pro gpt-audio gpt-realtime"
)
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
SCHEMA = {"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}}
AUDIO = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    names = NAMES.split()
    with Emulator(names) as azure, httpx.Client(base_url=azure.endpoint, headers={"api-key": azure.api_key}) as client:
        yield client


def post(http: httpx.Client, model: str, text: str = "Say hi", **more: Any) -> httpx.Response:
    return http.post(CHAT, json={"model": model, "messages": [{"role": "user", "content": text}], **more})


def test_a_router_names_another_model_each_time(http: httpx.Client) -> None:
    replies = [post(http, "model-router") for _ in range(4)]
    models = [reply.json()["model"] for reply in replies]
    assert len(set(models)) == 4
    assert "model-router" not in models
    assert [reply.headers["x-ms-served-model"] for reply in replies] == models
    assert {reply.headers["x-ms-deployment-name"] for reply in replies} == {"model-router"}
    streamed = post(http, "model-router", stream=True).text
    body = {"model": "model-router", "input": "hi"}
    response = http.post("/openai/v1/responses", json=body).json()
    assert response["model"] not in models
    assert f'"model":"{response["model"]}"' not in streamed


def test_a_router_takes_what_only_some_of_its_models_take(http: httpx.Client) -> None:
    given = {"temperature": 0.2, "top_p": 0.5, "stop": ["x"], "presence_penalty": 1, "reasoning_effort": "high"}
    assert post(http, "model-router", **given, max_tokens=9).status_code == 200
    audio = post(http, "model-router", **AUDIO)
    assert audio.json()["error"]["param"] == "modalities"


@pytest.mark.parametrize(
    ("model", "given", "status", "code", "words"),
    [
        ("gpt-oss-120b", {"tools": [TOOL], "tool_choice": "required"}, 400, "UnsupportedToolUse", "required"),
        ("grok-4", {"stop": ["x"]}, 400, None, "Argument not supported on this model: stop"),
        ("claude-sonnet-4-5", {}, 404, "api_not_supported", "Messages API"),
        ("gpt-6-astra", {"reasoning_effort": "max"}, 400, "unsupported_value", "does not support 'max'"),
        ("gpt-realtime", {}, 400, "OperationNotSupported", "chatCompletion"),
        ("gpt-5.3-codex", {}, 400, "OperationNotSupported", "chatCompletion"),
        ("gpt-4o", AUDIO, 400, "unsupported_value", "'modalities' does not support 'audio'"),
        (
            "gpt-audio",
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}},
            400,
            None,
            "json_schema",
        ),
    ],
)
def test_refusals(
    http: httpx.Client, model: str, given: dict[str, Any], status: int, code: str | None, words: str
) -> None:
    reply = post(http, model, **given)
    error = reply.json()["error"]
    assert reply.status_code == status
    assert words in error["message"]
    assert code in {error["code"], None}


@pytest.mark.parametrize("model", ["gpt-oss-120b", "grok-4", "Llama-3.3-70B-Instruct", "gpt-chat-latest"])
def test_what_passes(http: httpx.Client, model: str) -> None:
    assert post(http, model).status_code == 200
    assert post(http, model, tools=[TOOL]).status_code == 200


def test_models_that_speak_give_audio_and_its_transcript(http: httpx.Client) -> None:
    message = post(http, "gpt-audio", "Say hello", **AUDIO).json()["choices"][0]["message"]
    assert message["content"] is None
    assert message["audio"]["transcript"] == "hello"
    assert heard(base64.b64decode(message["audio"]["data"])) == "hello"
    events = post(http, "gpt-audio", "Say hello", **AUDIO, stream=True).text.split("\n\n")
    chunks = [json.loads(one.removeprefix("data: ")) for one in events if one.startswith("data: {")]
    deltas = [one["choices"][0]["delta"].get("audio", {}) for one in chunks if one["choices"]]
    assert "".join(one.get("transcript", "") for one in deltas) == "hello"
    assert heard(base64.b64decode("".join(one.get("data", "") for one in deltas))) == "hello"
    wrong = post(http, "gpt-audio", modalities=["audio"], audio={"voice": "alloy", "format": "ogg"})
    assert wrong.json()["error"]["param"] == "audio.format"


def test_refusals_may_come_without_a_code() -> None:
    with Emulator(["gpt-5"], bare_codes=True) as azure, httpx.Client(base_url=azure.endpoint) as http:
        http.headers["api-key"] = azure.api_key
        for given in ({"temperature": 0.2}, {"max_tokens": 5}, {"reasoning_effort": "none"}):
            error = post(http, "gpt-5", **given).json()["error"]
            assert error["code"] is None
            assert error["message"].startswith("Unsupported ")
        assert post(http, "nope").json()["error"]["code"] == "DeploymentNotFound"


def test_repeated_beginnings_are_cached() -> None:
    long = "The quick brown fox jumps over the lazy dog. " * 150
    with Emulator(["gpt-4o", "gpt-4.1"]) as azure, httpx.Client(base_url=azure.endpoint) as http:
        http.headers["api-key"] = azure.api_key

        def cached(text: str, model: str = "gpt-4o") -> int:
            usage = post(http, model, text).json()["usage"]
            assert usage["prompt_tokens_details"]["cached_tokens"] <= usage["prompt_tokens"]
            return usage["prompt_tokens_details"]["cached_tokens"]

        assert [cached(long), cached(long, "gpt-4.1"), cached("short"), cached("short")] == [0, 0, 0, 0]
        again = cached(long + "And now?")
        assert again >= 1024
        assert again % 128 == 0
        assert cached("Another beginning. " + long) == 0
        body = {"model": "gpt-4o", "input": long}
        usages = [http.post("/openai/v1/responses", json=body).json()["usage"] for _ in range(2)]
        assert [one["input_tokens_details"]["cached_tokens"] >= 1024 for one in usages] == [False, True]


def test_the_list_of_models_has_what_the_sdk_declares(http: httpx.Client) -> None:
    client = openai.OpenAI(base_url=f"{str(http.base_url).rstrip('/')}/openai/v1/", api_key=http.headers["api-key"])
    models = client.models.list().data
    assert all(isinstance(one.created, int) and one.owned_by for one in models)
    assert client.models.retrieve("gpt-4o").owned_by == "system"
    client.close()
