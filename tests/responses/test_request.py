from __future__ import annotations

import copy
from typing import Any

import pytest
from openai.types.responses import ResponseCreateParams
from pydantic import TypeAdapter

from azure_connector.errors import InvalidRequestError
from azure_connector.requests.responses_api import to_responses
from tests.support.tables import each_row

PARAMS = TypeAdapter[Any](ResponseCreateParams)
USER = {"role": "user", "content": "Hello"}
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


def translated(**body: Any) -> dict[str, Any]:
    sent, unsent = to_responses({"model": "gpt-5-pro", "messages": [USER], **body})
    assert unsent == ()
    PARAMS.validate_python(sent)
    return sent


def test_the_plain_request() -> None:
    assert translated() == {
        "model": "gpt-5-pro",
        "input": [{"type": "message", "role": "user", "content": "Hello"}],
        "store": False,
        "include": ["reasoning.encrypted_content"],
    }


def test_the_caller_s_body_is_left_alone() -> None:
    body = {
        "model": "m",
        "messages": [
            USER,
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}},
        "include": ["web_search_call.results"],
    }
    before = copy.deepcopy(body)
    to_responses(body)
    assert body == before


@each_row(
    ("chat", "responses"),
    [
        ({"max_tokens": 100}, {"max_output_tokens": 100}),
        ({"max_completion_tokens": 200}, {"max_output_tokens": 200}),
        ({"max_tokens": 100, "max_completion_tokens": 200}, {"max_output_tokens": 200}),
        ({"max_tokens": 1}, {"max_output_tokens": 16}),
        ({"max_tokens": 16}, {"max_output_tokens": 16}),
        ({"reasoning_effort": "high"}, {"reasoning": {"effort": "high"}}),
        (
            {"reasoning_effort": "low", "reasoning": {"summary": "auto"}},
            {"reasoning": {"summary": "auto", "effort": "low"}},
        ),
        ({"verbosity": "low"}, {"text": {"verbosity": "low"}}),
        ({"response_format": {"type": "text"}}, {"text": {"format": {"type": "text"}}}),
        ({"response_format": {"type": "json_object"}}, {"text": {"format": {"type": "json_object"}}}),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "place", "schema": SCHEMA, "strict": True, "description": "d"},
                },
                "verbosity": "high",
            },
            {
                "text": {
                    "format": {
                        "type": "json_schema",
                        "name": "place",
                        "schema": SCHEMA,
                        "strict": True,
                        "description": "d",
                    },
                    "verbosity": "high",
                }
            },
        ),
        ({"temperature": 0.2, "top_p": 0.5}, {"temperature": 0.2, "top_p": 0.5}),
        ({"metadata": {"a": "b"}, "user": "u"}, {"metadata": {"a": "b"}, "user": "u"}),
        ({"parallel_tool_calls": False}, {"parallel_tool_calls": False}),
        ({"service_tier": "priority"}, {"service_tier": "priority"}),
        (
            {"prompt_cache_key": "k", "prompt_cache_retention": "24h", "safety_identifier": "s"},
            {"prompt_cache_key": "k", "prompt_cache_retention": "24h", "safety_identifier": "s"},
        ),
        ({"stream": True, "stream_options": {"include_usage": True}}, {"stream": True}),
        (
            {"stream": True, "stream_options": {"include_usage": True, "include_obfuscation": False}},
            {"stream": True, "stream_options": {"include_obfuscation": False}},
        ),
        ({"store": True}, {"store": True}),
        ({"truncation": "auto"}, {"truncation": "auto"}),
        ({"previous_response_id": "resp_1"}, {"previous_response_id": "resp_1"}),
        ({"a_new_parameter": 1}, {"a_new_parameter": 1}),
        ({"tool_choice": "required"}, {"tool_choice": "required"}),
        ({"tool_choice": {"type": "image_generation"}}, {"tool_choice": {"type": "image_generation"}}),
        ({"n": 1, "modalities": ["text"], "audio": None, "functions": []}, {}),
        ({"stop": None, "seed": None, "logit_bias": {}, "presence_penalty": 0, "frequency_penalty": 0.0}, {}),
        ({"logprobs": False}, {}),
        (
            {"web_search_options": {"search_context_size": "low", "user_location": {
                "type": "approximate", "approximate": {"city": "Oslo", "country": "NO"}}}},
            {"tools": [{"type": "web_search", "search_context_size": "low",
                        "user_location": {"type": "approximate", "city": "Oslo", "country": "NO"}}]},
        ),
    ],
)  # fmt: skip
def test_parameters(chat: dict[str, Any], responses: dict[str, Any]) -> None:
    assert translated(**chat) == {**translated(), **responses}


def test_log_probabilities_are_asked_for_as_included_output() -> None:
    sent = translated(logprobs=True, top_logprobs=3, include=["reasoning.encrypted_content"])
    assert sent["include"] == ["reasoning.encrypted_content", "message.output_text.logprobs"]
    assert sent["top_logprobs"] == 3
    assert "logprobs" not in sent


