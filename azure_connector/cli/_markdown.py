"""An answer as it streams: drawn as Markdown in a terminal, plain everywhere else."""

from __future__ import annotations

from markdown_it import MarkdownIt
from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown
from rich.segment import Segment, SegmentLines
from rich.text import Text

from .._utils import printable

__all__ = ["MarkdownAnswer", "PlainAnswer", "answer_on"]


def answer_on(console: Console, *, markdown: bool) -> PlainAnswer | MarkdownAnswer:
    """What shows an answer on this console.

    Args:
        console: where.
        markdown: whether it shall be drawn, where the console can.
    """
    drawn = markdown and console.is_terminal and not console.is_dumb_terminal
    return MarkdownAnswer(console) if drawn else PlainAnswer(console)


class PlainAnswer:
    """The text as it comes.

    Args:
        console: where it is shown.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._open = False

    def add(self, piece: str) -> None:
        """Shows a piece."""
        # Straight to the terminal, which wraps and copies better than anything drawn over it.
        self._console.file.write(printable(piece))
        self._console.file.flush()
        self._open = not piece.endswith("\n")

    def end(self) -> None:
        """Ends the line; whatever else is shown comes below it."""
        if self._open:
            self._console.print()
        self._open = False


class MarkdownAnswer:
    """Whole blocks (a paragraph, a list, a table, some code) as Markdown; the one that is still open as its text.

    Args:
        console: where it is shown.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._parser = MarkdownIt("commonmark").enable("table").enable("strikethrough")
        self._text = ""
        self._live: Live | None = None
        self._shown = False

    def add(self, piece: str) -> None:
        """Shows a piece."""
        self._text += piece
        if "\n" in piece:
            lines, end, rest = self._text.rpartition("\n")
            *whole, last = self._blocks(lines + end)
            self._draw(whole)
            self._text = last + rest
        self._follow()

    def end(self) -> None:
        """Draws what is left; whatever else is shown comes below it."""
        self._close()
        self._draw(self._blocks(self._text))
        self._text, self._shown = "", False

    def _blocks(self, text: str) -> list[str]:
        """A text's blocks. Whatever lines follow, they change the last one only."""
        starts = [token.map[0] for token in self._parser.parse(text) if token.level == 0 and token.map]
        rows = text.split("\n")
        ends = [*starts[1:], len(rows)]
        return ["\n".join(rows[start:end]) for start, end in zip([0, *starts[1:]], ends, strict=True)]

    def _draw(self, blocks: list[str]) -> None:
        for block in filter(str.strip, blocks):
            self._close()
            lines = self._console.render_lines(Markdown(printable(block), hyperlinks=False), pad=False)
            if self._shown:
                self._console.print()
            self._console.print(SegmentLines(_without_margins(lines), new_lines=True))
            self._shown = True

    def _follow(self) -> None:
        """The open block's last lines, drawn over each other while they grow."""
        if not self._text.strip():
            return
        if self._live is None:
            self._live = Live(
                console=self._console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        rows = Text(printable(self._text.strip("\n"))).wrap(self._console, self._console.width)
        self._live.update(Text("\n").join(rows[-max(self._console.height - 2, 1) :]), refresh=True)

    def _close(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


def _without_margins(lines: list[list[Segment]]) -> list[list[Segment]]:
    """The lines without the empty ones around them, which rich puts around lists, tables and code, and without the
    blanks at their ends, which nobody wants to copy."""
    full = [number for number, line in enumerate(lines) if "".join(part.text for part in line).strip()]
    return [_trimmed(line) for line in lines[full[0] : full[-1] + 1]] if full else []


def _trimmed(line: list[Segment]) -> list[Segment]:
    kept = list(line)
    while kept and not (kept[-1].style and kept[-1].style.bgcolor):
        last = kept.pop()
        if text := last.text.rstrip():
            return [*kept, last._replace(text=text)]
    return kept
