"""Settings and clients in other processes: everything travels that is no secret, with its origin."""

from __future__ import annotations

import asyncio
import multiprocessing
import multiprocessing.forkserver
import pickle
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openai
import pytest
from pydantic import SecretStr

import azure_connector as ac
from azure_connector.emulator import Emulator

KEY = "c4nary-key-1234567"
MINE = "https://mine.openai.azure.com"
GATEWAY = "https://gateway.example"
ASK: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}


def ask(client: Any) -> str:
    """What a worker does with the client that it is given."""
    if isinstance(client, ac.AzureConnector):
        with client:
            return str(client.chat.completions.create(**ASK).choices[0].message.content)

    async def main() -> str:
        async with client:
            return str((await client.chat.completions.create(**ASK)).choices[0].message.content)

    return asyncio.run(main())


def facts(settings: ac.ConnectorSettings) -> tuple[dict[str, str], dict[str, str], str]:
    """What a worker sees of settings."""
    return dict(settings.origins), dict(settings.trust), repr(settings)


def provider() -> str:
    """A token provider that another process can import."""
    return "c4nary-token-1234567"


@pytest.fixture
def new_fork_server() -> None:
    """A server's workers have the environment in which it began, and another test may have begun it: 3.14's default."""
    stop: Any = multiprocessing.forkserver._forkserver._stop
    stop()


