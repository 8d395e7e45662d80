"""How azure-identity itself behaves with short tokens and failures: facts that the auth chain is built on.

A test here fails when a new release of azure-identity or MSAL behaves differently; the chain may then be simplified.
"""

from __future__ import annotations

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential, ManagedIdentityCredential, WorkloadIdentityCredential, aio

from azure_connector.emulator.entra import EntraID, ManagedIdentityServer

SCOPE = "https://cognitiveservices.azure.com/.default"
SUBJECT = "system:serviceaccount:default:workload"


def test_the_sync_credential_keeps_no_token_of_less_than_five_minutes(entra: EntraID) -> None:
    entra.token_lifetime = 299
    app = entra.register_app(secret="s3cret")
    with ClientSecretCredential(app.tenant_id, app.client_id, "s3cret", **entra.credential_options()) as credential:
        first, second = credential.get_token(SCOPE).token, credential.get_token(SCOPE).token
        assert first != second
        assert len(entra.token_requests) == 2
        entra.token_lifetime = 600
        assert credential.get_token(SCOPE).token == credential.get_token(SCOPE).token
    assert len(entra.token_requests) == 3


async def test_the_async_credential_keeps_a_token_to_its_last_second(entra: EntraID) -> None:
    entra.token_lifetime = 2
    app = entra.register_app(secret="s3cret")
    options = entra.credential_options()
    async with aio.ClientSecretCredential(app.tenant_id, app.client_id, "s3cret", **options) as credential:
        tokens = {(await credential.get_token(SCOPE)).token for _ in range(5)}
        verdicts = [entra.verifier()(token) for token in tokens]
    assert len(tokens) <= 2
    assert len(entra.token_requests) == len(tokens)
    assert verdicts == [None] * len(tokens)


def test_the_sync_managed_identity_keeps_no_short_token_either(entra: EntraID, monkeypatch: pytest.MonkeyPatch) -> None:
    entra.token_lifetime = 200
    with ManagedIdentityServer(entra) as identity, pytest.MonkeyPatch.context() as patch:
        for name, value in identity.environment("app_service").items():
            patch.setenv(name, value)
        with ManagedIdentityCredential() as credential:
            assert credential.get_token(SCOPE).token != credential.get_token(SCOPE).token
    assert len(identity.requests) == 2


def test_a_server_error_is_remembered_for_seconds_without_asking_again(entra: EntraID) -> None:
    """MSAL's throttling: 5 seconds, or as long as `retry-after` says; a new credential object asks at once."""
    app = entra.register_app(secret="s3cret")
    options = entra.credential_options() | {"retry_total": 0}
    entra.script(503)
    with ClientSecretCredential(app.tenant_id, app.client_id, "s3cret", **options) as credential:
        for _ in range(2):
            with pytest.raises(ClientAuthenticationError):
                credential.get_token(SCOPE)
    assert len(entra.token_requests) == 1
    with ClientSecretCredential(app.tenant_id, app.client_id, "s3cret", **options) as credential:
        assert credential.get_token(SCOPE).token


def test_a_400_is_remembered_for_a_minute(entra: EntraID) -> None:
    """So an app that is registered a moment later stays unknown to the same object."""
    client_id = "bbbbbbbb-0000-4000-8000-000000000002"
    options = entra.credential_options()
    with ClientSecretCredential(entra.tenant_id, client_id, "s3cret", **options) as credential:
        with pytest.raises(ClientAuthenticationError, match="AADSTS700016"):
            credential.get_token(SCOPE)
        entra.register_app(client_id, secret="s3cret")
        with pytest.raises(ClientAuthenticationError, match="AADSTS700016"):
            credential.get_token(SCOPE)
    assert len(entra.token_requests) == 1
    with ClientSecretCredential(entra.tenant_id, client_id, "s3cret", **options) as credential:
        assert credential.get_token(SCOPE).token


async def test_a_wrong_secret_is_asked_about_every_time(entra: EntraID) -> None:
    """A 401 is not remembered, so a secret that was mended in Entra works at once."""
    app = entra.register_app(secret="old")
    options = entra.credential_options()
    with ClientSecretCredential(app.tenant_id, app.client_id, "new", **options) as credential:
        with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
            credential.get_token(SCOPE)
        app.secrets.add("new")
        assert credential.get_token(SCOPE).token


def test_a_federated_token_file_is_read_again_only_after_ten_minutes(entra: EntraID) -> None:
    app = entra.register_app(federated=SUBJECT)
    path = entra.write_federated_token(SUBJECT, lifetime=-60)
    arguments = {"tenant_id": app.tenant_id, "client_id": app.client_id, "token_file_path": str(path)}
    with WorkloadIdentityCredential(**arguments, **entra.credential_options()) as credential:
        for _ in range(2):
            with pytest.raises(ClientAuthenticationError, match="AADSTS700024"):
                credential.get_token(SCOPE)
            path.write_text(entra.federated_token(SUBJECT))
    with WorkloadIdentityCredential(**arguments, **entra.credential_options()) as credential:
        assert credential.get_token(SCOPE).token
