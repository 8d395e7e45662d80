"""Measures bulk work: `python -m benchmarks.bulk [--write] [CASE …]`; --write puts the results into docs/bulk.md."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from .cases import CASES
from .report import picture, table

ROOT = Path(__file__).parents[2]
PAGE, PICTURE = ROOT / "docs" / "bulk.md", ROOT / "docs" / "images" / "bulk.svg"
BEGIN, END = "<!-- bulk: measured -->", "<!-- bulk: end -->"


def measure(name: str) -> dict[str, Any]:
    """One case, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "benchmarks.bulk.cases", name]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def write(results: dict[str, Any]) -> None:
    """Puts table and picture into the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2] if END in rest else rest
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(results)}\n\n{END}{after}", encoding="utf-8")
    picture(results, PICTURE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", help="only these")
    parser.add_argument("--write", action="store_true", help="also into docs/bulk.md and docs/images/bulk.svg")
    asked = parser.parse_args()
    results: dict[str, Any] = {}
    for name in asked.cases or CASES:
        results[name] = measure(name)
        print(name, json.dumps(results[name]), flush=True)
    print(table(results))
    if asked.write:
        write(results)


if __name__ == "__main__":
    main()
