"""The options of `azure-connector emulator`."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = [
    "ChunkLatency",
    "Fault",
    "FaultRate",
    "Host",
    "Key",
    "Latency",
    "Port",
    "Seed",
    "Served",
    "Tls",
    "Upstream",
    "UpstreamKey",
]

Served = Annotated[
    list[str] | None,
    typer.Option(
        "--deployment", "-d", metavar="NAME", help="A deployment; NAME=MODEL:CAPACITY for its base model and its quota."
    ),
]
Port = Annotated[int, typer.Option(metavar="N", help="The port; 0 picks a free one.", min=0, max=65535)]
Host = Annotated[str, typer.Option(metavar="HOST", help="The interface to bind.")]
Key = Annotated[str | None, typer.Option(metavar="KEY", help="The key that it takes; a random one by default.")]
Tls = Annotated[bool, typer.Option("--tls", help="Serve HTTPS with a certificate of its own.")]
Latency = Annotated[float, typer.Option(metavar="SECONDS", help="Before every reply.", min=0)]
ChunkLatency = Annotated[float, typer.Option(metavar="SECONDS", help="Before every event.", min=0)]
FaultRate = Annotated[float, typer.Option(metavar="N", help="The share of requests that go wrong.", min=0, max=1)]
Fault = Annotated[
    list[str] | None, typer.Option("--fault", metavar="KIND", help="Only faults of this kind; may be repeated.")
]
Seed = Annotated[int, typer.Option(metavar="N", help="Makes the faults repeatable.")]
Upstream = Annotated[str | None, typer.Option(metavar="URL", help="Answer from this OpenAI-compatible server (…/v1).")]
UpstreamKey = Annotated[str | None, typer.Option(metavar="KEY", help="That server's key.")]
