"""One stack in a process of its own: reads cases from standard input, one JSON line each, and answers in the same way.

python -m benchmarks.speed.worker NAME PORTS
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import warnings
from typing import Any

from .cases import CASES, PORT_OF
from .lineup import make
from .stacks import Stack


class _Worker:
    def __init__(self, name: str, ports: dict[str, int]) -> None:
        self._name, self._ports = name, ports
        self._stacks: dict[str, Stack] = {}

    def _stack(self, port: str, *, fresh: bool) -> Stack:
        if fresh or port not in self._stacks:
            scheme, host = ("https", "localhost") if port.startswith("tls_") else ("http", "127.0.0.1")
            self._stacks[port], self.construction = make(self._name, f"{scheme}://{host}:{self._ports[port]}")
        return self._stacks[port]

    async def measure(self, case: str, seconds: float) -> dict[str, Any]:
        stack = self._stack(PORT_OF[case], fresh=case.endswith("streams"))
        return {**await CASES[case](stack, seconds), "construction": self.construction}


async def _main() -> None:
    worker = _Worker(sys.argv[1], json.loads(sys.argv[2]))
    for line in iter(sys.stdin.readline, ""):
        asked = json.loads(line)
        try:
            answer = await worker.measure(asked["case"], asked["seconds"])
        except Exception as error:  # a stack may raise anything: the report tells it
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write("\n@" + json.dumps(answer) + "\n")  # some stacks write to standard output, too
        sys.stdout.flush()


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    asyncio.run(_main())
