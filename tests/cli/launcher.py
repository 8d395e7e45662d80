"""Starts command lines on terminals: forks of a process that has imported everything, which saves a second each.

Reads lines of JSON: `{"start": {tty, arguments, environment, directory}}`, answered with `{"pid": …}`, and
`{"poll": pid}`, answered with `{"code": …}`, null while it runs.
"""

from __future__ import annotations

import io
import json
import os
import sys
from typing import Any


def take_over(tty: str) -> None:
    """Makes a terminal this process's own: its Ctrl-C comes here."""
    os.setsid()
    terminal = os.open(tty, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(terminal, number)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, "r", closefd=False), "utf-8")
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8", line_buffering=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", line_buffering=True)


def become(wanted: dict[str, Any]) -> None:
    """The child: a command line like any other. Never returns."""
    from azure_connector.cli import main

    code = 70
    try:
        take_over(wanted["tty"])
        os.environ.clear()
        os.environ.update(wanted["environment"])
        os.chdir(wanted["directory"])
        sys.argv = ["azure-connector", *wanted["arguments"]]
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def serve() -> None:
    import readline  # noqa: F401

    for line in sys.stdin:
        asked = json.loads(line)
        if "start" in asked:
            pid = os.fork()
            if pid == 0:
                become(asked["start"])
            answer = {"pid": pid}
        else:
            pid, status = os.waitpid(asked["poll"], os.WNOHANG)
            answer = {"code": os.waitstatus_to_exitcode(status) if pid else None}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
