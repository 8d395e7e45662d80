"""Variables that other tools set as well do not swallow the models that a caller names. Over the wire."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

import azure_connector as ac
from azure_connector.emulator import Deployment, Emulator
from tests.support.asking import HELLO
from tests.support.doors import DOORS, ask

CHAT_NAME, DEPLOYMENT, DEFAULT = (
    "AZURE_OPENAI_CHAT_DEPLOYMENT_NAME",
    "AZURE_OPENAI_DEPLOYMENT",
    "AZURE_OPENAI_DEFAULT_DEPLOYMENT",
)
DEPLOYMENTS = [
    Deployment("gpt-4o"),
    Deployment("gpt-4.1"),
    Deployment("gpt-5-mini"),
    Deployment("prod", "gpt-4o"),
    Deployment("team", "gpt-5"),
]


@pytest.fixture(scope="module")
def resource() -> Iterator[Emulator]:
    with Emulator(DEPLOYMENTS) as azure:
        yield azure


@pytest.fixture
def azure(resource: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    resource.clear()
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", resource.endpoint)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", resource.api_key)
    return resource


def asked(azure: Emulator) -> list[str]:
    return [request.body["model"] for request in azure.requests if isinstance(request.body, dict)]


# variables; arguments; model; deployment that answers; rule; warned
ROWS: dict[str, tuple[dict[str, str], dict[str, Any], str, str, str, bool]] = {
    "SK's variable names a model": ({CHAT_NAME: "gpt-4o"}, {}, "gpt-4.1", "gpt-4.1", "pass-through", False),
    "the other variable": ({DEPLOYMENT: "gpt-4o"}, {}, "gpt-5-mini", "gpt-5-mini", "pass-through", False),
    "the same model": ({CHAT_NAME: "gpt-4o"}, {}, "gpt-4o", "gpt-4o", "default", False),
    "a version of it": ({CHAT_NAME: "gpt-4o"}, {}, "gpt-4o-2024-11-20", "gpt-4o", "default", False),
    "no model's name": ({CHAT_NAME: "gpt-4o"}, {}, "house-model", "gpt-4o", "default", False),
    "an unknown deployment": ({CHAT_NAME: "prod"}, {}, "gpt-4.1", "prod", "default", True),
    "its model is declared": (
        {DEPLOYMENT: "prod", "AZURE_OPENAI_MODEL": "gpt-4o"}, {}, "gpt-4.1", "gpt-4.1", "pass-through", False,
    ),
    "its declared model": (
        {DEPLOYMENT: "prod", "AZURE_OPENAI_MODEL": "gpt-4o"}, {}, "gpt-4o", "prod", "default", False,
    ),
    "declared beside another default model": (
        {DEPLOYMENT: "prod", "AZURE_OPENAI_MODEL": "gpt-4o", "AZURE_OPENAI_DEFAULT_MODEL": "x"},
        {}, "gpt-4.1", "gpt-4.1", "pass-through", False,
    ),
    "the declaration is of the other variable": (
        {CHAT_NAME: "prod", "AZURE_OPENAI_MODEL": "gpt-4o"}, {}, "gpt-4.1", "prod", "default", True,
    ),
    "declared in the mapping": (
        {CHAT_NAME: "prod"},
        {"deployment_mapping": {"x": {"deployment": "prod", "model": "gpt-4o"}}},
        "gpt-4.1", "gpt-4.1", "pass-through", False,
    ),
    "the default of every model": ({DEFAULT: "gpt-4o"}, {}, "gpt-4.1", "gpt-4o", "default", True),
    "it goes before the shared one": (
        {DEFAULT: "prod", CHAT_NAME: "gpt-4o"}, {}, "gpt-4.1", "prod", "default", True,
    ),
    "an argument": ({CHAT_NAME: "team"}, {"default_deployment": "gpt-4o"}, "gpt-4.1", "gpt-4o", "default", True),
    "the mapping goes first": (
        {CHAT_NAME: "gpt-4o"}, {"deployment_mapping": {"gpt-4.1": "team"}}, "gpt-4.1", "team", "mapping", False,
    ),
    "name@resource goes first": ({DEFAULT: "gpt-4o"}, {}, "gpt-4.1@default", "gpt-4.1", "deployment", False),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("responses", [False, True], ids=["chat", "responses"])
def test_which_deployment_answers(azure, monkeypatch, caplog, row, responses: bool):
    variables, arguments, model, deployment, rule, warned = row
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with caplog.at_level(logging.WARNING, "azure_connector"), ac.AzureConnector(**arguments) as client:
        for _ in range(2):
            if responses:
                client.responses.create(model=model, input="Hello")
            else:
                client.chat.completions.create(model=model, messages=HELLO)
        explained = client.explain(model)

    assert asked(azure) == [deployment] * 2
    assert (explained.rule, explained.targets[0].deployment) == (rule, deployment)
    told = [record.getMessage() for record in caplog.records if "default deployment" in record.getMessage()]
    assert len(told) == warned
    for text in told:
        source = next(name for name in (DEFAULT, DEPLOYMENT, CHAT_NAME, "argument") if name in explained.source)
        assert model in text
        assert deployment in text
        assert source in text
        assert "deployment_mapping=" in text
        assert "@default" in text
    if rule == "default" or (rule == "pass-through" and variables):
        assert any(name in str(explained) for name in (*variables, "argument"))


def test_a_file_names_the_default_of_every_model(azure, bare_machine):
    (bare_machine / "azure_connector.toml").write_text('default_deployment = "gpt-4o"\n')
    with ac.AzureConnector() as client:
        client.chat.completions.create(model="gpt-4.1", messages=HELLO)
    assert asked(azure) == ["gpt-4o"]


def test_a_dotenv_file_has_shared_variables_too(azure, bare_machine):
    (bare_machine / ".env").write_text(f"{CHAT_NAME}=gpt-4o\n")
    with ac.AzureConnector() as client:
        client.chat.completions.create(model="gpt-4.1", messages=HELLO)
    assert asked(azure) == ["gpt-4.1"]


def test_clients_made_for_each_request_warn_once(azure, monkeypatch, caplog):
    monkeypatch.setenv(DEFAULT, "gpt-4o")
    with caplog.at_level(logging.WARNING, "azure_connector"):
        for _ in range(3):
            with ac.AzureConnector() as client:
                client.chat.completions.create(model="gpt-4.1", messages=HELLO)
                client.chat.completions.create(model="gpt-5-mini", messages=HELLO)
    told = [text.split(" is answered")[0] for text in caplog.messages if "default deployment" in text]
    assert told == ["gpt-4.1", "gpt-5-mini"]


def test_a_base_model_that_the_caller_declares_counts(azure, monkeypatch):
    monkeypatch.setenv(CHAT_NAME, "prod")
    with ac.AzureConnector() as client:
        client.chat.completions.create(model="gpt-4.1", messages=HELLO)
        client.declare_base_model("prod", "gpt-4o-2024-11-20")
        client.chat.completions.create(model="gpt-4.1", messages=HELLO)
    assert asked(azure) == ["prod", "gpt-4.1"]


def test_a_reply_does_not_make_a_deployment_known(azure, monkeypatch):
    monkeypatch.setenv(CHAT_NAME, "prod")
    with ac.AzureConnector() as client:
        client.chat.completions.create(model="prod", messages=HELLO)  # its reply names gpt-4o
        client.chat.completions.create(model="gpt-4.1", messages=HELLO)
    assert asked(azure) == ["prod", "prod"]


@pytest.mark.parametrize("how", ["catalog", "discover", "setting"])
def test_a_listing_that_the_client_was_given_counts(azure, monkeypatch, how: str):
    monkeypatch.setenv(DEFAULT, "gpt-4o")
    with ac.AzureConnector(discover=how == "setting") as client:
        if how != "setting":
            getattr(client, how)()
        client.chat.completions.create(model="gpt-4.1", messages=HELLO)
        assert client.explain("gpt-4.1").rule == "discovered"
    assert azure.requests.last.body["model"] == "gpt-4.1"


def test_a_listing_tells_what_the_shared_default_is(azure, monkeypatch):
    monkeypatch.setenv(CHAT_NAME, "prod")
    with ac.AzureConnector() as client:
        client.catalog()
        assert client.explain("gpt-4.1-nano").rule == "pass-through"
        with pytest.raises(ac.DeploymentNotFoundError, match="'prod', which is gpt-4o"):
            client.chat.completions.create(model="gpt-4.1-nano", messages=HELLO)


def test_embeddings_keep_their_own_default(azure, monkeypatch):
    monkeypatch.setenv(CHAT_NAME, "gpt-4o")
    with ac.AzureConnector() as client:
        assert client.explain("text-embedding-3-large", operation="/embeddings").rule == "pass-through"


# Doors that may omit the model: variables and arguments -> what is asked.
OMITTED: dict[str, tuple[dict[str, str], dict[str, Any], str]] = {
    "a default model": ({"AZURE_OPENAI_DEFAULT_MODEL": "gpt-4.1", CHAT_NAME: "gpt-4o"}, {}, "gpt-4.1"),
    "an argument": ({}, {"default_model": "gpt-4.1", "default_deployment": "gpt-4o"}, "gpt-4o"),
    "a deployment": ({CHAT_NAME: "prod"}, {}, "prod"),
    "a deployment whose name is mapped": (
        {CHAT_NAME: "prod"}, {"deployment_mapping": {"prod": "gpt-4.1"}}, "prod",
    ),
    "AZURE_OPENAI_MODEL is one": ({DEPLOYMENT: "prod", "AZURE_OPENAI_MODEL": "gpt-4o"}, {}, "prod"),
    "neither": ({}, {"deployment_mapping": {"gpt-5": "team"}}, "team"),
}  # fmt: skip


@pytest.mark.parametrize("row", OMITTED.values(), ids=OMITTED)
@pytest.mark.parametrize("door", ["responses", "explain", "helpers"])
def test_a_door_without_a_model(azure, monkeypatch, row, door: str):
    variables, arguments, deployment = row
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with ac.AzureConnector(**arguments) as client:
        if door == "responses":
            client.responses.create(input="Hello")
        elif door == "helpers":
            from azure_connector.helpers import generate_text

            generate_text(client=client, prompt="Hello")
        else:
            assert client.explain().targets[0].deployment == deployment
            return
    assert asked(azure) == [deployment]


@pytest.mark.parametrize("model", [None, "", " "])
@pytest.mark.parametrize("default", [None, "prod"])
def test_chat_demands_a_model_and_does_not_tell_to_set_what_is_set(azure, model, default):
    with (
        ac.AzureConnector(default_deployment=default, default_model="gpt-4.1") as client,
        pytest.raises(ac.InvalidRequestError) as caught,
    ):
        client.chat.completions.create(model=model, messages=HELLO)
    assert "model=" in str(caught.value)
    assert "AZURE_OPENAI_DEFAULT" not in str(caught.value)
    assert not azure.requests


@pytest.mark.parametrize("method", ["create", "stream", "raw", "null", "extra"])
def test_responses_without_a_model(azure, method: str):
    with ac.AzureConnector(default_model="gpt-4.1") as client:
        if method == "stream":
            list(client.responses.create(input="Hello", stream=True))
        elif method == "raw":
            client.responses.with_raw_response.create(input="Hello").parse()
        elif method == "null":
            client.responses.create(model=None, input="Hello")  # pyright: ignore[reportArgumentType]
        elif method == "extra":
            client.responses.create(input="Hello", extra_body={"model": "gpt-4o"})
        else:
            client.responses.create(input="Hello")
    assert asked(azure) == ["gpt-4o" if method == "extra" else "gpt-4.1"]


async def test_the_async_client_chooses_it_too(azure):
    async with ac.AsyncAzureConnector(default_model="gpt-4.1") as client:
        await client.responses.create(input="Hello")
    assert asked(azure) == ["gpt-4.1"]


@pytest.mark.parametrize("door", DOORS)
def test_every_door_names_its_model(azure, monkeypatch, door: str):
    monkeypatch.setenv(CHAT_NAME, "gpt-4o")
    ask(door, azure, "gpt-5-mini", reasoning_effort="low")
    assert azure.requests.last.body["model"] == "gpt-5-mini"
    assert azure.requests.last.body["reasoning_effort"] == "low"


def test_semantic_kernel_may_omit_it(azure, monkeypatch):
    pytest.importorskip("semantic_kernel")
    monkeypatch.setenv(CHAT_NAME, "gpt-4o")
    ask("sk", azure, None)  # pyright: ignore[reportArgumentType]
    monkeypatch.setenv("AZURE_OPENAI_DEFAULT_MODEL", "gpt-4.1")
    ask("sk", azure, None)  # pyright: ignore[reportArgumentType]
    assert asked(azure) == ["gpt-4o", "gpt-4.1"]
