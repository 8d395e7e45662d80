"""Starts programs for tests: forks of a process that has imported everything, which saves a second or two each.

Reads lines of JSON: `{"start": {program, arguments, environment, directory, tty}}`, answered with `{"pid": …}`, and
`{"poll": pid}`, answered with `{"code": …}`, null while it runs. A program without a terminal gets the three
descriptors that come with its line. It has a single thread, so that its forks are as good as new processes; what a test
says about starting or ending an interpreter needs one of its own. A program is a module or the path of a script; this
module is one too, and then a launcher with further imports, named by its arguments.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib.util
import io
import json
import os
import runpy
import socket
import sys
import threading
from typing import Any


def take_over(tty: str | None, descriptors: list[int]) -> None:
    """Makes a terminal this process's own, so that its Ctrl-C comes here, or takes the three streams that came."""
    if tty is not None:
        os.setsid()
        descriptors = [os.open(tty, os.O_RDWR)] * 3
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
    unbuffered = tty is not None
    sys.stdin = io.TextIOWrapper(io.FileIO(0, "r", closefd=False), "utf-8")
    sys.stdout = stream(1, unbuffered)
    sys.stderr = stream(2, True)


def stream(number: int, line_buffering: bool) -> io.TextIOWrapper:
    raw = io.FileIO(number, "w", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", line_buffering=line_buffering)


def become(wanted: dict[str, Any], descriptors: list[int]) -> None:
    """The child: a program like any other. Never returns."""
    code = 70
    try:
        take_over(wanted["tty"], descriptors)
        os.environ.clear()
        os.environ.update(wanted["environment"])
        os.chdir(wanted["directory"])
        sys.argv = [wanted["program"], *wanted["arguments"]]
        run(wanted["program"])
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as an interpreter does at its end
        atexit._run_exitfuncs()
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        os._exit(code)


def run(program: str) -> None:
    if program.endswith(".py"):
        sys.path.insert(0, os.path.dirname(program))  # noqa: PTH120  # as the interpreter does
        runpy.run_path(program, run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__")


def prepare(modules: list[str]) -> None:
    """Imports what commands import, what the first client does, and some modules."""
    import readline  # noqa: F401

    from azure_connector import AzureConnector

    # Where the command line or a framework is not installed, its tests say so.
    with contextlib.suppress(ModuleNotFoundError):
        from azure_connector.cli import _app, _chat, _compare, _doctor, _explain, _init, _models, doctor  # noqa: F401
    with AzureConnector(azure_endpoint="http://127.0.0.1:9", api_key="k" * 32) as client:
        client.explain("gpt-5")
    for name in modules:
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # no fork walks over, and so copies, what it has from here
    assert threading.active_count() == 1, "a lock that another thread holds would be held in each fork for ever"


def serve(link: socket.socket, modules: list[str]) -> None:
    prepare(modules)
    while True:
        line, descriptors, _, _ = socket.recv_fds(link, 1 << 20, 3)
        if not line:
            return
        asked = json.loads(line)
        if "start" in asked:
            pid = os.fork()
            if pid == 0:
                link.close()
                become(asked["start"], list(descriptors))
            for descriptor in descriptors:
                os.close(descriptor)
            answer = {"pid": pid}
        else:
            pid, status = os.waitpid(asked["poll"], os.WNOHANG)
            answer = {"code": os.waitstatus_to_exitcode(status) if pid else None}
        link.send(json.dumps(answer).encode())


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])
