"""pyright and mypy read a file of right and one of wrong uses: a typo is a type error, and what works is none."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
FILES = [HERE / "right.py", HERE / "wrong.py"]
MARKED = {number for number, line in enumerate(FILES[1].read_text().splitlines(), 1) if line.endswith("# wrong")}


def of_pyright(cache: Path) -> set[tuple[str, int]]:
    """The lines that pyright complains of."""
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, *map(str, FILES)]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT).stdout)
    assert told["summary"]["filesAnalyzed"] >= len(FILES)
    return {(Path(one["file"]).name, one["range"]["start"]["line"] + 1) for one in told["generalDiagnostics"]}


def of_mypy(cache: Path) -> set[tuple[str, int]]:
    """The same of mypy. It does not follow the frameworks: of them these files need only what our classes add."""
    settings = cache / "mypy.ini"
    skipped = "".join(f"[mypy-{name}.*]\nfollow_imports = skip\n" for name in ("litellm", "semantic_kernel"))
    ours = "".join(
        f"[mypy-{name}.*]\nignore_errors = True\n" for name in ("azure_connector", "litellm_adapter", "sk_azure_plugin")
    )
    settings.write_text(f"[mypy]\nfollow_imports = silent\nignore_missing_imports = True\n{skipped}{ours}")
    command = [sys.executable, "-m", "mypy", "--config-file", str(settings), "--cache-dir", str(cache)]
    done = subprocess.run(
        [*command, "--explicit-package-bases", *map(str, FILES)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "MYPYPATH": str(ROOT)},
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = re.findall(r"^(.*?):(\d+): error", done.stdout, re.MULTILINE)
    return {(Path(name).name, int(line)) for name, line in found}


@pytest.mark.parametrize("checker", ["pyright", "mypy"])
def test_a_typo_is_an_error_and_what_works_is_none(checker: str, pytestconfig: pytest.Config, tmp_path: Path) -> None:
    if any(find_spec(name) is None for name in (checker, "semantic_kernel", "litellm")):
        pytest.skip(f"{checker} or a framework is not installed")
    # mypy reads the SDK once, and not in every run.
    cache = Path(kept.mkdir("mypy")) if (kept := getattr(pytestconfig, "cache", None)) else tmp_path
    complaints = of_pyright(cache) if checker == "pyright" else of_mypy(cache)
    assert complaints == {("wrong.py", line) for line in MARKED}
