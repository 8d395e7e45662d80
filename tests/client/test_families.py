"""What the families of today need, over the wire: answers by schema, other APIs, long tools, files, windows."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pydantic
import pytest

import azure_connector as ac
from azure_connector.emulator import Deployment, Emulator, Reply
from tests.support.asking import HELLO
from tests.support.doors import DOORS, ask

NAMES = ("gpt-4o", "gpt-4.1", "gpt-4", "gpt-5-chat", "gpt-5-mini", "claude-opus-4-5", "o4-mini")


@pytest.fixture(scope="module")
def resource() -> Iterator[Emulator]:
    with Emulator(
        [*map(Deployment, NAMES), Deployment("house", "house-model"), Deployment("big", "house-big")]
    ) as azure:
        yield azure


@pytest.fixture
def azure(resource: Emulator) -> Emulator:
    resource.clear()
    return resource


def client_of(azure: Emulator, **more: Any) -> ac.AzureConnector:
    return ac.AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key, **more)


def refusal(message: str, param: str | None = None, code: str | None = None) -> Reply:
    return Reply(status=400, body={"error": {"message": message, "param": param, "code": code, "type": "x"}})


class Weather(pydantic.BaseModel):
    """A model with a default, and with one that is optional."""

    city: str
    unit: str = "C"
    wind: float | None = None


SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}, "unit": {"type": "string", "default": "C"}},
          "required": ["city"]}  # fmt: skip


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5-mini", "house"])
def test_strict_schemas_of_answers_are_completed(azure, model: str):
    chat: Any = {"type": "json_schema", "json_schema": {"name": "The weather!", "strict": True, "schema": SCHEMA}}
    native: Any = {"format": {"type": "json_schema", "name": "The weather!", "strict": True, "schema": SCHEMA}}
    with client_of(azure) as client:
        client.chat.completions.create(model=model, messages=HELLO, response_format=chat)
        held = [azure.requests.last.body["response_format"]["json_schema"]]
        client.responses.create(model=model, input="Hello", text=native)
        held.append(azure.requests.last.body["text"]["format"])
    assert {request.status for request in azure.requests} == {200}
    for found in held:
        assert found["name"] == "The_weather_"
        assert found["schema"]["required"] == ["city", "unit"]
        assert found["schema"]["additionalProperties"] is False
        assert found["schema"]["properties"]["unit"] == {"type": ["string", "null"]}
    assert "additionalProperties" not in SCHEMA


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5-mini"])
def test_parse_takes_a_model_with_a_default(azure, model: str):
    with client_of(azure) as client:
        chat = client.chat.completions.parse(model=model, messages=HELLO, response_format=Weather)
        native = client.responses.parse(model=model, input="Hello", text_format=Weather)
    assert isinstance(chat.choices[0].message.parsed, Weather)
    assert isinstance(native.output_parsed, Weather)
    schema = azure.requests.last.body["text"]["format"]["schema"]
    assert all("default" not in part for part in schema["properties"].values())


def test_a_schema_that_is_not_strict_stays(azure):
    loose: Any = {"type": "json_schema", "json_schema": {"name": "w", "schema": SCHEMA}}
    with client_of(azure) as client:
        client.chat.completions.create(model="gpt-4o", messages=HELLO, response_format=loose)
    assert azure.requests.last.body["response_format"] == loose


@pytest.mark.parametrize("door", ["client", "litellm"])
def test_gpt_5_chat_is_told_the_schema_in_words(azure, caplog, door: str):
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "w", "strict": True, "schema": SCHEMA}}
    with caplog.at_level(logging.WARNING, "azure_connector"):
        ask(door, azure, "gpt-5-chat", response_format=wanted)
    body = azure.requests.last.body
    assert body["response_format"] == {"type": "json_object"}
    assert body["messages"][0]["role"] == "system"
    assert json.dumps(SCHEMA) in body["messages"][0]["content"]
    assert any("takes no json_schema" in text for text in caplog.messages)


def test_gpt_5_chat_over_responses_and_in_strict_mode(azure):
    native: Any = {"format": {"type": "json_schema", "name": "w", "schema": SCHEMA}}
    with client_of(azure) as client:
        client.responses.create(model="gpt-5-chat", input="Hello", text=native)
    assert azure.requests.last.body["text"]["format"] == {"type": "json_object"}
    with client_of(azure, strict=True) as client, pytest.raises(ac.InvalidRequestError, match="json_schema"):
        client.responses.create(model="gpt-5-chat", input="Hello", text=native)


@pytest.mark.parametrize("door", DOORS)
def test_claude_is_refused_before_it_is_asked(azure, door: str):
    with pytest.raises(Exception, match="Anthropic") as caught:
        ask(door, azure, "claude-opus-4-5")
    assert "/anthropic" in str(caught.value)
    assert not azure.requests


def test_a_gateway_that_translates_may_serve_claude(azure):
    azure.script(Reply(status=400, body={"error": {"message": "asked"}}))
    mapping = {"claude-opus-4-5": {"deployment": "claude-opus-4-5", "api": "chat"}}
    with client_of(azure, deployment_mapping=mapping) as client, pytest.raises(ac.RequestRefusedError, match="asked"):
        client.chat.completions.create(model="claude-opus-4-5", messages=HELLO)


TOO_LONG = (
    "Invalid '{}': string too long. Expected a string with maximum length 40, but got a string with length 60 instead."
)


@pytest.mark.parametrize("responses", [False, True])
def test_descriptions_of_tools_that_are_too_long_are_learned(azure, caplog, responses: bool):
    text = "Gets the weather. " + "It is always right. " * 3
    parameters = {"type": "object", "properties": {}}
    flat: Any = {"type": "function", "name": "f", "description": text, "parameters": parameters, "strict": False}
    nested: Any = {"type": "function", "function": {"name": "f", "description": text, "parameters": parameters}}
    place = "tools[0].description" if responses else "tools[0].function.description"
    azure.script(refusal(TOO_LONG.format(place), place, "string_above_max_length"))
    with caplog.at_level(logging.WARNING, "azure_connector"), client_of(azure) as client:
        for _ in range(2):
            if responses:
                client.responses.create(model="house", input="Hello", tools=[flat])
            else:
                client.chat.completions.create(model="house", messages=HELLO, tools=[nested])
    sent = [request.body["tools"][0] for request in azure.requests]
    texts = [tool["description"] if responses else tool["function"]["description"] for tool in sent]
    assert texts[0] == text
    assert texts[1] == texts[2]
    assert 0 < len(texts[1]) <= 40
    assert text.startswith(texts[1])
    assert any("tools.description" in line for line in caplog.messages)


FILE: Any = [
    {"role": "user", "content": [
        {"type": "text", "text": "What does it say?"},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk="}},
    ]}
]  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        "Invalid value: 'file'. Supported values are: 'text', 'image_url', and 'input_audio'.",
        "Invalid Value: 'file'. This model does not support file content types.",
    ],
)
@pytest.mark.parametrize("model", ["gpt-4o", "house"])
def test_a_file_that_chat_refuses_goes_to_responses(azure, model: str, words: str):
    azure.script(refusal(words, "messages[0].content[1].type", "invalid_value"))
    with client_of(azure) as client:
        for _ in range(2):
            client.chat.completions.create(model=model, messages=FILE)
        client.chat.completions.create(model=model, messages=HELLO)
    paths = [request.operation for request in azure.requests if request.status == 200]
    assert paths == ["/responses", "/responses", "/chat/completions"]
    assert [request.operation for request in azure.requests].count("/chat/completions") == 2
    parts = azure.requests[1].body["input"][0]["content"]
    assert [part["type"] for part in parts] == ["input_text", "input_file"]


LONG = refusal(
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    "messages",
    "context_length_exceeded",
)


@pytest.mark.parametrize(
    ("targets", "asked"),
    [
        (["gpt-4", "gpt-4.1"], ["gpt-4", "gpt-4.1"]),
        (["house", "big"], ["house", "big"]),
        (["gpt-4", "house"], ["gpt-4", "house"]),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_too_long_for_one_target_is_tried_on_the_next(azure, targets, asked, stream: bool):
    azure.script(LONG)
    mapping = {"any": [{"deployment": name, "model": name} for name in targets]}
    with client_of(azure, deployment_mapping=mapping) as client:
        reply: Any = client.chat.completions.create(model="any", messages=HELLO, stream=stream)
        if stream:
            list(reply)
        client.chat.completions.create(model="any", messages=HELLO)
    assert [request.body["model"] for request in azure.requests] == [*asked, targets[0]]


@pytest.mark.parametrize(
    ("targets", "asked"),
    [
        (["gpt-4.1", "gpt-4"], ["gpt-4.1"]),  # its window is known to be smaller
        (["gpt-4"], ["gpt-4"]),
        (["house", "big"], ["house", "big"]),
    ],
)
def test_what_fits_nowhere_is_told(azure, targets, asked):
    azure.script(*[LONG] * len(asked))
    mapping = {"any": [{"deployment": name, "model": name} for name in targets]}
    with client_of(azure, deployment_mapping=mapping) as client, pytest.raises(ac.ContextWindowExceededError):
        client.chat.completions.create(model="any", messages=HELLO)
    assert [request.body["model"] for request in azure.requests] == asked


WINDOWS = [
    "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (1000 in the messages, "
    "8000 in the completion). Please reduce the length of the messages or completion.",
    "This model's maximum context length is 8192 tokens, however you requested 9000 tokens (1000 in your prompt; "
    "8000 for the completion). Please reduce your prompt; or completion length.",
    "'max_tokens' or 'max_completion_tokens' is too large: 8000. This model's maximum context length is 8192 tokens "
    "and your request has 1000 input tokens (8000 > 8192 - 1000).",
]  # fmt: skip


@pytest.mark.parametrize("words", WINDOWS)
@pytest.mark.parametrize("door", DOORS)
def test_a_limit_that_does_not_fit_is_lowered_for_this_request(azure, words: str, door: str):
    azure.script(refusal(words, "messages", "context_length_exceeded"))
    ask(door, azure, "house", max_tokens=8000)
    ask(door, azure, "house", max_tokens=4000)
    assert [request.body["max_tokens"] for request in azure.requests] == [8000, 7192, 4000]
    with client_of(azure) as client:
        assert client.explain("house").targets[0].learned == ()


def test_a_limit_that_nothing_is_left_for_is_not_lowered(azure):
    azure.script(refusal(WINDOWS[0].replace("(1000", "(8190"), "messages", "context_length_exceeded"))
    with client_of(azure) as client, pytest.raises(ac.ContextWindowExceededError):
        client.chat.completions.create(model="gpt-4", messages=HELLO, max_tokens=8000)
    assert len(azure.requests) == 1


AUTHORS = [
    ("Ada Lovelace", "Ada_Lovelace"),
    ("Ada", "Ada"),
    ("a<b|c>/d", "a_b_c_d"),
    ("José Müller", "José_Müller"),
    ("  ", None),
    ("x" * 70, "x" * 55),
]


@pytest.mark.parametrize(("given", "sent"), AUTHORS)
@pytest.mark.parametrize("role", ["user", "system", "assistant"])
def test_names_of_messages_are_normalized(azure, role: str, given: str, sent: str | None):
    talk: Any = [{"role": role, "content": "Hello", "name": given}, *HELLO]
    with client_of(azure) as client:
        client.chat.completions.create(model="gpt-4o", messages=talk)
    name = azure.requests.last.body["messages"][0].get("name")
    assert azure.requests.last.status == 200
    assert name == sent if sent is None or len(given) < 65 else name.startswith(sent) and len(name) <= 64
    assert talk[0]["name"] == given


def test_names_of_messages_through_litellm(azure):
    ask("litellm", azure, "gpt-4o", messages=[{"role": "user", "content": "Hello", "name": "Ada Lovelace"}])
    assert azure.requests.last.body["messages"][0]["name"] == "Ada_Lovelace"
