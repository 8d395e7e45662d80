"""One error each: which link failed, Entra's own code, and what mends it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest
from azure.core.credentials import AccessToken
from pydantic import SecretStr

from azure_connector import CredentialError
from azure_connector.auth import Authenticator
from azure_connector.auth._credential_hints import credential_hint
from azure_connector.auth._failures import explain
from azure_connector.emulator.entra import EntraID
from azure_connector.settings import AuthSettings
from azure_connector.transport import TransportOptions

Make = Callable[..., Authenticator]
SUBJECT = "system:serviceaccount:default:workload"
SECRET = "s3cret-value"
WRONG = SecretStr("wrong-secret-value")


def wrong_secret(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    return {"app": entra.register_app(secret=SECRET), "client_secret": WRONG}


def expired_secret(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    return {"app": entra.register_app(expired_secret=SECRET), "client_secret": SecretStr(SECRET)}


def unknown_app(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    client_id = "99999999-0000-4000-8000-000000000000"
    return {"app": entra.register_app(secret=SECRET), "client_id": client_id, "client_secret": SecretStr(SECRET)}


def unknown_tenant(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    return {
        "app": entra.register_app(secret=SECRET),
        "tenant_id": "nowhere.example",
        "client_secret": SecretStr(SECRET),
    }


def impossible_tenant(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    return {"app": entra.register_app(secret=SECRET), "tenant_id": "no/where", "client_secret": SecretStr(SECRET)}


def unknown_scope(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    app = entra.register_app(secret=SECRET)
    return {"app": app, "client_secret": SecretStr(SECRET), "scope": "https://nothing.example/.default"}


def expired_certificate(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    written = entra.write_certificate(expired=True)
    return {"app": entra.register_app(certificate=written), "client_certificate_path": str(written.path)}


def missing_certificate(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    return {"app": entra.register_app(secret=SECRET), "client_certificate_path": str(tmp_path / "none.pem")}


def unreadable_certificate(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "bad.pem").write_text("no certificate")
    return {"app": entra.register_app(secret=SECRET), "client_certificate_path": str(tmp_path / "bad.pem")}


def wrong_password(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    written = entra.write_certificate(password="right-password")
    return {
        "app": entra.register_app(certificate=written),
        "client_certificate_path": str(written.path),
        "client_certificate_password": SecretStr("wrong-password"),
    }


def missing_token_file(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    return {"app": entra.register_app(federated=SUBJECT), "federated_token_file": str(tmp_path / "none")}


def expired_federated_token(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    path = entra.write_federated_token(SUBJECT, lifetime=-60)
    return {"app": entra.register_app(federated=SUBJECT), "federated_token_file": str(path)}


def another_subject(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    path = entra.write_federated_token("system:serviceaccount:default:other")
    return {"app": entra.register_app(federated=SUBJECT), "federated_token_file": str(path)}


def untrusted_authority(entra: EntraID, tmp_path: Path) -> dict[str, Any]:
    return wrong_secret(entra, tmp_path) | {"transport": TransportOptions()}


CASES: list[tuple[Callable[[EntraID, Path], dict[str, Any]], str, list[str]]] = [
    (wrong_secret, "client secret", ["AADSTS7000215", "AZURE_CLIENT_SECRET", "az ad app credential reset --id"]),
    (expired_secret, "client secret", ["AADSTS7000222", "AZURE_CLIENT_SECRET", "az ad app credential reset --id"]),
    (unknown_app, "client secret", ["AADSTS700016", "AZURE_CLIENT_ID", "az ad app show --id 99999999"]),
    (unknown_tenant, "client secret", ["AADSTS90002", "nowhere.example", "AZURE_TENANT_ID", "az account show"]),
    (impossible_tenant, "client secret", ["Invalid tenant ID", "AZURE_TENANT_ID", "az account show"]),
    (unknown_scope, "client secret", ["AADSTS", "https://nothing.example/.default is not Azure OpenAI's"]),
    (expired_certificate, "client certificate", ["AADSTS700027", "AZURE_CLIENT_CERTIFICATE_PATH", "az ad app"]),
    (missing_certificate, "client certificate", ["none.pem", "AZURE_CLIENT_CERTIFICATE_PATH"]),
    (unreadable_certificate, "client certificate", ["PEM or PKCS12", "AZURE_CLIENT_CERTIFICATE_PATH"]),
    (wrong_password, "client certificate", ["AZURE_CLIENT_CERTIFICATE_PASSWORD"]),
    (
        missing_token_file,
        "workload identity",
        ["No such file", "AZURE_FEDERATED_TOKEN_FILE", "azure.workload.identity"],
    ),
    (expired_federated_token, "workload identity", ["AADSTS700024", "AZURE_FEDERATED_TOKEN_FILE"]),
    (another_subject, "workload identity", ["AADSTS7002", "az ad app federated-credential list"]),
    (untrusted_authority, "client secret", ["CERTIFICATE_VERIFY_FAILED", "AZURE_CONNECTOR_CA_BUNDLE"]),
]


@pytest.mark.parametrize(("case", "link", "parts"), CASES, ids=[case.__name__ for case, _, _ in CASES])
async def test_one_error_that_mends_itself(
    case: Callable[[EntraID, Path], dict[str, Any]],
    link: str,
    parts: list[str],
    entra: EntraID,
    via_entra: Make,
    tmp_path: Path,
) -> None:
    settings = case(entra, tmp_path)
    authenticator = via_entra(**settings, origins={"client_secret": "environment AZURE_CLIENT_SECRET"})
    with pytest.raises(CredentialError) as caught:
        authenticator.headers()
    with pytest.raises(CredentialError) as again:
        await authenticator.aheaders()
    assert again.value is not caught.value
    error = caught.value
    message = str(error)
    assert message.startswith(f"No credential for https://resource.openai.azure.com: the {link}")
    for part in parts:
        assert part in message, message
    assert error.hint in message
    # It is what the SDK's users already catch.
    assert isinstance(error, openai.AuthenticationError)
    assert error.status_code == 401
    assert str(error.request.url) == "https://resource.openai.azure.com"
    # No library's traceback hangs on it, and no secret is in it.
    assert error.__cause__ is not None
    assert error.__cause__.__traceback__ is None
    assert error.__context__ is None
    for secret in (SECRET, WRONG.get_secret_value(), "wrong-password", "right-password"):
        assert secret not in message + str(error.__cause__)
    state = next(line for line in authenticator.describe() if line.name == link)
    assert state.state == "failed"
    # Each attempt has a trace id and a time of its own.
    assert state.detail[:60] in message


def test_entras_trace_id_is_kept_for_its_support(entra: EntraID, via_entra: Make, tmp_path: Path) -> None:
    with pytest.raises(CredentialError, match=r"AADSTS7000215: Invalid client secret[^\n]*\(Trace ID: [0-9a-f-]{36}\)"):
        via_entra(**wrong_secret(entra, tmp_path)).headers()


def test_what_was_passed_over_and_what_is_missing(entra: EntraID, via_entra: Make, tmp_path: Path) -> None:
    settings = wrong_secret(entra, tmp_path) | {"use_managed_identity": True, "federated_token_file": None}
    with pytest.raises(CredentialError) as caught:
        via_entra(**settings, client_certificate_path=None).headers()
    message = str(caught.value)
    assert "not tried, since the first one decides: managed identity." in message
    assert "api-key (AZURE_OPENAI_API_KEY)" in message
    assert "managed identity (AZURE_USE_MANAGED_IDENTITY=true)" not in message


def test_a_file_that_appears_later_is_found(entra: EntraID, via_entra: Make, tmp_path: Path) -> None:
    settings = missing_token_file(entra, tmp_path)
    authenticator = via_entra(**settings)
    with pytest.raises(CredentialError):
        authenticator.headers()
    (tmp_path / "none").write_text(entra.federated_token(SUBJECT))
    assert authenticator.headers()["Authorization"]


def test_an_entra_id_that_is_not_there(make: Make) -> None:
    authenticator = make(
        tenant_id="t", client_id="c", client_secret=WRONG, authority_host="https://127.0.0.1:9",
        disable_instance_discovery=True,
    )  # fmt: skip
    with pytest.raises(CredentialError) as caught:
        authenticator.headers()
    assert "the client secret" in str(caught.value)
    assert "Entra ID could not be reached" in str(caught.value)
    assert "AZURE_AUTHORITY_HOST" in str(caught.value)


@pytest.mark.parametrize(
    ("auth", "link", "hint"),
    [
        ({"azure_ad_token_provider": "raises"}, "token provider", "the callable given as azure_ad_token_provider"),
        ({"api_key": "raises"}, "api-key", "the callable given as api_key"),
    ],
)
def test_the_users_own_callable_raises(auth: dict[str, str], link: str, hint: str, make: Make) -> None:
    def raises() -> str:
        raise LookupError("the safe is locked")

    with pytest.raises(CredentialError) as caught:
        make(**dict.fromkeys(auth, raises)).headers()
    message = str(caught.value)
    assert f"the {link} failed" in message
    assert "the safe is locked" in message
    assert hint in message
    assert str(caught.value.__cause__) == "LookupError: the safe is locked"


def test_an_async_credential_on_a_second_loop_fails_with_advice(make: Make) -> None:
    """What azure-identity's own async classes do: their connections belong to the loop that opened them."""

    class Bound:
        loop: asyncio.AbstractEventLoop | None = None

        async def get_token(self, *scopes: str) -> AccessToken:
            self.loop = self.loop or asyncio.get_running_loop()
            if self.loop.is_closed():
                raise RuntimeError("Event loop is closed")
            return AccessToken("token-1234567", 0)

    authenticator = make(credential=Bound())
    asyncio.run(authenticator.aheaders())
    with pytest.raises(CredentialError, match=r"Event loop is closed\nAn async credential keeps its connections"):
        asyncio.run(authenticator.aheaders())


