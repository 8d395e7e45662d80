"""`python -m azure_connector.emulator`."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from azure.identity import ClientSecretCredential

from azure_connector.emulator.__main__ import deployment, main, settings_of
from azure_connector.emulator.models import Deployment
from tests.support.waiting import PATIENCE


def test_it_serves_until_ctrl_c() -> None:
    command = [sys.executable, "-m", "azure_connector.emulator", "--api-key", "k", "--deployment", "mine=gpt-5:30"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines: list[str] = []
        while not lines or "Ctrl-C" not in lines[-1]:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            lines.append(line)
        shown = "".join(lines)
        found = re.search(r"endpoint\s+(http://127\.0\.0\.1:\d+)", shown)
        assert found
        assert "mine (gpt-5)" in shown
        assert f"export AZURE_OPENAI_ENDPOINT={found.group(1)}" in shown
        body = {"model": "mine", "messages": [{"role": "user", "content": "Say hi"}]}
        reply = httpx.post(f"{found.group(1)}/openai/v1/chat/completions", json=body, headers={"api-key": "k"})
        assert reply.json()["choices"][0]["message"]["content"] == "hi"
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "Stopped." in rest
    assert errors == ""


def test_with_entra_it_prints_how_to_log_in() -> None:
    command = [sys.executable, "-m", "azure_connector.emulator", "--entra", "--deployment", "gpt-4o"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            lines: list[str] = []
            while not lines or "Ctrl-C" not in lines[-1]:
                line = process.stdout.readline()
                assert line, process.stderr.read()
                lines.append(line)
            told = dict(re.findall(r"^  export (\w+)='?([^'\n]*)", "".join(lines), re.MULTILINE))
            credential = ClientSecretCredential(
                told["AZURE_TENANT_ID"],
                told["AZURE_CLIENT_ID"],
                told["AZURE_CLIENT_SECRET"],
                authority=told["AZURE_AUTHORITY_HOST"],
                disable_instance_discovery=True,
                connection_verify=told["REQUESTS_CA_BUNDLE"],
            )
            token = credential.get_token("https://cognitiveservices.azure.com/.default").token
            url = f"{told['AZURE_OPENAI_ENDPOINT']}/openai/v1/models"
            assert httpx.get(url, headers={"authorization": f"Bearer {token}"}).status_code == 200
            assert httpx.get(url, headers={"authorization": "Bearer x"}).status_code == 401
            credential.close()
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)


def test_a_taken_port_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["--port", str(taken.getsockname()[1])]) == 1
    assert "Cannot serve on 127.0.0.1" in capsys.readouterr().err


def test_a_bad_upstream_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--upstream", "localhost:1"]) == 2
    assert "no http or https URL" in capsys.readouterr().err


def test_deployments_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert deployment("gpt-4o") == Deployment("gpt-4o")
    assert deployment("a=gpt-5") == Deployment("a", "gpt-5")
    assert deployment("a=gpt-5:30") == Deployment("a", "gpt-5", capacity=30)
    with pytest.raises(SystemExit):
        main(["--deployment", "a=gpt-5:lots"])
    assert "'a=gpt-5:lots' is not NAME" in capsys.readouterr().err


def test_settings_come_from_a_file_and_the_command_line_goes_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "emulator.toml"
    file.write_text(
        'api_key = "k"\nport = 9\nstrict_versions = true\nreplay = "tape.jsonl"\n'
        '[deployments]\nchat = "gpt-5"\nsmall = { model = "gpt-4o", capacity = 10 }\n[limits]\nrecords = 5\n'
        '[upstream]\nendpoint = "https://x.openai.azure.com"\nkey_from = "MY_KEY"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("MY_KEY", "secret")
    made = settings_of({"config": str(file), "port": 8080})
    assert made["deployments"] == [Deployment("chat", "gpt-5"), Deployment("small", "gpt-4o", capacity=10)]
    assert (made["port"], made["api_key"], made["replay"]) == (8080, "k", tmp_path / "tape.jsonl")
    assert made["limits"].records == 5
    assert made["upstream"].api_key == "secret"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1", "there is no setting 'x'"),
        ('port = "a"', "port must be int, not str"),
        ("port = true", "port must be int, not bool"),
        ("[deployments]\na = 5", "deployments.a must be a base model's name"),
        ("[deployments]\na = { x = 1 }", "deployments.a must be a base model's name"),
        ("[limits]\nx = 1", "limits.x is none"),
        ("[upstream]\nx = 1", "upstream needs url"),
        ('[upstream]\nendpoint = "x"', "is no endpoint"),
        ('upstream = { url = "http://x/v1", key_from = "NOT_THERE" }', "NOT_THERE, which is not set"),
        ("=", "emulator.toml"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str) -> None:
    file = tmp_path / "emulator.toml"
    file.write_text(text, encoding="utf-8")
    assert main(["--config", str(file)]) == 2
    error = capsys.readouterr().err
    assert str(file) in error
    assert told in error


def test_a_tape_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--replay", str(tmp_path / "none.jsonl")]) == 1
    assert "none.jsonl" in capsys.readouterr().err
