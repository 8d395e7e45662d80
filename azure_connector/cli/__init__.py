"""The command line `azure-connector`. Everything but the list of commands is imported by the command that runs."""

from __future__ import annotations

import sys

from .._utils import install_hint
from ._pipes import PIPE_CLOSED, watch_pipes

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
    pipes = watch_pipes()
    code: str | int | None = 0
    try:
        app(prog_name="azure-connector")
    except SystemExit as end:
        code = end.code
    finally:
        finished = [pipe.finish() for pipe in pipes]  # each of them, also where the first one's reader has gone
        if any(finished):
            code = PIPE_CLOSED
    raise SystemExit(code)
