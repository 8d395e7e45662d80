"""What shells see: closed pipes, completion, and help that can be read."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from azure_connector.emulator import Emulator
from tests.support.programs import Launcher

CLOSED = (
    ("--help",),
    ("--version",),
    ("doctor", "--no-call"),
    ("models",),
    ("chat", "Hello"),
    ("compare", "Hello", "-m", "gpt-5"),
)


def test_whoever_reads_no_further_ends_every_command_alike(launcher: Launcher, here: Emulator, tmp_path: Path) -> None:
    """As behind `| true`: nobody reads from the first byte on."""
    codes, complaints = {}, {}
    for arguments in CLOSED:
        reading, writing = os.pipe()
        os.close(reading)
        complaint = tmp_path / "complaint"
        with Path(os.devnull).open("rb") as nothing, complaint.open("wb") as problems:
            streams = (nothing.fileno(), writing, problems.fileno())
            codes[arguments] = launcher.start(*arguments, streams=streams).wait()
        os.close(writing)
        complaints[arguments] = complaint.read_text()
    assert codes == dict.fromkeys(CLOSED, 141)
    assert complaints == dict.fromkeys(CLOSED, "")


def commands(group: Any, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    for name, below in getattr(group, "commands", {}).items():
        yield from commands(below, *path, name)


def every_command() -> list[tuple[str, ...]]:
    from typer.main import get_command

    from azure_connector.cli._app import app

    return list(commands(get_command(app)))


@pytest.mark.parametrize("columns", [44, 80])
def test_help_fits_and_shows_flags_as_flags(run: Any, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERMINAL_WIDTH", str(columns))
    found = every_command()
    assert ("bulk", "complete") in found
    for path in found:
        told = run(*path, "--help").stdout
        assert max(map(len, told.splitlines())) <= columns, path
        assert "<bool>" not in told, path
        cut = [word for word in re.findall(r"\S*…", told) if word not in ("(…", "…")]
        assert not cut, (path, cut)
        if path:
            assert "--help" in told


def test_every_command_with_settings_takes_the_same_options(run: Any) -> None:
    for path in (("doctor",), ("models",), ("explain",), ("chat",), ("compare",), ("embed",)):
        told = run(*path, "--help").stdout
        assert all(option in told for option in ("--config", "--env-file", "--endpoint", "--json", "--verbose")), path
    for name in ("complete", "embed"):
        assert "--env-file" in run("bulk", name, "--help").stdout


def test_bulk_reads_a_file_of_variables(run: Any, azure: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    Path("team.env").write_text(f"AZURE_OPENAI_ENDPOINT={azure.endpoint}\nAZURE_OPENAI_API_KEY={azure.api_key}\n")
    Path("in.csv").write_text("text\nhello\n")
    job = ("bulk", "embed", "in.csv", "out.jsonl", "-m", "text-embedding-3-small", "-c", "text")
    assert run(*job).exit_code == 2
    done = run(*job, "--env-file", "team.env")
    assert done.exit_code == 0, done.output
    assert azure.requests.last.path.endswith("/embeddings")


def test_bash_completes_what_it_has_installed(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "azure-connector"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m azure_connector.cli "$@"\n')
    program.chmod(0o700)
    home = tmp_path / "home"
    home.mkdir()
    script = """
        azure-connector --install-completion bash || exit 1
        source ~/.bashrc
        complete -p azure-connector || exit 2
        try() {
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
            _azure_connector_completion azure-connector
            echo "${COMPREPLY[@]}"
        }
        try azure-connector co
        try azure-connector chat --reasoning-effort m
    """
    environment = {**os.environ, "HOME": str(home), "PATH": f"{program.parent}:{os.environ['PATH']}"}
    environment |= {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == ["compare", "minimal medium"]
