"""docs/coming-from/agent-sdk.md: its alias module, and programs that were written for the module it stands for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from azure_connector.emulator import Deployment, Emulator
from azure_connector.emulator.entra import EntraID
from azure_connector.emulator.entra.environments import environment
from azure_connector.emulator.gateway import Gateway
from tests.docs.blocks import ROOT, blocks_of
from tests.docs.test_blocks import compare

PAGE = ROOT / "docs" / "coming-from" / "agent-sdk.md"
BLOCKS = [block for block in blocks_of(PAGE) if block.language == "python"]


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Gateway]:
    """The environment of the page's reader, with the alias module of its first block."""
    with (
        EntraID() as entra,
        Emulator([Deployment("gpt-4", "gpt-4o"), "gpt-4o"], entra=entra, keys_disabled=True) as resource,
        Gateway(resource, verify_bearer=entra.verifier()) as gateway,
    ):
        known = environment(entra, "client_secret")
        for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_AUTHORITY_HOST"):
            monkeypatch.setenv(name, known[name])
        monkeypatch.setenv("AZURE_CONNECTOR_DISABLE_INSTANCE_DISCOVERY", "true")
        monkeypatch.setenv("AZURE_CONNECTOR_CA_BUNDLE", str(entra.ca_file))
        monkeypatch.setenv("AZURE_APIM_ENDPOINT", gateway.endpoint)
        monkeypatch.setenv("AZURE_APIM_SUBSCRIPTION_KEY", gateway.subscription_key)
        (tmp_path / "claude_agent_sdk.py").write_text(BLOCKS[0].text, encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "claude_agent_sdk", raising=False)
        yield gateway
        sys.modules.pop("claude_agent_sdk", None)


def test_the_alias_module_has_two_lines() -> None:
    assert len(BLOCKS[0].text.splitlines()) == 2


def test_every_block_runs_as_a_program_would(gateway: Gateway, capsys: Any) -> None:
    names: dict[str, Any] = {"__name__": "page"}
    for block in BLOCKS[1:]:
        exec(compile(block.text, str(block), "exec"), names)
        captured = capsys.readouterr()
        compare(block, captured.out + captured.err)
    assert len(gateway.requests) == 3


def test_one_client_and_one_token_serve_programs_that_make_their_options_anew(gateway: Gateway, capsys: Any) -> None:
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(BLOCKS[1].text, "page", "exec"), names)
    for _ in range(2):  # each of them in an event loop of its own
        names["anyio"].run(names["main"])
    assert len({request.headers["authorization"] for request in gateway.requests}) == 1
    assert len(gateway.requests) == 3
