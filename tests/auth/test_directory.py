"""The attacks of a cloned repository, over real sockets: what lies in the directory receives nothing of the user's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from azure_connector import AsyncAzureConnector, AzureConnector, ConfigurationError
from azure_connector.emulator import Emulator
from tests.support.programs import Launcher

KEY = "c4nary-key-1234567"
PROMPT = "c4nary prompt"
MESSAGES: Any = [{"role": "user", "content": PROMPT}]


@pytest.fixture
def evil() -> Iterator[Emulator]:
    """The attacker's host, which takes every key and notes what it is sent."""
    with Emulator(api_key="theirs-1234567") as emulator:
        yield emulator


ATTACKS = {
    "an endpoint in TOML": ('azure_endpoint = "{url}"', "", {"AZURE_OPENAI_API_KEY": KEY}),
    "the same over the environment's": (
        'azure_endpoint = "{url}"',
        "",
        {"AZURE_OPENAI_API_KEY": KEY, "AZURE_OPENAI_ENDPOINT": "https://mine.openai.azure.com"},
    ),
    "an endpoint in .env": ("", "AZURE_OPENAI_ENDPOINT={url}", {"AZURE_OPENAI_API_KEY": KEY}),
    "another name for it": ("", "AZURE_API_BASE={url}", {"AZURE_OPENAI_API_KEY": KEY}),
    "a token": ('azure_endpoint = "{url}"', "", {"AZURE_OPENAI_AD_TOKEN": KEY}),
    "gateway headers": (
        'azure_endpoint = "{url}"\napi_key = "theirs-1234567"',
        "",
        {"AZURE_CONNECTOR_DEFAULT_HEADERS": '{"X-Gateway": "c4nary"}'},
    ),
    "a subscription key": (
        'azure_endpoint = "{url}"\napi_key = "theirs-1234567"',
        "",
        {"AZURE_APIM_SUBSCRIPTION_KEY": KEY},
    ),
    "any variable": (
        'azure_endpoint = "{url}"\napi_key = "${{AWS_SECRET_ACCESS_KEY}}"',
        "",
        {"AWS_SECRET_ACCESS_KEY": KEY},
    ),
    "one of ours": (
        'azure_endpoint = "{url}"\napi_key = "${{AZURE_OPENAI_API_KEY}}"',
        "",
        {"AZURE_OPENAI_API_KEY": KEY},
    ),
    "another application's table": (
        '[[providers]]\nname = "azure-openai"\n[providers.config]\nazure_endpoint = "{url}"',
        "",
        {"AZURE_OPENAI_API_KEY": KEY},
    ),
    "a named resource as the default": (
        '[resources.a]\nazure_endpoint = "{url}"\napi_key = "${{AZURE_OPENAI_API_KEY}}"',
        "",
        {"AZURE_OPENAI_API_KEY": KEY},
    ),
    "a mapping to a named resource": (
        'deployment_mapping = {{ "gpt-4o" = "gpt-4o@a" }}\n[resources.a]\nazure_endpoint = "{url}"',
        "",
        {"AZURE_OPENAI_ENDPOINT": "https://mine.openai.azure.com", "AZURE_OPENAI_AD_TOKEN": KEY},
    ),
    "a proxy in TOML": (
        'proxy = "{url}"',
        "",
        {"AZURE_OPENAI_ENDPOINT": "http://127.0.0.1:9", "AZURE_OPENAI_API_KEY": KEY},
    ),
    "a proxy in .env": (
        "",
        "AZURE_CONNECTOR_PROXY={url}",
        {"AZURE_OPENAI_ENDPOINT": "http://127.0.0.1:9", "AZURE_OPENAI_API_KEY": KEY},
    ),
    "an authority": (
        "",
        "AZURE_AUTHORITY_HOST={url}\nAZURE_CONNECTOR_DISABLE_INSTANCE_DISCOVERY=true",
        {
            "AZURE_OPENAI_ENDPOINT": "http://127.0.0.1:9",
            "AZURE_TENANT_ID": "t",
            "AZURE_CLIENT_ID": "c",
            "AZURE_CLIENT_SECRET": "c4nary-secret-1234567",
        },
    ),
    "a file of the user's as a federated token": (
        'azure_endpoint = "{url}"\nauthority_host = "{url}"\ntenant_id = "t"\nclient_id = "c"\n'
        'federated_token_file = "canary.txt"\ndisable_instance_discovery = true',
        "",
        {},
    ),
    "a vault of theirs": ('azure_endpoint = "{url}"\nkey_vault_secret = "https://127.0.0.1:9/secrets/s"', "", {}),
    "trusted hosts": (
        'azure_endpoint = "{url}"\ntrusted_hosts = ["127.0.0.1"]',
        "",
        {"AZURE_OPENAI_API_KEY": KEY},
    ),
    "another file": ("", "AZURE_CONNECTOR_CONFIG=other.toml", {"AZURE_OPENAI_API_KEY": KEY}),
    "another file of variables": ("", "AZURE_CONNECTOR_ENV_FILE=other.env", {"AZURE_OPENAI_API_KEY": KEY}),
    "a management plane": (
        'management_endpoint = "{url}"',
        "",
        {"AZURE_OPENAI_ENDPOINT": "http://127.0.0.1:9", "AZURE_OPENAI_API_KEY": KEY},
    ),
}


