"""Whose a credential is, and where a directory's files may send it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from azure_connector import AccessTokenError, AzureConnector
from azure_connector.emulator import Emulator
from azure_connector.errors import ConfigurationError
from azure_connector.settings import ConnectorSettings
from azure_connector.settings._names import SETTINGS
from azure_connector.settings._trust import VAULT_SUFFIXES

MINE = "https://mine.openai.azure.com"
OTHER = "https://other.openai.azure.com"
GATEWAY = "https://gateway.example"
APIM = "https://anyone.azure-api.net"
LOCAL = "http://127.0.0.1:4000"
KEY = "c4nary-key-1234567"
CLIENT = {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "c4nary-secret-1234567"}


@dataclass
class Setup:
    """What lies around when settings are made."""

    env: dict[str, str] = field(default_factory=dict)
    toml: str = ""
    dotenv: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, Any] = field(default_factory=dict)
    named: bool = False

    def make(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> ConnectorSettings:
        for name, value in self.env.items():
            monkeypatch.setenv(name, value)
        toml, dotenv = directory / "azure_connector.toml", directory / ".env"
        if self.toml:
            toml.write_text(self.toml, encoding="utf-8")
        if self.dotenv:
            dotenv.write_text("".join(f"{name}={value}\n" for name, value in self.dotenv.items()), encoding="utf-8")
        files = {
            option: path
            for option, path in (("config_file", toml), ("env_file", dotenv))
            if self.named and path.is_file()
        }
        return ConnectorSettings(**files, **self.arguments)


GOOD = {
    "TOML in the repository, key in the environment": Setup(
        {"AZURE_OPENAI_API_KEY": KEY}, f'azure_endpoint = "{MINE}"'
    ),
    "the same with the sign-in": Setup(toml=f'azure_endpoint = "{MINE}"\nuse_default_credential = true'),
    "the same with the sign-in implied": Setup(toml=f'azure_endpoint = "{MINE}"'),
    "a key as an argument": Setup(toml=f'azure_endpoint = "{MINE}"', arguments={"api_key": KEY}),
    ".env with everything": Setup(dotenv={"AZURE_OPENAI_ENDPOINT": MINE, "AZURE_OPENAI_API_KEY": KEY, **CLIENT}),
    "Docker: the environment has everything": Setup({"AZURE_OPENAI_ENDPOINT": MINE, "AZURE_OPENAI_API_KEY": KEY}),
    "azd env get-values > .env, and a sign-in": Setup(dotenv={"AZURE_OPENAI_ENDPOINT": MINE, "AZURE_TENANT_ID": "t"}),
    "azd and API Management in one .env": Setup(
        dotenv={"AZURE_OPENAI_ENDPOINT": APIM, "AZURE_APIM_SUBSCRIPTION_KEY": KEY}
    ),
    "several resources": Setup(
        {"AZURE_OPENAI_WEST_KEY": KEY, "AZURE_OPENAI_API_KEY": "c4nary-other-1234567", "AZURE_OPENAI_ENDPOINT": MINE},
        f'[resources.west]\nazure_endpoint = "{OTHER}"\napi_key = "${{AZURE_OPENAI_WEST_KEY}}"',
    ),
    "several resources, one identity": Setup(
        CLIENT, f'azure_endpoint = "{MINE}"\n[resources.west]\nazure_endpoint = "{OTHER}"'
    ),
    "GitHub Actions, OpenID Connect": Setup(
        {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_FEDERATED_TOKEN_FILE": "/run/token"},
        f'azure_endpoint = "{MINE}"',
    ),
    "the emulator's pair in one .env": Setup(dotenv={"AZURE_OPENAI_ENDPOINT": LOCAL, "AZURE_OPENAI_API_KEY": KEY}),
    "the emulator's pair beside a sign-in": Setup(
        CLIENT, dotenv={"AZURE_OPENAI_ENDPOINT": LOCAL, "AZURE_OPENAI_API_KEY": KEY}
    ),
    "a gateway that the environment confirms": Setup(
        {"AZURE_OPENAI_API_KEY": KEY, "AZURE_CONNECTOR_TRUSTED_HOSTS": "gateway.example"},
        f'azure_endpoint = "{GATEWAY}"',
    ),
    "a gateway that the environment names": Setup(
        {"AZURE_OPENAI_API_KEY": KEY, "AZURE_OPENAI_ENDPOINT": GATEWAY}, f'azure_endpoint = "{GATEWAY}/v1"'
    ),
    "a gateway in a file that is named": Setup(
        {"AZURE_OPENAI_API_KEY": KEY}, f'azure_endpoint = "{GATEWAY}"\nproxy = "http://127.0.0.1:1"', named=True
    ),
    "a named file that asks for the environment's endpoint, beside another .env": Setup(
        {"AZURE_OPENAI_API_KEY": KEY, "AZURE_OPENAI_ENDPOINT": GATEWAY},
        'azure_endpoint = "${AZURE_OPENAI_ENDPOINT}"',
        {"AZURE_OPENAI_ENDPOINT": GATEWAY},
        named=True,
    ),
    "ordinary headers in the directory": Setup(
        {"AZURE_OPENAI_API_KEY": KEY}, f'azure_endpoint = "{MINE}"\ndefault_headers = {{ X-Team = "a" }}'
    ),
    "a reference to an endpoint in the environment": Setup(
        {"AZURE_OPENAI_API_KEY": KEY, "AZURE_OPENAI_WEST_ENDPOINT": GATEWAY},
        'azure_endpoint = "${AZURE_OPENAI_WEST_ENDPOINT}"',
    ),
    "the resource's other name": Setup(
        {"AZURE_OPENAI_ENDPOINT": "https://mine.cognitiveservices.azure.com", "AZURE_OPENAI_API_KEY": KEY},
        f'azure_endpoint = "{MINE}"',
    ),
    "an identity for whatever resource the repository names": Setup(
        {"AZURE_OPENAI_ENDPOINT": OTHER, **CLIENT}, f'azure_endpoint = "{MINE}"'
    ),
    "the key in .env, the endpoint in the environment": Setup(
        {"AZURE_OPENAI_ENDPOINT": GATEWAY}, dotenv={"AZURE_OPENAI_API_KEY": KEY}
    ),
    "a private cloud in the directory, with its own secret": Setup(
        dotenv={"AZURE_OPENAI_ENDPOINT": GATEWAY, "AZURE_AUTHORITY_HOST": "https://login.example", **CLIENT}
    ),
    "a sovereign cloud": Setup(
        CLIENT, 'azure_endpoint = "https://mine.openai.azure.us"\nauthority_host = "login.microsoftonline.us"'
    ),
    "a vault in the directory": Setup(
        toml=f'azure_endpoint = "{MINE}"\nkey_vault_secret = "https://v.vault.azure.net/secrets/s"'
    ),
    "a found value that a trusted one overrides": Setup(
        {"AZURE_OPENAI_ENDPOINT": MINE, "AZURE_OPENAI_API_KEY": KEY, "AZURE_CONNECTOR_PROXY": "http://127.0.0.1:1"},
        dotenv={"AZURE_CONNECTOR_PROXY": "http://127.0.0.1:2"},
    ),
    "other tools' names in .env": Setup(
        {"AZURE_OPENAI_ENDPOINT": MINE, "AZURE_OPENAI_API_KEY": KEY}, dotenv={"SSL_CERT_FILE": "/their/ca.pem"}
    ),
}


@pytest.mark.parametrize("setup", GOOD.values(), ids=GOOD)
def test_a_good_setup_works(setup: Setup, bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = setup.make(bare_machine, monkeypatch)
    assert settings.resource_map()
    assert settings.ca_bundle is None


BAD = {
    "a gateway in the directory, the user's key": Setup(
        {"AZURE_OPENAI_API_KEY": KEY, "AZURE_OPENAI_ENDPOINT": MINE}, f'azure_endpoint = "{GATEWAY}"'
    ),
    "API Management, where anyone owns a name": Setup({"AZURE_OPENAI_API_KEY": KEY}, f'azure_endpoint = "{APIM}"'),
    "a fork's gateway and the sign-in": Setup(toml=f'azure_endpoint = "{GATEWAY}"'),
    "a fork's gateway and a flag of its own": Setup(
        toml=f'azure_endpoint = "{GATEWAY}"\nuse_default_credential = true'
    ),
    "a fork's gateway and a client secret": Setup(CLIENT, f'azure_endpoint = "{GATEWAY}"'),
    "a fork's gateway and a key as an argument": Setup(
        toml=f'azure_endpoint = "{GATEWAY}"', arguments={"api_key": KEY}
    ),
    "a fork's gateway and the user's headers": Setup(
        {"AZURE_CONNECTOR_DEFAULT_HEADERS": '{"X-Key": "c4nary"}'},
        f'azure_endpoint = "{GATEWAY}"\napi_key = "theirs-12"',
    ),
    "a fork's gateway and the user's subscription key": Setup(
        {"AZURE_APIM_SUBSCRIPTION_KEY": KEY}, f'azure_endpoint = "{GATEWAY}"\napi_key = "theirs-1234"'
    ),
    "a fork's gateway and a vault": Setup(
        toml=f'azure_endpoint = "{GATEWAY}"\nkey_vault_secret = "https://v.vault.azure.net/secrets/s"'
    ),
    "loopback is anyone's, too": Setup({"AZURE_OPENAI_API_KEY": KEY}, dotenv={"AZURE_OPENAI_ENDPOINT": LOCAL}),
    "another resource, the user's key": Setup(
        {"AZURE_OPENAI_API_KEY": KEY, "AZURE_OPENAI_ENDPOINT": MINE}, f'azure_endpoint = "{OTHER}"'
    ),
    "another port of the user's host": Setup(
        {"AZURE_OPENAI_API_KEY": KEY, "AZURE_OPENAI_ENDPOINT": LOCAL}, 'azure_endpoint = "http://127.0.0.1:4001"'
    ),
    "another resource, the user's headers": Setup(
        {"AZURE_CONNECTOR_DEFAULT_HEADERS": '{"X-Key": "c4nary"}', "AZURE_OPENAI_ENDPOINT": MINE},
        f'azure_endpoint = "{OTHER}"\napi_key = "theirs-1234"',
    ),
    "a key by reference to a gateway": Setup(
        {"AZURE_OPENAI_API_KEY": KEY}, f'azure_endpoint = "{GATEWAY}"\napi_key = "${{AZURE_OPENAI_API_KEY}}"'
    ),
    "any variable by reference": Setup(
        {"AWS_SECRET_ACCESS_KEY": KEY}, f'azure_endpoint = "{MINE}"\napi_key = "${{AWS_SECRET_ACCESS_KEY}}"'
    ),
    "a secret where it would show": Setup(
        {"AZURE_OPENAI_API_KEY": KEY}, f'azure_endpoint = "{MINE}"\ndefault_model = "${{AZURE_OPENAI_API_KEY}}"'
    ),
    "a secret of another name where it would show": Setup(
        {"AZURE_OPENAI_WEST_KEY": KEY}, f'azure_endpoint = "{MINE}"\ndefault_deployment = "${{AZURE_OPENAI_WEST_KEY}}"'
    ),
    "a named resource that is a gateway inherits the identity": Setup(
        {"AZURE_OPENAI_ENDPOINT": MINE, **CLIENT}, f'[resources.west]\nazure_endpoint = "{GATEWAY}"'
    ),
    "a named resource that is a gateway refers to a key": Setup(
        {"AZURE_OPENAI_ENDPOINT": MINE, "AZURE_OPENAI_API_KEY": KEY},
        f'[resources.west]\nazure_endpoint = "{GATEWAY}"\napi_key = "${{AZURE_OPENAI_API_KEY}}"',
    ),
    "a named resource that is a gateway with the sign-in": Setup(
        {"AZURE_OPENAI_ENDPOINT": MINE, "AZURE_OPENAI_API_KEY": KEY}, f'[resources.west]\nazure_endpoint = "{GATEWAY}"'
    ),
    "a named resource with its own key beside the user's headers": Setup(
        {"AZURE_OPENAI_ENDPOINT": MINE, "AZURE_CONNECTOR_DEFAULT_HEADERS": '{"X-Key": "c4nary"}'},
        f'[resources.west]\nazure_endpoint = "{GATEWAY}"\napi_key = "theirs-1234"',
    ),
    "a stale pair in .env, the endpoint in the environment": Setup(
        {"AZURE_OPENAI_ENDPOINT": MINE}, dotenv={"AZURE_OPENAI_ENDPOINT": OTHER, "AZURE_OPENAI_API_KEY": KEY}
    ),
    "a stale pair in .env, the endpoint as an argument": Setup(
        dotenv={"AZURE_OPENAI_ENDPOINT": OTHER, "AZURE_OPENAI_API_KEY": KEY}, arguments={"azure_endpoint": MINE}
    ),
    "an authority of no known cloud, the user's secret": Setup(
        {"AZURE_OPENAI_ENDPOINT": MINE, **CLIENT}, dotenv={"AZURE_AUTHORITY_HOST": "https://login.example"}
    ),
    "an authority of no known cloud, half a secret": Setup(
        CLIENT, 'azure_endpoint = "https://mine.openai.azure.com"\nauthority_host = "https://login.example"'
    ),
    "an authority that only looks known": Setup(
        {"AZURE_OPENAI_ENDPOINT": MINE, **CLIENT},
        dotenv={"AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com.example"},
    ),
    "a scope of another service": Setup(
        CLIENT, f'azure_endpoint = "{MINE}"\nscope = "https://vault.azure.net/.default"'
    ),
    "no discovery of the authority": Setup(CLIENT, f'azure_endpoint = "{MINE}"\ndisable_instance_discovery = true'),
    "a named resource with an authority": Setup(
        {"AZURE_OPENAI_ENDPOINT": MINE, **CLIENT},
        f'[resources.west]\nazure_endpoint = "{OTHER}"\nauthority_host = "https://login.example"',
    ),
    "a vault on another host": Setup(
        toml=f'azure_endpoint = "{MINE}"\nkey_vault_secret = "https://vault.example/secrets/s"'
    ),
    "a vault that only looks like one": Setup(
        toml=f'azure_endpoint = "{MINE}"\nkey_vault_secret = "https://v.vault.azure.net.example/secrets/s"'
    ),
    "a header that decides where a request ends": Setup(
        {"AZURE_OPENAI_API_KEY": KEY, "AZURE_OPENAI_ENDPOINT": MINE}, 'default_headers = { Host = "theirs.example" }'
    ),
    "the same as the header of the subscription key": Setup(
        {"AZURE_APIM_SUBSCRIPTION_KEY": KEY, "AZURE_OPENAI_ENDPOINT": MINE}, 'apim_header = "Host"'
    ),
    "a named resource's file": Setup(
        {"AZURE_OPENAI_ENDPOINT": MINE, **CLIENT},
        f'[resources.west]\nazure_endpoint = "{OTHER}"\nfederated_token_file = "/etc/passwd"',
    ),
}


@pytest.mark.parametrize("setup", BAD.values(), ids=BAD)
def test_a_directory_sends_nothing_of_the_users_away(
    setup: Setup, bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        setup.make(bare_machine, monkeypatch)
    said = str(caught.value)
    assert "c4nary" not in said
    # It names the file, and at least one way out that can be typed.
    assert ".env" in said or "azure_connector.toml" in said
    assert "export AZURE_CONNECTOR_" in said


@pytest.mark.parametrize("setup", BAD.values(), ids=BAD)
def test_naming_the_files_is_a_way_out(setup: Setup, bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = Setup(setup.env, setup.toml, setup.dotenv, setup.arguments, named=True)
    assert setup.make(bare_machine, monkeypatch).resource_map()


ASKS_FOR = {
    "an endpoint": 'azure_endpoint = "${AZURE_OPENAI_ENDPOINT}"',
    "a named resource's": '[resources.west]\nazure_endpoint = "${AZURE_OPENAI_ENDPOINT}"',
    "a proxy": f'azure_endpoint = "{MINE}"\nproxy = "${{AZURE_OPENAI_ENDPOINT}}"',
    "trusted hosts": f'azure_endpoint = "{MINE}"\ntrusted_hosts = "${{AZURE_OPENAI_HOSTS}}"',
}


@pytest.mark.parametrize("toml", ASKS_FOR.values(), ids=ASKS_FOR)
def test_a_named_file_does_not_vouch_for_what_a_found_one_answers(
    toml: str, bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The TOML file is named and asks for a variable, which only the `.env` of the working directory has."""
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    named = bare_machine / "mine.toml"
    named.write_text(toml, encoding="utf-8")
    lines = f"AZURE_OPENAI_ENDPOINT={GATEWAY}\nAZURE_OPENAI_HOSTS=gateway.example\n"
    (bare_machine / ".env").write_text(lines, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"of \.env|\.env AZURE") as caught:
        ConnectorSettings(config_file=named)
    assert "c4nary" not in str(caught.value)
    # The way out: name that file, too.
    assert ConnectorSettings(config_file=named, env_file=bare_machine / ".env").resource_map()


