"""The Azure SDK's own client for Key Vault against the emulated vault, sync and async."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential, aio
from azure.keyvault.secrets import SecretClient
from azure.keyvault.secrets.aio import SecretClient as AsyncSecretClient

from azure_connector.emulator.entra import App, EntraID, KeyVaultServer


@pytest.fixture
def vault(entra: EntraID) -> Iterator[KeyVaultServer]:
    with KeyVaultServer(entra, openai_key="first") as running:
        yield running


def client_of(vault: KeyVaultServer, entra: EntraID, app: App, secret: str = "s3cret") -> SecretClient:
    credential = ClientSecretCredential(app.tenant_id, app.client_id, secret, **entra.credential_options())
    return SecretClient(vault.url, credential, **options(entra))


def options(entra: EntraID) -> dict[str, Any]:
    return {"verify_challenge_resource": False, "connection_verify": str(entra.ca_file)}


def test_a_secret_and_its_rotation(entra: EntraID, vault: KeyVaultServer) -> None:
    with client_of(vault, entra, entra.register_app(secret="s3cret")) as client:
        first = client.get_secret("openai-key")
        assert first.value == "first"
        address = vault.set("openai-key", "second")
        assert client.get_secret("openai-key").value == "second"
        assert client.get_secret("openai-key").id == address
        assert client.get_secret("openai-key", first.properties.version).value == "first"
        with pytest.raises(ResourceNotFoundError, match="SecretNotFound"):
            client.get_secret("other")
    assert "authorization" not in vault.requests[0].headers
    assert len(entra.token_requests) == 1


async def test_async(entra: EntraID, vault: KeyVaultServer) -> None:
    app = entra.register_app(secret="s3cret")
    async with (
        aio.ClientSecretCredential(app.tenant_id, app.client_id, "s3cret", **entra.credential_options()) as credential,
        AsyncSecretClient(vault.url, credential, **options(entra)) as client,
    ):
        assert (await client.get_secret("openai-key")).value == "first"


def test_who_may_not_read(entra: EntraID, vault: KeyVaultServer) -> None:
    reader = entra.register_app(secret="s3cret", roles=["Reader"])
    with client_of(vault, entra, reader) as client, pytest.raises(HttpResponseError, match="not authorized"):
        client.get_secret("openai-key")
    app = entra.register_app(secret="s3cret")
    with (
        client_of(vault, entra, app, "wrong") as client,
        pytest.raises(ClientAuthenticationError, match="AADSTS7000215"),
    ):
        client.get_secret("openai-key")


def test_tokens_for_another_audience_are_challenged(entra: EntraID, vault: KeyVaultServer) -> None:
    app = entra.register_app()
    tokens = [entra.issue_token(app), entra.issue_token(app, audience="https://vault.azure.net")]
    with httpx.Client(verify=entra.client_context(), trust_env=False) as client:
        headers = [{"Authorization": f"Bearer {token}"} for token in tokens]
        refused, allowed = (client.get(vault.address("openai-key"), headers=each) for each in headers)
    assert (refused.status_code, allowed.status_code) == (401, 200)
    assert f'authorization="{entra.authority_host}/{entra.tenant_id}"' in refused.headers["www-authenticate"]
