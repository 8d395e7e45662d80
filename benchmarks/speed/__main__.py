"""Runs the comparison: `make bench`, or `python -m benchmarks.speed [--quick] [--write] [--only CASE,…]`.

Every stack has a process of its own, rounds are interleaved so that a busy machine slows all of them alike, and what is
compared are ratios of the same round.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from .cases import CASES, PORT_OF
from .lineup import STACKS
from .report import FLOORS, Plan, Results, markdown, pictures, table
from .startup import import_costs

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "performance.md"
IMAGES = ROOT / "docs" / "images"
MARKS = ("<!-- measured: begin -->", "<!-- measured: end -->")

_SDK = ("raw", "aiohttp", "openai", "openai-aiohttp", "create", "post", "create-httpx")
_FLOORS = tuple(FLOORS)
_ALL = tuple(name for name in STACKS if name not in FLOORS)
_ASYNC = tuple(name for name in _ALL if not name.endswith("-sync"))
PLANS = (
    Plan("alone", _ALL + _FLOORS, rounds=7, seconds=0.8),
    Plan("many", _ASYNC + _FLOORS, rounds=7, seconds=1.0),
    Plan("history", _ALL + _FLOORS, rounds=3, seconds=0.5),
    Plan("burst", (*_ALL, "sk-floor"), rounds=5, seconds=0.4),
    Plan("paced", _ALL, rounds=7, seconds=0.0),
    Plan("tools", _ALL, rounds=3, seconds=0.3),
    Plan("first", _ALL, rounds=3, seconds=0.0),
    Plan("load", _ASYNC, rounds=1, seconds=0.8),
    Plan("memory", _SDK, rounds=1, seconds=0.0),
    Plan("ten_streams", _ALL, rounds=1, seconds=0.0),
    Plan("tls_alone", _SDK, rounds=3, seconds=0.3),
    Plan("tls_streams", _SDK, rounds=3, seconds=0.0),
)


class _Process:
    """One stack's process."""

    def __init__(self, name: str, ports: str, authority: Path) -> None:
        self.name = name
        environment = {**os.environ, "SSL_CERT_FILE": str(authority), "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.speed.worker", name, ports],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, case: str, seconds: float) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"case": case, "seconds": seconds}) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("@"):
                return json.loads(line[1:])
        return {"error": "the process has ended"}

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


@contextmanager
def _server(authority: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.speed.server", str(authority)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield server.stdout.readline()
        finally:
            server.stdin.close()


def _accepted(ports: dict[str, int]) -> dict[str, int]:
    """How many connections the server has accepted so far, by port."""
    with socket.create_connection(("127.0.0.1", ports["accepted"])) as connection:
        return json.loads(connection.makefile("rb").read())


def measure(plans: tuple[Plan, ...]) -> Results:
    """Runs the plans and gives every answer, by case and stack."""
    results: Results = {}
    with ExitStack() as stack:
        authority = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "authority.pem"
        told = stack.enter_context(_server(authority))
        ports = json.loads(told)
        names = dict.fromkeys(name for plan in plans for name in plan.stacks)
        processes = {name: _Process(name, told, authority) for name in names}
        for process in processes.values():
            stack.callback(process.stop)
        for plan in plans:
            if PORT_OF[plan.case] not in ports:
                print(f"{plan.case}: left out, trustme is not installed", file=sys.stderr)
                continue
            print(f"{plan.case} …", file=sys.stderr, flush=True)
            found = results.setdefault(plan.case, {name: [] for name in plan.stacks})
            for _ in range(plan.rounds):
                for name in plan.stacks:
                    before = _accepted(ports)[PORT_OF[plan.case]]
                    answer = processes[name].ask(plan.case, plan.seconds)
                    answer["connections"] = _accepted(ports)[PORT_OF[plan.case]] - before
                    found[name].append(answer)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of each case, about a minute")
    parser.add_argument("--only", default="", help=f"cases, with commas between: {', '.join(CASES)}")
    parser.add_argument("--write", action="store_true", help="also write docs/performance.md and its pictures")
    options = parser.parse_args()
    plans = tuple(plan for plan in PLANS if not options.only or plan.case in options.only.split(","))
    if options.quick:
        plans = tuple(Plan(plan.case, plan.stacks, 1, plan.seconds / 2) for plan in plans)
    results = measure(plans)
    imports = {} if options.only else import_costs(1 if options.quick else 5)
    print(table(results, imports))
    if options.write:
        before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(MARKS[0])
        after = rest.partition(MARKS[1])[2]
        DOCUMENT.write_text(f"{before}{MARKS[0]}\n{markdown(results, imports)}{MARKS[1]}{after}", encoding="utf-8")
        pictures(results, IMAGES)


if __name__ == "__main__":
    main()
