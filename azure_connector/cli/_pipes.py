"""stdout and stderr that remember when their reader has gone: `| head` ends every command alike."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import Any, cast

__all__ = ["PIPE_CLOSED", "Pipe", "watch_pipes"]

PIPE_CLOSED = 141
"""The reader of the output has gone, as shells count it."""


class Pipe(TextIOWrapper):
    """A stream for text. What libraries make of a closed pipe differs (typer and rich end with 1); this one knows."""

    closed_early = False
    former: TextIOWrapper | None = None
    """The stream in whose place it is: kept, since it closes what both write to when it goes."""
    place = ""
    """Its name in `sys`."""

    def write(self, text: str, /) -> int:
        """As its base; notes where nobody reads any more."""
        try:
            return super().write(text)
        except BrokenPipeError:
            self.closed_early = True
            raise

    def flush(self) -> None:
        """As `write`."""
        try:
            super().flush()
        except BrokenPipeError:
            self.closed_early = True
            raise

    def finish(self) -> bool:
        """Writes out what is buffered, and gives the place back; gives whether a reader had gone.

        Nothing complains at the interpreter's exit, and who called the command line in their process prints on.
        """
        try:
            self.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
        if getattr(sys, self.place, None) is self:
            setattr(sys, self.place, self.former)
            with suppress(OSError):
                self.detach()
        return self.closed_early


def watch_pipes() -> list[Pipe]:
    """Puts such streams in the place of stdout and stderr, where those are the process's own."""
    made: list[Pipe] = []
    for name in ("stdout", "stderr"):
        stream: Any = getattr(sys, name)
        if isinstance(cast("object", stream), TextIOWrapper) and not isinstance(cast("object", stream), Pipe):
            stream.flush()
            # A terminal that cannot show a character gets a question mark instead of a traceback.
            pipe = Pipe(stream.buffer, stream.encoding, "replace", line_buffering=stream.line_buffering)
            pipe.former, pipe.place = stream, name
            setattr(sys, name, pipe)
            made.append(pipe)
    return made
