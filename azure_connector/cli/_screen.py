"""The terminal: its width, its colours, its characters, and JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any

from rich.cells import cell_len
from rich.console import Console, Group
from rich.segment import Segment
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from azure_connector._utils import printable

__all__ = ["Marks", "error_screen", "grid", "marks", "print_json", "progress", "screen", "table"]

_PAD = 2  # columns between those of a table
_PIPE_WIDTH = 120  # columns for what no terminal shows
_THEME = Theme({"markdown.code": "bold cyan"})  # rich's own is cyan on black, a bar on a light terminal


def screen() -> Console:
    """The console for results. A pipe gets no colours and a fixed width."""
    return _console(sys.stdout)


def error_screen() -> Console:
    """The console for progress and remarks, so that results can be piped."""
    return _console(sys.stderr)


def _console(stream: Any) -> Console:
    width = None if stream.isatty() else _PIPE_WIDTH
    # soft_wrap is off: rich wraps at words, and never beyond the terminal's edge.
    return _SafeConsole(file=stream, highlight=False, emoji=False, width=width, theme=_THEME)


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


def table(console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[str] = ()) -> Any:
    """A table, or a block for each row where the columns' words do not fit side by side.

    Args:
        console: where it will be shown.
        columns: their titles; the first one names the row.
        rows: the cells.
        right: the columns with numbers.
    """
    # Rich shrinks columns in proportion, and would break words and numbers before it gives up blanks.
    cells = zip(columns, *rows, strict=True)
    narrowest = [max(_word_lengths(name, texts, whole=name in right)) for name, *texts in cells]
    if sum(narrowest) + _PAD * len(columns) > console.width:
        return Group(*(_record(columns, row) for row in rows))
    made = Table(box=None, padding=(0, _PAD, 0, 0), header_style="bold")
    for name, width in zip(columns, narrowest, strict=True):
        made.add_column(name, justify="right" if name in right else "left", overflow="fold", min_width=width)
    for row in rows:
        made.add_row(*map(Text, row))
    return made


def _word_lengths(name: str, texts: Sequence[str], *, whole: bool) -> Iterable[int]:
    return map(cell_len, (*name.split(), *(word for text in texts for word in ([text] if whole else text.split()))))


def _record(columns: Sequence[str], row: Sequence[str]) -> Group:
    named = grid()
    named.add_column(style="dim", no_wrap=True)
    named.add_column(overflow="fold")
    for name, text in zip(columns[1:], row[1:], strict=True):
        if text:
            named.add_row(f"  {name}", Text(text))
    return Group(Text(row[0], "bold", overflow="fold"), named)


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
