"""Chat Completions, whole and streamed, through plain HTTP and the stock SDK."""

from __future__ import annotations

import json
from typing import Any

import httpx
import openai
import pytest

from azure_connector.emulator import Emulator
from tests.support.bodies import events, question

CHAT = "/openai/v1/chat/completions"
SAFE = {"filtered": False, "severity": "safe"}


def content(reply: httpx.Response) -> str:
    assert reply.status_code == 200, reply.text
    return reply.json()["choices"][0]["message"]["content"]


def test_whole_reply_has_azures_shape(http: httpx.Client) -> None:
    reply = http.post(CHAT, json=question("What is the capital of Norway?"))
    body = reply.json()
    assert body["object"] == "chat.completion"
    assert body["id"].startswith("chatcmpl-")
    assert body["model"] == "gpt-4o-2024-11-20"
    assert body["system_fingerprint"].startswith("fp_")
    prompt = body["prompt_filter_results"][0]
    assert prompt["prompt_index"] == 0
    assert prompt["content_filter_results"]["hate"] == SAFE
    assert prompt["content_filter_results"]["jailbreak"] == {"filtered": False, "detected": False}
    choice = body["choices"][0]
    assert choice["finish_reason"] == "stop"
    assert choice["logprobs"] is None
    assert set(choice["content_filter_results"]) == {
        "hate",
        "self_harm",
        "sexual",
        "violence",
        "protected_material_text",
        "protected_material_code",
    }
    assert choice["message"]["refusal"] is None
    assert choice["message"]["annotations"] == []
    assert "Norway" in choice["message"]["content"]
    usage = body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 0
    for name in ("apim-request-id", "x-ms-region", "x-ms-deployment-name", "azureml-model-session"):
        assert reply.headers[name]
    assert reply.headers["x-ratelimit-remaining-requests"] == "249"
    assert reply.headers["content-type"] == "application/json"


def test_streamed_chunks_come_in_azures_order(http: httpx.Client) -> None:
    reply = http.post(CHAT, json=question("Say hello world", stream=True, stream_options={"include_usage": True}))
    assert reply.headers["content-type"].startswith("text/event-stream")
    first, second, *middle, stop, usage = events(reply)
    assert first["choices"] == []
    assert (first["id"], first["model"], first["created"], first["object"]) == ("", "", 0, "")
    assert first["prompt_filter_results"][0]["content_filter_results"]["violence"] == SAFE
    assert second["choices"][0]["delta"] == {"content": "", "refusal": None, "role": "assistant"}
    assert second["choices"][0]["content_filter_results"] == {}
    assert second["obfuscation"]
    assert [one["choices"][0]["delta"] for one in middle] == [{"content": "hello"}, {"content": " world"}]
    assert middle[0]["choices"][0]["content_filter_results"]["hate"] == SAFE
    assert all(one["usage"] is None for one in [second, *middle, stop])
    assert stop["choices"][0]["delta"] == {}
    assert stop["choices"][0]["finish_reason"] == "stop"
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] == 2
    assert len({one["id"] for one in [second, *middle, stop, usage]}) == 1


def test_usage_stays_away_when_nobody_asked(http: httpx.Client) -> None:
    assert not any("usage" in one for one in events(http.post(CHAT, json=question("Say hi", stream=True))))


@pytest.mark.parametrize("stream", [False, True])
def test_both_forms_answer_the_sdk(v1: openai.OpenAI, classic: openai.AzureOpenAI, stream: bool) -> None:
    texts: list[str] = []
    for client in (v1, classic):
        message: Any = {"role": "user", "content": "Count to 5"}
        if stream:
            chunks = client.chat.completions.create(model="gpt-4o", messages=[message], stream=True)
            texts.append("".join(one.choices[0].delta.content or "" for one in chunks if one.choices))
        else:
            texts.append(
                client.chat.completions.create(model="gpt-4o", messages=[message]).choices[0].message.content or ""
            )
    assert texts == ["1, 2, 3, 4, 5."] * 2


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("Say 'good morning'", "good morning"),
        ("Reply with exactly: OK", "OK"),
        ("What is 12 * 12?", "12 * 12 = 144"),
        ("Compute 1 / 4", "1 / 4 = 0.25"),
        ("Compute 1 / 0", "1 divided by zero is not defined."),
        ("", "Hello! How can I help you?"),
    ],
)
def test_plain_answers(http: httpx.Client, prompt: str, answer: str) -> None:
    assert content(http.post(CHAT, json=question(prompt))) == answer


