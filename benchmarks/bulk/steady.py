"""The rate in the middle of a run: from a fifth of its rows to four fifths, so that neither start nor end counts."""

from __future__ import annotations

import threading
import time
import urllib.request
from collections.abc import Callable
from types import TracebackType

__all__ = ["Meter", "answered"]

_EVERY = 0.1
FROM, UNTIL = 0.2, 0.8


def answered(port: int) -> int:
    """How many calls the server has had in all."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/count") as reply:
        return int(reply.read())


class Meter:
    """Looks at the server's count, and at what has been spent, while a block runs.

    Args:
        port: the server's.
        rows: calls that the block will make.
        spent: CPU seconds so far, of everything that works on them.
    """

    def __init__(self, port: int, rows: int, spent: Callable[[], float]) -> None:
        self._port, self._rows, self._spent = port, rows, spent
        self._before = answered(port)
        self._looks: list[tuple[float, int, float]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Meter:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_EVERY):
            self._looks.append((time.perf_counter(), answered(self._port) - self._before, self._spent()))

    def result(self) -> dict[str, float]:
        """Rows a second and CPU a row, between the first look after a fifth and the last one before four fifths."""
        inside = [look for look in self._looks if FROM * self._rows <= look[1] <= UNTIL * self._rows]
        if len(inside) < 2:
            raise RuntimeError(f"{self._rows} rows are too few for this machine: take more")
        (began, first, before), (ended, last, after) = inside[0], inside[-1]
        rows = last - first
        return {"rows_per_second": rows / (ended - began), "cpu_us_per_row": (after - before) / rows * 1e6}
