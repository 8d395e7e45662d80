"""DefaultAzureCredential reaching each link of its chain, by environment alone, sync and async."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import DefaultAzureCredential, aio

from azure_connector.emulator.entra import EntraID, ManagedIdentityServer

SCOPE = "https://cognitiveservices.azure.com/.default"
ENTRA_LINKS = ("client_secret", "certificate", "workload_identity")


@pytest.fixture
def identity(entra: EntraID, monkeypatch: pytest.MonkeyPatch) -> Iterator[ManagedIdentityServer]:
    """A metadata service without identities, so that the chain never asks the machine's own."""
    with ManagedIdentityServer(entra, system_assigned=False) as running:
        for name, value in running.environment("imds").items():
            monkeypatch.setenv(name, value)
        yield running


def enter(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def options(entra: EntraID) -> dict[str, object]:
    return {"disable_instance_discovery": True, "connection_verify": str(entra.ca_file)}


@pytest.mark.parametrize("kind", [*ENTRA_LINKS, "cli"])
def test_sync(entra: EntraID, identity: ManagedIdentityServer, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    enter(monkeypatch, entra.environment(kind))
    with DefaultAzureCredential(**options(entra)) as credential:
        token = credential.get_token(SCOPE).token
    assert entra.verifier()(token) is None
    if kind != "cli":
        assert jwt.decode(token, options={"verify_signature": False})["appid"] == os.environ["AZURE_CLIENT_ID"]


@pytest.mark.parametrize("kind", [*ENTRA_LINKS, "cli"])
async def test_async(
    entra: EntraID, identity: ManagedIdentityServer, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    enter(monkeypatch, entra.environment(kind))
    async with aio.DefaultAzureCredential(**options(entra)) as credential:
        token = (await credential.get_token(SCOPE)).token
    assert entra.verifier()(token) is None


@pytest.mark.parametrize("kind", ["app_service", "imds"])
async def test_managed_identity(entra: EntraID, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    with ManagedIdentityServer(entra, user_assigned=["pinned"]) as identity:
        enter(monkeypatch, identity.environment(kind))
        with DefaultAzureCredential(**options(entra)) as credential:
            assert entra.verifier()(credential.get_token(SCOPE).token) is None
        enter(monkeypatch, {"AZURE_CLIENT_ID": "pinned"})
        async with aio.DefaultAzureCredential(**options(entra)) as credential:
            token = (await credential.get_token(SCOPE)).token
    assert jwt.decode(token, options={"verify_signature": False})["appid"] == "pinned"


def test_the_authority_argument_does_not_reach_workload_identity(
    entra: EntraID, identity: ManagedIdentityServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only `AZURE_AUTHORITY_HOST` does: the chain passes `authority` to the environment's link alone."""
    values = entra.environment("workload_identity")
    del values["AZURE_AUTHORITY_HOST"]
    # A dead proxy keeps the call to Microsoft's own authority on this machine.
    enter(monkeypatch, values | {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "localhost,127.0.0.1", "PATH": ""})
    with (
        DefaultAzureCredential(**options(entra), authority=entra.authority_host, retry_total=0) as credential,
        pytest.raises(ClientAuthenticationError),
    ):
        credential.get_token(SCOPE)
    assert entra.token_requests == []


BY_ENVIRONMENT = """
import asyncio, json
from azure.identity import ClientSecretCredential, DefaultAzureCredential, aio

SCOPE = "https://cognitiveservices.azure.com/.default"
with DefaultAzureCredential(disable_instance_discovery=True) as credential:
    tokens = [credential.get_token(SCOPE).token]

async def main():
    async with aio.DefaultAzureCredential() as credential:
        tokens.append((await credential.get_token(SCOPE)).token)

asyncio.run(main())
print(json.dumps(tokens))
"""


def test_trust_by_environment_alone(entra: EntraID) -> None:
    """`REQUESTS_CA_BUNDLE` for the sync credentials, `SSL_CERT_FILE` for the async ones, set before the start."""
    values = {**os.environ, **entra.environment("client_secret"), **entra.ca_environment()}
    done = subprocess.run(
        [sys.executable, "-c", BY_ENVIRONMENT], env=values, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert [entra.verifier()(token) for token in json.loads(done.stdout)] == [None, None]


async def test_the_certificate_variable_is_too_late_once_aiohttp_is_imported(
    entra: EntraID, identity: ManagedIdentityServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    import aiohttp  # noqa: F401

    enter(monkeypatch, entra.environment("client_secret") | entra.ca_environment())
    async with aio.EnvironmentCredential(retry_total=0) as credential:
        with pytest.raises(Exception, match="CERTIFICATE_VERIFY_FAILED"):
            await credential.get_token(SCOPE)
