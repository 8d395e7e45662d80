"""azure-identity's own credentials against the emulated Entra ID, unpatched, over TLS, sync and async."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientSecretCredential, WorkloadIdentityCredential, aio

from azure_connector.emulator.entra import EntraID

SCOPE = "https://cognitiveservices.azure.com/.default"
SUBJECT = "system:serviceaccount:default:workload"


def secret_arguments(entra: EntraID) -> dict[str, Any]:
    app = entra.register_app(secret="s3cret")
    return {"tenant_id": app.tenant_id, "client_id": app.client_id, "client_secret": "s3cret"}


def certificate_arguments(entra: EntraID, *, expired: bool = False, password: str | None = None) -> dict[str, Any]:
    written = entra.write_certificate(expired=expired, password=password)
    app = entra.register_app(certificate=written)
    options = {"password": password} if password else {}
    return {
        "tenant_id": app.tenant_id,
        "client_id": app.client_id,
        "certificate_path": str(written.path),
        **options,
    }


def workload_arguments(entra: EntraID, *, lifetime: float = 3600.0) -> dict[str, Any]:
    app = entra.register_app(federated=SUBJECT)
    path = entra.write_federated_token(SUBJECT, lifetime=lifetime)
    return {"tenant_id": app.tenant_id, "client_id": app.client_id, "token_file_path": str(path)}


KINDS = {
    "secret": (ClientSecretCredential, aio.ClientSecretCredential, secret_arguments),
    "certificate": (CertificateCredential, aio.CertificateCredential, certificate_arguments),
    "workload": (WorkloadIdentityCredential, aio.WorkloadIdentityCredential, workload_arguments),
}


@pytest.mark.parametrize("kind", KINDS)
def test_sync_credentials(entra: EntraID, kind: str) -> None:
    sync, _, arguments = KINDS[kind]
    with sync(**arguments(entra), **entra.credential_options()) as credential:
        token = credential.get_token(SCOPE)
    assert entra.verifier()(token.token) is None
    assert len(entra.token_requests) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_async_credentials(entra: EntraID, kind: str) -> None:
    _, asynchronous, arguments = KINDS[kind]
    async with asynchronous(**arguments(entra), **entra.credential_options()) as credential:
        token = await credential.get_token(SCOPE)
    assert entra.verifier()(token.token) is None
    assert len(entra.token_requests) == 1


def test_a_certificate_with_a_password(entra: EntraID) -> None:
    arguments = certificate_arguments(entra, password="pässword")
    with CertificateCredential(**arguments, **entra.credential_options()) as credential:
        assert entra.verifier()(credential.get_token(SCOPE).token) is None


def test_a_certificate_with_its_chain_in_the_header(entra: EntraID) -> None:
    arguments = certificate_arguments(entra) | {"send_certificate_chain": True}
    with CertificateCredential(**arguments, **entra.credential_options()) as credential:
        assert entra.verifier()(credential.get_token(SCOPE).token) is None


BAD = {
    "wrong secret": ("secret", {}, {"client_secret": "wrong"}, "AADSTS7000215"),
    "unknown app": ("secret", {}, {"client_id": "99999999-0000-0000-0000-000000000000"}, "AADSTS700016"),
    "expired certificate": ("certificate", {"expired": True}, {}, "AADSTS700027"),
    "expired federated token": ("workload", {"lifetime": -60}, {}, "AADSTS700024"),
    "workload in another tenant": ("workload", {}, {"tenant_id": "nowhere.example"}, "AADSTS90002"),
}


@pytest.mark.parametrize("case", BAD)
def test_sync_refusals_carry_entras_code(entra: EntraID, case: str) -> None:
    kind, options, changes, code = BAD[case]
    sync, _, arguments = KINDS[kind]
    with (
        sync(**(arguments(entra, **options) | changes), **entra.credential_options()) as credential,
        pytest.raises(ClientAuthenticationError, match=f"{code}: "),
    ):
        credential.get_token(SCOPE)


@pytest.mark.parametrize("case", BAD)
async def test_async_refusals_carry_entras_code(entra: EntraID, case: str) -> None:
    kind, options, changes, code = BAD[case]
    _, asynchronous, arguments = KINDS[kind]
    async with asynchronous(**(arguments(entra, **options) | changes), **entra.credential_options()) as credential:
        with pytest.raises(ClientAuthenticationError, match=f"{code}: "):
            await credential.get_token(SCOPE)


def test_the_sync_secret_credential_hides_the_code_of_an_unknown_tenant(entra: EntraID) -> None:
    """MSAL asks for the tenant's configuration first and replaces Entra's reply by a sentence of its own."""
    arguments = secret_arguments(entra) | {"tenant_id": "nowhere.example"}
    with (
        ClientSecretCredential(**arguments, **entra.credential_options()) as credential,
        pytest.raises(ClientAuthenticationError, match="Unable to get authority configuration") as caught,
    ):
        credential.get_token(SCOPE)
    assert "AADSTS" not in str(caught.value)
    replaced = caught.value.__cause__.__context__  # type: ignore[union-attr]  # both links exist
    assert "AADSTS90002" in str(replaced)
    assert entra.token_requests == []


async def test_the_async_secret_credential_shows_it(entra: EntraID) -> None:
    arguments = secret_arguments(entra) | {"tenant_id": "nowhere.example"}
    async with aio.ClientSecretCredential(**arguments, **entra.credential_options()) as credential:
        with pytest.raises(ClientAuthenticationError, match="AADSTS90002"):
            await credential.get_token(SCOPE)


def test_without_the_option_the_sync_secret_credential_leaves_for_the_internet(
    entra: EntraID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown authority is looked up at login.microsoftonline.com; a dead proxy keeps that call on this machine."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "localhost")
    options = entra.credential_options() | {"disable_instance_discovery": False, "retry_total": 0}
    with (
        ClientSecretCredential(**secret_arguments(entra), **options) as credential,
        pytest.raises(ClientAuthenticationError, match="Unable to connect to proxy"),
    ):
        credential.get_token(SCOPE)
    assert entra.requests == []