@pytest.fixture(params=ATTACKS.values(), ids=ATTACKS)
def attacked(
    request: pytest.FixtureRequest, evil: Emulator, bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> Emulator:
    toml, dotenv, environment = request.param
    (bare_machine / "canary.txt").write_text("c4nary-file", encoding="utf-8")
    (bare_machine / "other.toml").write_text(f'azure_endpoint = "{evil.endpoint}"', encoding="utf-8")
    (bare_machine / "other.env").write_text(f"AZURE_OPENAI_ENDPOINT={evil.endpoint}", encoding="utf-8")
    for name, text in (("azure_connector.toml", toml), (".env", dotenv)):
        if text:
            (bare_machine / name).write_text(text.format(url=evil.endpoint), encoding="utf-8")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return evil


async def test_nothing_reaches_it(attacked: Emulator, bare_machine: Path) -> None:
    with pytest.raises(ConfigurationError) as caught, AzureConnector() as client:
        client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    assert "c4nary" not in str(caught.value)
    with pytest.raises(ConfigurationError):
        async with AsyncAzureConnector() as client:
            await client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    with pytest.raises(openai.OpenAIError), AzureConnector(max_attempts=1) as client:
        client.discover()
    assert not list(attacked.requests)


def test_nothing_reaches_it_through_semantic_kernel(attacked: Emulator) -> None:
    pytest.importorskip("semantic_kernel")
    from semantic_kernel.exceptions.service_exceptions import ServiceInitializationError

    from sk_azure_plugin import AzureConnectorChatCompletion

    with pytest.raises(ServiceInitializationError):
        AzureConnectorChatCompletion(model="gpt-4o")
    assert not list(attacked.requests)


def test_nothing_reaches_it_through_litellm(attacked: Emulator) -> None:
    litellm = pytest.importorskip("litellm")

    import litellm_adapter

    litellm_adapter.register()
    with pytest.raises(openai.OpenAIError):
        litellm.completion(model="azure_connector/gpt-4o", messages=MESSAGES)
    assert not list(attacked.requests)


@pytest.mark.parametrize(
    "command", [["chat", PROMPT], ["doctor", "--call"], ["models"]], ids=lambda command: command[0]
)
def test_nothing_reaches_it_from_the_command_line(
    command: list[str], evil: Emulator, bare_machine: Path, launcher: Launcher
) -> None:
    (bare_machine / "azure_connector.toml").write_text(f'azure_endpoint = "{evil.endpoint}"', encoding="utf-8")
    done = launcher.run(*command, environment={"AZURE_OPENAI_API_KEY": KEY})
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "c4nary" not in said.replace(PROMPT, "")
    assert "AZURE_CONNECTOR_TRUSTED_HOSTS" in "".join(said.split())
    assert not list(evil.requests)


def test_the_ways_out_work(evil: Emulator, bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the error advises, typed."""
    toml = bare_machine / "azure_connector.toml"
    toml.write_text(f'azure_endpoint = "{evil.endpoint}"', encoding="utf-8")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "theirs-1234567")
    with pytest.raises(ConfigurationError) as caught:
        AzureConnector()
    hint = caught.value.hint
    for line in (
        f"AZURE_CONNECTOR_TRUSTED_HOSTS={evil.endpoint.removeprefix('http://')}",
        f"AZURE_OPENAI_ENDPOINT={evil.endpoint}",
        f"AZURE_CONNECTOR_CONFIG={toml}",
    ):
        assert line in hint
        name, _, value = line.partition("=")
        with monkeypatch.context() as patched:
            patched.setenv(name, value)
            with AzureConnector() as client:
                assert client.chat.completions.create(model="gpt-4o", messages=MESSAGES).choices
