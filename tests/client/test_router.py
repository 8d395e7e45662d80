"""A model router answers with another model each time: no reply and no refusal decides for the next request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import azure_connector as ac
from azure_connector.emulator import Deployment, Emulator, Reply
from tests.support.asking import HELLO
from tests.support.doors import DOORS, ask

SAMPLING = {"temperature": 0.2, "top_p": 0.9, "presence_penalty": 0.5, "frequency_penalty": 0.5, "stop": ["END"]}


@pytest.fixture(scope="module")
def resource() -> Iterator[Emulator]:
    with Emulator([Deployment("model-router"), Deployment("any", "model-router"), Deployment("gpt-4o")]) as azure:
        yield azure


@pytest.fixture
def azure(resource: Emulator) -> Emulator:
    resource.clear()
    return resource


def completion(model: str) -> Reply:
    message = {"role": "assistant", "content": "Hello"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return Reply(
        status=200, body={"id": "x", "object": "chat.completion", "created": 1, "model": model, "choices": [choice]}
    )


def refusal(message: str) -> Reply:
    return Reply(status=400, body={"error": {"message": message, "code": None, "param": None}})


def settings(how: str) -> tuple[str, dict[str, Any]]:
    """The model to name, and the settings that say what it is."""
    if how == "declared":
        return "smart", {"deployment_mapping": {"smart": {"deployment": "any", "model": "model-router"}}}
    return "model-router", {}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("how", ["declared", "named"])
def test_everything_is_sent_as_it_is_whoever_answered_before(azure, door: str, how: str):
    model, more = settings(how)
    for _ in range(8):  # more than the emulator's router has models
        for asked in (SAMPLING | {"max_tokens": 50}, {"reasoning_effort": "low"}):
            ask(door, azure, model, settings=more, **asked)
            assert {name: azure.requests.last.body.get(name) for name in asked} == asked
    assert {request.status for request in azure.requests} == {200}


@pytest.mark.parametrize("door", DOORS)
def test_a_deployment_whose_replies_name_several_families_is_a_router(azure, door: str):
    azure.script(completion("gpt-5-mini-2025-08-07"), completion("gpt-4.1-mini-2025-04-14"))
    for _ in range(2):
        ask(door, azure, "any")
    for asked in (SAMPLING, {"reasoning_effort": "low"}) * 2:
        ask(door, azure, "any", **asked)
        assert {name: azure.requests.last.body.get(name) for name in asked} == asked


@pytest.mark.parametrize("stream", [False, True])
def test_responses_names_models_as_well(azure, stream: bool):
    with ac.AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        for _ in range(7):
            reply = client.responses.create(model="any", input="Hello", stream=stream)
            if stream:
                list(reply)
        assert client.explain("any").targets[0].base_model == "model-router"
        client.responses.create(model="any", input="Hello", temperature=0.2, reasoning={"effort": "low"})
    assert azure.requests.last.body["temperature"] == 0.2
    assert azure.requests.last.body["reasoning"] == {"effort": "low"}


def test_streams_of_chat_name_models_too(azure):
    with ac.AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        for _ in range(7):
            list(client.chat.completions.create(model="any", messages=HELLO, stream=True))
        assert client.explain("any").targets[0].base_model == "model-router"


@pytest.mark.parametrize("door", DOORS)
def test_what_one_of_its_models_refuses_is_learned_for_this_request_alone(azure, door: str):
    model, more = settings("declared")
    for _ in range(2):
        azure.script(refusal("Argument not supported on this model: stop"))
        ask(door, azure, model, settings=more, stop=["END"])
    assert [request.body.get("stop") for request in azure.requests] == [["END"], None] * 2


def test_several_refusals_of_one_request_add_up(azure):
    model, more = settings("declared")
    azure.script(
        refusal("Argument not supported on this model: stop"),
        refusal("Unsupported parameter: 'temperature' is not supported with this model."),
    )
    ask("client", azure, model, settings=more, stop=["END"], temperature=0.2, top_p=0.5)
    assert sorted(azure.requests.last.body.keys() & SAMPLING.keys()) == ["top_p"]
    assert len(azure.requests) == 3


@pytest.mark.parametrize("declared", ["model-router", "gpt-4o", "house-model"])
def test_a_declared_base_model_is_never_overridden_by_a_reply(azure, declared: str):
    more = {"deployment_mapping": {"smart": {"deployment": "any", "model": declared}}}
    with ac.AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key, **more) as client:
        for _ in range(8):
            client.chat.completions.create(model="smart", messages=HELLO, temperature=0.2)
            assert azure.requests.last.body["temperature"] == 0.2
            assert client.explain("smart").targets[0].base_model == declared


def test_a_router_that_settles_is_none_any_more(azure):
    names = ["gpt-5-mini-2025-08-07", "gpt-4.1-2025-04-14", *["gpt-5-2025-08-07"] * 25]
    azure.script(*map(completion, names))
    with ac.AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        found = []
        for _ in names:
            client.chat.completions.create(model="any", messages=HELLO)
            found.append(client.explain("any").targets[0].base_model)
    assert found[0] == "gpt-5-mini"
    assert found[1] == found[2] == "model-router"
    assert found[-1] == "gpt-5"


def test_what_was_learned_is_forgotten_when_the_family_changes(azure):
    azure.script(
        refusal("Argument not supported on this model: stop"),
        completion("grok-3"),
        completion("grok-3"),
        completion("gpt-4.1-2025-04-14"),
        completion("gpt-4.1-2025-04-14"),
    )
    with ac.AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        for _ in range(4):
            client.chat.completions.create(model="any", messages=HELLO, stop=["END"])
        assert client.explain("any").targets[0].learned == ()
    assert [request.body.get("stop") for request in azure.requests] == [["END"], None, None, None, ["END"]]
