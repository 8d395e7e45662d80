"""Foundry projects and published agents, over HTTP: what goes to the project, what to its resource; what is told."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from azure_connector import AsyncAzureConnector, AzureConnector, azure_info
from azure_connector.emulator import Emulator, Reply
from azure_connector.errors import ConfigurationError, DeploymentNotFoundError
from azure_connector.settings import default_scope, parse_endpoint
from tests.support import asking

PROJECT = "/api/projects/house"
V1 = f"{PROJECT}/openai/v1"
NEW = f"{PROJECT}/agents/clerk/endpoint/protocols/openai"
OLD = f"{PROJECT}/applications/clerk/protocols/openai"
AGENT = {"agent_reference": {"type": "agent_reference", "name": "clerk", "version": "1"}}
RESPONSE = {"id": "resp_p", "object": "response", "status": "completed", "output": [], "created_at": 1, "model": "m"}
CHAT = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "usage": None}
CHAT["choices"] = [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}]


def options(azure: Emulator, tail: str = "", **more: Any) -> dict[str, Any]:
    """A client of a project's address."""
    made = {"azure_endpoint": f"{azure.endpoint}{PROJECT}{tail}", "azure_ad_token": azure.bearer_token}
    return {**made, "deployment_mapping": {"gpt-5": "mine"}, **more}


CALLS = {
    "agent reference": ("responses", {"input": "Hi", "extra_body": AGENT}, f"{V1}/responses", None),
    "stored prompt": ("responses", {"prompt": {"id": "pmpt_1"}}, "/openai/v1/responses", None),
    "model": ("responses", {"model": "gpt-5", "input": "Hi"}, "/openai/v1/responses", "mine"),
    "chat": ("chat.completions", {"model": "gpt-5", "messages": asking.HELLO}, "/openai/v1/chat/completions", "mine"),
    "conversation": ("conversations", {}, f"{V1}/conversations", None),
    "eval": (
        "evals",
        {
            "data_source_config": {"type": "logs"},
            "testing_criteria": [{"type": "score_model", "name": "g", "model": "gpt-5", "input": []}],
        },
        f"{V1}/evals",
        None,
    ),
    "vector store": ("vector_stores", {"name": "v"}, "/openai/v1/vector_stores", None),
}


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("tail", ["", "/", "/openai", "/openai/v1", "/openai/v1/responses", "/agents?api-version=v1"])
def test_where_each_call_goes(azure: Emulator, tail: str, call: str, way: str) -> None:
    resource, arguments, path, deployment = CALLS[call]
    azure.script(Reply(body=CHAT if "chat" in resource else RESPONSE))

    def method(client: Any) -> Any:
        for part in resource.split("."):
            client = getattr(client, part)
        return client.create

    async def ask() -> None:
        async with AsyncAzureConnector(**options(azure, tail)) as client:
            await method(client)(**arguments)

    if way == "async":
        asyncio.run(ask())
    else:
        with AzureConnector(**options(azure, tail)) as client:
            method(client)(**arguments)
    (sent,) = azure.requests
    assert sent.url == path
    assert (sent.body or {}).get("model") == deployment
    assert sent.headers["authorization"] == f"Bearer {azure.bearer_token}"
    if call == "eval":
        assert sent.body["testing_criteria"][0]["model"] == "mine"


def test_an_evaluation_asks_for_the_preview(azure: Emulator) -> None:
    azure.script(Reply(body=RESPONSE), Reply(body=RESPONSE))
    with AzureConnector(**options(azure)) as client:
        client.evals.retrieve("eval_1")
        client.evals.retrieve("eval_1", extra_headers={"aoai-evals": "mine"})
    assert [request.headers["aoai-evals"] for request in azure.requests] == ["preview", "mine"]


def test_what_a_project_serves_at_its_root_has_a_version_of_its_own(azure: Emulator) -> None:
    azure.script(*[Reply(body={"id": "agent_1"})] * 3)
    with AzureConnector(**options(azure)) as client:
        client.get("/agents", cast_to=object)
        client.post("/agents/clerk/versions", body={"definition": {}}, cast_to=object)
        client.delete("/agents/clerk", cast_to=object)
    urls = [request.url for request in azure.requests]
    root = f"{PROJECT}/agents"
    assert urls == [f"{root}?api-version=v1", f"{root}/clerk/versions?api-version=v1", f"{root}/clerk?api-version=v1"]


def test_what_an_agent_answered_is_read_where_it_is(azure: Emulator) -> None:
    azure.script(
        Reply(body={"id": "conv_1", "object": "conversation"}),
        Reply(body=RESPONSE),
        Reply(body=RESPONSE),
        Reply(body={**RESPONSE, "id": "resp_q"}),
        Reply(body={"object": "list", "data": []}),
    )
    with AzureConnector(**options(azure)) as client:
        talk = client.conversations.create()
        first = client.responses.create(input="Hi", conversation=talk.id, extra_body=AGENT)
        client.responses.retrieve(first.id)
        client.responses.create(model="gpt-5", input="And?", previous_response_id=first.id)
        client.responses.input_items.list("resp_q")
    assert {request.path.partition("/openai")[0] for request in azure.requests} == {PROJECT}
    assert azure.requests[3].body["model"] == "mine"
    assert azure_info(first).resource == "default:projects/house"


def test_an_id_of_another_process_is_looked_for_at_the_resource_and_then_in_the_project(azure: Emulator) -> None:
    missing = {"error": {"code": "404", "message": "Resource not found"}}
    azure.script(Reply(status=404, body=missing), Reply(body=RESPONSE))
    with AzureConnector(**options(azure)) as client:
        client.responses.retrieve("resp_of_before")
    assert [request.path for request in azure.requests] == [
        "/openai/v1/responses/resp_of_before",
        f"{V1}/responses/resp_of_before",
    ]


