"""The emulator, which has rules of its own, accepts whatever was fitted, and refuses what was not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from azure_connector.deployments import CHAT, RESPONSES, profile_for
from azure_connector.deployments._profiles import model_from_reply
from azure_connector.emulator import Emulator
from azure_connector.errors._envelope import parse_envelope
from azure_connector.requests import adapt_request
from azure_connector.requests._adaptation_from_error import AdaptationCache, adaptation_from_error
from azure_connector.requests.responses_api import to_responses
from tests.fitting.bodies import USER

CHAT_MODELS = (
    "gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-35-turbo", "o1", "o1-mini", "o3", "o3-mini", "o4-mini",
    "gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5-chat", "gpt-5.1", "gpt-5.1-chat", "gpt-5.2", "gpt-5.2-chat", "gpt-5.4",
    "gpt-5.4-mini", "gpt-5.5", "gpt-5.6-sol", "mistral-large-3", "deepseek-r1", "deepseek-v3.1", "grok-4",
    "gpt-oss-120b",
)  # fmt: skip
RESPONSES_ONLY = (
    "o3-pro", "codex-mini", "gpt-5-pro", "gpt-5-codex", "gpt-5.1-codex", "gpt-5.1-codex-mini", "gpt-5.1-codex-max",
    "gpt-5.2-codex", "gpt-5.3-codex", "gpt-5.4-pro",
)  # fmt: skip
NO_RESPONSES = ("o1-mini", "gpt-35-turbo", "mistral-large-3", "deepseek-r1", "deepseek-v3.1", "grok-4", "gpt-oss-120b")
RESPONSES_MODELS = tuple(model for model in CHAT_MODELS + RESPONSES_ONLY if model not in NO_RESPONSES)

SAMPLING = {"temperature", "top_p", "presence_penalty", "frequency_penalty", "logprobs", "logit_bias"}
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
PARAMETERS: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
TOOLS = [{"type": "function", "function": {"name": "look", "description": "Looks.", "parameters": PARAMETERS}}]
FLAT_TOOLS = [{"type": "function", "name": "look", "description": "Looks.", "parameters": PARAMETERS}]

COMMON: dict[str, dict[str, Any]] = {
    "nothing": {},
    "temperature": {"temperature": 0.2},
    "temperature at its default": {"temperature": 1},
    "top_p": {"top_p": 0.5},
    "max_tokens": {"max_tokens": 50},
    "max_completion_tokens": {"max_completion_tokens": 50},
    "both limits": {"max_tokens": 50, "max_completion_tokens": 60},
    "stream": {"stream": True},
}
CHAT_CASES: dict[str, dict[str, Any]] = {
    **COMMON,
    "presence_penalty": {"presence_penalty": 0.5},
    "frequency_penalty": {"frequency_penalty": 0.5},
    "logprobs": {"logprobs": True, "top_logprobs": 2},
    "logit_bias": {"logit_bias": {"50256": -100}},
    "stop": {"stop": ["END"]},
    "stream with usage": {"stream": True, "stream_options": {"include_usage": True}},
    "system": {"messages": [{"role": "system", "content": "Be brief."}, USER]},
    "developer": {"messages": [{"role": "developer", "content": "Be brief."}, USER]},
    "system and developer": {
        "messages": [{"role": "system", "content": "A"}, {"role": "developer", "content": "B"}, USER]
    },
    "parallel": {"tools": TOOLS, "parallel_tool_calls": True},
    "not parallel": {"tools": TOOLS, "parallel_tool_calls": False},
    "parallel without tools": {"parallel_tool_calls": True},
    "parallel with minimal effort": {"tools": TOOLS, "parallel_tool_calls": True, "reasoning_effort": "minimal"},
    "tools with effort": {"tools": TOOLS, "reasoning_effort": "high"},
    "json_object": {
        "response_format": {"type": "json_object"},
        "messages": [{"role": "user", "content": "JSON, please"}],
    },
    "sampling without effort": {"reasoning_effort": "none", "temperature": 0.2, "top_p": 0.5},
    **{f"effort {effort}": {"reasoning_effort": effort} for effort in EFFORTS},
    **{f"verbosity {value}": {"verbosity": value} for value in ("low", "medium", "high")},
}
RESPONSES_CASES: dict[str, dict[str, Any]] = {
    **COMMON,
    "max_output_tokens": {"max_output_tokens": 50},
    "system": {"input": [{"role": "system", "content": "Be brief."}, USER]},
    "developer": {"input": [{"role": "developer", "content": "Be brief."}, USER]},
    "system and developer": {
        "input": [{"role": "system", "content": "A"}, {"role": "developer", "content": "B"}, USER]
    },
    "parallel": {"tools": FLAT_TOOLS, "parallel_tool_calls": True},
    "parallel with minimal effort": {
        "tools": FLAT_TOOLS,
        "parallel_tool_calls": True,
        "reasoning": {"effort": "minimal"},
    },
    "tools with effort": {"tools": FLAT_TOOLS, "reasoning": {"effort": "high"}},
    "encrypted reasoning": {"store": False, "include": ["reasoning.encrypted_content"]},
    "flat effort": {"reasoning_effort": "low"},
    "sampling without effort": {"reasoning": {"effort": "none"}, "temperature": 0.2},
    **{f"effort {effort}": {"reasoning": {"effort": effort}} for effort in EFFORTS},
    **{f"verbosity {value}": {"text": {"verbosity": value}} for value in ("low", "medium", "high")},
}


def cases_for(model: str, cases: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Without what the model cannot do at all, and what its family leaves to learning because sources differ."""
    if model == "o1-mini":
        return {name: fields for name, fields in cases.items() if "tools" not in fields}
    if model == "gpt-5.1-chat":
        return {name: fields for name, fields in cases.items() if not SAMPLING & fields.keys()}
    return cases


