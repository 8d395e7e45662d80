"""Tool calls: which, how many, with which arguments, and the answer from their results."""

from __future__ import annotations

import json
from typing import Any

import httpx
import openai
import pytest

CHAT = "/openai/v1/chat/completions"


def tool(name: str, description: str = "", required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(required or properties)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


TEXT = {"type": "string"}
WEATHER = tool(
    "get_weather",
    "Get the current weather.",
    ("city",),
    city=TEXT,
    unit={"type": "string", "enum": ["celsius", "fahrenheit"]},
)
TIME = tool("get_time", "Tell the local time in a city.", city=TEXT)
ADD = tool("MathPlugin-Add", "Adds two numbers.", a={"type": "number"}, b={"type": "number"})
MAIL = tool("send_email", "Send an e-mail.", to=TEXT, subject=TEXT, body=TEXT)
TOOLS = [WEATHER, TIME, ADD, MAIL]


def calls(http: httpx.Client, text: str, **more: Any) -> list[tuple[str, dict[str, Any]]]:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], "tools": TOOLS, **more}
    reply = http.post(CHAT, json=body)
    assert reply.status_code == 200, reply.text
    choice = reply.json()["choices"][0]
    made = choice["message"].get("tool_calls") or []
    assert choice["finish_reason"] == ("tool_calls" if made else "stop")
    return [(one["function"]["name"], json.loads(one["function"]["arguments"])) for one in made]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("What's the weather in Oslo?", [("get_weather", {"city": "Oslo"})]),
        ("Will it rain in New York? Use fahrenheit.", [("get_weather", {"city": "New York", "unit": "fahrenheit"})]),
        ("What time is it in Tokyo?", [("get_time", {"city": "Tokyo"})]),
        ("What is 2.5 + 40?", [("MathPlugin-Add", {"a": 2.5, "b": 40})]),
        ("Please add 7 and 5", [("MathPlugin-Add", {"a": 7, "b": 5})]),
        ("Hello there", []),
        ("Tell me a joke", []),
        (
            "What is the weather in Oslo and what time is it in Paris?",
            [("get_weather", {"city": "Oslo"}), ("get_time", {"city": "Paris"})],
        ),
        ("Weather in Oslo and Paris please", [("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Paris"})]),
    ],
)
def test_the_words_choose_the_tool(http: httpx.Client, text: str, wanted: list[Any]) -> None:
    assert calls(http, text) == wanted


def test_mail_takes_its_values_from_the_prompt(http: httpx.Client) -> None:
    [(name, given)] = calls(http, 'Send an email to bob@example.org with the subject "Lunch" and the body "At noon?"')
    assert name == "send_email"
    assert "Lunch" in given.values()
    assert "At noon?" in given.values()


def test_tool_choice_is_honoured(http: httpx.Client) -> None:
    assert calls(http, "What's the weather in Oslo?", tool_choice="none") == []
    assert len(calls(http, "Hello", tool_choice="required")) == 1
    named = {"type": "function", "function": {"name": "get_time"}}
    assert [name for name, _ in calls(http, "What's the weather in Oslo?", tool_choice=named)] == ["get_time"]
    allowed = {
        "type": "allowed_tools",
        "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "get_time"}}]},
    }
    assert [name for name, _ in calls(http, "Weather in Oslo", tool_choice=allowed)] == ["get_time"]


def test_one_call_at_a_time_until_all_are_answered(http: httpx.Client) -> None:
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Weather in Oslo and the time in Paris?"}]
    names: list[str] = []
    for _ in range(3):
        body = {"model": "gpt-4o", "messages": messages, "tools": TOOLS, "parallel_tool_calls": False}
        message = http.post(CHAT, json=body).json()["choices"][0]["message"]
        if not message.get("tool_calls"):
            break
        [call] = message["tool_calls"]
        names.append(call["function"]["name"])
        messages += [message, {"role": "tool", "tool_call_id": call["id"], "content": f"result {len(names)}"}]
    assert names == ["get_weather", "get_time"]
    assert "result 1" in message["content"]
    assert "result 2" in message["content"]


