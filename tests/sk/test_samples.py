"""Every sample runs, against the emulator that it starts itself, and fits on a screen."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from tests.sk.saying import NEEDS_AGENTS

SAMPLES = Path(__file__).parents[2] / "samples" / "semantic_kernel"
SAID = {
    "agent_with_plugin.py": "21 degrees in Oslo",
    "question.py": "hello to Oslo",
    "agents_concurrent.py": "chemist: ",
    "catching_errors.py": "not-deployed",
    "function_calling.py": "21 degrees in Oslo",
    "agents_group_chat.py": "slogan",
    "agents_handoff.py": "handled: ",
    "history_reducer.py": "messages left",
    "image_input.py": "show",
    "message_metadata.py": "deployment: gpt-5",
    "prompt_templates.py": "YAML hello",
    "reasoning_settings.py": "changed: temperature dropped",
    "responses_agent.py": "hello to Oslo",
    "agents_sequential.py": "help",
    "streamed_answer.py": "Bergen",
    "structured_output.py": "City(name='Oslo', inhabitants=717710)",
    "vector_search.py": "The cat sleeps on the sofa",
}


NAMES = sorted(path.name for path in SAMPLES.glob("*.py") if path.name != "local_azure.py")


@pytest.mark.parametrize("name", [pytest.param(name, marks=NEEDS_AGENTS if "agent" in name else ()) for name in NAMES])
def test_a_sample_runs(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.syspath_prepend(str(SAMPLES))
    runpy.run_path(str(SAMPLES / name), run_name="__main__")
    assert SAID[name] in capsys.readouterr().out
    assert len((SAMPLES / name).read_text().splitlines()) <= 40