@pytest.mark.parametrize(
    ("tail", "url"),
    [
        (f"{NEW.removeprefix(PROJECT)}?api-version=v1", f"{NEW}/responses?api-version=v1"),
        (f"{NEW.removeprefix(PROJECT)}/responses", f"{NEW}/responses?api-version=v1"),
        (f"{NEW.removeprefix(PROJECT)}/v1/responses?api-version=v2", f"{NEW}/v1/responses?api-version=v2"),
        (OLD.removeprefix(PROJECT), f"{OLD}/responses?api-version=2025-11-15-preview"),
        (f"{OLD.removeprefix(PROJECT)}/responses?api-version=2026-01-01", f"{OLD}/responses?api-version=2026-01-01"),
    ],
)
def test_a_published_agent_has_its_own_model_and_its_own_version(azure: Emulator, tail: str, url: str) -> None:
    azure.script(Reply(body=RESPONSE), Reply(body=RESPONSE), Reply(body=CHAT), Reply(body=RESPONSE))
    with AzureConnector(**options(azure, tail)) as client:
        client.responses.create(input="Hi")
        named = client.responses.create(input="Hi", model="gpt-5")
        client.chat.completions.create(model="gpt-5", messages=asking.HELLO)
        client.evals.retrieve("eval_1")
    urls = [request.url for request in azure.requests]
    assert urls == [url, url, "/openai/v1/chat/completions", f"{V1}/evals/eval_1"]
    assert [request.body for request in azure.requests][:2] == [{"input": "Hi"}] * 2
    assert azure_info(named).changes == ("model is dropped: the published agent has its own",)


def test_a_projects_older_form_keeps_its_version(azure: Emulator) -> None:
    azure.script(Reply(body=RESPONSE), Reply(body=CHAT))
    with AzureConnector(**options(azure, "/openai/responses?api-version=2025-11-15-preview")) as client:
        client.responses.create(input="Hi", extra_body=AGENT)
        client.chat.completions.create(model="gpt-5", messages=asking.HELLO)
    urls = [request.url for request in azure.requests]
    assert urls == [f"{PROJECT}/openai/responses?api-version=2025-11-15-preview", "/openai/v1/chat/completions"]


def test_it_is_told_once_and_explained(azure: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "azure_connector"), AzureConnector(**options(azure)) as client:
        azure.script(*[Reply(body=RESPONSE)] * 2)
        client.with_options(timeout=5).responses.create(input="Hi", extra_body=AGENT)
        client.responses.create(input="Hi", extra_body=AGENT)
        told = [record.getMessage() for record in caplog.records if "Foundry project" in record.getMessage()]
        evals, chat = client.explain("gpt-5", operation="/evals"), client.explain("gpt-5")
    assert len(told) == 1
    assert f"{azure.endpoint}{V1}/" in told[0]
    assert f"{azure.endpoint}/openai/v1/" in told[0]
    assert told[0] in evals.notes
    assert evals.targets[0].url == f"{azure.endpoint}{V1}/evals"
    assert chat.targets[0].url == f"{azure.endpoint}/openai/v1/chat/completions"


def test_an_unknown_model_is_still_the_resources_to_refuse(azure: Emulator) -> None:
    with AzureConnector(**options(azure)) as client, pytest.raises(DeploymentNotFoundError):
        client.chat.completions.create(model="nowhere", messages=asking.HELLO)
    assert azure.requests.last.path == "/openai/v1/chat/completions"


def test_a_response_without_model_and_agent_is_for_the_default_model(azure: Emulator) -> None:
    with AzureConnector(**options(azure, default_model="gpt-5")) as client, pytest.raises(DeploymentNotFoundError):
        client.responses.create(input="Hi")
    assert azure.requests.last.path == "/openai/v1/responses"
    assert azure.requests.last.body["model"] == "mine"


def test_a_key_is_refused_with_a_hint(azure: Emulator) -> None:
    azure.script(*[Reply(status=401, body={"error": {"code": "401", "message": "Access denied."}})] * 3)
    made = {**options(azure), "api_key": azure.api_key}
    del made["azure_ad_token"]
    with AzureConnector(**made) as client, pytest.raises(Exception, match="Entra ID tokens only") as caught:
        client.evals.retrieve("eval_1")
    assert azure.api_key not in str(caught.value)


def test_listing_and_routing_do_not_take_a_project_for_a_resource(azure: Emulator) -> None:
    with AzureConnector(**options(azure)) as client:
        assert [listing.resource for listing in client.catalog().listings] == ["default"]


@pytest.mark.parametrize(
    ("address", "scope", "resource"),
    [
        ("https://r.services.ai.azure.com/api/projects/p", "https://ai.azure.com/.default", "azure.com"),
        ("https://r.services.ai.azure.us/api/projects/p", "https://ai.azure.us/.default", "azure.us"),
    ],
)
def test_the_scope_is_the_clouds(address: str, scope: str, resource: str) -> None:
    endpoint = parse_endpoint(address)
    assert endpoint.project is not None
    assert default_scope(endpoint) == default_scope(endpoint.project) == scope
    assert endpoint.base == f"https://r.services.ai.{resource}"


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        ("/agents/clerk/endpoint/protocols/a2a", "protocol 'a2a'"),
        ("/applications/clerk/protocols/activityprotocol", "not OpenAI's"),
        ("/workflows", "no OpenAI protocol"),
    ],
)
def test_what_speaks_no_openai_is_refused(tail: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        parse_endpoint(f"https://r.services.ai.azure.com{PROJECT}{tail}")