VALUES = {
    "management_endpoint": "https://management.example",
    "client_certificate_path": "/their/cert.pem",
    "federated_token_file": "/etc/passwd",
    "redis_url": "redis://theirs.example",
    "trusted_hosts": "theirs.example",
    "allow_insecure_hosts": "theirs.example",
    "ca_bundle": "/their/ca.pem",
    "tls_client_certificate": "/their/tls.pem",
    "tls_client_key": "/their/key.pem",
    "proxy": "http://theirs.example:1",
}


def test_every_setting_that_a_found_file_may_not_have_is_tested() -> None:
    assert {name for name, setting in SETTINGS.items() if setting.found == "no"} == set(VALUES)


@pytest.mark.parametrize(("setting", "where"), list(itertools.product(VALUES, ["toml", "dotenv"])))
def test_what_a_found_file_may_not_set(
    setting: str, where: str, bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azure_connector.settings import ENVIRONMENT

    value, variable = VALUES[setting], ENVIRONMENT[setting][0]
    setup = Setup({"AZURE_OPENAI_ENDPOINT": MINE, "AZURE_OPENAI_API_KEY": KEY})
    if where == "toml":
        setup.toml = f'{setting} = ["{value}"]' if setting.endswith("_hosts") else f'{setting} = "{value}"'
    else:
        setup.dotenv[variable] = value
    with pytest.raises(ConfigurationError, match=f"sets {setting}, which a file that nobody named may not set"):
        setup.make(bare_machine, monkeypatch)
    # Where a trusted source overrides it, it is no error.
    setup.arguments = {setting: [value] if setting.endswith("_hosts") else value}
    setup.make(bare_machine, monkeypatch)


def test_a_credential_that_would_only_be_fallen_back_to_is_left_out(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = Setup(CLIENT, f'azure_endpoint = "{GATEWAY}"\napi_key = "theirs-1234"')
    auth = setup.make(bare_machine, monkeypatch).resource_map()["default"].auth
    assert auth.client_secret is None
    assert "environment AZURE_CLIENT_SECRET" in auth.set_aside["client_secret"]


def test_with_options_obeys_too(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Setup(toml=f'azure_endpoint = "{GATEWAY}"\napi_key = "theirs-1234"').make(bare_machine, monkeypatch)
    with pytest.raises(ConfigurationError, match="found, not named"):
        settings.derived(api_key=KEY)
    assert settings.derived(api_key=KEY, azure_endpoint=GATEWAY).api_key


@pytest.mark.parametrize("suffix", VAULT_SUFFIXES)
def test_vaults_of_every_cloud(suffix: str, bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toml = f'azure_endpoint = "{MINE}"\nkey_vault_secret = "https://v.{suffix}/secrets/s"'
    assert Setup(toml=toml).make(bare_machine, monkeypatch).key_vault_secret


def test_what_is_overridden_or_left_unread_is_told(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = Setup(
        {"AZURE_OPENAI_ENDPOINT": OTHER, **CLIENT},
        f'azure_endpoint = "{MINE}"',
        {"REQUESTS_CA_BUNDLE": "/their/ca.pem"},
    )
    settings = setup.make(bare_machine, monkeypatch)
    assert settings.remarks == (
        ".env REQUESTS_CA_BUNDLE is not read: nobody named that file",
        "environment AZURE_OPENAI_ENDPOINT is set, and overridden by azure_endpoint in azure_connector.toml, "
        "which nobody named",
    )
    assert (settings.trust["azure_endpoint"], settings.trust["client_secret"]) == ("found", "trusted")
    assert "proxy" not in settings.trust


def test_what_a_found_file_tried_to_set_is_told(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = Setup(
        {"AZURE_OPENAI_ENDPOINT": MINE, "AZURE_OPENAI_API_KEY": KEY, "AZURE_CONNECTOR_PROXY": "http://127.0.0.1:1"},
        dotenv={"AZURE_CONNECTOR_PROXY": "http://127.0.0.1:2"},
    )
    assert setup.make(bare_machine, monkeypatch).remarks == (
        ".env AZURE_CONNECTOR_PROXY sets proxy, which a file that nobody named may not set; "
        "environment AZURE_CONNECTOR_PROXY is used",
    )


@pytest.mark.parametrize("other", [OTHER, MINE])
def test_a_401_says_that_the_environment_names_another_resource(other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", other)
    with Emulator() as azure, AzureConnector(azure_endpoint=azure.endpoint, api_key="wrong-1234567") as client:
        with pytest.raises(AccessTokenError) as caught:
            client.models.list()
        assert "environment AZURE_OPENAI_ENDPOINT names another resource" in caught.value.hint
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", f"{azure.endpoint}/openai/v1/")
        with AzureConnector(azure_endpoint=azure.endpoint, api_key="wrong-1234567") as same:
            with pytest.raises(AccessTokenError) as again:
                same.models.list()
            assert "another resource" not in again.value.hint


def test_an_argument_over_another_resource_of_the_environment_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", OTHER)
    settings = ConnectorSettings(azure_endpoint=MINE)
    assert settings.remarks == (
        "environment AZURE_OPENAI_ENDPOINT names another resource than the endpoint in use (argument)",
    )
