"""JavaScript's clients: the openai package and Vercel's azure provider, in every form of their addresses.

They run where node is and `make node-clients` has installed them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from azure_connector.emulator import Emulator

HERE = Path(__file__).parent / "node"
CLIENTS = {"openai v1", "openai azure", "vercel v1", "vercel deployments", "vercel dated"}


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.skipif(not (HERE / "node_modules").is_dir(), reason="`make node-clients` installs them")
def test_every_client_has_every_feature() -> None:
    with Emulator() as azure:
        environment = {"AZURE_OPENAI_ENDPOINT": azure.endpoint, "AZURE_OPENAI_API_KEY": azure.api_key}
        command = ["node", "clients.mjs"]
        run = {"cwd": HERE, "env": {**os.environ, **environment}, "capture_output": True, "text": True}
        done = subprocess.run(command, check=False, **run)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [one for one in told if not one["ok"]] == []
    assert {one["client"] for one in told} == CLIENTS


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.skipif(not (HERE / "node_modules").is_dir(), reason="`make node-clients` installs them")
def test_an_app_of_somebody_else_runs_its_tests_on_a_replayed_tape(tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    for how in ({"record": tape}, {"replay": tape}):
        with Emulator(**how) as azure:
            environment = {"AZURE_OPENAI_ENDPOINT": azure.endpoint, "AZURE_OPENAI_API_KEY": azure.api_key}
            command = ["node", "--test", "app.test.mjs"]
            run = {"cwd": HERE, "env": {**os.environ, **environment}, "capture_output": True, "text": True}
            done = subprocess.run(command, check=False, **run)
            assert done.returncode == 0, done.stdout + done.stderr
            assert [one.status for one in azure.requests] == [200, 200, 400]
    assert azure.api_key not in tape.read_text(encoding="utf-8")
