"""The command line `azure-connector`. Everything but the list of commands is imported by the command that runs."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

from .._utils import install_hint

__all__ = ["main"]


def main() -> None:
    """Runs the command line; ends the process with its exit code."""
    try:
        from ._app import app
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("typer", "rich"):
            raise
        sys.stderr.write(f"The command line needs typer and rich: {install_hint('cli')}\n")
        raise SystemExit(2) from None
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets a question mark instead of a traceback.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="azure-connector")
    finally:
        _flush()


def _flush() -> None:
    """Writes out what is buffered; where the reader of a pipe has gone, the interpreter shall not complain at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
