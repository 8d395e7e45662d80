"""Each command against the emulator: what it prints, as text and as JSON, and its exit code."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from azure_connector.emulator import Emulator, faults

Run = Callable[..., Result]
COMMANDS = ["doctor", "models", "explain", "chat", "emulator", "init"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples(run: Run, command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"azure-connector {command}" in result.stdout.partition("Examples")[2]


def test_doctor(run: Run, here: Emulator) -> None:
    result = run("doctor", "-d", "gpt-5")
    assert result.exit_code == 0
    assert "Everything works. 1 deployment answered." in result.stdout
    assert "environment AZURE_OPENAI_ENDPOINT" in result.stdout
    assert here.api_key not in result.output


def test_doctor_says_what_to_do(run: Run, here: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "wrong-key-of-another")
    result = run("doctor")
    assert result.exit_code == 1
    assert "What to do" in result.stdout
    assert "1. The key is not this resource's." in result.stdout
    assert "wrong-key-of-another" not in result.output


def test_doctor_as_json(run: Run, here: Emulator) -> None:
    result = run("doctor", "--json", "--no-call")
    report = json.loads(result.stdout)
    assert report["healthy"]
    assert not [finding for finding in report["findings"] if finding["check"] == "call"]
    assert report["versions"]["python"]
    assert {
        "setting": "api_key",
        "value": "**********",
        "origin": "environment AZURE_OPENAI_API_KEY",
        "trust": "trusted",
    } in report["settings"]


def test_models(run: Run, here: Emulator) -> None:
    result = run("models", "--all")
    assert result.exit_code == 0
    assert "text-embedding-3-small" in result.stdout
    assert "generally-available" in result.stdout


def test_models_as_json(run: Run, here: Emulator) -> None:
    found = json.loads(run("models", "--json").stdout)
    assert found["mapping"]["gpt-5"] == "gpt-5"
    assert found["listings"][0]["source"] == "deployments"


def test_models_of_a_resource_that_refuses(run: Run, here: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "wrong-key-of-another")
    result = run("models")
    assert result.exit_code == 1
    assert "invalid subscription key" in result.stdout


def test_models_writes_a_mapping(run: Run, here: Emulator) -> None:
    here.resource.deploy({"blue": "gpt-4.1-mini"})
    Path("azure_connector.toml").write_text('# mine\n[deployment_mapping]\ngpt-5 = "gpt-5-mini"  # on purpose\n')
    refused = run("models", "--write")
    assert (refused.exit_code, "--yes" in refused.output) == (2, True)
    result = run("models", "--write", "--yes")
    assert result.exit_code == 0
    assert '+"gpt-4.1-mini" = "blue"' in result.stdout
    text = Path("azure_connector.toml").read_text()
    assert text.startswith('# mine\n[deployment_mapping]\ngpt-5 = "gpt-5-mini"  # on purpose\n')
    assert tomllib.loads(text)["deployment_mapping"]["gpt-4.1-mini"] == "blue"
    assert "nothing to write" in run("models", "--write", "--yes").stdout
    assert json.loads(run("explain", "gpt-4.1-mini", "--json").stdout)["targets"][0]["deployment"] == "blue"


def test_explain(run: Run, here: Emulator) -> None:
    result = run("explain", "gpt-5")
    assert result.exit_code == 0
    assert f"{here.endpoint}/openai/v1/chat/completions" in result.stdout
    assert not here.requests
    assert here.api_key not in result.output
    found = json.loads(run("explain", "text-embedding-3-small", "-o", "embeddings", "--json").stdout)
    assert found["operation"] == "/embeddings"


def test_explain_with_discovery(run: Run, here: Emulator) -> None:
    here.resource.deploy({"blue": "gpt-4.1-mini"})
    found = json.loads(run("explain", "gpt-4.1-mini", "--discover", "--json").stdout)
    assert (found["rule"], found["targets"][0]["deployment"]) == ("discovered", "blue")


def test_chat_answers_once(run: Run, here: Emulator) -> None:
    result = run("chat", "What is 6 * 7?", "--model", "gpt-4o", "--system", "Be brief")
    assert result.exit_code == 0
    assert "42" in result.stdout
    assert [message["role"] for message in here.requests.last.body["messages"]] == ["system", "user"]
    assert here.requests.last.body["stream"] is True


def test_chat_reads_a_pipe(run: Run, here: Emulator) -> None:
    assert run("chat", "Explain:", stdin="some text\n").exit_code == 0
    assert here.requests.last.body["messages"][-1]["content"] == "Explain:\n\nsome text"


def test_chat_runs_tools(run: Run, here: Emulator) -> None:
    Path("mytools.py").write_text(
        "def weather(city: str) -> str:\n    'Tells the weather in a city.'\n    return f'{city}: 21 degrees'\n"
        "def _private(): ...\n"
    )
    result = run("chat", "What is the weather in Oslo?", "--tools", "mytools.py", "--json", "--price", "1/2")
    answer = json.loads(result.stdout)
    assert answer["tool_calls"] == [{"name": "weather", "arguments": {"city": "Oslo"}, "result": "Oslo: 21 degrees"}]
    assert "21 degrees" in answer["text"]
    assert answer["calls"] == 2
    assert answer["cost"] == pytest.approx((answer["input_tokens"] + 2 * answer["output_tokens"]) / 1e6)


def test_chat_tells_the_model_of_a_tool_that_fails(run: Run, here: Emulator) -> None:
    Path("mytools.py").write_text("def weather(city: str) -> str:\n    'Tells the weather.'\n    return 1 / 0\n")
    result = run("chat", "What is the weather in Oslo?", "--tools", "mytools.py", "--json")
    assert json.loads(result.stdout)["tool_calls"][0]["result"] == "Error: ZeroDivisionError: division by zero"


def test_init_writes_a_toml_file_that_works(run: Run, here: Emulator) -> None:
    result = run("init", "--endpoint", f"{here.endpoint}/openai/v1/", "--yes")
    assert result.exit_code == 0, result.output
    written = tomllib.loads(Path("azure_connector.toml").read_text())
    assert written["deployment_mapping"]["gpt-5"] == "gpt-5"
    assert "api_key" not in written
    assert run("init", "--endpoint", here.endpoint, "--yes").exit_code == 2  # it is there already
    assert run("chat", "Hello").exit_code == 0


def test_init_writes_a_default_where_the_built_in_one_is_not_there(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Emulator({"blue": "gpt-4o", "vectors": "text-embedding-3-small"}) as azure:
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", azure.api_key)
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", azure.endpoint)
        made = run("init", "--endpoint", azure.endpoint, "--auth", "key", "--yes")
        assert made.exit_code == 0, made.output
        assert tomllib.loads(Path("azure_connector.toml").read_text())["default_deployment"] == "blue"
        assert run("chat", "Say pong").exit_code == 0


def test_init_writes_an_env_file(run: Run, here: Emulator) -> None:
    result = run("init", "--endpoint", here.endpoint, "--to", ".env", "--yes", "--json")
    assert json.loads(result.stdout)["files"] == [".env"]
    assert Path(".env").stat().st_mode & 0o777 == 0o600
    assert here.api_key not in Path(".env").read_text()  # it stays where it was


def test_init_writes_nothing_that_does_not_work(run: Run, here: Emulator) -> None:
    here.script(faults.failure(503), times=None)
    result = run("init", "--endpoint", here.endpoint, "--yes")
    assert result.exit_code == 1
    assert "Nothing was written" in result.output
    assert not Path("azure_connector.toml").exists()
    assert run("init", "--endpoint", here.endpoint, "--yes", "--no-test").exit_code == 0


def test_the_log_is_shown_when_asked_for(run: Run, here: Emulator) -> None:
    assert run("chat", "Hello").stderr == ""
    assert "DEBUG azure_connector" in run("chat", "Hello", "--verbose").stderr


def test_init_writes_nothing_that_the_next_command_refuses(
    run: Run, bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_OPENAI_ENDPOINT", raising=False)
    wanted = ("init", "--endpoint", "https://gateway.example", "--auth", "entra", "--yes", "--no-test")
    assert run(*wanted).exit_code == 2
    assert not (bare_machine / "azure_connector.toml").exists()
    monkeypatch.setenv("AZURE_CONNECTOR_TRUSTED_HOSTS", "gateway.example")  # as the error says
    assert run(*wanted).exit_code == 0
    assert (bare_machine / "azure_connector.toml").exists()


def test_a_file_of_variables_can_be_named(run: Run, bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    path = bare_machine / "team.env"
    path.write_text("AZURE_OPENAI_ENDPOINT=https://team.openai.azure.com\nAZURE_OPENAI_API_KEY=k\n", encoding="utf-8")
    explained = run("explain", "gpt-5", "--env-file", str(path))
    assert "https://team.openai.azure.com" in explained.stdout
    assert "trusted" in explained.stdout
