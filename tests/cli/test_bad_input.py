"""Readable words and the right exit code, never a traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from azure_connector.emulator import Emulator, faults
from tests.support.waiting import PATIENCE

Run = Callable[..., Result]


def command(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    """A command line in a process of its own."""
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE) | options
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    return subprocess.Popen(
        [sys.executable, "-m", "azure_connector.cli", *arguments], text=True, env=environment, **streams
    )


@pytest.mark.parametrize("arguments", [["models"], ["explain", "gpt-5"], ["chat", "Hello"]])
def test_no_settings(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "AZURE_OPENAI_ENDPOINT" in result.stderr
    assert "azure-connector init" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("arguments", [["models"], ["explain", "gpt-5"], ["chat", "Hello"], ["models", "--write"]])
def test_a_broken_file(run: Run, arguments: list[str]) -> None:
    Path("azure_connector.toml").write_text("azure_endpoint = [\n")
    result = run(*arguments)
    assert result.exit_code == 2
    assert "azure_connector.toml, line" in result.stderr


def test_doctor_without_settings_is_a_finding(run: Run) -> None:
    result = run("doctor", "--json")
    assert result.exit_code == 2, "as of every command whose settings cannot be used"
    assert json.loads(result.stdout)["actions"][0]["cause"] == "settings"


@pytest.mark.parametrize(
    "arguments",
    [
        ["bogus"],
        ["chat", "Hello", "--price", "much"],
        ["chat", "Hello", "--tools", "nothing.py"],
        ["emulator", "--deployment", "=gpt-5"],
        ["emulator", "--fault", "bad luck"],
        ["emulator", "--fault-rate", "2"],
        ["init", "--yes"],
        ["init", "--endpoint", "https://x.openai.azure.com", "--auth", "magic", "--yes"],
        ["init", "--endpoint", "nonsense://", "--yes"],
        ["models", "--config", "not-there.toml"],
    ],
    ids=" ".join,
)
def test_usage(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.strip()
    assert isinstance(result.exception, SystemExit)


def test_calls_that_fail(run: Run, here: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = run("chat", "Hello", "--model", "nope")
    assert (missing.exit_code, "azure-connector models" in missing.stderr) == (1, True)
    monkeypatch.setenv("AZURE_CONNECTOR_MAX_ATTEMPTS", "1")
    with here.outage():
        assert run("chat", "Hello").exit_code == 1


def test_a_stream_that_breaks(run: Run, here: Emulator) -> None:
    here.script(faults.reset("during", after=8))
    result = run("chat", "Count to 200")
    assert result.exit_code == 1
    assert result.stdout.startswith("1, 2")
    assert "ended early" in result.stderr or "broke" in result.stderr


def test_tools_that_cannot_be_executed(run: Run, here: Emulator) -> None:
    Path("broken.py").write_text("import nothing_of_that_name\n")
    result = run("chat", "Hello", "--tools", "broken.py")
    assert result.exit_code == 2
    assert "ModuleNotFoundError" in result.stderr


def test_a_fault_of_our_own_is_not_hidden(run: Run, here: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("azure_connector.cli._explain.load_settings", broken)
    assert isinstance(run("explain", "gpt-5").exception, RuntimeError)


def test_a_pipe_that_is_closed_early(here: Emulator) -> None:
    here.chunk_latency = 0.005
    with command("chat", "Count to 2000") as process:
        assert process.stdin
        process.stdin.close()
        assert process.stdout
        process.stdout.read(20)
        process.stdout.close()
        assert process.wait(PATIENCE) == 141
        assert process.stderr
        assert process.stderr.read() == ""


def test_ctrl_c_in_the_middle_of_a_stream(here: Emulator) -> None:
    here.chunk_latency = 0.05
    with command("chat", "Count to 2000") as process:
        assert process.stdin
        process.stdin.close()
        assert process.stdout
        process.stdout.read(10)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
        assert process.stderr
        assert process.stderr.read() == "\nStopped.\n"


def test_a_terminal_without_utf_8(here: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    with command("doctor", "--no-call") as process:
        told, problems = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, problems
    assert told.isascii()
    assert "ok" in told


@pytest.fixture
def served() -> Iterator[Callable[..., dict[str, Any]]]:
    started: list[subprocess.Popen[str]] = []

    def serve(*arguments: str) -> dict[str, Any]:
        process = command("emulator", "--json", *arguments)
        started.append(process)
        assert process.stdout
        return {"process": process, **json.loads(process.stdout.readline())}

    yield serve
    for process in started:
        process.kill()
        process.communicate()


def test_the_emulator_serves_until_it_is_told_to_stop(served: Callable[..., dict[str, Any]], run: Run) -> None:
    azure = served("-d", "blue=gpt-5", "--fault-rate", "1", "--fault", "unavailable", "--api-key", "k-123456")
    assert azure["deployments"] == {"blue": "gpt-5"}
    import httpx

    assert httpx.get(f"{azure['endpoint']}/openai/v1/models", headers={"api-key": "k-123456"}).status_code == 503
    azure["process"].send_signal(signal.SIGTERM)
    assert azure["process"].wait(PATIENCE) == 0


def python(code: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parents[2]
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=root)


def test_help_loads_neither_the_sdk_nor_pydantic() -> None:
    code = (
        "import sys, azure_connector.cli._app\n"
        "heavy = ('openai', 'pydantic', 'httpx', 'azure.identity', 'starlette')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    assert python(code).stdout.strip() == "[]"


def test_without_the_extra_its_name_is_told() -> None:
    told = python("import sys; sys.modules['typer'] = None\nfrom azure_connector.cli import main\nmain()")
    assert told.returncode == 2
    assert 'pip install ".[cli]"' in told.stderr