@pytest.mark.usefixtures("new_fork_server")
@pytest.mark.parametrize("start", ["spawn", "forkserver", "fork"])
def test_a_client_is_an_argument_of_a_process_pool(start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator(api_key=KEY) as azure:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", azure.endpoint)
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
        context = multiprocessing.get_context(start)
        with ProcessPoolExecutor(1, mp_context=context) as pool:  # one for both: its process imports everything
            for kind in (ac.AzureConnector, ac.AsyncAzureConnector):
                _travels(kind, pool)


def _travels(kind: type[Any], pool: ProcessPoolExecutor) -> None:
    client = kind(deployment_mapping={"gpt-5": "gpt-4o"}, timeout=33.0, max_retries=1, default_query={"a": "b"})
    assert b"c4nary" not in pickle.dumps(client)
    assert pool.submit(ask, client).result(60)
    assert pool.submit(facts, client.settings).result(60) == facts(client.settings)
    back = pickle.loads(pickle.dumps(client))
    assert (type(back), back.timeout, back.max_retries) == (kind, 33.0, 1)
    assert dict(back.custom_query) == {"a": "b"}
    for made in (client, back):
        made.close() if kind is ac.AzureConnector else asyncio.run(made.close())


PASSED = {
    "api_key": KEY,
    "azure_ad_token": "c4nary-token-1234567",
    "azure_ad_token_provider": lambda: "c4nary",
    "credential": SimpleNamespace(get_token=str),
    "client_secret": "c4nary-secret",
    "apim_subscription_key": "c4nary-subscription",
    "default_headers": {"X-Key": "c4nary"},
    "proxy": "http://me:c4nary@127.0.0.1:9",
    "redis_url": "redis://:c4nary@127.0.0.1:9",
    "client_certificate_password": "c4nary-password",
}


@pytest.mark.parametrize("setting", PASSED)
def test_a_secret_that_was_passed_is_refused(setting: str) -> None:
    settings = ac.ConnectorSettings(azure_endpoint=MINE, **{setting: PASSED[setting]})
    with pytest.raises(ac.ConfigurationError, match=setting) as caught:
        pickle.dumps(settings)
    assert isinstance(caught.value, TypeError)  # what `pickle` says of what it cannot take
    said = str(caught.value)
    assert "c4nary" not in said
    assert "AZURE_" in said or "use_managed_identity" in said  # what to do instead
    assert type(pickle.loads(pickle.dumps(caught.value))) is type(caught.value)


def test_a_named_resource_s_secret_that_was_passed_is_refused() -> None:
    resources = {"west": {"azure_endpoint": MINE, "api_key": KEY}}
    with pytest.raises(TypeError, match=r"resources\.west\.api_key"):
        pickle.dumps(ac.ConnectorSettings(azure_endpoint=MINE, resources=resources))


def test_what_is_no_secret_travels() -> None:
    settings = ac.ConnectorSettings(
        azure_endpoint=MINE,
        azure_ad_token_provider=provider,
        proxy="http://127.0.0.1:9",
        resources={"west": {"azure_endpoint": "https://west.openai.azure.com", "use_managed_identity": True}},
        deployment_mapping={"gpt-4o": ["a", "b@west"]},
    )
    back = pickle.loads(pickle.dumps(settings))
    assert facts(back) == facts(settings)
    assert back.azure_ad_token_provider is provider
    assert back.resource_map()["west"].auth.use_managed_identity


@pytest.mark.parametrize(
    "made",
    [
        {"default_headers": {"X-Key": "c4nary"}},
        {"default_query": {"subscription-key": "c4nary"}},
        {"http_client": openai.DefaultHttpxClient()},
    ],
    ids=lambda made: next(iter(made)),
)
def test_what_a_client_was_passed_beside_its_settings(made: dict[str, Any]) -> None:
    with ac.AzureConnector(azure_endpoint=MINE, use_managed_identity=True, **made) as client:
        with pytest.raises(TypeError, match="cannot be pickled") as caught:
            pickle.dumps(client)
        assert "c4nary" not in str(caught.value)


def secret(settings: ac.ConnectorSettings) -> object:
    return settings.api_key.get_secret_value() if isinstance(settings.api_key, SecretStr) else settings.api_key


@pytest.mark.parametrize("source", ["environment", "named file", "found file", "reference", "found .env"])
def test_a_secret_is_read_where_it_stands_over_there(
    source: str, bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml, dotenv, more = bare_machine / "azure_connector.toml", bare_machine / ".env", {}
    monkeypatch.setenv("AZURE_OPENAI_WEST_KEY", "c4nary-first-12")
    if source == "environment":
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", "c4nary-first-12")
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", MINE)
    elif source == "found .env":
        dotenv.write_text(f"AZURE_OPENAI_ENDPOINT={MINE}\nAZURE_OPENAI_API_KEY=c4nary-first-12\n", encoding="utf-8")
    else:
        text = "${AZURE_OPENAI_WEST_KEY}" if source == "reference" else "c4nary-first-12"
        toml.write_text(f'azure_endpoint = "{MINE}"\napi_key = "{text}"', encoding="utf-8")
        more = {"config_file": toml} if source == "named file" else {}
    settings = ac.ConnectorSettings(**more)
    pickled = pickle.dumps(settings)
    assert b"c4nary" not in pickled
    monkeypatch.chdir("/")  # the files are found by their whole path
    for path in (toml, dotenv):
        if path.is_file():
            path.write_text(path.read_text(encoding="utf-8").replace("first", "second"), encoding="utf-8")
    for name in ("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_WEST_KEY"):
        monkeypatch.setenv(name, "c4nary-second-12")
    back = pickle.loads(pickled)
    assert secret(back) == "c4nary-second-12"
    assert facts(back) == facts(settings)


def test_a_secret_that_stands_nowhere_over_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", MINE)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    pickled = pickle.dumps(ac.ConnectorSettings())
    monkeypatch.delenv("AZURE_OPENAI_API_KEY")
    with pytest.raises(ac.ConfigurationError, match=r"api_key \(environment AZURE_OPENAI_API_KEY\)"):
        pickle.loads(pickled)


def test_a_found_endpoint_does_not_become_an_argument(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (bare_machine / "azure_connector.toml").write_text(
        f'azure_endpoint = "{GATEWAY}"\napi_key = "theirs-1234567"', encoding="utf-8"
    )
    back = pickle.loads(pickle.dumps(ac.ConnectorSettings()))
    assert back.trust["azure_endpoint"] == "found"
    with pytest.raises(ac.ConfigurationError, match="found, not named"):
        back.derived(api_key=KEY)


def test_a_found_file_that_changed_meanwhile_gets_no_more_than_before(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml = bare_machine / "azure_connector.toml"
    toml.write_text(f'azure_endpoint = "{GATEWAY}"\napi_key = "theirs-1234567"', encoding="utf-8")
    pickled = pickle.dumps(ac.ConnectorSettings())
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    toml.write_text(f'azure_endpoint = "{GATEWAY}"\napi_key = "${{AWS_SECRET_ACCESS_KEY}}"', encoding="utf-8")
    with pytest.raises(ac.ConfigurationError) as caught:
        pickle.loads(pickled)
    assert "c4nary" not in str(caught.value)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    toml.write_text(f'azure_endpoint = "{GATEWAY}"\napi_key = "${{AZURE_OPENAI_API_KEY}}"', encoding="utf-8")
    with pytest.raises(ac.ConfigurationError):
        pickle.loads(pickled)
