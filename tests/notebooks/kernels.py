"""Kernels that are forks of a process which has imported everything: the imports are most of a notebook's time."""

from __future__ import annotations

import os
import signal
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from tests.support.programs import Launcher, Program

__all__ = ["Forked", "Kernels"]

NAME = "forked"


class Forked(LocalProvisioner):
    """Starts kernels by a launcher; `jupyter_client` makes one for each of them."""

    launcher: ClassVar[Launcher]

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Starts what a kernel's specification says, its interpreter excepted."""
        program, *arguments = cmd[cmd.index("-m") + 1 :]
        directory = Path(kwargs.get("cwd") or Path.cwd())
        with Path(os.devnull).open("r+b") as nothing:
            started = self.launcher.start(
                *arguments,
                program=program,
                streams=(nothing.fileno(),) * 3,
                environment={"JPY_PARENT_PID": str(os.getpid())},  # with it, a kernel outlives no launcher
                directory=directory,
            )
        self.process = _Process(started)
        self.pid, self.pgid = self.process.pid, None
        return self.connection_info


class _Process:
    """A program as `subprocess.Popen` has it."""

    stdin = stdout = stderr = None

    def __init__(self, program: Program) -> None:
        self.pid, self.poll, self.wait, self.kill = program.pid, program.poll, program.wait, program.kill

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class Kernels(AsyncKernelManager):
    """What Jupyter starts kernels with."""

    @property
    def kernel_spec(self) -> Any:
        spec = super().kernel_spec
        spec.metadata["kernel_provisioner"] = {"provisioner_name": NAME}
        KernelProvisionerFactory.instance().provisioners[NAME] = EntryPoint(NAME, f"{__name__}:Forked", "")
        return spec
