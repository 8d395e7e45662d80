"""Its answers end agents: answered calls are known again, and agents that reason in text come to an end."""

from __future__ import annotations

import json
from typing import Any

import httpx
import jsonschema
import pytest

CHAT = "/openai/v1/chat/completions"
RESPONSES = "/openai/v1/responses"
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "number"}, "unit": {"type": "string"}},
    "required": ["city", "days"],
}
WEATHER = {"name": "get_weather", "description": "Get the weather forecast.", "parameters": PARAMETERS}
TOOLS = [{"type": "function", "function": WEATHER}]
QUESTION = "What's the weather in Oslo for 3 days?"


def rewritten(arguments: str) -> list[str]:
    """The same arguments as frameworks write them when they replay a call."""
    given = json.loads(arguments)
    backwards = dict(reversed(given.items()))
    return [
        arguments,
        json.dumps(given),
        json.dumps(given, indent=2),
        json.dumps(backwards),
        json.dumps({**given, "unit": None}),
        json.dumps({**given, "days": float(given["days"])}),
        json.dumps({**given, "city": f" {given['city']} "}),
    ]


@pytest.mark.parametrize("form", range(7))
def test_an_answered_call_is_known_by_what_it_means(http: httpx.Client, form: int) -> None:
    ask: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": QUESTION}], "tools": TOOLS}
    message = http.post(CHAT, json=ask).json()["choices"][0]["message"]
    function = message["tool_calls"][0]["function"]
    function["arguments"] = rewritten(function["arguments"])[form]
    replayed = {"role": "assistant", "content": None, "tool_calls": message["tool_calls"]}
    result = {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "cloudy"}
    choice = http.post(CHAT, json={**ask, "messages": [*ask["messages"], replayed, result]}).json()["choices"][0]
    assert choice["finish_reason"] == "stop"
    assert "cloudy" in choice["message"]["content"]


@pytest.mark.parametrize("form", range(7))
def test_over_responses_too(http: httpx.Client, form: int) -> None:
    ask: dict[str, Any] = {"model": "gpt-4o", "input": [{"role": "user", "content": QUESTION}]}
    ask["tools"] = [{"type": "function", **WEATHER}]
    [call] = http.post(RESPONSES, json=ask).json()["output"]
    arguments = rewritten(call["arguments"])[form]
    given = {"type": "function_call", "call_id": call["call_id"], "name": call["name"], "arguments": arguments}
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "cloudy"}
    [message] = http.post(RESPONSES, json={**ask, "input": [*ask["input"], given, result]}).json()["output"]
    assert "cloudy" in message["content"][0]["text"]


def test_other_arguments_are_another_call(http: httpx.Client) -> None:
    ask: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": QUESTION}], "tools": TOOLS}
    message = http.post(CHAT, json=ask).json()["choices"][0]["message"]
    call = message["tool_calls"][0]
    call["function"]["arguments"] = '{"city": "Bergen", "days": 3}'
    replayed = {"role": "assistant", "content": None, "tool_calls": [call]}
    result = {"role": "tool", "tool_call_id": call["id"], "content": "cloudy"}
    again = http.post(CHAT, json={**ask, "messages": [*ask["messages"], replayed, result]}).json()["choices"][0]
    assert again["finish_reason"] == "tool_calls"


def test_agents_that_must_call_end_with_their_final_tool(http: httpx.Client) -> None:
    final = {"name": "final_result", "parameters": {"type": "object", "properties": {"response": {"type": "string"}}}}
    tools = [*TOOLS, {"type": "function", "function": final}]
    messages: list[dict[str, Any]] = [{"role": "user", "content": QUESTION}]
    names: list[str] = []
    while "final_result" not in names:
        assert len(names) < 4, names
        body = {"model": "gpt-4o", "messages": messages, "tools": tools, "tool_choice": "required"}
        message = http.post(CHAT, json=body).json()["choices"][0]["message"]
        messages.append(message)
        for call in message["tool_calls"]:
            names.append(call["function"]["name"])
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": "cloudy"})
    assert names == ["get_weather", "final_result"]