@pytest.fixture(scope="module")
def azure() -> Iterator[Emulator]:
    with Emulator({f"private-{model}": model for model in CHAT_MODELS + RESPONSES_ONLY}) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def http(azure: Emulator) -> Iterator[httpx.Client]:
    base = f"{azure.endpoint}/openai/v1"
    with httpx.Client(base_url=base, headers={"api-key": azure.api_key}, trust_env=False) as client:
        yield client


def body(model: str, operation: str, **fields: Any) -> dict[str, Any]:
    asked: dict[str, Any] = {"messages": [USER]} if operation == CHAT else {"input": "Hi"}
    return {"model": f"private-{model}", **asked, **fields}


def refusals(http: httpx.Client, model: str, operation: str, cases: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The cases that are refused although they were fitted, with the emulator's answer."""
    refused: dict[str, str] = {}
    for name, fields in cases.items():
        adapted = adapt_request(operation, body(model, operation, **fields), profile=profile_for(model))
        if adapted.operation == operation:
            reply = http.post(operation, json=adapted.body)
            if reply.status_code != 200:
                refused[name] = reply.text
    return refused


@pytest.mark.parametrize("model", CHAT_MODELS)
def test_fitted_chat_requests_are_accepted(http: httpx.Client, model: str) -> None:
    assert refusals(http, model, CHAT, cases_for(model, CHAT_CASES)) == {}


@pytest.mark.parametrize("model", RESPONSES_MODELS)
def test_fitted_responses_requests_are_accepted(http: httpx.Client, model: str) -> None:
    assert refusals(http, model, RESPONSES, cases_for(model, RESPONSES_CASES)) == {}


@pytest.mark.parametrize("model", [*RESPONSES_ONLY, "gpt-5.4", "gpt-5.6-sol", "gpt-4o"])
def test_chat_requests_that_go_through_responses_are_accepted(http: httpx.Client, model: str) -> None:
    profile = profile_for(model)
    refused: dict[str, str] = {}
    for name, fields in CHAT_CASES.items():
        asked = adapt_request(
            CHAT, body(model, CHAT, **fields), profile=profile, api="responses", defaults={"max_tokens": 99}
        )
        assert asked.operation == RESPONSES
        translated, unsent = to_responses(asked.body, reasons=profile is None or profile.reasoning)
        reply = http.post(RESPONSES, json=adapt_request(RESPONSES, translated, profile=profile, unsent=unsent).body)
        if reply.status_code != 200:
            refused[name] = reply.text
    assert refused == {}


@pytest.mark.parametrize(
    ("model", "fields", "code", "param"),
    [
        ("o3", {"max_tokens": 5}, "unsupported_parameter", "max_tokens"),
        ("gpt-5", {"max_tokens": 5}, "unsupported_parameter", "max_tokens"),
        ("gpt-5-chat", {"max_tokens": 5}, "unsupported_parameter", "max_tokens"),
        ("gpt-5", {"temperature": 0.2}, "unsupported_value", "temperature"),
        ("gpt-5.1", {"temperature": 0.2, "reasoning_effort": "low"}, "unsupported_value", "temperature"),
        ("gpt-5.2-chat", {"temperature": 0}, "unsupported_value", "temperature"),
        ("o4-mini", {"top_p": 0.2}, "unsupported_value", "top_p"),
        ("o3-mini", {"tools": TOOLS, "parallel_tool_calls": True}, "unsupported_parameter", "parallel_tool_calls"),
        *(
            (model, {"stop": ["END"]}, "unsupported_parameter", "stop")
            for model in ("gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5.1", "gpt-5.2", "gpt-5.4", "gpt-5.4-mini")
        ),
        (
            "gpt-5",
            {"tools": TOOLS, "parallel_tool_calls": True, "reasoning_effort": "minimal"},
            "unsupported_parameter",
            "parallel_tool_calls",
        ),
        ("o1", {"stream": True}, "unsupported_value", "stream"),
        ("o1-mini", {"messages": [{"role": "system", "content": "A"}, USER]}, "unsupported_value", "messages[0].role"),
        ("gpt-5", {"reasoning_effort": "none"}, "unsupported_value", "reasoning_effort"),
        ("gpt-5.1", {"reasoning_effort": "minimal"}, "unsupported_value", "reasoning_effort"),
        ("gpt-5.4", {"tools": TOOLS, "reasoning_effort": "high"}, None, "reasoning_effort"),
        ("gpt-5-codex", {}, "OperationNotSupported", None),
        ("gpt-5-pro", {}, "OperationNotSupported", None),
        ("o3-pro", {}, "OperationNotSupported", None),
    ],
)
def test_what_was_not_fitted_is_refused_in_azures_words(
    http: httpx.Client, model: str, fields: dict[str, Any], code: str | None, param: str | None
) -> None:
    reply = http.post(CHAT, json=body(model, CHAT, **fields))
    error = reply.json()["error"]
    assert (reply.status_code, error.get("code"), error.get("param")) == (400, code, param), error


def test_mistral_refuses_the_new_name_with_a_422(http: httpx.Client) -> None:
    assert http.post(CHAT, json=body("mistral-large-3", CHAT, max_completion_tokens=5)).status_code == 422


LEARNERS = [
    *((CHAT, model) for model in CHAT_MODELS if model not in ("grok-4", "gpt-oss-120b")),
    *((RESPONSES, model) for model in RESPONSES_MODELS),
]


@pytest.mark.parametrize(("operation", "model"), LEARNERS)
def test_a_deployment_of_which_nothing_is_known_teaches_its_rules(
    http: httpx.Client, operation: str, model: str
) -> None:
    """What the profiles know beforehand can also be learned, in at most three lessons for one request."""
    cache = AdaptationCache()
    for name, fields in (CHAT_CASES if operation == CHAT else RESPONSES_CASES).items():
        if model == "o1-mini" and "tools" in fields:
            continue  # it has no tools; leaving them out would answer another question
        asked = body(model, operation, **fields)
        for _ in range(4):
            known = cache.of(model)
            adapted = adapt_request(operation, asked, profile=None, adaptations=known)
            if adapted.operation != operation:
                break
            reply = http.post(operation, json=adapted.body)
            if reply.status_code == 200:
                break
            facts = parse_envelope(reply.status_code, reply.json())
            adaptation = adaptation_from_error(reply.status_code, facts, operation, adapted.body, known=known)
            assert adaptation is not None, (name, reply.text)
            cache.add(model, adaptation)
        else:
            pytest.fail(f"{name}: {cache.explain(model)}")
        again = adapt_request(operation, asked, profile=None, adaptations=cache.of(model))
        if again.operation == operation:
            assert http.post(operation, json=again.body).status_code == 200, name


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5", "gpt-5-mini", "o3", "o4-mini", "gpt-5.1"])
def test_a_reply_names_the_base_model(http: httpx.Client, model: str) -> None:
    assert model_from_reply(http.post(CHAT, json=body(model, CHAT)).json()["model"]) == model
