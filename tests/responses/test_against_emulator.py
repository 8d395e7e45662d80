"""The translation against the local Azure OpenAI, which was written from the same facts but shares no code with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from azure_connector.emulator import Emulator
from azure_connector.requests.responses_api import ResponseStream, chunks_as_completion, to_chat, to_responses

Json = dict[str, Any]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with (
        Emulator(["gpt-5-codex", "gpt-4.1"]) as azure,
        httpx.Client(base_url=azure.endpoint, headers={"api-key": azure.api_key}, trust_env=False) as client,
    ):
        yield client


def answered(http: httpx.Client, sent: Json) -> Json:
    reply = http.post("/openai/v1/responses", json=sent)
    assert reply.status_code == 200, reply.text
    return to_chat(reply.json())


def streamed(http: httpx.Client, sent: Json) -> Json:
    stream, chunks = ResponseStream(include_usage=True), list[Json]()
    with http.stream("POST", "/openai/v1/responses", json={**sent, "stream": True}) as reply:
        for line in reply.iter_lines():
            if line.startswith("data:"):
                chunks.extend(stream.feed(json.loads(line[5:])))
    assert stream.complete
    return chunks_as_completion(chunks)


@pytest.mark.parametrize("ask", [answered, streamed])
def test_a_conversation_with_tools_and_reasoning(http: httpx.Client, ask: Any) -> None:
    messages: list[Json] = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "What is the weather in Oslo?"},
    ]
    body = {"model": "gpt-5-codex", "messages": messages, "tools": [WEATHER], "max_tokens": 5000}
    first = ask(http, to_responses(body)[0])["choices"][0]
    assert first["finish_reason"] == "tool_calls"
    assert first["message"]["reasoning_items"][0]["encrypted_content"]
    (call,) = first["message"]["tool_calls"]
    assert call["function"]["name"] == "get_weather"
    messages += [first["message"], {"role": "tool", "tool_call_id": call["id"], "content": "Sunny."}]
    sent, unsent = to_responses(body)
    assert unsent == ()
    assert [item["type"] for item in sent["input"]][2:] == ["reasoning", "function_call", "function_call_output"]
    second = ask(http, sent)
    assert second["choices"][0]["finish_reason"] == "stop"
    assert second["choices"][0]["message"]["content"]
    assert second["usage"]["completion_tokens"] > 0
    messages += [second["choices"][0]["message"], {"role": "user", "content": "Thanks."}]
    assert ask(http, to_responses(body)[0])["choices"]


def test_a_model_that_does_not_reason(http: httpx.Client) -> None:
    body = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1}
    assert http.post("/openai/v1/responses", json=to_responses(body)[0]).status_code == 400
    assert answered(http, to_responses(body, reasons=False)[0])["choices"][0]["message"]["content"]