DSPY_SYSTEM = """Your input fields are:
1. `question` (str):
2. `trajectory` (str):
Your output fields are:
1. `next_thought` (str):
2. `next_tool_name` (Literal['get_weather', 'finish']):
3. `next_tool_args` (dict[str, Any]):
All interactions will be structured in the following way, with the appropriate values filled in.

[[ ## question ## ]]
{question}

[[ ## trajectory ## ]]
{trajectory}

[[ ## next_thought ## ]]
{next_thought}

[[ ## next_tool_name ## ]]
{next_tool_name}        # note: the value you produce must exactly match one of: get_weather; finish

[[ ## next_tool_args ## ]]
{next_tool_args}        # note: the value you produce must adhere to the JSON schema: {"type": "object"}

[[ ## completed ## ]]
(1) get_weather, whose description is <desc>Get the weather.</desc>. It takes arguments {'city': {'type': 'string'}}.
(2) finish, whose description is <desc>Marks the task as complete.</desc>. It takes arguments {}."""
DSPY_ASK = (
    "Respond with the corresponding output fields, starting with the field `[[ ## next_thought ## ]]`, then "
    "`[[ ## next_tool_name ## ]]`, then `[[ ## next_tool_args ## ]]`, and then ending with the marker for "
    "`[[ ## completed ## ]]`."
)


def said(http: httpx.Client, system: str, user: str, **more: Any) -> str:
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    reply = http.post(CHAT, json={"model": "gpt-4o", "messages": messages, **more})
    assert reply.status_code == 200, reply.text
    return reply.json()["choices"][0]["message"]["content"]


def test_dspy_react_acts_once_and_finishes(http: httpx.Client) -> None:
    question = "[[ ## question ## ]]\nWhat is the weather in Oslo?\n\n[[ ## trajectory ## ]]\n"
    first = said(http, DSPY_SYSTEM, f"{question}\n\n{DSPY_ASK}")
    assert "[[ ## next_tool_name ## ]]\nget_weather\n" in first
    assert '[[ ## next_tool_args ## ]]\n{"city": "Oslo"}\n' in first
    assert first.endswith("[[ ## completed ## ]]")
    seen = "[[ ## thought_0 ## ]]\nx\n\n[[ ## tool_name_0 ## ]]\nget_weather\n\n[[ ## observation_0 ## ]]\ncloudy\n\n"
    second = said(http, DSPY_SYSTEM, f"{question}{seen}{DSPY_ASK}")
    assert "[[ ## next_tool_name ## ]]\nfinish\n" in second
    ask = "Respond with the corresponding output fields, starting with the field `[[ ## answer ## ]]`."
    assert "[[ ## answer ## ]]\ncloudy" in said(http, "", f"{question}{seen}{ask}")


REACT = """Answer the following questions as best you can. You have access to the following tools:

get_weather(city: str) -> str - Get the weather.

Use the following format:

Question: the input question you must answer
Thought: you should always think about what to do
Action: the action to take, should be one of [get_weather]
Action Input: the input to the action
Observation: the result of the action
Thought: I now know the final answer
Final Answer: the final answer to the original input question

Begin!

Question: What is the weather in Oslo?
Thought:"""


def test_react_in_text_acts_once_and_answers(http: httpx.Client) -> None:
    first = said(http, "", REACT, stop=["\nObservation"])
    assert "Action: get_weather\nAction Input: What is the weather in Oslo?" in first
    assert "Final Answer" not in first
    second = said(http, "", f"{REACT} {first}\nObservation: cloudy\nThought:", stop=["\nObservation"])
    assert second.endswith("Final Answer: cloudy")


SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("prompt", "keys"),
    [
        ("Reply in JSON with the keys name and age for Ada, 36", {"name", "age"}),
        ('Return a JSON object with "title", "author" and "year" fields. The book: Emma.', {"year"}),
        ('Answer as JSON: {"sentiment": "positive|negative", "score": 0.5}. I love it.', {"sentiment", "score"}),
        ("Use this JSON format: {name: string, tags: [string]}. Text: Ada is kind.", {"name", "tags"}),
        ("JSON with these fields:\n- `summary`: a string\n- `topics`: a list\n", {"summary"}),
        (f"Reply in JSON that matches this schema:\n```\n{json.dumps(SCHEMA)}\n```\nOslo, 3 days", {"city", "days"}),
        ("Give me json", {"answer"}),
    ],
)
def test_json_mode_gives_the_keys_that_the_prompt_asks_for(http: httpx.Client, prompt: str, keys: set[str]) -> None:
    made = json.loads(said(http, "You speak JSON.", prompt, response_format={"type": "json_object"}))
    assert keys <= made.keys()
    if "schema" in prompt:
        jsonschema.validate(made, SCHEMA)
    if "sentiment" in made:
        assert made["sentiment"] in {"positive", "negative"}
        assert isinstance(made["score"], float | int)
