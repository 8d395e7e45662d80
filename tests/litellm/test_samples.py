"""The samples run as they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.programs import Launcher

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


@pytest.mark.timeout(180)  # on however busy a machine
@pytest.mark.parametrize("name", sorted(SAYS))
def test_the_samples_run(name: str, great_launcher: Launcher):
    done = great_launcher.run(program=str(SAMPLES / name))
    assert done.returncode == 0, done.stderr[-3000:]
    for text in SAYS[name]:
        assert text in done.stdout
