"""A model's name reaches its deployment without a mapping."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest

from azure_connector import AsyncAzureConnector, AzureConnector, DeploymentNotFoundError, azure_info
from azure_connector.deployments import _discovery
from azure_connector.emulator import Emulator, Reply, faults

PRIVATE = {"gpt-5": "blue-chat", "gpt-4o": "house", "gpt-5-mini": "tiny", "o4-mini": "thinker"}
HELLO: Any = [{"role": "user", "content": "Hello"}]
NOT_HERE = Reply(404, {"error": {"code": "404", "message": "Resource not found"}})


def listings(azure: Emulator) -> int:
    return sum(seen.path == "/openai/deployments" for seen in azure.requests)


def ask(client: AzureConnector, model: str) -> str:
    return azure_info(client.chat.completions.create(model=model, messages=HELLO)).deployment


def test_each_model_reaches_its_deployment_by_one_listing(azure: Emulator, settings: dict[str, Any]) -> None:
    with AzureConnector(**settings) as client:
        assert {model: ask(client, model) for model in PRIVATE} == PRIVATE
        vectors = client.embeddings.create(model="text-embedding-3-small", input="hello")
        assert azure_info(vectors).deployment == "vectors"
        assert listings(azure) == 1
        assert client.explain("GPT-5").rule == "discovered"


async def test_each_model_reaches_its_deployment_in_the_async_client(azure: Emulator, settings: dict[str, Any]) -> None:
    async with AsyncAzureConnector(**settings) as client:
        asked = [client.chat.completions.create(model=model, messages=HELLO) for model in [*PRIVATE] * 8]
        replies = await asyncio.gather(*asked)
        assert [azure_info(reply).deployment for reply in replies] == [*PRIVATE.values()] * 8
        reply = await client.responses.create(model="gpt-5", input="Hello")
        assert azure_info(reply).deployment == "blue-chat"
    assert listings(azure) == 1


def test_threads_that_start_together_list_once(azure: Emulator, settings: dict[str, Any]) -> None:
    start = threading.Barrier(16)

    def one(index: int) -> str:
        start.wait()
        return ask(client, "gpt-4o")

    with AzureConnector(**settings) as client, ThreadPoolExecutor(16) as pool:
        assert set(pool.map(one, range(16))) == {"house"}
    assert listings(azure) == 1


def test_event_loops_share_one_listing(azure: Emulator, settings: dict[str, Any]) -> None:
    azure.script(faults.slow_first_byte(0.2), path="/openai/deployments")
    client = AsyncAzureConnector(**settings)
    start = threading.Barrier(4)

    async def several() -> set[str]:
        async with openai.DefaultAsyncHttpxClient() as http:
            here = client.with_options(http_client=http)
            start.wait()
            asked = (here.chat.completions.create(model="gpt-5", messages=HELLO) for _ in "abc")
            return {azure_info(reply).deployment for reply in await asyncio.gather(*asked)}

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: asyncio.run(several()), range(4))) == [{"blue-chat"}] * 4
    assert listings(azure) == 1


async def test_a_cancelled_lister_leaves_the_others_to_list(azure: Emulator, settings: dict[str, Any]) -> None:
    azure.script(faults.hang(), path="/openai/deployments")
    async with AsyncAzureConnector(**settings) as client:
        first = asyncio.create_task(client.chat.completions.create(model="gpt-5", messages=HELLO))
        await asyncio.to_thread(azure.requests.wait_for, 1)
        second = asyncio.create_task(client.chat.completions.create(model="gpt-5", messages=HELLO))
        await asyncio.sleep(0)
        first.cancel()
        assert azure_info(await second).deployment == "blue-chat"
        with pytest.raises(asyncio.CancelledError):
            await first


def test_a_deployment_added_later_is_found_without_a_restart(azure: Emulator, settings: dict[str, Any]) -> None:
    with AzureConnector(**settings) as client:
        with pytest.raises(DeploymentNotFoundError):
            ask(client, "gpt-4.1")
        azure.resource.deploy({"new-one": "gpt-4.1"})
        assert ask(client, "gpt-4.1") == "new-one"


async def test_the_same_in_the_async_client(azure: Emulator, settings: dict[str, Any]) -> None:
    async with AsyncAzureConnector(**settings) as client:
        with pytest.raises(DeploymentNotFoundError):
            await client.chat.completions.create(model="gpt-4.1", messages=HELLO)
        azure.resource.deploy({"new-one": "gpt-4.1"})
        reply = await client.chat.completions.create(model="gpt-4.1", messages=HELLO)
        assert azure_info(reply).deployment == "new-one"


def test_a_model_that_the_last_listing_lacks_is_listed_for_before_it_is_asked(azure, settings, monkeypatch) -> None:
    monkeypatch.setattr(_discovery, "_UNKNOWN", 0.0)
    with AzureConnector(**settings) as client:
        assert ask(client, "gpt-5") == "blue-chat"
        azure.resource.deploy({"new-one": "gpt-4.1"})
        assert ask(client, "gpt-4.1") == "new-one"
    assert listings(azure) == 2
    assert [seen.deployment for seen in azure.requests if seen.deployment] == ["blue-chat", "new-one"]


def test_a_deployment_that_was_renamed_is_found_in_the_same_call(azure: Emulator, settings: dict[str, Any]) -> None:
    with AzureConnector(**settings | {"max_attempts": None}) as client:
        assert ask(client, "gpt-5") == "blue-chat"
        del azure.resource.deployments["blue-chat"]
        azure.resource.deploy({"green-chat": "gpt-5"})
        assert ask(client, "gpt-5") == "green-chat"
    assert listings(azure) == 2
    # One call to the old name, one 404, one call to the new name: no waiting for the old one to come back.
    assert [seen.deployment for seen in azure.requests if seen.deployment] == ["blue-chat", "blue-chat", "green-chat"]


def test_a_mapped_deployment_that_is_gone_is_not_listed_for(azure: Emulator, settings: dict[str, Any]) -> None:
    with AzureConnector(**settings, deployment_mapping={"gpt-5": "not-there"}) as client:
        for _ in range(2):
            with pytest.raises(DeploymentNotFoundError):
                ask(client, "gpt-5")
    assert listings(azure) == 1


def test_an_old_listing_is_renewed(azure: Emulator, settings: dict[str, Any]) -> None:
    with AzureConnector(**settings, discovery_interval=0.001) as client:
        ask(client, "gpt-5")
        azure.resource.deploy({"gpt-5": "gpt-5"})
        # Of two deployments of a model, the one that is named as it comes first.
        assert ask(client, "gpt-5") == "gpt-5"


def test_a_mapping_goes_before_what_is_found(azure: Emulator, settings: dict[str, Any]) -> None:
    with AzureConnector(**settings, deployment_mapping={"gpt-5": "house"}) as client:
        assert ask(client, "gpt-5") == "house"
        assert ask(client, "gpt-5-mini") == "tiny"


def test_deployments_that_are_not_ready_are_left_out(azure: Emulator, settings: dict[str, Any]) -> None:
    data = [
        {"id": "raw", "model": "gpt-5", "status": "running"},
        {"id": "house", "model": "gpt-5", "status": "succeeded"},
    ]
    azure.script(Reply(200, {"data": data}), path="/openai/deployments", times=None)
    with AzureConnector(**settings) as client:
        assert [target.deployment for target in client.explain("gpt-5").targets] == ["gpt-5"]  # nothing is listed yet
        assert ask(client, "gpt-5") == "house"


@pytest.mark.parametrize("reply", [NOT_HERE, Reply(200, "no JSON"), Reply(200, {"data": [None, {"id": 7}]})])
def test_a_resource_without_a_listing_serves_on(
    azure: Emulator, settings: dict[str, Any], reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    azure.script(reply, path="/openai/deployments", times=None)
    with caplog.at_level(logging.WARNING, "azure_connector"), AzureConnector(**settings) as client:
        for _ in range(3):
            assert ask(client, "house") == "house"
    assert listings(azure) == 1
    warnings = [message for message in caplog.messages if "deployments are not discovered" in message]
    assert len(warnings) == (reply is NOT_HERE)


def test_discover_switches_it_on(azure: Emulator, settings: dict[str, Any]) -> None:
    with AzureConnector(**settings | {"discover": False}) as client:
        with pytest.raises(openai.NotFoundError):
            ask(client, "gpt-5")
        found = client.discover()
        assert {one.model: one.name for one in found}["gpt-5"] == "blue-chat"
        assert ask(client, "gpt-5") == "blue-chat"


def test_several_resources(azure: Emulator, settings: dict[str, Any]) -> None:
    with Emulator({"west-chat": "gpt-5", "west-only": "gpt-4.1"}) as west:
        resources = {"west": {"azure_endpoint": west.endpoint, "api_key": west.api_key}}
        with AzureConnector(**settings, resources=resources) as client:
            assert ask(client, "gpt-4.1") == "west-only"
            assert [target.name for target in client.explain("gpt-5").targets] == [
                "blue-chat@default",
                "west-chat@west",
            ]
            with azure.outage():
                assert ask(client, "gpt-5") == "west-chat"
            assert client.catalog().mapping()["gpt-5"] == ["blue-chat", "west-chat@west"]


def test_the_classic_form(azure: Emulator, settings: dict[str, Any]) -> None:
    with AzureConnector(**settings, api_version="2024-10-21") as client:
        assert ask(client, "gpt-5") == "blue-chat"
        versions = [seen.query["api-version"] for seen in azure.requests]
        assert versions == ["2023-03-15-preview", "2024-10-21"]
        assert {model.model for model in client.catalog().models} >= {"gpt-5", "gpt-4o"}


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_model_that_nobody_has_is_posted_once_a_call_and_not_listed_for_each_time(azure, settings, asynchronous):
    async def calls() -> None:
        async with AsyncAzureConnector(**settings) as client:
            for _ in range(5):
                with pytest.raises(DeploymentNotFoundError):
                    await client.chat.completions.create(model="nobody-has-it", messages=HELLO)

    if asynchronous:
        asyncio.run(calls())
    else:
        with AzureConnector(**settings) as client:
            for _ in range(5):
                with pytest.raises(DeploymentNotFoundError):
                    ask(client, "nobody-has-it")
    assert listings(azure) == 2, "the first call's, and one more look for what may be new"
    assert len([seen for seen in azure.requests if seen.method == "POST"]) == 5
