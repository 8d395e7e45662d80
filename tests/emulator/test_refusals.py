"""The emulator refuses what Azure refuses, in Azure's words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from azure_connector.emulator import Emulator, Refusal

CHAT = "/openai/v1/chat/completions"
NAMES = (
    "gpt-4o gpt-4.1 gpt-35-turbo gpt-5 gpt-5-chat gpt-5-pro gpt-5-codex gpt-5.1 gpt-5.2-chat gpt-5.4 gpt-5.5 o1 "
    "o1-mini o3-pro o4-mini codex-mini Mistral-Large-2411 DeepSeek-R1 grok-4 text-embedding-3-small"
)
MODELS = NAMES.split()
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with Emulator(MODELS) as azure, httpx.Client(base_url=azure.endpoint, headers={"api-key": azure.api_key}) as http:
        yield http


def post(client: httpx.Client, model: str, **more: Any) -> httpx.Response:
    return client.post(CHAT, json={"model": model, "messages": [{"role": "user", "content": "Hi"}], **more})


@pytest.mark.parametrize(
    ("model", "given", "param", "code"),
    [
        ("gpt-5", {"max_tokens": 5}, "max_tokens", "unsupported_parameter"),
        ("o4-mini", {"max_tokens": 5}, "max_tokens", "unsupported_parameter"),
        ("gpt-5-chat", {"max_tokens": 5}, "max_tokens", "unsupported_parameter"),
        ("gpt-5", {"temperature": 0.2}, "temperature", "unsupported_value"),
        ("gpt-5.2-chat", {"temperature": 0}, "temperature", "unsupported_value"),
        ("gpt-5", {"top_p": 0.5}, "top_p", "unsupported_value"),
        ("gpt-5", {"presence_penalty": 1}, "presence_penalty", "unsupported_parameter"),
        ("o1", {"frequency_penalty": 1}, "frequency_penalty", "unsupported_parameter"),
        ("gpt-5", {"logprobs": True}, "logprobs", "unsupported_parameter"),
        ("gpt-5", {"logit_bias": {"1": 1}}, "logit_bias", "unsupported_parameter"),
        ("gpt-5", {"reasoning_effort": "none"}, "reasoning_effort", "unsupported_value"),
        ("o1-mini", {"reasoning_effort": "low"}, "reasoning_effort", "unsupported_parameter"),
        ("gpt-4o", {"reasoning_effort": "low"}, "reasoning_effort", "unsupported_parameter"),
        ("gpt-5-chat", {"reasoning_effort": "low"}, "reasoning_effort", "unsupported_parameter"),
        ("gpt-5.1", {"reasoning_effort": "minimal"}, "reasoning_effort", "unsupported_value"),
        ("gpt-5.1", {"reasoning_effort": "low", "temperature": 0.2}, "temperature", "unsupported_value"),
        ("gpt-5.5", {"temperature": 0.2}, "temperature", "unsupported_value"),
        ("o4-mini", {"parallel_tool_calls": True, "tools": [TOOL]}, "parallel_tool_calls", "unsupported_parameter"),
        ("o1", {"stream": True}, "stream", "unsupported_value"),
        ("o1-mini", {"messages": [{"role": "system", "content": "x"}]}, "messages[0].role", "unsupported_value"),
        ("gpt-5.4", {"reasoning_effort": "low", "tools": [TOOL]}, "reasoning_effort", None),
        ("gpt-4o", {"max_tokens": 5, "max_completion_tokens": 5}, "max_tokens", "invalid_parameter_combination"),
        ("gpt-4o", {"temperature": 3}, "temperature", "decimal_above_max_value"),
        ("gpt-4o", {"temperature": "hot"}, "temperature", "invalid_type"),
        ("gpt-4o", {"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
        ("gpt-4o", {"max_tokens": 10**6}, "max_tokens", "invalid_value"),
        ("gpt-4o", {"nonsense": 1}, None, None),
        ("gpt-4o", {"stream_options": {"include_usage": True}}, "stream_options", None),
        ("gpt-4o", {"tool_choice": "auto"}, "tool_choice", None),
        ("gpt-4o", {"parallel_tool_calls": False}, "parallel_tool_calls", None),
        ("gpt-4o", {"stop": list("abcde")}, "stop", "array_above_max_length"),
        ("gpt-4o", {"n": 129}, "n", "integer_above_max_value"),
    ],
)
def test_parameters(
    client: httpx.Client, model: str, given: dict[str, Any], param: str | None, code: str | None
) -> None:
    reply = post(client, model, **given)
    assert reply.status_code == 400, reply.text
    error = reply.json()["error"]
    assert (error["param"], error["code"], error["type"]) == (param, code, "invalid_request_error")


def test_the_wording_of_the_two_commonest(client: httpx.Client) -> None:
    assert post(client, "gpt-5", max_tokens=5).json()["error"]["message"] == (
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    )
    assert post(client, "gpt-5", temperature=0.2).json()["error"]["message"] == (
        "Unsupported value: 'temperature' does not support 0.2 with this model. "
        "Only the default (1) value is supported."
    )


@pytest.mark.parametrize(
    ("model", "given"),
    [
        ("gpt-5", {"temperature": 1, "top_p": 1, "presence_penalty": 0, "logprobs": False}),
        ("gpt-5.1", {"temperature": 0.2, "logprobs": True}),
        ("gpt-5.1", {"reasoning_effort": "none", "temperature": 0.2}),
        ("gpt-5.4", {"tools": [TOOL]}),
        ("gpt-5-chat", {"temperature": 0.2, "max_completion_tokens": 9}),
        ("grok-4", {"nonsense": 1, "temperature": 0.1, "max_tokens": 5}),
        ("Mistral-Large-2411", {"max_tokens": 5}),
        ("gpt-5", {"messages": [{"role": "developer", "content": "x"}, {"role": "user", "content": "y"}]}),
    ],
)
def test_what_passes(client: httpx.Client, model: str, given: dict[str, Any]) -> None:
    assert post(client, model, **given).status_code == 200


def test_mistral_refuses_the_new_name_with_422(client: httpx.Client) -> None:
    reply = post(client, "Mistral-Large-2411", max_completion_tokens=5)
    assert reply.status_code == 422
    assert reply.json()["message"]["detail"][0]["loc"] == ["body", "max_completion_tokens"]


@pytest.mark.parametrize("model", ["gpt-5-pro", "gpt-5-codex", "o3-pro", "codex-mini", "text-embedding-3-small"])
def test_models_that_do_not_chat(client: httpx.Client, model: str) -> None:
    reply = post(client, model)
    assert reply.status_code == 400
    error = reply.json()["error"]
    assert error["code"] == "OperationNotSupported"
    assert f"chatCompletion operation does not work with the specified model, {model}." in error["message"]


@pytest.mark.parametrize(
    ("messages", "param", "words"),
    [
        (None, "messages", "expected an array of objects"),
        ([], "messages", "empty array"),
        (["x"], "messages[0]", "expected an object"),
        ([{"content": "x"}], "messages[0].role", "Missing required parameter"),
        ([{"role": "wizard", "content": "x"}], "messages[0].role", "Invalid value: 'wizard'. Supported values are"),
        ([{"role": "user", "content": None}], "messages.[0].content", "expected a string, got null"),
        ([{"role": "user", "content": 5}], "messages[0].content", "string or array of objects"),
        ([{"role": "user", "content": [{"type": "smell"}]}], "messages[0].content[0].type", "Invalid value: 'smell'"),
        ([{"role": "user", "content": [{"type": "text"}]}], "messages[0].content[0].text", "Missing required"),
        ([{"role": "user", "content": "x", "status": "completed"}], "messages[0].status", "Unknown parameter"),
        ([{"role": "user", "content": "x", "name": "a b"}], "messages[0].name", "does not match pattern"),
        ([{"role": "tool", "content": "x", "tool_call_id": "call_1"}], "messages.[0].role", "preceeding message"),
        ([{"role": "tool", "content": "x"}], "messages[0].tool_call_id", "Missing required"),
        ([{"role": "assistant", "tool_calls": [CALL]}], "messages.[0].role", "did not have response messages: call_1"),
        (
            [{"role": "assistant", "tool_calls": [CALL]}, {"role": "user", "content": "x"}],
            "messages.[1].role",
            "did not have response messages: call_1",
        ),
        (
            [{"role": "assistant", "tool_calls": [CALL]}, {"role": "tool", "content": "x", "tool_call_id": "other"}],
            "messages.[1].tool_call_id",
            "not found in 'tool_calls'",
        ),
        ([{"role": "assistant", "tool_calls": []}], "messages[0].tool_calls", "empty array"),
    ],
)
def test_messages(client: httpx.Client, messages: Any, param: str, words: str) -> None:
    if isinstance(messages, list) and messages and isinstance(messages[0], dict) and "tool_calls" in messages[0]:
        messages[0]["content"] = "x"
    error = post(client, "gpt-4o", messages=messages).json()["error"]
    assert error["param"] == param
    assert words in error["message"]


def function(name: Any = "f", parameters: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {"name": name, "parameters": parameters or {"type": "object", "properties": {}}, **more},
    }


@pytest.mark.parametrize(
    ("tools", "param", "words"),
    [
        ([function("with space")], "tools[0].function.name", "'^[a-zA-Z0-9_-]+$'"),
        ([function(), function("x" * 65)], "tools[1].function.name", "string too long"),
        ([function("")], "tools[0].function.name", "empty string"),
        ([function(str(number)) for number in range(129)], "tools", "maximum length 128"),
        ([], "tools", "empty array"),
        ({"f": 1}, "tools", "expected an array of objects"),
        ([{"type": "function"}], "tools[0].function", "Missing required"),
        ([{"type": "spell", "spell": {}}], "tools[0].type", "Invalid value: 'spell'"),
        ([function(parameters={"type": "array"})], "tools[0].function.parameters", "got 'type: \"array\"'"),
        (
            [function(parameters={"type": "object", "properties": {"a": {"type": "array"}}})],
            "tools[0].function.parameters",
            "array schema missing items",
        ),
        (
            [function(parameters={"type": "object", "properties": {"a": {"type": "text"}}})],
            "tools[0].function.parameters",
            "'text' is not valid",
        ),
        (
            [function(strict=True, parameters={"type": "object", "properties": {"a": {"type": "string"}}})],
            "tools[0].function.parameters",
            "'additionalProperties' is required",
        ),
        (
            [
                function(
                    strict=True,
                    parameters={
                        "type": "object",
                        "properties": {"a": {"type": "string"}},
                        "additionalProperties": False,
                    },
                )
            ],
            "tools[0].function.parameters",
            "Missing 'a'",
        ),
    ],
)
def test_tools(client: httpx.Client, tools: Any, param: str, words: str) -> None:
    error = post(client, "gpt-4o", tools=tools).json()["error"]
    assert error["param"] == param
    assert words in error["message"]


def test_a_named_tool_must_exist(client: httpx.Client) -> None:
    choice = {"type": "function", "function": {"name": "other"}}
    assert post(client, "gpt-4o", tools=[TOOL], tool_choice=choice).json()["error"]["param"] == "tool_choice"


def test_the_context_window(client: httpx.Client) -> None:
    error = post(client, "gpt-35-turbo", messages=[{"role": "user", "content": "word " * 17000}]).json()["error"]
    assert error["code"] == "context_length_exceeded"
    assert "maximum context length is 16385 tokens" in error["message"]


def test_paths_and_versions(client: httpx.Client) -> None:
    body = {"messages": [{"role": "user", "content": "Hi"}]}
    classic = "/openai/deployments/gpt-4o/chat/completions"
    on_v1 = client.post(f"{CHAT}?api-version=2024-10-21", json={**body, "model": "gpt-4o"})
    assert on_v1.status_code == 400
    assert on_v1.json()["error"]["message"] == "api-version query parameter is not allowed when using /v1 path"
    for url in (
        classic,
        f"{classic}?api-version=banana",
        "/openai/nonsense?api-version=2024-10-21",
        "/",
        "/openai/v1/chat",
    ):
        reply = client.post(url, json=body)
        assert (reply.status_code, reply.json()["error"]) == (404, {"code": "404", "message": "Resource not found"})
    assert client.post(f"{classic}?api-version=2024-10-21", json=body).status_code == 200
    unknown = client.post("/openai/deployments/nope/chat/completions?api-version=2024-10-21", json=body)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "DeploymentNotFound")
    assert post(client, "nope").json()["error"]["code"] == "DeploymentNotFound"
    assert client.post(CHAT, json=body).json()["error"]["param"] == "model"


def test_a_body_that_is_no_json(client: httpx.Client) -> None:
    for content in (b"{", b"", b"[]"):
        reply = client.post("/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21", content=content)
        assert reply.status_code == 400
        assert "could not parse the JSON body" in reply.json()["error"]["message"]


def test_keys_and_tokens() -> None:
    def check(token: str) -> Refusal | None:
        return None if token == "good" else Refusal(401, {"statusCode": 401, "message": "expired"})

    with Emulator(api_key="right", verify_bearer=check) as azure:

        def status(**headers: str) -> tuple[int, Any]:
            reply = httpx.get(
                f"{azure.endpoint}/openai/v1/models", headers={k.replace("_", "-"): v for k, v in headers.items()}
            )
            return reply.status_code, reply.json()

        assert status(api_key="right")[0] == 200
        code, body = status(api_key="wrong")
        assert (code, body["error"]["code"]) == (401, "401")
        assert body["error"]["message"].startswith("Access denied due to invalid subscription key")
        assert status()[0] == 401
        assert status(authorization="Bearer right")[0] == 200
        assert status(authorization="Bearer good")[0] == 200
        assert status(authorization=f"Bearer {azure.bearer_token}")[0] == 200
        assert status(authorization="Bearer bad") == (401, {"statusCode": 401, "message": "expired"})
        classic = f"{azure.endpoint}/openai/models?api-version=2024-10-21"
        assert httpx.get(classic, headers={"authorization": "Bearer right"}).status_code == 401
        azure.api_key = "rotated"
        assert status(api_key="right")[0] == 401
        assert status(api_key="rotated")[0] == 200


def test_bearer_tokens_without_a_check_get_the_flat_envelope() -> None:
    with Emulator() as azure:
        reply = httpx.get(f"{azure.endpoint}/openai/v1/models", headers={"authorization": "Bearer x"})
    assert reply.status_code == 401
    assert reply.json()["statusCode"] == 401
    assert "audience is incorrect (https://cognitiveservices.azure.com)" in reply.json()["message"]


def test_keys_can_be_disabled_by_policy() -> None:
    with Emulator(keys_disabled=True) as azure:
        url = f"{azure.endpoint}/openai/v1/models"
        refused = httpx.get(url, headers={"api-key": azure.api_key})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "AuthenticationTypeDisabled")
        assert httpx.get(url, headers={"authorization": f"Bearer {azure.bearer_token}"}).status_code == 200
