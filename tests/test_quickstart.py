"""The demo, as `make demo` runs it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from azure_connector.emulator import Emulator
from tests.support.programs import Launcher

ROOT = Path(__file__).parent.parent


@pytest.fixture
def run_demo(great_launcher: Launcher) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(**environment: str) -> subprocess.CompletedProcess[str]:
        return great_launcher.run(
            program=str(ROOT / "samples" / "quickstart.py"), environment={"COLUMNS": "80", **environment}
        )

    return run


@pytest.mark.timeout(150)
def test_the_demo_goes_through_three_doors_of_the_embedded_emulator(run_demo):
    done = run_demo()
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "weather(city='Bergen')" in done.stdout, "Semantic Kernel calls the function by itself"
    assert done.stdout.count("hello to Oslo") == 2
    lines = done.stdout.splitlines()
    assert len(lines) < 24, "one page of a terminal, with the prompt below"
    assert max(map(len, lines)) <= 80
    rows = {line[:15].strip(): line.split()[-4:] for line in lines[-3:]}
    assert set(rows) == {"AzureConnector", "Semantic Kernel", "LiteLLM"}
    for tokens_in, tokens_out, money, currency in rows.values():
        assert currency == "USD"
        # Azure's list price of gpt-5 a million tokens, as LiteLLM has it.
        assert abs(float(money) - (int(tokens_in) * 1.25 + int(tokens_out) * 10) / 1e6) <= 1e-6


@pytest.mark.timeout(150)
def test_a_wrong_key_is_told_in_words(run_demo):
    with Emulator() as azure:
        done = run_demo(AZURE_OPENAI_ENDPOINT=azure.endpoint, AZURE_OPENAI_API_KEY="wrong-canary-0123456789abcdef")
    assert done.returncode == 1
    assert "AccessTokenError" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "canary" not in done.stdout + done.stderr
