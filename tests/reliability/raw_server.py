"""A server of raw sockets that breaks HTTP in one way, for as long as its client waits."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["FAULTS", "RawServer", "read_request"]

DRIP = 0.03
CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\ntransfer-encoding: chunked\r\n\r\n"
PIECE = b'data: {"type": "response.output_text.delta", "delta": "Hi", "output_index": 0, "content_index": 0,' + (
    b' "item_id": "m", "sequence_number": 1, "choices": [{"index": 0, "delta": {"content": "Hi"}}]}\n\n'
)


def read_request(connection: socket.socket) -> bytes:
    """One request: its head, and its body where that has a length or is chunked."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := connection.recv(65536)):
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length or (b"transfer-encoding: chunked" in head.lower() and not body.endswith(b"0\r\n\r\n")):
        if not (more := connection.recv(65536)):
            break
        body += more
    return head + b"\r\n\r\n" + body


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


class Exchange:
    """One connection: what a fault may do with it."""

    def __init__(self, connection: socket.socket, stopping: threading.Event) -> None:
        self.connection, self._stopping = connection, stopping
        self.request = b""

    @property
    def kind(self) -> bytes:
        asked = self.request.replace(b" ", b"")
        streamed = b'"stream":true' in asked or b'name="stream"' in asked
        return b"text/event-stream" if streamed else b"audio/mpeg" if b"/speech" in asked[:99] else b"application/json"

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def begin(self) -> None:
        """A head and a first piece, chunked."""
        self.send(CHUNKED % self.kind + _chunk(PIECE))

    def wait(self) -> None:
        """Until the client goes away."""
        while not self._stopping.is_set():
            self.connection.settimeout(0.1)
            with contextlib.suppress(TimeoutError):
                if not self.connection.recv(1024):
                    return

    def drip(self, data: bytes) -> None:
        """The same byte again and again, until the client goes away."""
        while not self._stopping.wait(DRIP):
            self.send(data)


def silent(exchange: Exchange) -> None:
    exchange.wait()


def dripping_head(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nx-drip: ")
    exchange.drip(b"a")


def dripping_continue(exchange: Exchange) -> None:
    exchange.drip(b"HTTP/1.1 100 Continue\r\n\r\n")


def broken_framing(exchange: Exchange) -> None:
    exchange.begin()
    exchange.send(b"<html>502 Bad Gateway</html>\r\n")
    exchange.wait()


def silent_in_the_body(exchange: Exchange) -> None:
    exchange.begin()
    exchange.wait()


def half_a_chunk(exchange: Exchange) -> None:
    exchange.send(CHUNKED % exchange.kind + b"fff\r\ndata: {")
    exchange.wait()


def shorter_than_it_says(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\ncontent-length: 4096\r\n\r\n" % exchange.kind + PIECE)
    exchange.wait()


def dripping_chunk_size(exchange: Exchange) -> None:
    exchange.begin()
    exchange.drip(b"0")


def reset_in_the_body(exchange: Exchange) -> None:
    exchange.begin()
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closed_in_the_head(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\ncontent-")


def refusal_that_drips(exchange: Exchange) -> None:
    exchange.send(CHUNKED.replace(b"200 OK", b"500 Error") % b"application/json")
    exchange.drip(b"1\r\n \r\n")


def refusal_that_stops(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{")
    exchange.wait()


def json_that_drips(exchange: Exchange) -> None:
    exchange.send(CHUNKED % b"application/json")
    exchange.drip(b"1\r\n \r\n")


def page_that_drips(exchange: Exchange) -> None:
    exchange.send(CHUNKED % b"text/html")
    exchange.drip(b"1\r\n<\r\n")


def garbled_compression(exchange: Exchange) -> None:
    head = (CHUNKED % exchange.kind).replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n")
    exchange.send(head + _chunk(b"this is not compressed") + b"0\r\n\r\n")


def dripping_trailer(exchange: Exchange) -> None:
    exchange.begin()
    exchange.send(b"0\r\nx-drip: ")
    exchange.drip(b"a")


FAULTS: tuple[Callable[[Exchange], None], ...] = (
    silent,
    dripping_head,
    dripping_continue,
    broken_framing,
    silent_in_the_body,
    half_a_chunk,
    shorter_than_it_says,
    dripping_chunk_size,
    reset_in_the_body,
    closed_in_the_head,
    refusal_that_drips,
    refusal_that_stops,
    json_that_drips,
    page_that_drips,
    garbled_compression,
    dripping_trailer,
)


class RawServer:
    """Answers every request with one fault.

    Args:
        fault: what to do with a connection on which a request has arrived.
        reads: whether the request is read; otherwise it stays in the sockets' buffers.
    """

    def __init__(self, fault: Callable[[Exchange], Any], *, reads: bool = True) -> None:
        self._fault, self._reads = fault, reads
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self.accepted = 0
        self.port = self._listener.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> RawServer:
        self._start(self._accept)
        return self

    def __exit__(self, *raised: object) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _start(self, work: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=work, args=args, name="raw-server")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            exchange = Exchange(connection, self._stopping)
            if self._reads:
                exchange.request = read_request(connection)
            self._fault(exchange)
