"""The pytest plugin, in pytest runs of their own."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from .conftest import OPTIONS, Ran

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
ASK = 'model="gpt-4o", messages=[{"role": "user", "content": "What is 6 * 7?"}]'


def test_it_imports_neither_client_nor_emulator_before_a_fixture_is_asked_for(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = """
        import sys

        def test_nothing():
            heavy = {"azure_connector.emulator", "azure_connector.client", "openai", "uvicorn", "httpx"}
            assert "azure_connector.pytest_plugin" in sys.modules
            assert not heavy & set(sys.modules)
    """
    pytester.makepyfile(source)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.runpytest_subprocess(*OPTIONS).assert_outcomes(passed=1)


def test_fixtures(ran: Ran) -> None:
    source = f"""
        import asyncio
        import openai
        import pytest
        from azure_connector.emulator import Reply, faults

        def test_client(azure_emulator, azure_client, azure_wire):
            assert azure_client.chat.completions.create({ASK}).choices[0].message.content == "6 * 7 = 42"
            azure_wire.assert_sent("POST /chat/completions", body={{"model": "gpt-4o"}}, times=1)
            azure_wire.assert_not_sent("/embeddings")

        def test_scripts(azure_emulator, azure_client):
            azure_emulator.script(Reply(status=404, body={{"error": {{"code": "x", "message": "gone"}}}}))
            with pytest.raises(openai.NotFoundError, match="gone"):
                azure_client.chat.completions.create({ASK})
            assert len(azure_emulator.requests) == 1

        def test_async(azure_async_client, azure_wire):
            async def ask():
                return await azure_async_client.chat.completions.create({ASK})
            assert asyncio.run(ask()).choices[0].message.content == "6 * 7 = 42"
            azure_wire.assert_sent("/chat/completions", deployment="gpt-4o", status=200)

        @pytest.mark.azure_emulator(deployments=["mine"], keys_disabled=True)
        def test_marker(azure_emulator, azure_client):
            assert list(azure_emulator.deployments) == ["mine"]
            with pytest.raises(openai.APIStatusError):
                azure_client.chat.completions.create({ASK})

        def test_environment(azure_environment):
            with openai.AzureOpenAI() as client:
                assert client.chat.completions.create({ASK}).choices[0].message.content == "6 * 7 = 42"

        @pytest.mark.parametrize("turn", range(2))
        def test_shared(azure_emulator_session, azure_client_session, turn):
            azure_client_session.chat.completions.create({ASK})
            sent = [one for one in azure_emulator_session.requests if one.operation == "/chat/completions"]
            assert len(sent) == turn + 1
    """
    ran(source, "-W", "error").assert_outcomes(passed=7)


def test_deployments_of_the_ini_file(ran: Ran, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nazure_deployments =\n  chat = gpt-5\n  gpt-4o\n")
    source = """
        def test_them(azure_emulator):
            assert {name: one.base_model for name, one in azure_emulator.deployments.items()} == {
                "chat": "gpt-5", "gpt-4o": "gpt-4o"}
    """
    ran(source).assert_outcomes(passed=1)


def test_failures_name_the_nearest_request_and_what_differs(ran: Ran) -> None:
    source = f"""
        def test_it(azure_client, azure_wire):
            azure_client.chat.completions.create({ASK}, temperature=0.5)
            azure_wire.assert_sent(
                "POST /chat/completions", body={{"temperature": 0.7, "seed": 1}}, headers={{"X-Team": "red"}})
    """
    done = ran(source)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "*no such request was sent: POST /chat/completions (expected at least one)",
            "*nearest is request *: POST /openai/v1/chat/completions",
            "*body.temperature: 0.7 was expected, 0.5 was sent",
            "*body.seed: 1 was expected, nothing was sent",
            '*headers.x-team: "red" was expected, nothing was sent',
            "*200 POST /openai/v1/chat/completions",
        ]
    )


def test_a_tape_is_found_beside_the_test_that_replays_it(ran: Ran, pytester: pytest.Pytester) -> None:
    source = f"""
        import pytest
        seen = []

        @pytest.mark.azure_emulator(record="tape.jsonl")
        def test_a_record(azure_client):
            seen.append(azure_client.chat.completions.create({ASK}).id)

        @pytest.mark.azure_emulator(replay="tape.jsonl")
        def test_b_replay(azure_client):
            assert azure_client.chat.completions.create({ASK}).id == seen[0]
    """
    ran(source).assert_outcomes(passed=2)
    assert (pytester.path / "tape.jsonl").exists()


def test_workers_of_xdist_have_a_server_each(
    ran: Ran, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # the workers are no forks
    source = """
        import json
        import urllib.request
        from pathlib import Path
        import pytest

        @pytest.mark.parametrize("turn", range(4))
        def test_it(azure_emulator_session, worker_id, turn):
            azure = azure_emulator_session
            asked = urllib.request.Request(azure.endpoint + "/openai/v1/models", headers={"api-key": azure.api_key})
            with urllib.request.urlopen(asked) as reply:
                assert json.load(reply)["data"]
            Path(f"{worker_id}-{turn}").write_text(azure.endpoint)
    """
    ran(source, "-p", "xdist.plugin", "-n", "2").assert_outcomes(passed=4)
    servers = {(file.name[:3], file.read_text()) for file in pytester.path.glob("gw*")}
    assert {worker for worker, _ in servers} == {"gw0", "gw1"}
    assert len({endpoint for _, endpoint in servers}) == len(servers) == 2


def test_the_entry_point_names_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"azure_emulator": "azure_connector.pytest_plugin"}
