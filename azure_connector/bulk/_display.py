"""Progress for eyes: a bar on a terminal and in Jupyter, a line each ten seconds elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from ._progress import Progress

__all__ = ["display_for"]

_LINE_SECONDS = 10.0


class Lines:
    """A line now and then, for logs and pipes."""

    def __init__(self, interval: float = _LINE_SECONDS) -> None:
        self._interval = interval
        self._last = time.monotonic()

    def show(self, progress: Progress) -> None:
        """Writes a line, when one is due."""
        if time.monotonic() - self._last >= self._interval:
            self._last = time.monotonic()
            _write(f"{progress}\n")

    def close(self) -> None:
        """Nothing is left to do."""


class Bar:
    """rich's bar."""

    def __init__(self, console: Any) -> None:
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"))
        self._bar = Progress(*columns, console=console, transient=False, refresh_per_second=4)
        self._task = self._bar.add_task("", total=None)
        self._bar.start()

    def show(self, progress: Progress) -> None:
        """Moves the bar."""
        self._bar.update(self._task, total=progress.total, completed=progress.done, description=str(progress))

    def close(self) -> None:
        """Leaves the bar as it stands."""
        self._bar.stop()


class Caller:
    """A function of the user's own."""

    def __init__(self, function: Callable[[Progress], object]) -> None:
        self._function = function

    def show(self, progress: Progress) -> None:
        """Hands it on."""
        self._function(progress)

    def close(self) -> None:
        """Nothing is left to do."""


class Silent:
    """No display."""

    def show(self, progress: Progress) -> None:
        """Shows nothing."""

    def close(self) -> None:
        """Nothing is left to do."""


def display_for(wanted: bool | Callable[[Progress], object]) -> Lines | Bar | Caller | Silent:
    """The display that fits where this runs.

    Args:
        wanted: False for none; a function that gets each `Progress`.
    """
    if callable(wanted):
        return Caller(wanted)
    if not wanted:
        return Silent()
    try:
        from rich.console import Console
    except ImportError:
        return Lines()
    console = Console(stderr=not _in_jupyter(), emoji=False, highlight=False)
    return Bar(console) if console.is_terminal or console.is_jupyter else Lines()


def _in_jupyter() -> bool:
    return "ipykernel" in sys.modules


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