def test_models_without_parallel_calls_make_one(http: httpx.Client) -> None:
    assert len(calls(http, "Weather in Oslo and the time in Paris?", model="o4-mini")) == 1
    assert len(calls(http, "Weather in Oslo and the time in Paris?", model="gpt-5")) == 2
    assert len(calls(http, "Weather in Oslo and the time in Paris?", model="gpt-5", reasoning_effort="minimal")) == 1


def test_a_follow_up_means_the_same_tool(http: httpx.Client) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'}}
    messages = [
        {"role": "user", "content": "Weather in Oslo?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "4 degrees"},
        {"role": "assistant", "content": "4 degrees."},
        {"role": "user", "content": "And in Paris?"},
    ]
    body = {"model": "gpt-4o", "messages": messages, "tools": TOOLS}
    [again] = http.post(CHAT, json=body).json()["choices"][0]["message"]["tool_calls"]
    assert again["function"] == {"name": "get_weather", "arguments": '{"city":"Paris"}'}


def test_it_answers_from_the_results(http: httpx.Client) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'}}
    messages = [
        {"role": "user", "content": "What's the weather in Oslo?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": '{"sky": "cloudy", "celsius": 4}'},
    ]
    reply = http.post(CHAT, json={"model": "gpt-4o", "messages": messages, "tools": TOOLS}).json()
    assert reply["choices"][0]["message"]["content"] == "According to get_weather (city Oslo): sky cloudy, celsius 4."


def test_streamed_calls(http: httpx.Client) -> None:
    body = {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "Weather in Oslo and the time in Paris?"}],
        "tools": TOOLS,
        "stream": True,
    }
    lines = http.post(CHAT, json=body).text.splitlines()
    deltas = [
        one["choices"][0]["delta"]["tool_calls"][0]
        for one in (json.loads(line[6:]) for line in lines if line.startswith("data: {"))
        if one["choices"] and one["choices"][0]["delta"].get("tool_calls")
    ]
    heads = [one for one in deltas if "id" in one]
    assert [(one["index"], one["function"]) for one in heads] == [
        (0, {"name": "get_weather", "arguments": ""}),
        (1, {"name": "get_time", "arguments": ""}),
    ]
    texts = ["".join(one["function"]["arguments"] for one in deltas if one["index"] == index) for index in (0, 1)]
    assert [json.loads(text) for text in texts] == [{"city": "Oslo"}, {"city": "Paris"}]
    assert all(set(one) == {"index", "function"} for one in deltas if "id" not in one)
    assert sum(one["index"] == 0 for one in deltas) > 2


def test_the_sdk_assembles_streamed_calls(v1: openai.OpenAI) -> None:
    with v1.chat.completions.stream(
        model="gpt-5", messages=[{"role": "user", "content": "Weather in Oslo?"}], tools=[WEATHER]
    ) as stream:
        message = stream.get_final_completion().choices[0].message
    assert message.tool_calls
    assert message.tool_calls[0].function.arguments == '{"city":"Oslo"}'


def test_cut_off_calls_stay_cut_off(http: httpx.Client) -> None:
    body = {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "Weather in Oslo?"}],
        "tools": [WEATHER],
        "max_tokens": 3,
    }
    choice = http.post(CHAT, json=body).json()["choices"][0]
    assert choice["finish_reason"] == "length"
    with pytest.raises(json.JSONDecodeError):
        json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"])


def test_custom_tools_and_legacy_functions(http: httpx.Client) -> None:
    custom = {"type": "custom", "custom": {"name": "run_code", "description": "Run Python code"}}
    body: dict[str, Any] = {"model": "gpt-5", "messages": [{"role": "user", "content": 'Run the code "print(1)"'}]}
    [call] = http.post(CHAT, json={**body, "tools": [custom]}).json()["choices"][0]["message"]["tool_calls"]
    assert call["type"] == "custom"
    assert call["custom"] == {"name": "run_code", "input": "print(1)"}
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Weather in Oslo?"}]}
    choice = http.post(CHAT, json={**body, "functions": [WEATHER["function"]]}).json()["choices"][0]
    assert choice["finish_reason"] == "function_call"
    assert choice["message"]["function_call"] == {"name": "get_weather", "arguments": '{"city":"Oslo"}'}
