"""`python -m samples.web`, as a reader starts it: without a resource, with the emulator behind."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import httpx

from tests.support.programs import Launcher
from tests.support.waiting import PATIENCE, until

ROOT = Path(__file__).parents[2]


def test_it_works_without_an_account_and_stops_cleanly(great_launcher: Launcher, tmp_path: Path) -> None:
    told = tmp_path / "told"
    with (tmp_path / "nothing").open("w+") as nothing, told.open("w") as out, (tmp_path / "errors").open("w") as errors:
        streams = (nothing.fileno(), out.fileno(), errors.fileno())
        process = great_launcher.start("--port", "0", program="samples.web", streams=streams, directory=ROOT)
    try:
        until(lambda: process.poll() is not None or "\n" in told.read_text())
        said = told.read_text()
        found = re.match(r"Azure OpenAI \(emulator\): open (http://127\.0\.0\.1:\d+)/ ", said)
        assert found, said + (tmp_path / "errors").read_text()
        with httpx.Client(base_url=found[1], timeout=PATIENCE) as client:
            page = client.get("/")
            assert "default-src 'self'" in page.headers["content-security-policy"]
            assert client.get("/models").json()["providers"][0]["name"] == "Azure OpenAI (emulator)"
        os.kill(process.pid, signal.SIGINT)
        code = process.wait()
    finally:
        process.kill()
    assert "Traceback" not in (tmp_path / "errors").read_text()
    assert code in (0, -signal.SIGINT, 130)
