"""Every Python block of docs/authentication.md runs, in the environment that its comment names."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from azure_connector.auth._chain import METHODS
from azure_connector.auth._entra_codes import REMEDIES
from azure_connector.emulator import Emulator
from azure_connector.emulator.entra import EntraID
from azure_connector.emulator.entra.environments import cli_environment, environment
from azure_connector.emulator.entra.identity import ManagedIdentityServer
from azure_connector.emulator.gateway import Gateway
from azure_connector.settings import CONFIG_VARIABLE, ENV_FILE_VARIABLE, ENVIRONMENT

PAGE = Path(__file__).parents[2] / "docs" / "authentication.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"<!-- environment: (\w+) -->\n```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def azure(entra: EntraID) -> Iterator[Emulator]:
    with Emulator(entra=entra) as running:
        yield running


@pytest.fixture
def prepare(
    entra: EntraID, azure: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[[str], None]]:
    with ExitStack() as servers:

        def variables(kind: str) -> dict[str, str]:
            if kind == "managed_identity":
                return servers.enter_context(ManagedIdentityServer(entra)).environment("imds")
            if kind == "gateway":
                gateway = servers.enter_context(Gateway(azure, header="X-Gateway-Key"))
                return cli_environment(entra) | {
                    "AZURE_APIM_ENDPOINT": gateway.endpoint,
                    "AZURE_APIM_SUBSCRIPTION_KEY": gateway.subscription_key,
                }
            if kind == "key_file":
                (tmp_path / "key").write_text(azure.api_key + "\n")
                return {"OPENAI_KEY_FILE": str(tmp_path / "key")}
            if kind == "wrong_secret":
                return environment(entra, "client_secret") | {"AZURE_CLIENT_SECRET": "wrong-secret"}
            return environment(entra, kind)  # type: ignore[arg-type]  # a test fails on a word that is none

        def setup(kind: str) -> None:
            monkeypatch.chdir(tmp_path)
            monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", azure.endpoint)
            monkeypatch.setenv("AZURE_AUTHORITY_HOST", entra.authority_host)
            monkeypatch.setenv("AZURE_CONNECTOR_DISABLE_INSTANCE_DISCOVERY", "true")
            monkeypatch.setenv("AZURE_CONNECTOR_CA_BUNDLE", str(entra.ca_file))
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(entra.ca_file))
            for name, value in variables(kind).items():
                monkeypatch.setenv(name, value)

        yield setup


@pytest.mark.parametrize("number", range(len(BLOCKS)), ids=[kind for kind, _ in BLOCKS])
def test_a_block_runs(
    number: int, prepare: Callable[[str], None], azure: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    kind, source = BLOCKS[number]
    prepare(kind)
    names: dict[str, object] = {"__name__": "page"}
    exec(compile(source, str(PAGE), "exec"), names)
    main = names.get("main")
    if callable(main):
        asyncio.run(main())
    shown = capsys.readouterr().out
    if kind == "wrong_secret":
        assert "AADSTS7000215" in shown
        assert not list(azure.requests)
    else:
        assert list(azure.requests)
        assert {seen.status for seen in azure.requests} == {200}


def test_no_block_is_left_out() -> None:
    assert len(BLOCKS) == TEXT.count("```python")
    assert len(BLOCKS) >= 8


def test_the_page_names_what_there_is() -> None:
    known = {name for names in ENVIRONMENT.values() for name in names}
    named = set(re.findall(r"\b(?:AZURE|OPENAI)_[A-Z_]+\b", TEXT))
    assert named - known <= {
        "OPENAI_KEY_FILE",
        "AZURE_CONNECTOR_",
        "AZURE_OPENAI_",
        CONFIG_VARIABLE,
        ENV_FILE_VARIABLE,
    }
    assert set(re.findall(r"AADSTS\d+", TEXT)) <= set(REMEDIES)
    assert len(re.findall(r"^\| \d+ \|", TEXT, re.MULTILINE)) == len(METHODS)