def test_a_model_that_does_not_reason_is_not_asked_for_encrypted_reasoning() -> None:
    sent, _ = to_responses({"messages": [USER]}, reasons=False)
    assert "include" not in sent


@each_row(
    ("tool", "flat"),
    [
        (
            {"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA, "strict": True}},
            {"type": "function", "name": "f", "description": "d", "parameters": SCHEMA, "strict": True},
        ),
        (
            {"type": "function", "function": {"name": "f", "parameters": SCHEMA}},
            {"type": "function", "name": "f", "parameters": SCHEMA, "strict": False},
        ),
        (
            {"type": "function", "function": {"name": "f"}},
            {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": False},
        ),
        (
            {"type": "function", "name": "f", "parameters": SCHEMA, "strict": True},
            {"type": "function", "name": "f", "parameters": SCHEMA, "strict": True},
        ),
        (
            {"type": "custom", "custom": {"name": "c", "description": "d", "format": {"type": "text"}}},
            {"type": "custom", "name": "c", "description": "d", "format": {"type": "text"}},
        ),
        (
            {
                "type": "custom",
                "custom": {
                    "name": "c",
                    "format": {"type": "grammar", "grammar": {"syntax": "regex", "definition": "a+"}},
                },
            },
            {"type": "custom", "name": "c", "format": {"type": "grammar", "syntax": "regex", "definition": "a+"}},
        ),
        ({"type": "image_generation"}, {"type": "image_generation"}),
    ],
)
def test_tools(tool: dict[str, Any], flat: dict[str, Any]) -> None:
    sent = translated(tools=[tool])
    assert sent["tools"] == [flat]
    list(PARAMS.validate_python(sent)["tools"])


FUNCTION = {"type": "function", "function": {"name": "f", "parameters": SCHEMA}}
CUSTOM = {"type": "custom", "custom": {"name": "c"}}


@each_row(
    ("choice", "flat"),
    [
        ("required", "required"),
        ({"type": "function", "function": {"name": "f"}}, {"type": "function", "name": "f"}),
        ({"type": "custom", "custom": {"name": "c"}}, {"type": "custom", "name": "c"}),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [FUNCTION]}},
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]},
        ),
    ],
)
def test_the_choice_among_tools(choice: Any, flat: Any) -> None:
    assert translated(tools=[FUNCTION, CUSTOM], tool_choice=choice)["tool_choice"] == flat


def test_tools_that_have_the_api_s_form_already_are_sent_as_they_are() -> None:
    flat = [{"type": "function", "name": "f", "parameters": SCHEMA}, {"type": "image_generation"}]
    assert translated(tools=flat)["tools"] == flat


def test_the_older_functions_are_tools() -> None:
    sent = translated(functions=[{"name": "f", "parameters": SCHEMA}], function_call={"name": "f"})
    assert sent["tools"] == translated(tools=[FUNCTION])["tools"]
    assert sent["tool_choice"] == {"type": "function", "name": "f"}


@each_row(
    ("body", "names"),
    [
        ({"stop": ["END"]}, ("stop",)),
        ({"seed": 0}, ("seed",)),
        ({"logit_bias": {"1": 2}, "prediction": {"type": "content", "content": "x"}}, ("logit_bias", "prediction")),
        ({"presence_penalty": 0.5, "frequency_penalty": 1}, ("frequency_penalty", "presence_penalty")),
        ({"messages": [{**USER, "name": "Ada"}]}, ("messages.name",)),
    ],
)
def test_what_cannot_be_said_is_left_out_and_named(body: dict[str, Any], names: tuple[str, ...]) -> None:
    sent, unsent = to_responses({"model": "gpt-5-pro", "messages": [USER], **body})
    assert unsent == names
    assert sent == translated()


@each_row(
    ("body", "param"),
    [
        ({"n": 2}, "n"),
        ({"audio": {"voice": "alloy", "format": "wav"}}, "modalities"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name"),
        ({"messages": "Hello"}, "messages"),
        ({"messages": [USER, "Hello"]}, "messages[1]"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [7]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "assistant", "content": [{"type": "image_url"}]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "assistant", "tool_calls": [{"function": {}}]}]}, "messages[0].tool_calls[0].id"),
        ({"messages": [{"role": "assistant", "audio": {"id": "audio_1"}}]}, "messages[0].audio"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        (
            {
                "messages": [
                    {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}},
                    {"role": "function", "name": "f", "content": "1"},
                    {"role": "function", "name": "f", "content": "2"},
                ]
            },
            "messages[2].tool_call_id",
        ),
    ],
)
def test_what_would_change_the_question_is_refused(body: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        to_responses({"model": "m", "messages": [USER], **body})
    assert caught.value.param == param
