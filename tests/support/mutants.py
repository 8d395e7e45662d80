"""Mutation testing by mutmut: `python -m tests.support.mutants routing/_retry_policy.py`.

mutmut changes the code in small ways, and runs the room's tests for each. It works in a copy of the tree, since its
settings and its source are there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPY = ROOT / ".cache" / "mutants"
# The tests of a room that run in this process and wait for nothing.
TESTS = {
    "auth": ["tests/auth/test_chain.py", "tests/auth/test_headers.py", "tests/auth/test_tokens.py"],
    "replies": ["tests/replies", "tests/tools"],
    "requests": ["tests/fitting/test_fit.py", "tests/fitting/test_table.py", "tests/fitting/test_learning.py"],
    "routing": [
        f"tests/routing/test_{name}.py" for name in ("routing", "health", "outcomes", "state_machine", "durations")
    ],
}
SETTINGS = """
[tool.mutmut]
source_paths = ["azure_connector/{part}"]
also_copy = ["azure_connector", "sk_azure_plugin", "litellm_adapter", "tests", "docs", "samples"]
pytest_add_cli_args_test_selection = {tests}
"""


def main(part: str) -> int:
    """Mutates a file or a folder of the core, in a copy of the tree; prints the figures and the survivors."""
    tests = TESTS[part.partition("/")[0]]
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        (COPY / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, COPY / name)
    with (COPY / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS.format(part=part, tests=tests))
    environment = os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    for command in (["run"], ["results"]):
        done = subprocess.run([sys.executable, "-m", "mutmut", *command], cwd=COPY, env=environment, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
