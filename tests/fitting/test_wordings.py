"""What services say of parameters, values and combinations, and what each saying may teach."""

from __future__ import annotations

from typing import Any

from azure_connector.deployments import CHAT, RESPONSES
from azure_connector.errors._classify import parse_envelope
from azure_connector.requests import Adaptation, adapt_request
from azure_connector.requests._adaptation_from_error import adaptation_from_error
from tests.fitting.bodies import chat
from tests.support.tables import each_row

TOOLS = [{"type": "function", "function": {"name": "f"}}]
PREDICTION = {"type": "content", "content": "x"}
SOURCES = [{"type": "azure_search", "parameters": {}}]


def native(**fields: Any) -> dict[str, Any]:
    return {"model": "d", "input": "Hello", **fields}


def taught(
    message: str, body: dict[str, Any], *, param: str | None = None, code: str | None = None, operation: str = CHAT
) -> Adaptation | None:
    error = {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}
    return adaptation_from_error(400, parse_envelope(400, error), operation, body)


# The words; what was sent; the parameter that is left out.
PARAMETERS: list[tuple[str, dict[str, Any], str]] = [
    ("This model doesn't support logprobs request parameter.", chat(logprobs=True), "logprobs"),
    ("The model does not support the 'logprobs' parameter.", chat(logprobs=True), "logprobs"),
    ("Model gpt-x does not support parameter `seed`.", chat(seed=3), "seed"),
    (
        "prompt_cache_retention is not supported on this model",
        chat(prompt_cache_retention="24h"),
        "prompt_cache_retention",
    ),
    ("'prediction' is not supported by this model.", chat(prediction=PREDICTION), "prediction"),
    ("Argument not supported on this model: stop", chat(stop=["X"]), "stop"),
    ("Argument not supported on this model: presence_penalty, stop", chat(stop=["X"]), "stop"),
    ("Unknown parameter: 'safety_identifier'.", chat(safety_identifier="a"), "safety_identifier"),
    ("Unsupported parameter: 'user' is not supported with this model.", chat(user="u"), "user"),
    ("The parameter 'seed' is not supported.", chat(seed=3), "seed"),
    (
        "The field `service_tier` is unknown or the argument `service_tier` is not supported",
        chat(service_tier="auto"),
        "service_tier",
    ),
    ("Validation error at #/seed: Extra inputs are not permitted", chat(seed=3), "seed"),
    ("Additional properties are not allowed ('seed' was unexpected)", chat(seed=3), "seed"),
    ("'logprobs' is not supported with the model gpt-x.", chat(logprobs=True), "logprobs"),
]


@each_row(("message", "body", "name"), PARAMETERS)
def test_a_parameter_that_is_refused_is_left_out(message: str, body: dict[str, Any], name: str) -> None:
    lesson = taught(message, body)
    assert lesson is not None
    assert (lesson.action, lesson.parameter, lesson.beside) == ("drop", name, "")
    assert adapt_request(CHAT, body, profile=None, adaptations=[lesson]).body == chat()


DOTTED = [
    ("Unknown parameter: 'reasoning.context'.", "reasoning.context", {"context": "auto"}),
    ("Unknown parameter: 'reasoning.mode'.", None, {"mode": "pro"}),
    (
        "Unsupported parameter: 'reasoning.summary' is not supported with this model.",
        "reasoning.summary",
        {"summary": "auto"},
    ),
    ("Unknown parameter: 'reasoning.tomorrow'.", "reasoning.tomorrow", {"tomorrow": 1}),
]


@each_row(("message", "param", "more"), DOTTED)
def test_only_the_leaf_of_a_dotted_name_is_left_out(message: str, param: str | None, more: dict[str, Any]) -> None:
    body = native(reasoning={"effort": "low", **more})
    lesson = taught(message, body, param=param, operation=RESPONSES)
    assert lesson is not None
    assert adapt_request(RESPONSES, body, profile=None, adaptations=[lesson]).body["reasoning"] == {"effort": "low"}


