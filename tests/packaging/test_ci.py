"""`.ci/run`: what holds a landing back, what is only told, and what is left out with its reason."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("bash", "dirname", "mkdir", "timeout", "tail", "grep", "sleep")
# A `make` that knows how each target ends: FAILS and HANGS name them.
MAKE = """#!/bin/bash
for word in "$@"; do target=$word; [[ $word == PYTEST=* || $word == --* ]] || break; done
[[ $target == python-of-* ]] && { [[ $target == python-of-3.14 ]] || echo python; exit; }
[[ " $FAILS " == *" $target "* ]] && { echo "broken: $target"; exit 2; }
[[ " $HANGS " == *" $target "* ]] && sleep 600
echo "12 skipped: node is not installed [with node]"
echo "1 passed of $target"
"""
FAIL = "#!/bin/bash\nexit 100\n"

pytestmark = pytest.mark.skipif(shutil.which("timeout") is None, reason="no coreutils: .ci/run is for Linux")


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A clone with nothing but the script, and a machine with nothing but what it needs."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(str(shutil.which(name)))
    programs = {"make": MAKE, "npm": FAIL, "apt-get": FAIL, "java": FAIL, "id": "#!/bin/bash\necho 0\n"}
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


def change(tools: Path, old: str, new: str) -> None:
    """Another script than the one that is there."""
    script = tools.parent / ".ci" / "run"
    text = script.read_text(encoding="utf-8")
    assert old in text
    script.write_text(text.replace(old, new), encoding="utf-8")


def ci(tools: Path, **said: str) -> tuple[int, dict[str, str]]:
    """How a run ends, and what stands under each heading."""
    given = {"PATH": str(tools), "CI": "true", "FAILS": "", "HANGS": "", **said}
    command = [str(tools / "bash"), ".ci/run"]
    done = subprocess.run(
        command, cwd=tools.parent, env=given, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert not done.stderr, done.stderr
    parts = (part.partition("\n") for part in done.stdout.split("── ")[1:])
    return done.returncode, {heading: text for heading, _, text in parts}


def test_neither_apt_nor_npm_nor_an_interpreter_is_needed(tools: Path) -> None:
    """As root, without a terminal."""
    code, said = ci(tools)
    assert code == 0
    left = said["what did not run, and why"].strip().splitlines()
    assert left[0].endswith("Chromium could not be installed")
    assert left[1].endswith("npm could not install")
    assert "3.14: it is not installed" in left[2]
    assert len(left) == 3
    assert "1 passed of test-python-3.13" in said["what ran"]
    assert said["the core on Python 3.13"].strip() == "12 skipped: node is not installed [with node]"


@pytest.mark.parametrize("target", ["test", "lint", "types", "docs", "release-check"])
def test_nothing_lands_without(tools: Path, target: str) -> None:
    code, said = ci(tools, FAILS=target)
    assert code != 0
    assert "what ran" not in said


def test_what_is_pinned_holds_a_landing_back_and_the_rest_still_runs(tools: Path) -> None:
    code, said = ci(tools, FAILS="test-proxy test-openai3")
    assert code == 1
    assert said["what failed"].strip() == "LiteLLM's Proxy: make test-proxy"
    assert "broken: test-proxy" in said["LiteLLM's Proxy"]
    assert "the newest LiteLLM" in said["what ran"]


def test_what_is_newest_is_told_and_holds_only_where_it_shall(tools: Path) -> None:
    failing = "test-openai3"
    code, said = ci(tools, FAILS=failing)
    assert (code, "what failed" in said) == (0, False)
    assert said["what failed and holds nothing back"].strip() == "the core on openai 3: make test-openai3"
    assert ci(tools, FAILS=failing, CI_STRICT="1")[0] == 1


def test_what_cannot_be_installed_or_ends_not_in_time_did_not_run(tools: Path) -> None:
    change(tools, 'clients" 120', 'clients" 1')
    code, said = ci(tools, FAILS=".venv-proxy/.ready", HANGS="test-node")
    assert code == 0
    left = said["what did not run, and why"]
    assert "LiteLLM's Proxy: could not be installed: broken: .venv-proxy/.ready" in left
    assert "JavaScript's clients: not done after 1 s" in left


def test_a_step_begins_only_where_its_share_of_the_time_is_left(tools: Path) -> None:
    change(tools, "BUDGET=3500", "BUDGET=450")
    code, said = ci(tools)
    assert code == 0
    assert "the core on Python 3.12: 4" in said["what did not run, and why"]
    assert "LiteLLM's Proxy, " in said["what ran"]
