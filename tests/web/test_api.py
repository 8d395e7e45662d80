"""The page's API over real HTTP: what is refused, and what an answer tells."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from azure_connector.emulator import Emulator, faults

from .talking import chat, custom, ended, events_of, kinds, post, run, said

Serve = Callable[..., str]


def test_an_answer_streams_and_tells_its_deployment_and_tokens(serve: Serve, resource: Emulator) -> None:
    events = chat(serve(), "Count to 5")
    assert said(events).startswith("1")
    assert len([one for one in events if one["type"] == "TEXT_MESSAGE_CONTENT"]) > 3
    route = custom(events, "route")
    assert (route["deployment"], route["resource"]) == ("gpt-4o", "default")
    assert route["served_model"].startswith("gpt-4o")
    usage = ended(events)["usage"]
    assert [(one["provider"], one["model"]) for one in usage] == [("azure-openai", "gpt-4o")]
    assert usage[0]["outputTokens"] > 0
    assert events[-1]["result"] == {"finish_reason": "stop"}
    assert resource.requests.last.body["stream_options"] == {"include_usage": True}


def test_tools_are_called_and_their_results_answered(serve: Serve, resource: Emulator) -> None:
    events = chat(serve(), "How is the weather in Bergen?", agent="travel")
    assert kinds(events) == [
        "RUN_STARTED",
        "CUSTOM",
        "TOOL_CALL_START",
        "TOOL_CALL_ARGS",
        "TOOL_CALL_END",
        "TOOL_CALL_RESULT",
        "TEXT_MESSAGE_START",
        "TEXT_MESSAGE_CONTENT",
        "TEXT_MESSAGE_END",
        "CUSTOM",
        "RUN_FINISHED",
    ]
    called = {one["type"]: one for one in events if one["type"].startswith("TOOL")}
    assert called["TOOL_CALL_START"]["toolCallName"] == "weather"
    assert json.loads(called["TOOL_CALL_ARGS"]["delta"]) == {"city": "Bergen"}
    assert json.loads(called["TOOL_CALL_RESULT"]["content"])["sky"] == "sunny"
    assert resource.requests.last.body["messages"][-1]["role"] == "tool"


def test_a_failover_is_told(serve: Serve, resource: Emulator) -> None:
    resource.script(faults.too_many_requests(30), deployment="busy")
    route = custom(chat(serve(), "Hello", model="gpt-4.1"), "route")
    assert route["deployment"] == "gpt-4.1"
    assert len(route["attempts"]) == 2
    assert "429" in route["attempts"][0]


def test_an_error_says_what_to_do(serve: Serve) -> None:
    events = chat(serve(), "[filter:violence=high]")
    assert kinds(events) == ["RUN_STARTED", "CUSTOM", "RUN_ERROR"]
    error = custom(events, "error")
    assert error["message"] == "The content filter refused the prompt for: violence (high)."
    assert error["hint"].startswith("The same prompt will be refused again")
    assert events[-1]["message"] == f"{error['message']}\n{error['hint']}"
    assert events[-1]["code"] == error["type"] == "ContentFilteredError"


def test_a_broken_stream_keeps_what_arrived_and_says_so_to_a_reader(serve: Serve, resource: Emulator) -> None:
    resource.script(faults.reset("during", after=6), deployment="gpt-4o")
    events = chat(serve(), "Count to 20")
    assert said(events)
    assert events[-1] == {
        "type": "RUN_ERROR",
        "code": "StreamInterruptedError",
        "message": "Azure OpenAI broke off before the answer was complete.\nWhat had arrived is kept. Try again.",
    }


def test_reasoning_comes_before_the_answer(serve: Serve) -> None:
    events = chat(serve(), "Say well", model="thinker")
    assert kinds(events)[1:8] == [
        "REASONING_START",
        "REASONING_MESSAGE_START",
        "REASONING_MESSAGE_CONTENT",
        "REASONING_MESSAGE_END",
        "REASONING_END",
        "TEXT_MESSAGE_START",
        "TEXT_MESSAGE_CONTENT",
    ]
    assert said(events) == "well"


def test_generation_parameters_reach_the_model(serve: Serve, resource: Emulator) -> None:
    address = serve()
    chat(address, "Hello", temperature=0.25, max_tokens=30, seed=7, top_p=0.5, unknown=1, n=3, stream=False)
    sent = resource.requests.last.body
    assert (sent["temperature"], sent["max_tokens"], sent["seed"], sent["top_p"]) == (0.25, 30, 7, 0.5)
    assert sent["stream"]
    assert {"unknown", "n", "provider"} & set(sent) == set()
    props = {"provider": "azure", "model": "gpt-5-mini", "maxTokens": 900, "reasoningEffort": "low"}
    run(address, [{"role": "user", "content": "Hello"}], forwardedProps=props)
    sent = resource.requests.last.body
    assert (sent["model"], sent["max_completion_tokens"], sent["reasoning_effort"]) == ("gpt-5-mini", 900, "low")
    finished = ended(chat(address, "Count to 50", max_tokens=5))
    assert finished["result"] == {"finish_reason": "length"}


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/chat/nobody", {}, 404, "There is no agent"),
        ("/chat/assistant", {"provider": "nobody"}, 404, "There is no provider"),
        ("/chat/assistant", {"provider": ["azure"]}, 404, "There is no provider"),
        ("/chat/assistant", {"provider": "gemini", "messages": []}, 409, "is not set"),
        ("/chat/assistant", [], 400, "JSON object"),
        ("/chat/assistant", {"messages": []}, 400, "at least one"),
        ("/chat/assistant", {"messages": "Hello"}, 400, "must be a list"),
        ("/chat/assistant", {"messages": [{"role": "system", "content": "x"}]}, 400, "messages[0]"),
        ("/chat/assistant", {"messages": [{"role": "user", "content": 3}]}, 400, "messages[0].content"),
        ("/chat/assistant", {"messages": [{"role": "user", "content": "  "}]}, 400, "messages[0].content"),
        ("/chat/assistant", {"messages": [{"role": "assistant", "content": "x"}]}, 400, "the user's"),
        (
            "/chat/assistant",
            {"model": "nope", "messages": [{"role": "user", "content": "x"}]},
            404,
            "There are: gpt-4.1",
        ),
        ("/chat/assistant", {"message": ""}, 400, "messages[0].content"),
        ("/chat/assistant", {"threadId": "t", "runId": "r"}, 422, "messages: Field required"),
        ("/chat/assistant", {"threadId": "t", "runId": "r", "messages": []}, 400, "the user's"),
        ("/chat/assistant", {"threadId": "t", "runId": 1, "messages": []}, 422, "runId"),
        ("/chat/assistant", {"model": 7, "messages": [{"role": "user", "content": "x"}]}, 400, "model"),
    ],
)
def test_bad_requests_are_refused_in_words(serve: Serve, path: str, body: Any, status: int, words: str) -> None:
    reply = httpx.post(serve() + path, json=body)
    assert reply.status_code == status
    assert words in reply.json()["error"]["message"]


def test_other_sites_cannot_spend_money_here(serve: Serve, resource: Emulator) -> None:
    address = serve()
    text = json.dumps({"messages": [{"role": "user", "content": "Hi"}]})
    plain = httpx.post(f"{address}/chat/assistant", content=text, headers={"content-type": "text/plain"})
    assert plain.status_code == 415, "a form of another site can send only such types"
    rebound = httpx.get(f"{address}/models", headers={"host": "evil.example"})
    assert rebound.status_code == 400
    broken = httpx.post(
        f"{address}/chat/assistant", content="{", headers={"content-type": "application/json; charset=utf-8"}
    )
    assert broken.status_code == 400
    huge = httpx.post(f"{address}/chat/assistant", json={"messages": "x" * 1_100_000})
    assert huge.status_code == 413
    asked = {"messages": [{"role": "user", "content": "Hi"}]}
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1", "https://localhost.evil.example"):
        foreign = post(address, asked, headers={"origin": origin})
        assert (foreign.status_code, foreign.headers.get("access-control-allow-origin")) == (403, None)
        assert f"ALLOWED_ORIGINS={origin}" in foreign.json()["error"]["message"]
    assert not [seen for seen in resource.requests if "chat" in seen.operation]
    assert said(events_of(post(address, asked, headers={"origin": address}).text))


def test_a_front_end_of_ones_own_may_ask(serve: Serve) -> None:
    friend = "http://localhost:3000"
    address = serve(ALLOWED_ORIGINS=f"{friend}, http://localhost:5173")
    wanted = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    asked = httpx.options(f"{address}/chat/assistant", headers={"origin": friend, **wanted})
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, friend)
    reply = post(address, {"message": "Say well"}, headers={"origin": friend})
    assert reply.headers["access-control-allow-origin"] == friend
    assert said(events_of(reply.text)) == "well"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[" * 200_000, "nested too deeply"),
        ('{"a":' * 120 + "1" + "}" * 120, "nested too deeply"),
        ('{"messages": NaN}', "no JSON"),
        ('{"message": "\\ud800"}', "no JSON"),
        (b'{"message": "\xff"}', "no JSON"),
        ('{"message": ' + "9" * 5000 + "}", "no JSON"),
    ],
    ids=["very deep", "deep", "NaN", "half a pair", "no UTF-8", "a long number"],
)
def test_json_that_cannot_be_passed_on_is_refused(serve: Serve, content: Any, words: str) -> None:
    headers = {"content-type": "application/json"}
    reply = httpx.post(f"{serve()}/chat/assistant", content=content, headers=headers)
    assert reply.status_code == 400
    assert words in reply.json()["error"]["message"]
