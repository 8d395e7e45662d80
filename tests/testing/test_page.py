"""The tests on the page about testing run, each block as a file of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from azure_connector.emulator import Emulator
from azure_connector.emulator.__main__ import parser
from azure_connector.emulator.config import read_config
from tests.docs.blocks import blocks_of

from .conftest import Ran

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
BLOCKS = [block for block in blocks_of(ROOT / "docs" / "testing-your-app.md") if block.language == "python"]


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_every_block_of_the_page_passes(block, ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("AZURE_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    ran(block.text).assert_outcomes(passed=block.text.count("def test_"))


OTHERS = blocks_of(ROOT / "docs" / "emulator-other-languages.md")


def test_the_file_on_the_page_for_other_languages_is_one(tmp_path: Path) -> None:
    (block,) = [block for block in OTHERS if block.language == "toml"]
    (tmp_path / "emulator.toml").write_text(block.text, encoding="utf-8")
    settings = read_config(tmp_path / "emulator.toml")
    with Emulator(**{**settings, "port": 0}) as azure:
        assert list(azure.deployments) == ["chat", "embed", "small"]


def test_the_commands_on_that_page_are_taken() -> None:
    text = "\n".join(block.text for block in OTHERS if block.language in {"sh", "console"})
    commands = re.findall(r"(?:python -m azure_connector\.emulator|8080:8080.* azure-emulator) (.+)", text)
    assert len(commands) == 3
    for command in commands:
        parser().parse_args(command.split())


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_javascript_on_that_page_is_some(tmp_path: Path) -> None:
    for number, block in enumerate(block for block in OTHERS if block.language == "js"):
        file = tmp_path / f"{number}.mjs"
        file.write_text(block.text, encoding="utf-8")
        subprocess.run(["node", "--check", str(file)], check=True)
