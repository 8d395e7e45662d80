"""Programs for tests, started by `launcher`: the command line in a fork that need not import it again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from .waiting import PATIENCE, until

__all__ = ["GREAT", "Launcher", "Program"]

ROOT = Path(__file__).parents[2]
COMMAND_LINE = "azure_connector.cli"
LAUNCHER = "tests.support.launcher"
# What programs of readers import, among it what Jupyter imports of itself.
GREAT = (
    "azure_connector.emulator",
    "azure_connector.emulator.assertions",
    "pytest",
    "litellm_adapter.provider",
    "litellm.litellm_core_utils.default_encoding",
    "sk_azure_plugin",
    "semantic_kernel.agents",
    "semantic_kernel.connectors.ai.open_ai",
    "pandas",
    "pyarrow.parquet",
    "matplotlib.pyplot",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
)


class Launcher:
    """The process that starts the programs.

    Args:
        parent: another one, of which it is a fork.
        modules: what it imports besides.
    """

    def __init__(self, parent: Launcher | None = None, modules: tuple[str, ...] = ()) -> None:
        # Messages with their ends: a line and its descriptors come as they were sent.
        self._link, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        bare = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE", "OPENAI"))}
        with other:
            if parent is not None:
                streams = (other.fileno(), 1, 2)
                # matplotlib asks for it once, when it is imported; Jupyter says so to each of its kernels.
                backend = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
                self._process: Any = parent.start("0", *modules, program=LAUNCHER, streams=streams, environment=backend)
                return
            self._process = subprocess.Popen(
                [sys.executable, "-m", LAUNCHER, str(other.fileno()), *modules],
                pass_fds=[other.fileno()],
                env={**bare, "PYTHONPATH": str(ROOT)},
                cwd=Path("/"),
            )

    def _ask(self, descriptors: list[int], **what: Any) -> dict[str, Any]:
        with self._lock:
            socket.send_fds(self._link, [json.dumps(what).encode()], descriptors)
            return json.loads(self._link.recv(1 << 16))

    def start(
        self,
        *arguments: str,
        program: str = COMMAND_LINE,
        tty: str | None = None,
        streams: tuple[int, int, int] | None = None,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
    ) -> Program:
        """Starts a module as a program, with this process's environment.

        Args:
            arguments: of its command line.
            program: the module, or the path of a script.
            tty: the path of a terminal of its own, or
            streams: descriptors for its three streams.
            environment: variables that are set besides.
            directory: where it works; by default, here.
        """
        wanted = {
            "program": program,
            "arguments": arguments,
            "environment": {**os.environ, **(environment or {})},
            "directory": str(directory or Path.cwd()),
            "tty": tty,
        }
        return Program(self, self._ask(list(streams or ()), start=wanted)["pid"])

    def run(
        self,
        *arguments: str,
        program: str = COMMAND_LINE,
        environment: Mapping[str, str] | None = None,
        timeout: float = PATIENCE,
    ) -> subprocess.CompletedProcess[str]:
        """Runs a module as a program to its end, without input, like `subprocess.run(capture_output=True)`."""
        with contextlib.ExitStack() as stack:
            nothing = stack.enter_context(Path(os.devnull).open("rb"))
            (out, out_end), (err, err_end) = (_pipe(stack) for _ in range(2))
            streams = (nothing.fileno(), out_end.fileno(), err_end.fileno())
            made = self.start(*arguments, program=program, streams=streams, environment=environment)
            out_end.close()
            err_end.close()
            said: dict[str, str] = {}
            readers = [
                threading.Thread(target=lambda name=name, end=end: said.update({name: end.read().decode()}))
                for name, end in (("stdout", out), ("stderr", err))
            ]
            for reader in readers:
                reader.start()
            code = made.wait(timeout)
            for reader in readers:
                reader.join()
        return subprocess.CompletedProcess([program, *arguments], code, said["stdout"], said["stderr"])

    def poll(self, pid: int) -> int | None:
        """A program's exit code; None while it runs."""
        return self._ask([], poll=pid)["code"]

    def close(self) -> None:
        self._link.close()
        self._process.wait()


def _pipe(stack: contextlib.ExitStack) -> tuple[IO[bytes], IO[bytes]]:
    reading, writing = os.pipe()
    return stack.enter_context(os.fdopen(reading, "rb")), stack.enter_context(os.fdopen(writing, "wb"))


@dataclass
class Program:
    """A program that was started."""

    launcher: Launcher
    pid: int
    code: int | None = None

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        if self.code is None:
            self.code = self.launcher.poll(self.pid)
        return self.code

    def wait(self, timeout: float = PATIENCE) -> int:
        """Waits for its end, for so many seconds; gives its exit code."""
        until(lambda: self.poll() is not None, timeout)
        assert self.code is not None
        return self.code

    def kill(self) -> None:
        """Ends it, if it has not ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.wait()
