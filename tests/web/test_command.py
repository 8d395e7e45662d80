"""`python -m samples.web`, as a reader starts it: without a resource, with the emulator behind."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tests.support.waiting import PATIENCE

ROOT = Path(__file__).parents[2]


def test_it_works_without_an_account_and_stops_cleanly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "samples.web", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.match(r"Azure OpenAI \(emulator\): open (http://127\.0\.0\.1:\d+)/ ", said)
        assert found, said
        with httpx.Client(base_url=found[1], timeout=PATIENCE) as client:
            page = client.get("/")
            assert "default-src 'self'" in page.headers["content-security-policy"]
            assert client.get("/models").json()["providers"][0]["name"] == "Azure OpenAI (emulator)"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in errors
    assert process.returncode in (0, -signal.SIGINT, 130)
