"""azure-identity's ManagedIdentityCredential against both endpoints, unpatched, sync and async."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import httpx
import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CredentialUnavailableError, ManagedIdentityCredential, aio

from azure_connector.emulator.entra import EntraID, ManagedIdentityServer

SCOPE = "https://cognitiveservices.azure.com/.default"
USER_ASSIGNED = "aaaaaaaa-0000-4000-8000-000000000001"
KINDS: tuple[Literal["app_service", "imds"], ...] = ("app_service", "imds")


@pytest.fixture
def identity(entra: EntraID) -> Iterator[ManagedIdentityServer]:
    with ManagedIdentityServer(entra, user_assigned=[USER_ASSIGNED]) as running:
        yield running


@pytest.fixture(params=KINDS)
def kind(
    request: pytest.FixtureRequest, identity: ManagedIdentityServer, monkeypatch: pytest.MonkeyPatch
) -> Literal["app_service", "imds"]:
    for name, value in identity.environment(request.param).items():
        monkeypatch.setenv(name, value)
    return request.param


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def test_sync_system_and_user_assigned(entra: EntraID, identity: ManagedIdentityServer, kind: str) -> None:
    with ManagedIdentityCredential() as system, ManagedIdentityCredential(client_id=USER_ASSIGNED) as user:
        tokens = [credential.get_token(SCOPE).token for credential in (system, user)]
    assert [entra.verifier()(token) for token in tokens] == [None, None]
    assert identity.system is not None
    assert [claims_of(token)["appid"] for token in tokens] == [identity.system.client_id, USER_ASSIGNED]
    path = "/msi/token" if kind == "app_service" else "/metadata/identity/oauth2/token"
    assert [seen.path for seen in identity.requests] == [path, path]


async def test_async_system_and_user_assigned(entra: EntraID, identity: ManagedIdentityServer, kind: str) -> None:
    system, user = aio.ManagedIdentityCredential(), aio.ManagedIdentityCredential(client_id=USER_ASSIGNED)
    async with system, user:
        tokens = [(await credential.get_token(SCOPE)).token for credential in (system, user)]
    assert [entra.verifier()(token) for token in tokens] == [None, None]
    assert identity.system is not None
    assert [claims_of(token)["appid"] for token in tokens] == [identity.system.client_id, USER_ASSIGNED]


def test_by_object_id(identity: ManagedIdentityServer, kind: str) -> None:
    object_id = identity.identities[USER_ASSIGNED].object_id
    with ManagedIdentityCredential(identity_config={"object_id": object_id}) as credential:
        assert claims_of(credential.get_token(SCOPE).token)["oid"] == object_id


def test_by_resource_id(identity: ManagedIdentityServer, kind: str) -> None:
    resource_id = f"/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/x/{USER_ASSIGNED}"
    with ManagedIdentityCredential(identity_config={"resource_id": resource_id}) as credential:
        assert claims_of(credential.get_token(SCOPE).token)["appid"] == USER_ASSIGNED


UNKNOWN = {
    "app_service": "No User Assigned or Delegated Managed Identity found for specified ClientId",
    "imds": "Identity not found",
}


def test_sync_unknown_identity(identity: ManagedIdentityServer, kind: str) -> None:
    with (
        ManagedIdentityCredential(client_id="somebody-else") as credential,
        pytest.raises(CredentialUnavailableError, match=UNKNOWN[kind]),
    ):
        credential.get_token(SCOPE)


async def test_async_unknown_identity(identity: ManagedIdentityServer, kind: str) -> None:
    async with aio.ManagedIdentityCredential(client_id="somebody-else") as credential:
        with pytest.raises(ClientAuthenticationError, match=UNKNOWN[kind]):
            await credential.get_token(SCOPE)


@pytest.mark.parametrize("kind_name", KINDS)
def test_no_system_assigned_identity(
    entra: EntraID, monkeypatch: pytest.MonkeyPatch, kind_name: Literal["app_service", "imds"]
) -> None:
    with ManagedIdentityServer(entra, system_assigned=False) as empty:
        for name, value in empty.environment(kind_name).items():
            monkeypatch.setenv(name, value)
        with ManagedIdentityCredential() as credential, pytest.raises(CredentialUnavailableError):
            credential.get_token(SCOPE)


def test_app_service_checks_the_secret_header(identity: ManagedIdentityServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", identity.environment("app_service")["IDENTITY_ENDPOINT"])
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    with ManagedIdentityCredential() as credential, pytest.raises(CredentialUnavailableError, match="401"):
        credential.get_token(SCOPE)


@pytest.mark.parametrize(
    ("path", "headers", "params", "status", "words"),
    [
        ("/metadata/identity/oauth2/token", {}, {}, 400, "Required metadata header not specified"),
        ("/metadata/identity/oauth2/token", {"Metadata": "true"}, {"api-version": "2017-01-01"}, 400, "api-version"),
        (
            "/metadata/identity/oauth2/token",
            {"Metadata": "true"},
            {"resource": "https://no.example"},
            400,
            "AADSTS500011",
        ),
        ("/msi/token", {"X-IDENTITY-HEADER": "{secret}"}, {"api-version": "2017-09-01"}, 400, "api-version"),
        ("/msi/token", {"X-IDENTITY-HEADER": "{secret}"}, {"resource": "https://no.example"}, 500, "AAD Token"),
    ],
)
def test_bad_requests(
    identity: ManagedIdentityServer,
    path: str,
    headers: dict[str, str],
    params: dict[str, str],
    status: int,
    words: str,
) -> None:
    version = "2018-02-01" if path.startswith("/metadata") else "2019-08-01"
    query = {"api-version": version, "resource": "https://cognitiveservices.azure.com"} | params
    sent = {name: value.format(secret=identity.identity_header) for name, value in headers.items()}
    reply = httpx.get(f"{identity.url}{path}", params=query, headers=sent, trust_env=False)
    assert reply.status_code == status
    assert words in reply.text


def test_scripted_failures_come_before_the_token(identity: ManagedIdentityServer, kind: str) -> None:
    identity.script(503, 503)
    with ManagedIdentityCredential(retry_backoff_factor=0) as credential:
        assert credential.get_token(SCOPE).token
    assert len(identity.requests) == 3
