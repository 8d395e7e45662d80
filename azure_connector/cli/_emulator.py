"""`azure-connector emulator`: a local Azure OpenAI resource until Ctrl-C."""

from __future__ import annotations

import json
import signal
import sys
import threading
from argparse import ArgumentTypeError
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

from ._running import PROBLEM, fail

if TYPE_CHECKING:
    from ..emulator import Emulator

__all__ = ["Faults", "run"]


@dataclass(frozen=True, slots=True)
class Faults:
    """What shall go wrong by chance.

    Attributes:
        rate: which share of the requests.
        kinds: which faults; all when empty.
        seed: makes them repeatable.
    """

    rate: float
    kinds: tuple[str, ...]
    seed: int


def run(
    deployments: Sequence[str] | None,
    *,
    host: str,
    port: int,
    api_key: str | None,
    tls: bool,
    latency: float,
    chunk_latency: float,
    faults: Faults,
    upstream: str | None,
    upstream_key: str | None,
    as_json: bool,
) -> None:
    """Serves until it is interrupted or terminated."""
    from ..emulator import Emulator, RandomFaults
    from ..emulator.__main__ import LOOPBACK, deployment
    from ..emulator.upstream import Upstream

    try:
        chance = RandomFaults(faults.seed, faults.rate or 0.3, kinds=faults.kinds or None)
        served = [deployment(text) for text in deployments] if deployments else None
        behind = Upstream(upstream, upstream_key) if upstream else None
    except (ValueError, ArgumentTypeError) as error:
        fail(str(error))
    azure = Emulator(
        served,
        host=host,
        port=port,
        api_key=api_key,
        tls=tls,
        latency=latency,
        chunk_latency=chunk_latency,
        faults=chance if faults.rate or faults.kinds else None,
        upstream=behind,
    )
    _serve(azure, tls=tls, as_json=as_json, where=f"{host}:{port}", exposed=host not in LOOPBACK)


def _serve(azure: Emulator, *, tls: bool, as_json: bool, where: str, exposed: bool) -> None:
    from ..emulator.__main__ import banner

    try:
        azure.start()
    except OSError as error:
        fail(f"Cannot serve on {where}: {error.strerror or error}", PROBLEM)
    try:
        with _until_told() as told:
            sys.stdout.write(_described(azure, tls) if as_json else banner(azure, azure.ca_file if tls else None))
            sys.stdout.flush()
            if exposed:
                sys.stderr.write(f"Warning: {where} is not loopback; whoever reaches this host reaches the emulator.\n")
            told.wait()
        if not as_json:
            sys.stdout.write("\nStopped.\n")
    finally:
        azure.stop()


def _described(azure: Emulator, tls: bool) -> str:
    """One line of JSON, for whoever started it."""
    served = {one.name: one.base_model for one in azure.deployments.values()}
    known = {"endpoint": azure.endpoint, "api_key": azure.api_key, "deployments": served}
    return json.dumps(known | ({"ca_file": azure.ca_file} if tls else {})) + "\n"


@contextmanager
def _until_told() -> Generator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set: to be stopped is how this command ends well."""
    told = threading.Event()

    def tell(number: int, frame: FrameType | None) -> None:
        told.set()

    former = {number: signal.signal(number, tell) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
