"""An API key in Key Vault, read with the Azure SDK's own client."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure import identity
from azure.identity import aio
from pydantic import SecretStr

from azure_connector import ConfigurationError, CredentialError
from azure_connector.auth import Authenticator
from azure_connector.auth._key_vault import parse_secret_url
from azure_connector.emulator.entra import EntraID
from azure_connector.emulator.entra.environments import cli_environment
from azure_connector.emulator.entra.vault import KeyVaultServer

Make = Callable[..., Authenticator]
SECRET = "s3cret-value"


@pytest.fixture
def vault(entra: EntraID) -> Iterator[KeyVaultServer]:
    with KeyVaultServer(entra, openai_key="key-1234567") as running:
        yield running


def service_principal(entra: EntraID) -> dict[str, Any]:
    return {"app": entra.register_app(secret=SECRET), "client_secret": SecretStr(SECRET)}


async def test_the_key_is_read_once_and_again_when_it_is_refused(
    entra: EntraID, vault: KeyVaultServer, via_entra: Make
) -> None:
    authenticator = via_entra(**service_principal(entra), key_vault_secret=vault.address("openai-key"))
    assert authenticator.kind == "key vault"
    sent = await authenticator.aheaders()
    assert dict(sent) == {"api-key": "key-1234567"}
    asked = len(vault.requests)
    assert dict(authenticator.headers()) == {"api-key": "key-1234567"}
    assert len(vault.requests) == asked
    # The same key again: no use in sending it.
    assert not await authenticator.arefused(401, None, "Access denied due to invalid subscription key", sent)
    vault.set("openai-key", "key-7654321")
    later = via_entra(**service_principal(entra), key_vault_secret=vault.address("openai-key", 1))
    old = later.headers()
    assert dict(old) == {"api-key": "key-1234567"}


def test_a_rotated_key(entra: EntraID, vault: KeyVaultServer, via_entra: Make) -> None:
    authenticator = via_entra(**service_principal(entra), key_vault_secret=vault.address("openai-key"))
    sent = authenticator.headers()
    vault.set("openai-key", "key-7654321")
    assert authenticator.refused(401, None, "", sent)
    assert dict(authenticator.headers()) == {"api-key": "key-7654321"}


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_the_users_credential_opens_the_vault(
    asynchronous: bool, entra: EntraID, vault: KeyVaultServer, via_entra: Make
) -> None:
    app = entra.register_app(secret=SECRET)
    kind = aio if asynchronous else identity
    credential = kind.ClientSecretCredential(app.tenant_id, app.client_id, SECRET, **entra.credential_options())
    authenticator = via_entra(credential=credential, key_vault_secret=vault.address("openai-key"))
    assert dict(await authenticator.aheaders()) == {"api-key": "key-1234567"}
    if asynchronous:
        import asyncio

        closing = asyncio.run_coroutine_threadsafe(credential.close(), authenticator._loop.get())
        await asyncio.wrap_future(closing)
    else:
        # It is not ours to close.
        await authenticator.aclose()
        assert credential.get_token("https://vault.azure.net/.default").token
        credential.close()


def test_otherwise_the_default_credential_does(
    entra: EntraID, vault: KeyVaultServer, via_entra: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", cli_environment(entra)["PATH"])
    authenticator = via_entra(key_vault_secret=vault.address("openai-key"))
    assert dict(authenticator.headers()) == {"api-key": "key-1234567"}


def test_keys_switched_off_fall_through_from_the_vault_too(
    entra: EntraID, vault: KeyVaultServer, via_entra: Make
) -> None:
    authenticator = via_entra(**service_principal(entra), key_vault_secret=vault.address("openai-key"))
    assert authenticator.refused(403, "AuthenticationTypeDisabled", "", authenticator.headers())
    assert authenticator.kind == "client secret"
    assert entra.verifier()(authenticator.headers()["Authorization"].removeprefix("Bearer ")) is None


@pytest.mark.parametrize(
    ("prepare", "parts"),
    [
        (
            lambda entra, vault: {"key_vault_secret": vault.address("none")},
            ["SecretNotFound", "az keyvault secret show"],
        ),
        (
            lambda entra, vault: {"app": entra.register_app(secret=SECRET, roles=["other"])},
            ["not authorized", "Key Vault Secrets User"],
        ),
        (lambda entra, vault: {"client_secret": SecretStr("wrong-secret")}, ["AADSTS7000215", "AZURE_CLIENT_SECRET"]),
    ],
    ids=["no such secret", "no role", "wrong client secret"],
)
def test_what_can_go_wrong(
    prepare: Callable[[EntraID, KeyVaultServer], dict[str, Any]],
    parts: list[str],
    entra: EntraID,
    vault: KeyVaultServer,
    via_entra: Make,
) -> None:
    settings = service_principal(entra) | {"key_vault_secret": vault.address("openai-key")} | prepare(entra, vault)
    with pytest.raises(CredentialError) as caught:
        via_entra(**settings).headers()
    for part in ("the key vault", *parts):
        assert part in str(caught.value)


def test_an_empty_secret(entra: EntraID, vault: KeyVaultServer, via_entra: Make) -> None:
    vault.set("openai-key", " ")
    with pytest.raises(CredentialError, match=r"the secret 'openai-key' .* is empty"):
        via_entra(**service_principal(entra), key_vault_secret=vault.address("openai-key")).headers()


def test_the_extra_is_not_installed(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.keyvault.secrets", None)
    authenticator = make(key_vault_secret="https://v.vault.azure.net/secrets/name")
    with pytest.raises(CredentialError, match=r'pip install "\.\[keyvault\]"'):
        authenticator.headers()


@pytest.mark.parametrize(
    ("url", "parsed"),
    [
        ("https://v.vault.azure.net/secrets/name", ("https://v.vault.azure.net", "name", None)),
        (" https://v.vault.azure.net/secrets/name/ ", ("https://v.vault.azure.net", "name", None)),
        ("https://v.vault.azure.cn/secrets/name/abc", ("https://v.vault.azure.cn", "name", "abc")),
        ("https://localhost:8443/secrets/name", ("https://localhost:8443", "name", None)),
    ],
)
def test_the_secrets_address(url: str, parsed: tuple[str, str, str | None]) -> None:
    assert parse_secret_url(url) == parsed


@pytest.mark.parametrize(
    "url",
    [
        "name", "http://v.vault.azure.net/secrets/name", "https:///secrets/name", "https://v.vault.azure.net/keys/name",
        "https://v.vault.azure.net/secrets", "https://u:p@v.vault.azure.net/secrets/name", "https://[v/secrets/name",
        "https://v.vault.azure.net/secrets/a/b/c", "https://v.vault.azure.net/secrets/name?x=y",
    ],
)  # fmt: skip
def test_no_secrets_address(url: str, make: Make) -> None:
    with pytest.raises(ConfigurationError, match="key_vault_secret") as caught:
        make(key_vault_secret=url)
    assert "https://VAULT.vault.azure.net/secrets/NAME" in str(caught.value)
