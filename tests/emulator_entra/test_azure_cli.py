"""azure-identity's AzureCliCredential and the stand-in `az` on PATH."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import AzureCliCredential, CredentialUnavailableError, aio

from azure_connector.emulator.entra import EntraID

SCOPE = "https://cognitiveservices.azure.com/.default"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")


def set_environment(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_sync(entra: EntraID, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, entra.environment("cli"))
    before = int(time.time())
    token = AzureCliCredential().get_token(SCOPE)
    assert entra.verifier()(token.token) is None
    assert before <= token.expires_on - 3600 <= time.time()
    assert len(entra.token_requests) == 1


async def test_async(entra: EntraID, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, entra.environment("cli"))
    async with aio.AzureCliCredential() as credential:
        tokens = await asyncio.gather(
            credential.get_token(SCOPE), credential.get_token(SCOPE, tenant_id=entra.tenant_id)
        )
    assert [entra.verifier()(token.token) for token in tokens] == [None, None]


def test_logged_out(entra: EntraID, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, entra.cli_environment(state="logged_out"))
    with pytest.raises(CredentialUnavailableError, match="Please run 'az login'"):
        AzureCliCredential().get_token(SCOPE)


def test_an_expired_login(entra: EntraID, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, entra.environment("cli", expired=True))
    with pytest.raises(ClientAuthenticationError, match="AADSTS700082"):
        AzureCliCredential().get_token(SCOPE)


def test_entras_refusal_comes_through(entra: EntraID, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, entra.environment("cli"))
    with pytest.raises(ClientAuthenticationError, match="AADSTS500011"):
        AzureCliCredential().get_token("https://unknown.example/.default")


def test_a_slow_cli_meets_the_timeout(entra: EntraID, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, entra.cli_environment(delay=30.0))
    with pytest.raises(CredentialUnavailableError, match="Failed to invoke the Azure CLI"):
        AzureCliCredential(process_timeout=1).get_token(SCOPE)


def test_the_stand_in_is_found_first_and_private(entra: EntraID, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, entra.environment("cli"))
    found = shutil.which("az")
    assert found is not None
    assert found.startswith(str(entra.files))
    from pathlib import Path

    assert {path.stat().st_mode & 0o077 for path in Path(found).parent.iterdir()} == {0}