def test_even_an_exit_reaches_whoever_waits(make: Make) -> None:
    def leaves() -> str:
        raise SystemExit("bye")

    with pytest.raises(CredentialError, match="SystemExit: bye"):
        make(azure_ad_token_provider=leaves).headers()


def test_the_whole_story_is_in_the_debug_log(
    entra: EntraID, via_entra: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="azure_connector"):
        authenticator = via_entra(**wrong_secret(entra, tmp_path), use_managed_identity=True)
        with pytest.raises(CredentialError):
            authenticator.headers()
        good = via_entra(entra.register_app(secret=SECRET), client_secret=SecretStr(SECRET))
        good.headers()
    story = caplog.text
    assert "api-key: not configured, set AZURE_OPENAI_API_KEY" in story
    assert "managed identity: passed over" in story
    assert "The client secret gave no credential after" in story
    assert "AADSTS7000215" in story
    assert "The client secret gave a credential in" in story
    assert "expires at 20" in story


def test_explaining_what_msal_hides() -> None:
    """MSAL answers an unknown tenant with a sentence of its own; Entra's reply is one exception further back."""
    reply = ValueError('OIDC Discovery failed. Error: {"error_description": "AADSTS90002: Tenant \'t\' not found."}')
    error = ValueError("Unable to get authority configuration")
    error.__context__ = reply
    failure = explain(error)
    assert failure.code == "AADSTS90002"
    assert failure.text == "AADSTS90002: Tenant 't' not found."
    # A chain of causes that bites its tail.
    reply.__context__ = error
    assert explain(error).code == "AADSTS90002"


def test_every_code_has_a_remedy_that_can_be_filled_in() -> None:
    from azure_connector.auth._entra_codes import REMEDIES

    for code in REMEDIES:
        text = credential_hint("client secret", "", code, AuthSettings(client_id="1234"))
        assert text
        assert "{" not in text.replace("{name:name, tenant:tenantId}", "")
