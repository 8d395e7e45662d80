"""docs/coming-from/ai-sdk.md: its alias module, and programs that were written for the module it stands for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from azure_connector.emulator import Emulator
from tests.docs.blocks import ROOT, blocks_of
from tests.docs.test_blocks import compare

PAGE = ROOT / "docs" / "coming-from" / "ai-sdk.md"
BLOCKS = [block for block in blocks_of(PAGE) if block.language == "python"]


def test_every_block_runs_as_a_program_would(
    bare_machine: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / "ai_sdk.py").write_text(BLOCKS[0].text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "ai_sdk", raising=False)
    names: dict[str, Any] = {"__name__": "page"}
    with Emulator(["gpt-4o-mini", "text-embedding-3-small"]) as azure:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", azure.endpoint)
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", azure.api_key)
        for block in BLOCKS[1:]:
            exec(compile(block.text, str(block), "exec"), names)
            captured = capsys.readouterr()
            compare(block, captured.out + captured.err)
    sys.modules.pop("ai_sdk", None)
