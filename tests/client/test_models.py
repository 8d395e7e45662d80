"""Requests that fit: renamed and dropped parameters, models that speak only Responses, lessons from refusals."""

from __future__ import annotations

import logging

import pytest

import azure_connector as ac
from azure_connector import AzureConnector, azure_info
from azure_connector.emulator import Deployment, Emulator
from tests.support import asking
from tests.support.asking import WAYS, ask, text_of

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
ASK_WEATHER = [{"role": "user", "content": "What is the weather in Oslo?"}]
DEPLOYMENTS = [
    Deployment("codex", "gpt-5-codex"),
    Deployment("pro", "gpt-5-pro"),
    Deployment("o1", "o1"),
    Deployment("private", "gpt-5"),
    Deployment("gpt-5.4", "gpt-5.4"),
    Deployment("gpt-4o", "gpt-4o"),
]


@pytest.fixture
def azure():
    with Emulator(deployments=DEPLOYMENTS) as emulator:
        yield emulator


def options(azure, **more):
    mapping = {"gpt-5-codex": "codex", "gpt-5-pro": "pro", "mystery": {"deployment": "private", "model": "mystery"}}
    return asking.options(azure, deployment_mapping=mapping, **more)


def calls_of(reply):
    """The tool calls of a completion or of chunks, as (name, arguments)."""
    if not isinstance(reply, list):
        return [(call.function.name, call.function.arguments) for call in reply.choices[0].message.tool_calls]
    found: dict[int, list[str]] = {}
    for chunk in reply:
        for call in (chunk.choices[0].delta.tool_calls or ()) if chunk.choices else ():
            entry = found.setdefault(call.index, ["", ""])
            entry[0] += call.function.name or ""
            entry[1] += call.function.arguments or ""
    return [tuple(entry) for entry in found.values()]


@pytest.mark.parametrize("way", WAYS)
def test_a_responses_only_model_answers_chat(azure, way):
    reply = ask(way, {"model": "gpt-5-codex", "messages": ASK_WEATHER, "tools": [WEATHER]}, **options(azure))
    (request,) = azure.requests
    assert request.path == "/openai/v1/responses"
    assert request.body["tools"][0]["name"] == "get_weather"
    assert request.body["store"] is False
    assert calls_of(reply) == [("get_weather", '{"city":"Oslo"}')]
    last = reply[-1] if isinstance(reply, list) else reply
    assert last.choices[0].finish_reason == "tool_calls"


def test_reasoning_is_replayed_on_the_next_turn_and_stripped_for_others(azure):
    with AzureConnector(**options(azure)) as client:
        first = client.chat.completions.create(model="gpt-5-codex", messages=ASK_WEATHER, tools=[WEATHER])
        message = first.choices[0].message
        answer = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "sunny"}
        history = [*ASK_WEATHER, message, answer]
        client.chat.completions.create(model="gpt-5-codex", messages=history, tools=[WEATHER])
        client.chat.completions.create(model="gpt-4o", messages=history, tools=[WEATHER])
    replayed, elsewhere = azure.requests[1:]
    kinds = [item["type"] for item in replayed.body["input"]]
    assert kinds == ["message", "reasoning", "function_call", "function_call_output"]
    assert elsewhere.path.endswith("/chat/completions")
    assert not {"reasoning_items", "reasoning_origin", "output_items"} & elsewhere.body["messages"][1].keys()


@pytest.mark.parametrize("way", ["sync stream", "async stream"])
@pytest.mark.parametrize("model", ["o1", "gpt-5-pro"])
def test_a_model_that_does_not_stream_is_delivered_as_a_stream(azure, way, model):
    chunks = ask(way, {"model": model, "stream_options": {"include_usage": True}}, **options(azure))
    assert "stream" not in azure.requests[0].body
    assert "stream_options" not in azure.requests[0].body
    assert "Oslo" in text_of(chunks)
    assert chunks[-1].usage.total_tokens > 0
    assert azure_info(chunks[-1]).region


@pytest.mark.parametrize("way", WAYS)
def test_tools_with_an_effort_go_through_responses(azure, way):
    request = {"model": "gpt-5.4", "messages": ASK_WEATHER, "tools": [WEATHER], "reasoning_effort": "high"}
    reply = ask(way, request, **options(azure))
    assert azure.requests[0].path == "/openai/v1/responses"
    assert azure.requests[0].body["reasoning"]["effort"] == "high"
    assert calls_of(reply) == [("get_weather", '{"city":"Oslo"}')]


@pytest.mark.parametrize("way", WAYS)
def test_an_unknown_model_is_learnt_once(azure, way, caplog):
    request = {"model": "mystery", "max_tokens": 500, "temperature": 0.3}
    with caplog.at_level(logging.WARNING, "azure_connector"):
        reply = ask(way, request, **options(azure))
    assert [one.status for one in azure.requests] == [400, 400, 200]
    assert azure.requests[-1].body["max_completion_tokens"] == 500
    assert "temperature" in caplog.text
    info = azure_info(reply[-1] if isinstance(reply, list) else reply)
    assert [one.status for one in info.attempts] == [400, 400, 200]
    assert any("temperature" in change for change in info.changes)


def test_the_second_call_is_right_at_once_and_explain_shows_what_was_learnt(azure):
    with AzureConnector(**options(azure)) as client:
        for _ in range(2):
            client.chat.completions.create(model="mystery", messages=ASK_WEATHER, max_tokens=500, temperature=0.3)
        told = str(client.explain("mystery"))
    assert [one.status for one in azure.requests] == [400, 400, 200, 200]
    assert "max_tokens is sent as max_completion_tokens" in told


