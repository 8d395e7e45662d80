"""Every Python block of the pages about signing in runs, in the environment that its comment names."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from azure_connector import AzureConnector
from azure_connector.auth._chain import METHODS
from azure_connector.auth._entra_codes import REMEDIES
from azure_connector.emulator import Emulator
from azure_connector.emulator.entra import EntraID
from azure_connector.emulator.entra.environments import cli_environment, environment
from azure_connector.emulator.entra.identity import ManagedIdentityServer
from azure_connector.emulator.gateway import Gateway
from azure_connector.settings import CONFIG_VARIABLE, ENV_FILE_VARIABLE, ENVIRONMENT
from tests.docs.blocks import Block, blocks_of, compare

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "authentication.md"
TASKS = [
    DOCS / "tasks" / name for name in ("entra-laptop.md", "entra-container.md", "entra-ci.md", "api-management.md")
]
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = [(page, block) for page in (PAGE, *TASKS) for block in blocks_of(page) if "environment" in block.directives]


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
            if kind == "gateway_key":
                gateway = servers.enter_context(Gateway(azure, backend_key=azure.api_key))
                return {
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


@pytest.mark.parametrize(
    "block",
    [block for _, block in BLOCKS],
    ids=[f"{page.stem}-{number}" for number, (page, _) in enumerate(BLOCKS)],
)
def test_a_block_runs(
    block: Block, prepare: Callable[[str], None], azure: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = block.directives["environment"]
    prepare(kind)
    names: dict[str, object] = {"__name__": "page", "os": os, "AzureConnector": AzureConnector}
    exec(compile(block.text, str(block), "exec"), names)
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
        compare(block, shown)


def test_no_block_is_left_out() -> None:
    python = [block for page in (PAGE, *TASKS) for block in blocks_of(page) if block.language == "python"]
    assert [block for _, block in BLOCKS] == python
    assert len(BLOCKS) >= 12


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
