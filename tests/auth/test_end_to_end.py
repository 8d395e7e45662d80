"""The chain under the clients, over HTTP: the emulated resource verifies every token."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from azure.identity import ClientSecretCredential

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.emulator import Emulator
from azure_connector.emulator.entra import EntraID
from azure_connector.emulator.gateway import Gateway

SECRET = "s3cret-value"
ASK: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
def azure(entra: EntraID) -> Iterator[Emulator]:
    with Emulator(entra=entra) as running:
        yield running


@pytest.fixture
def settings(entra: EntraID, azure: Emulator) -> Callable[..., dict[str, Any]]:
    """Settings for the emulated resource; without a credential of their own, those of a fresh application."""

    def build(**more: Any) -> dict[str, Any]:
        common = {
            "azure_endpoint": azure.endpoint,
            "authority_host": entra.authority_host,
            "disable_instance_discovery": True,
            "ca_bundle": str(entra.ca_file),
            "max_attempts": 1,
        }
        return common | more

    return build


@pytest.fixture
def principal(entra: EntraID) -> dict[str, Any]:
    app = entra.register_app(secret=SECRET)
    return {"tenant_id": app.tenant_id, "client_id": app.client_id, "client_secret": SECRET}


def statuses(azure: Emulator) -> list[int]:
    return [seen.status for seen in azure.requests]


def test_a_token_that_was_revoked_costs_one_more_request(
    entra: EntraID, azure: Emulator, settings: Callable[..., dict[str, Any]], principal: dict[str, Any]
) -> None:
    with AzureConnector(**settings(**principal)) as client:
        client.chat.completions.create(**ASK)
        entra.revoke_tokens()
        assert client.chat.completions.create(**ASK).choices[0].message.content
    assert statuses(azure) == [200, 401, 200]
    assert len(entra.token_requests) == 2


async def test_the_same_for_200_calls_at_once(
    entra: EntraID, azure: Emulator, settings: Callable[..., dict[str, Any]], principal: dict[str, Any]
) -> None:
    async with AsyncAzureConnector(**settings(**principal)) as client:
        await client.chat.completions.create(**ASK)
        entra.revoke_tokens()
        replies = await asyncio.gather(*(client.chat.completions.create(**ASK) for _ in range(100)))
    assert all(reply.choices[0].message.content for reply in replies)
    assert len(entra.token_requests) == 2


def test_keys_switched_off(
    entra: EntraID,
    settings: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = entra.register_app(secret=SECRET)
    monkeypatch.setenv("AZURE_TENANT_ID", app.tenant_id)
    monkeypatch.setenv("AZURE_CLIENT_ID", app.client_id)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", SECRET)
    with Emulator(entra=entra, keys_disabled=True) as azure:
        options = settings(azure_endpoint=azure.endpoint, api_key=azure.api_key)
        with caplog.at_level(logging.WARNING, logger="azure_connector"), AzureConnector(**options) as client:
            for _ in range(2):
                assert client.chat.completions.create(**ASK).choices[0].message.content
            explained = str(client.explain("gpt-4o"))
    assert statuses(azure) == [403, 200, 200]
    warnings = [message for message in caplog.messages if "takes no API keys" in message]
    assert len(warnings) == 1
    assert "client secret" in explained


def test_a_missing_role_is_not_asked_for_on_and_on(
    entra: EntraID, settings: Callable[..., dict[str, Any]], principal: dict[str, Any]
) -> None:
    with Emulator(entra=entra, required_role="Cognitive Services OpenAI User") as azure:
        app = entra.register_app(secret=SECRET, roles=["other"])
        options = settings(azure_endpoint=azure.endpoint, **(principal | {"client_id": app.client_id}))
        with AzureConnector(**options) as client:
            for _ in range(3):
                with pytest.raises(openai.AuthenticationError):
                    client.chat.completions.create(**ASK)
    # One new token may have helped; after that it is known that it does not.
    assert len(entra.token_requests) == 2
    assert statuses(azure) == [401, 401, 401, 401]


def test_a_wrong_audience_names_both_scopes(
    entra: EntraID, settings: Callable[..., dict[str, Any]], principal: dict[str, Any]
) -> None:
    with Emulator(entra=entra, audience="https://ai.azure.com") as azure:
        options = settings(azure_endpoint=azure.endpoint, **principal)
        with AzureConnector(**options) as client, pytest.raises(openai.AuthenticationError) as caught:
            client.chat.completions.create(**ASK)
        assert "https://cognitiveservices.azure.com/.default" in str(caught.value)
        assert "https://ai.azure.com/.default" in str(caught.value)
        with AzureConnector(**options, scope="https://ai.azure.com/.default") as client:
            assert client.chat.completions.create(**ASK).choices[0].message.content


@pytest.mark.parametrize("header", ["Ocp-Apim-Subscription-Key", "api-key", "X-Gateway-Key"])
def test_a_gateway_takes_its_key_beside_the_token(
    header: str, entra: EntraID, azure: Emulator, settings: Callable[..., dict[str, Any]], principal: dict[str, Any]
) -> None:
    with Gateway(azure, header=header) as gateway:
        options = settings(
            azure_endpoint=gateway.endpoint,
            apim_subscription_key=gateway.subscription_key,
            apim_header=header,
            **principal,
        )
        with AzureConnector(**options) as client:
            assert client.chat.completions.create(**ASK).choices[0].message.content
        seen = gateway.requests[-1].headers
        assert seen[header.lower()] == gateway.subscription_key
        assert seen["authorization"].startswith("Bearer ey")


def test_a_gateway_that_signs_in_itself(azure: Emulator, settings: Callable[..., dict[str, Any]]) -> None:
    with Gateway(azure, backend_key=azure.api_key) as gateway:
        options = settings(azure_endpoint=gateway.endpoint, apim_subscription_key=gateway.subscription_key)
        with AzureConnector(**options) as client:
            assert client.chat.completions.create(**ASK).choices[0].message.content
        assert "authorization" not in gateway.requests[-1].headers
        assert "api-key" not in gateway.requests[-1].headers


def test_the_ca_bundle_reaches_the_api_and_the_token_calls(
    entra: EntraID, settings: Callable[..., dict[str, Any]], principal: dict[str, Any]
) -> None:
    with Emulator(entra=entra, tls=entra.server_context()) as azure:
        port = azure.endpoint.rpartition(":")[2]
        options = settings(azure_endpoint=f"https://localhost:{port}", **principal)
        with AzureConnector(**options) as client:
            assert client.chat.completions.create(**ASK).choices[0].message.content
        options["ca_bundle"] = None
        with AzureConnector(**options) as client, pytest.raises(openai.OpenAIError):
            client.chat.completions.create(**ASK)


async def test_a_users_sync_credential_in_the_async_client(
    entra: EntraID, azure: Emulator, settings: Callable[..., dict[str, Any]], principal: dict[str, Any]
) -> None:
    with ClientSecretCredential(**principal, **entra.credential_options()) as credential:
        async with AsyncAzureConnector(**settings(credential=credential)) as client:
            assert (await client.chat.completions.create(**ASK)).choices[0].message.content
        # The connector closed what it had built, and nothing else.
        assert credential.get_token("https://vault.azure.net/.default").token


def test_a_credential_error_is_one_clear_error(
    settings: Callable[..., dict[str, Any]], principal: dict[str, Any]
) -> None:
    wrong = settings(**(principal | {"client_secret": "c4nary-secret"}))
    with AzureConnector(**wrong) as client, pytest.raises(openai.AuthenticationError) as caught:
        client.chat.completions.create(**ASK)
    assert "AADSTS7000215" in str(caught.value)
    assert "AZURE_CLIENT_SECRET" in str(caught.value)
    assert "c4nary" not in str(caught.value)
