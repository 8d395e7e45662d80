"""The terminal: its width, its colours, its characters, and JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from azure_connector._utils import printable

__all__ = ["Marks", "error_screen", "grid", "marks", "print_json", "progress", "screen"]

_PIPE_WIDTH = 120  # columns for what no terminal shows


def screen() -> Console:
    """The console for results. A pipe gets no colours and a fixed width."""
    return _console(sys.stdout)


def error_screen() -> Console:
    """The console for progress and remarks, so that results can be piped."""
    return _console(sys.stderr)


def _console(stream: Any) -> Console:
    width = None if stream.isatty() else _PIPE_WIDTH
    # soft_wrap is off: rich wraps at words, and never beyond the terminal's edge.
    return _SafeConsole(file=stream, highlight=False, emoji=False, width=width)


class _SafeConsole(Console):
    """A console that shows what steers terminals instead of obeying it: models, services and names may hold it."""

    def render(self, renderable: Any, options: Any = None) -> Iterable[Segment]:
        """As rich's, with the text of every segment made printable; rich's own control codes pass."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=printable(segment.text))


class Marks:
    """The signs of a status, for consoles that have them and for those that do not."""

    def __init__(self, plain: bool) -> None:
        self._signs = (
            {"ok": "ok", "warning": "!!", "failed": "NO", "skipped": "--"}
            if plain
            else {"ok": "✓", "warning": "!", "failed": "✗", "skipped": "-"}
        )
        self.wide = plain
        self.dot = "-" if plain else "·"
        self.arrow = "->" if plain else "→"
        self.back = "<-" if plain else "←"

    def of(self, status: str) -> Text:
        """The sign of a status in its colour."""
        style = {"ok": "green", "warning": "yellow", "failed": "bold red", "skipped": "dim"}.get(status, "")
        return Text(self._signs.get(status, "?"), style)


def marks(console: Console) -> Marks:
    """The signs that a console can show."""
    return Marks(plain=not console.encoding.lower().startswith("utf"))


def grid(*, pad: int = 2) -> Table:
    """A table without lines; columns are added by whoever fills it."""
    return Table.grid(padding=(0, pad, 0, 0), expand=False)


def print_json(value: object) -> None:
    """A value for programs: always UTF-8-safe, never wrapped or coloured."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


@contextmanager
def progress(results: Console, *, quiet: bool) -> Generator[Callable[[str], None]]:
    """A line that says what is being done, where a person is watching.

    Args:
        results: the console for results: where it is the terminal, the line must be drawn by the one that draws them.
        quiet: show nothing.
    """
    console = results if results.is_terminal else error_screen()
    if quiet or not console.is_terminal or console.is_dumb_terminal:
        yield lambda text: None
        return
    with console.status("") as status:
        yield lambda text: status.update(Text(f"{text} …", "dim"))
