"""The server that the stacks are measured against: a raw asyncio protocol that answers with ready bytes.

Each port has one behaviour, so that stacks may name deployments and paths as they like. It runs in its own process,
prints the ports as JSON, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from pathlib import Path

from .wire import PLAIN, STREAM_HEAD, TEXT_EVENTS, TOOL_EVENTS, chunked

__all__ = ["PORTS", "main"]

_END = b"0\r\n\r\n"
_BURST = STREAM_HEAD + b"".join(map(chunked, TEXT_EVENTS)) + _END
_TOOLS = STREAM_HEAD + b"".join(map(chunked, TOOL_EVENTS)) + _END
PACE = 0.001
DELAY = 0.020

# Every port, and what it does. "streams" is new to every stack when its connections are counted.
PORTS = {
    **{name: name for name in ("plain", "delayed", "burst", "paced", "tools", "held")},
    "streams": "burst",
    "tls_plain": "plain",
    "tls_burst": "burst",
}
_accepted = dict.fromkeys(PORTS, 0)


class _Answering(asyncio.Protocol):
    def __init__(self, name: str) -> None:
        self._name, self._behaviour = name, PORTS[name]
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        _accepted[self._name] += 1
        self._transport = transport
        self._loop = asyncio.get_running_loop()

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._received) < end + 4 + length:
                return
            self._received = self._received[end + 4 + length :]
            self._answer()

    def _answer(self) -> None:
        match self._behaviour:
            case "plain":
                self._write(PLAIN)
            case "delayed":
                self._loop.call_later(DELAY, self._write, PLAIN)
            case "burst":
                self._write(_BURST)
            case "tools":
                self._write(_TOOLS)
            case "held":  # three events, then nothing: an open stream
                self._write(STREAM_HEAD + b"".join(map(chunked, TEXT_EVENTS[:3])))
            case "paced":
                self._write(STREAM_HEAD)
                self._next(0, self._loop.time())

    def _next(self, number: int, due: float) -> None:
        if number == len(TEXT_EVENTS):
            self._write(_END)
            return
        self._write(chunked(TEXT_EVENTS[number]))
        self._loop.call_at(due + PACE, self._next, number + 1, due + PACE)

    def _write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)


class _Counting(asyncio.Protocol):
    """Tells whoever connects how many connections each port has accepted."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(json.dumps(_accepted).encode())
        transport.close()


def _tls(authority_file: Path) -> ssl.SSLContext | None:
    """A context with a certificate of an authority made for this run; None where trustme is not installed."""
    try:
        import trustme
    except ImportError:
        return None
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(authority_file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


async def _serve(authority_file: Path) -> None:
    loop, context, ports = asyncio.get_running_loop(), _tls(authority_file), {}
    for name in PORTS:
        if name.startswith("tls_") and context is None:
            continue
        server = await loop.create_server(
            lambda name=name: _Answering(name),
            "127.0.0.1",
            0,
            ssl=context if name.startswith("tls_") else None,
            backlog=1024,
        )
        ports[name] = server.sockets[0].getsockname()[1]
    counting = await loop.create_server(_Counting, "127.0.0.1", 0)
    ports["accepted"] = counting.sockets[0].getsockname()[1]
    print(json.dumps(ports), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    asyncio.run(_serve(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
