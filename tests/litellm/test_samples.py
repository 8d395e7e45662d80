"""The samples run as they stand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.waiting import PATIENCE

SAMPLES = Path(__file__).parents[2] / "samples" / "litellm"
SAYS = {
    "ask.py": ("Oslo", "tokens, $0.0"),
    "embed.py": ("A cat sleeps on a chair",),
    "errors.py": ("NotFoundError", "deployment_mapping"),
    "router.py": ("Oslo", "from south"),
    "several_prefixes.py": ("sales: ", "research: ", "(gpt-5-2025-08-07)"),
    "stream.py": ("Oslo", "tokens"),
    "structured_output.py": ("City(name='Oslo', population=700000)",),
    "tools.py": ("12 degrees",),
}
ELSEWHERE = {"_resource.py", "start_proxy.py"}  # the first is shared, the second is run by the Proxy's tests


def test_every_sample_is_run():
    assert {path.name for path in SAMPLES.glob("*.py")} == {*SAYS, *ELSEWHERE}


@pytest.mark.timeout(240)  # each in a process of its own, on however busy a machine
def test_the_samples_run(tmp_path):
    """In one process for all, since importing LiteLLM takes two seconds."""
    runner = (
        "import runpy, sys\n"
        f"sys.path.insert(0, {str(SAMPLES)!r})\n"
        f"for name in {sorted(SAYS)!r}:\n"
        "    print('##', name, flush=True)\n"
        f"    runpy.run_path({str(SAMPLES)!r} + '/' + name, run_name='__main__')\n"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE", "OPENAI"))}
    command = [sys.executable, "-c", runner]
    done = subprocess.run(
        command, check=False, cwd=tmp_path, env=kept, capture_output=True, text=True, timeout=3 * PATIENCE
    )
    if done.returncode:
        pytest.fail(done.stderr[-3000:])
    shown = dict(part.split("\n", 1) for part in done.stdout.split("## ")[1:])
    for name, texts in SAYS.items():
        for text in texts:
            assert text in shown[name], name