@each_row(
    ("message", "body", "name", "beside"),
    [
        (
            "logprobs is not supported with predicted outputs",
            chat(logprobs=True, prediction=PREDICTION),
            "logprobs",
            "prediction",
        ),
        (
            "'logprobs' is not supported with predicted outputs.",
            chat(logprobs=True, prediction=PREDICTION),
            "logprobs",
            "prediction",
        ),
        (
            "Predicted outputs are not supported with logprobs.",
            chat(logprobs=True, prediction=PREDICTION),
            "prediction",
            "logprobs",
        ),
        (
            "'prediction' is not compatible with 'tools'.",
            chat(tools=TOOLS, prediction=PREDICTION),
            "prediction",
            "tools",
        ),
        (
            "parallel_tool_calls cannot be used together with 'response_format'.",
            chat(tools=TOOLS, parallel_tool_calls=True, response_format={"type": "json_object"}),
            "parallel_tool_calls",
            "response_format",
        ),
        (
            "stop is not supported when using web_search_options",
            chat(stop="x", web_search_options={"search_context_size": "low"}),
            "stop",
            "web_search_options",
        ),
        (
            "Setting 'seed' and 'logprobs' at the same time is not supported.",
            chat(seed=1, logprobs=True),
            "seed",
            "logprobs",
        ),
        (
            "Validation error at #/stream_options: Extra inputs are not permitted",
            chat(stream=True, stream_options={"include_usage": True}, data_sources=SOURCES),
            "stream_options",
            "data_sources",
        ),
        ("Unrecognized request argument supplied: seed", chat(seed=1, data_sources=SOURCES), "seed", "data_sources"),
    ],
)
def test_a_combination_teaches_no_more_than_the_combination(
    message: str, body: dict[str, Any], name: str, beside: str
) -> None:
    lesson = taught(message, body)
    assert lesson is not None
    assert (lesson.action, lesson.parameter, lesson.beside) == ("drop", name, beside)
    adapted = adapt_request(CHAT, body, profile=None, adaptations=[lesson]).body
    assert adapted == {key: value for key, value in body.items() if key != name}
    alone = {key: value for key, value in body.items() if key != beside}
    assert name in adapt_request(CHAT, alone, profile=None, adaptations=[lesson]).body


def test_a_combination_with_one_value_spares_the_others() -> None:
    body = chat(top_p=0.5, reasoning_effort="high")
    lesson = taught("'top_p' is not supported with reasoning_effort 'high'.", body)
    assert lesson is not None
    assert "top_p" not in adapt_request(CHAT, body, profile=None, adaptations=[lesson]).body
    low = chat(top_p=0.5, reasoning_effort="low")
    assert adapt_request(CHAT, low, profile=None, adaptations=[lesson]).body == low


