"""One request sent on to another loopback server, its reply handed over piece by piece."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import h11

__all__ = ["ForwardedReply", "UpstreamError", "forward"]

RawHeaders = Sequence[tuple[bytes, bytes]]
BLOCK = 65536


class UpstreamError(Exception):
    """The server behind did not answer, or broke off in the middle."""


@dataclass(frozen=True)
class ForwardedReply:
    """The beginning of a reply; `parts` yields its body as it arrives.

    Attributes:
        status: the HTTP status.
        headers: names in lower case.
    """

    status: int
    headers: RawHeaders
    parts: AsyncIterator[bytes]


@asynccontextmanager
async def forward(
    base: str, *, method: str, target: bytes, headers: RawHeaders, body: bytes, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[ForwardedReply]:
    """Send a request over a connection of its own, which is dropped on the way out.

    Args:
        base: scheme, host and port of the server behind.
        method: the HTTP verb.
        target: path and query, as they are to be sent.
        headers: all but `host`, `content-length` and `connection`, which are set here.
        body: the whole body.
        tls: the client's TLS context, for an https base.

    Raises:
        UpstreamError: no connection, or no reply that could be read; also later, from `parts`.
    """
    parsed = urlsplit(base)
    host, port = parsed.hostname or "", parsed.port or (443 if parsed.scheme == "https" else 80)
    context = tls if parsed.scheme == "https" else None
    try:
        reader, writer = await asyncio.open_connection(host, port, ssl=context)
    except OSError as error:
        raise UpstreamError(str(error)) from error
    try:
        own = [(b"host", parsed.netloc.encode()), (b"connection", b"close"), (b"content-length", b"%d" % len(body))]
        connection = h11.Connection(h11.CLIENT)
        request = h11.Request(method=method, target=target, headers=[*headers, *own])
        events: list[h11.Event] = [request, h11.Data(data=body), h11.EndOfMessage()]
        writer.write(b"".join(connection.send(event) or b"" for event in events))
        reply = await _next_event(connection, reader)
        if not isinstance(reply, h11.Response):
            raise UpstreamError("no reply")
        yield ForwardedReply(reply.status_code, list(reply.headers), _body(connection, reader))
    finally:
        writer.transport.abort()


async def _body(connection: h11.Connection, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while True:
        event = await _next_event(connection, reader)
        if isinstance(event, h11.Data):
            yield bytes(event.data)
        else:
            return


async def _next_event(connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Event | type[h11.PAUSED]:
    try:
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(BLOCK))
            elif not isinstance(event, h11.InformationalResponse):
                return event  # pyright: ignore[reportReturnType]  # NEED_DATA is gone
    except (OSError, h11.RemoteProtocolError) as error:
        raise UpstreamError(str(error)) from error