def test_it_remembers_the_conversation(http: httpx.Client) -> None:
    messages = [
        {"role": "user", "content": "My name is Ada."},
        {"role": "assistant", "content": "Hello Ada."},
        {"role": "user", "content": "What is my name?"},
    ]
    assert content(http.post(CHAT, json={"model": "gpt-4o", "messages": messages})) == "Your name is Ada."
    assert content(http.post(CHAT, json=question("What is my name?"))) == "You have not told me your name."


def test_replies_are_deterministic(http: httpx.Client) -> None:
    assert content(http.post(CHAT, json=question("Tell me a tale"))) == content(
        http.post(CHAT, json=question("Tell me a tale"))
    )


def test_attachments_are_mentioned(azure: Emulator, http: httpx.Client) -> None:
    azure.resource.deploy(["gpt-audio"])
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        {"type": "file", "file": {"filename": "report.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
    ]
    body = {"model": "gpt-audio", "messages": [{"role": "user", "content": parts}]}
    reply = http.post(CHAT, json=body)
    assert content(reply).startswith("I received an image, audio and a file (report.pdf).")
    assert reply.json()["usage"]["prompt_tokens"] > 1000
    refused = http.post(CHAT, json={**body, "model": "gpt-4o"}).json()["error"]
    assert refused["param"] == "messages[0].content[2].type"


def test_limits_cut_the_reply(http: httpx.Client) -> None:
    body = http.post(CHAT, json=question("Count to 100", max_tokens=7)).json()
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["choices"][0]["message"]["content"] == "1, 2, 3, 4"
    assert body["usage"]["completion_tokens"] == 7


def test_thinking_uses_the_limit_up(http: httpx.Client) -> None:
    body = http.post(CHAT, json=question("Say hi", model="gpt-5", max_completion_tokens=50)).json()
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["choices"][0]["message"]["content"] == ""
    full = http.post(CHAT, json=question("Say hi", model="gpt-5")).json()["usage"]
    assert full["completion_tokens_details"]["reasoning_tokens"] == 128
    assert full["completion_tokens"] == 129
    quick = http.post(CHAT, json=question("Say hi", model="gpt-5", reasoning_effort="minimal")).json()["usage"]
    assert quick["completion_tokens_details"]["reasoning_tokens"] == 0


def test_stop_n_and_logprobs(http: httpx.Client) -> None:
    body = http.post(CHAT, json=question("Count to 9", stop=["5"], n=2, logprobs=True, top_logprobs=2)).json()
    assert [one["index"] for one in body["choices"]] == [0, 1]
    assert body["choices"][1]["message"]["content"] == "1, 2, 3, 4, "
    entries = body["choices"][0]["logprobs"]["content"]
    assert "".join(one["token"] for one in entries) == "1, 2, 3, 4, "
    assert len(entries[0]["top_logprobs"]) == 2
    streamed = events(http.post(CHAT, json=question("Say hi", n=2, logprobs=True, stream=True)))
    assert {one["choices"][0]["index"] for one in streamed[1:]} == {0, 1}
    assert streamed[2]["choices"][0]["logprobs"]["content"][0]["token"] == "hi"


def test_structured_output(v1: openai.OpenAI) -> None:
    from pydantic import BaseModel

    class Person(BaseModel):
        name: str
        age: int
        mood: str | None
        tags: list[str]

    reply = v1.chat.completions.parse(
        model="gpt-4o",
        messages=[{"role": "user", "content": "Grace Hopper, age 37, likes ships"}],
        response_format=Person,
    )
    person = reply.choices[0].message.parsed
    assert person is not None
    assert (person.name, person.age) == ("Grace Hopper", 37)


def test_json_object(http: httpx.Client) -> None:
    wanted = {"type": "json_object"}
    said = content(http.post(CHAT, json=question("JSON with keys city and country for Oslo", response_format=wanted)))
    assert set(json.loads(said)) == {"city", "country"}
    assert "Oslo" in said
    refused = http.post(CHAT, json=question("An object please", response_format=wanted))
    assert refused.status_code == 400
    assert "must contain the word 'json'" in refused.json()["error"]["message"]


def test_client_request_id_comes_back(http: httpx.Client) -> None:
    reply = http.post(CHAT, json=question("Say hi"), headers={"x-ms-client-request-id": "mine"})
    assert reply.headers["x-ms-client-request-id"] == "mine"


def test_clock_and_seed_make_replies_repeatable() -> None:
    bodies: list[Any] = []
    for _ in range(2):
        with Emulator(seed=1, clock=lambda: 1790000000.5, api_key="k") as azure:
            bodies.append(httpx.post(f"{azure.endpoint}{CHAT}", json=question("Hi"), headers={"api-key": "k"}).json())
    assert bodies[0] == bodies[1]
    assert bodies[0]["created"] == 1790000000