VALUES: list[tuple[str, str | None, str | None, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    # words, param, code, what was sent, what is sent instead, another value that stays
    (
        "Unsupported value: 'reasoning_effort' does not support 'max' with this model. "
        "Supported values are: 'none', 'low', 'medium', 'high', and 'xhigh'.",
        "reasoning_effort",
        "unsupported_value",
        {"reasoning_effort": "max"},
        {"reasoning_effort": "xhigh"},
        {"reasoning_effort": "high"},
    ),
    (
        "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model.",
        None,
        None,
        {"reasoning_effort": "minimal"},
        {"reasoning_effort": "none"},
        {"reasoning_effort": "high"},
    ),
    (
        "Invalid value: 'flex'. Supported values are: 'auto', 'default', and 'priority'.",
        "service_tier",
        "invalid_value",
        {"service_tier": "flex"},
        {},
        {"service_tier": "priority"},
    ),
    (
        "The service tier 'flex' is not supported: invalid value for service_tier.",
        "service_tier",
        None,
        {"service_tier": "flex"},
        {},
        {"service_tier": "priority"},
    ),
    (
        "Invalid value: 'in-memory'. Supported values are: 'in_memory' and '24h'.",
        "prompt_cache_retention",
        None,
        {"prompt_cache_retention": "in-memory"},
        {"prompt_cache_retention": "in_memory"},
        {"prompt_cache_retention": "24h"},
    ),
    (
        "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
        "temperature",
        "unsupported_value",
        {"temperature": 0},
        {},
        {"temperature": 1},
    ),
    (
        "Unsupported value: 'parallel_tool_calls' does not support true with this model.",
        "parallel_tool_calls",
        "unsupported_value",
        {"parallel_tool_calls": True, "tools": TOOLS},
        {"tools": TOOLS},
        {"parallel_tool_calls": False, "tools": TOOLS},
    ),
    (
        "Unsupported value: 'verbosity' does not support 'low' with this model. Supported values are: 'medium'.",
        "verbosity",
        "unsupported_value",
        {"verbosity": "low"},
        {},
        {"verbosity": "medium"},
    ),
]


@each_row(("message", "param", "code", "sent", "instead", "stays"), VALUES)
def test_a_value_that_is_refused_says_nothing_against_the_parameter(
    message: str, param: str | None, code: str | None, sent: dict[str, Any], instead: dict[str, Any], stays: Any
) -> None:
    lesson = taught(message, chat(**sent), param=param, code=code)
    assert lesson is not None
    assert lesson.action in ("values", "refuses")
    assert adapt_request(CHAT, chat(**sent), profile=None, adaptations=[lesson]).body == chat(**instead)
    assert adapt_request(CHAT, chat(**stays), profile=None, adaptations=[lesson]).body == chat(**stays)


@each_row(
    ("message", "body", "param", "code"),
    [
        (
            "Invalid type for 'reasoning_effort': expected one of 'low', 'high', but got an object instead.",
            chat(reasoning_effort={"effort": "low"}),
            "reasoning_effort",
            "invalid_type",
        ),
        (
            "Unsupported value: 'reasoning_effort' does not support 3 with this model. Supported values are: 'low'.",
            chat(reasoning_effort=[3]),
            "reasoning_effort",
            "unsupported_value",
        ),
        (
            "Invalid value: 'hihg'. Supported values are: 'low'.",
            chat(reasoning_effort="hihg"),
            "reasoning_effort",
            "unsupported_value",
        ),
        (
            "Unsupported value: 'stop' does not support [] with this model.",
            chat(stop=["a"]),
            "stop",
            "unsupported_value",
        ),
        ("The weather does not permit 'seed'.", chat(seed=3), None, None),
        ("'seed' is not supported with the moon.", chat(seed=3), None, None),
        ("'stream_options' is only allowed when 'stream' is enabled.", chat(stream_options={}), "stream_options", None),
        ("Invalid value for 'top_logprobs': 'logprobs' must be true.", chat(top_logprobs=3), "top_logprobs", None),
        ("The model does not support image inputs.", chat(seed=3), None, None),
        (
            "Unsupported parameter: 'response_format' is not supported with this model.",
            chat(response_format={}),
            None,
            None,
        ),
    ],
)
def test_other_words_teach_nothing(message: str, body: dict[str, Any], param: str | None, code: str | None) -> None:
    assert taught(message, body, param=param, code=code) is None


def test_a_sampling_parameter_that_reasoning_forbids_comes_back_without_reasoning() -> None:
    body = chat(temperature=0.2)
    lesson = taught("Unsupported parameter: 'temperature' is not supported with this model.", body)
    assert lesson is not None
    assert adapt_request(CHAT, body, profile=None, adaptations=[lesson]).body == chat()
    free = chat(temperature=0.2, reasoning_effort="none")
    assert adapt_request(CHAT, free, profile=None, adaptations=[lesson]).body == free