def test_a_private_name_needs_no_lesson_once_a_reply_named_its_model(azure):
    with AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key, default_deployment="private") as client:
        client.chat.completions.create(model="whatever", messages=ASK_WEATHER)
        client.chat.completions.create(model="whatever", messages=ASK_WEATHER, max_tokens=500, temperature=0.3)
    assert [one.status for one in azure.requests] == [200, 200]
    assert "temperature" not in azure.requests[1].body


def test_strict_names_everything_that_would_be_lost(azure):
    with pytest.raises(ac.InvalidRequestError, match="temperature") as caught:
        ask("sync", {"model": "gpt-5-pro", "temperature": 0.3, "seed": 7}, **options(azure, strict=True))
    assert "strict" in str(caught.value)
    assert not azure.requests


@pytest.mark.parametrize(
    ("request_part", "where"),
    [
        ({"tools": [WEATHER, WEATHER]}, "tools[1].function.name"),
        (
            {"tools": [{"type": "function", "function": {"name": "x", "parameters": []}}]},
            "tools[0].function.parameters",
        ),
        ({"tools": [{**WEATHER, "function": {"name": f"f{n}"}} for n in range(300)]}, "tools"),
        ({"messages": [{"role": "usr", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": "x"}, "text"]}, "messages[1]"),
        ({"model": " "}, "model"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(azure, request_part, where):
    from openai.types.chat import ChatCompletion

    body = {"model": "gpt-4o", "messages": ASK_WEATHER, **request_part}
    with AzureConnector(**options(azure)) as client, pytest.raises(ac.InvalidRequestError) as caught:
        client.post("/chat/completions", body=body, cast_to=ChatCompletion)
    assert where in str(caught.value)
    assert not azure.requests


def test_settings_fill_what_the_caller_left_open(azure):
    with AzureConnector(**options(azure, max_tokens=77, temperature=0.4)) as client:
        client.chat.completions.create(model="gpt-4o", messages=ASK_WEATHER)
        client.chat.completions.create(model="gpt-4o", messages=ASK_WEATHER, max_tokens=5, temperature=0.1)
        client.chat.completions.create(model="gpt-5-codex", messages=ASK_WEATHER)
    filled, given, reasoning = (request.body for request in azure.requests)
    assert (filled["max_tokens"], filled["temperature"]) == (77, 0.4)
    assert (given["max_tokens"], given["temperature"]) == (5, 0.1)
    assert reasoning["max_output_tokens"] == 77
    assert "temperature" not in reasoning


def test_native_responses_reach_the_deployment(azure):
    with AzureConnector(**options(azure)) as client:
        reply = client.responses.create(model="gpt-5-codex", input="Say hello to Oslo")
        again = client.responses.create(model="gpt-5-codex", input="And again", previous_response_id=reply.id)
        kinds = [event.type for event in client.responses.create(model="gpt-5-codex", input="Hi", stream=True)]
        assert client.responses.retrieve(reply.id).id == reply.id
    assert "Oslo" in reply.output_text
    assert again.previous_response_id == reply.id
    assert azure_info(reply).deployment == "codex"
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")
    assert azure.requests[0].body["model"] == "codex"


def test_an_old_api_version_uses_v1_for_responses(azure):
    reply = ask("sync", {"model": "gpt-5-codex"}, **options(azure, api_version="2024-10-21"))
    assert "Oslo" in text_of(reply)
    assert azure.requests[0].url == "/openai/v1/responses"


def test_names_outside_azures_limits_go_there_and_back_natively_too(azure):
    tool = {"name": "look up: weather", "description": "Get the weather in a city", "input_schema": {
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]
    }}  # fmt: skip
    with AzureConnector(**options(azure)) as client:
        reply = client.responses.create(model="gpt-5-codex", input="What is the weather in Oslo?", tools=[tool])
        call = next(item for item in reply.output if item.type == "function_call")
        history = [
            {"role": "user", "content": "What is the weather in Oslo?"},
            *[item.to_dict() for item in reply.output],
            {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"},
        ]
        again = client.responses.create(model="gpt-5-codex", input=history, tools=[tool])
    assert call.name == "look up: weather"
    sent = azure.requests[1].body
    assert sent["tools"][0]["name"] == next(i["name"] for i in sent["input"] if i.get("type") == "function_call")
    assert "sunny" in again.output_text


@pytest.mark.parametrize("status", [301, 302, 303, 307])
def test_a_redirect_that_cannot_be_followed_is_an_error_and_never_none(azure, status):
    from azure_connector.emulator import Reply

    headers = {} if status == 307 else {"location": "/elsewhere"}
    azure.script(Reply(status=status, headers=headers))
    with pytest.raises(ac.UnexpectedStatusError):
        ask("sync", **options(azure))


def test_an_alias_gives_way_to_the_base_model_that_replies_name(azure):
    mapping = {"deployment_mapping": {"reports": "private"}}
    with AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key, **mapping) as client:
        assert client.explain("reports").targets[0].base_model == "reports"
        client.chat.completions.create(model="reports", messages=[{"role": "user", "content": "Hi"}])
        assert client.explain("reports").targets[0].base_model == "gpt-5"
        azure.clear()
        client.chat.completions.create(model="reports", messages=[{"role": "user", "content": "Hi"}], max_tokens=300)
        assert [seen.status for seen in azure.requests] == [200], "its rules are known without a refusal"
