"""Measures bulk work: `python -m benchmarks.bulk [--full] [--write] [CASE[=ROWS] …]`.

Small by default; --full takes three quarters of an hour, with a million rows. --write puts the results into
docs/bulk.md; what was not measured this time stays there as it was, by docs/images/bulk.json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from .cases import CASES
from .report import picture, table

ROOT = Path(__file__).parents[2]
PAGE, PICTURE = ROOT / "docs" / "bulk.md", ROOT / "docs" / "images" / "bulk.svg"
KEPT = PICTURE.with_suffix(".json")
BEGIN, END = "<!-- bulk: measured -->", "<!-- bulk: end -->"


def measure(name: str, rows: int) -> dict[str, Any]:
    """One case, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "benchmarks.bulk.cases", name, str(rows)]
    load, began = _load(), time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return {**found, "load": load, "took": time.monotonic() - began}


def _load() -> float:
    """How many processes want a core now, beside this one: the mean of a second's looks."""
    looks: list[int] = []
    for _ in range(20):
        running = Path("/proc/loadavg").read_text(encoding="ascii").split()[3].partition("/")[0]
        looks.append(max(0, int(running) - 1))
        time.sleep(0.05)
    return sum(looks) / len(looks)


def write(results: dict[str, Any]) -> None:
    """Puts table and picture into the page."""
    KEPT.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2] if END in rest else rest
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(results)}\n\n{END}{after}", encoding="utf-8")
    picture(results, PICTURE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", help="only these; NAME=ROWS with so many rows")
    parser.add_argument("--full", action="store_true", help="all rows: up to a million")
    parser.add_argument("--write", action="store_true", help="also into docs/bulk.md and docs/images/bulk.svg")
    asked = parser.parse_args()
    kept = asked.write and KEPT.exists()
    results: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8")) if kept else {}
    for case in asked.cases or CASES:
        name, _, rows = case.partition("=")
        _, small, full = CASES[name]
        results[name] = measure(name, int(rows or (full if asked.full else small)))
        if asked.write:
            write(results)  # at once: an hour is long
        print(name, json.dumps(results[name]), flush=True)
    print(table(results))


if __name__ == "__main__":
    main()
