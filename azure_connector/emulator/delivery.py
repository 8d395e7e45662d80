"""An answer on its way to the client, with the faults that bend it."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

from .faults import Fault
from .serving import Receive, Scope, Send
from .wire import Answer, sse

__all__ = ["Delivery"]

_RESET = struct.pack("ii", 1, 0)  # close with RST, whatever is unsent
DRIP_BYTES = 16


class Delivery:
    """Sends one answer over one connection.

    Args:
        scope: the ASGI scope, which holds the transport.
        receive: tells when the client leaves.
        send: takes the reply.
        pause: seconds before every event of a stream.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, pause: float = 0.0) -> None:
        self._transport: asyncio.Transport = scope["state"]["transport"]
        self._receive = receive
        self._send = send
        self._pause = pause

    async def reset(self) -> None:
        """Reset the connection and wait until it is gone."""
        sock: Any = self._transport.get_extra_info("socket")
        if sock is not None and sock.fileno() >= 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()
        await self.hang()

    async def hang(self) -> None:
        """Answer nothing until the client leaves."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def deliver(self, answer: Answer, fault: Fault) -> None:
        """Send the answer, as far as the fault lets it."""
        if fault.first_byte:
            await asyncio.sleep(fault.first_byte)
        if answer.events is None:
            await self._whole(answer, fault)
        else:
            await self._stream(answer, answer.events, fault)

    async def _whole(self, answer: Answer, fault: Fault) -> None:
        content, kind = answer.raw, "application/octet-stream"
        if content is None:
            content = json.dumps(answer.body, separators=(",", ":"), ensure_ascii=False).encode()
            kind = "application/json"
        part = content
        if fault.strikes and fault.error is None and content:
            part = content[: len(content) // 2]
        if fault.garble or fault.truncate == "clean":
            content = part
        headers = {"content-type": kind, **answer.headers}
        if answer.status != 204:
            headers = {"content-length": str(len(content)), **headers}
        await self._start(answer.status, headers)
        if not fault.drip and not fault.ragged and len(part) == len(content):
            await self._send({"type": "http.response.body", "body": content})
            return await self.reset() if fault.reset == "after" else None
        size = fault.ragged or DRIP_BYTES if fault.drip or fault.ragged else len(part) or 1
        for start in range(0, len(part), size):
            if fault.drip:
                await asyncio.sleep(fault.drip)
            await self._chunk(part[start : start + size])
        return await self._end(fault, complete=len(part) == len(content))

    async def _stream(self, answer: Answer, source: Any, fault: Fault) -> None:
        headers = {"content-type": "text/event-stream; charset=utf-8", **answer.headers}
        await self._start(answer.status, headers)
        strike: int | None = None
        if fault.strikes:
            if not isinstance(source, AsyncIterable):
                source = list(source)
            strike = fault.after if fault.after is not None else len(source) // 2 if isinstance(source, list) else 2  # pyright: ignore[reportUnknownArgumentType]
        number = 0
        async for event in _each(source):
            if self._pause or fault.drip:
                await asyncio.sleep(self._pause + fault.drip)
            if number == strike:
                if fault.garble:
                    event = event[: len(event) // 2].rstrip() + b"\n\n"  # noqa: PLW2901  the one that is garbled
                elif fault.error is not None:
                    await self._chunk(sse({"error": fault.error}))
                    return await self._end(fault, complete=True)
                else:
                    return await self._end(fault, complete=fault.truncate == "clean")
            if fault.ragged:
                for start in range(0, len(event), fault.ragged):
                    await self._chunk(event[start : start + fault.ragged])
            else:
                await self._chunk(event)
            number += 1
        if fault.hold:
            return await self.hang()
        return await self._end(fault, complete=True)

    async def _start(self, status: int, headers: dict[str, str]) -> None:
        encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": encoded})

    async def _chunk(self, content: bytes) -> None:
        await self._send({"type": "http.response.body", "body": content, "more_body": True})

    async def _end(self, fault: Fault, *, complete: bool) -> None:
        """The end of the body: as it should be, cut off, or followed by a reset."""
        if fault.reset == "during" and not complete:
            return await self.reset()
        if not complete:
            self._transport.close()
            return await self.hang()
        await self._send({"type": "http.response.body", "body": b""})
        if fault.reset == "after":
            await self.reset()
        return None


async def _each(events: Any) -> AsyncIterator[bytes]:
    if isinstance(events, AsyncIterable):
        async for event in events:  # pyright: ignore[reportUnknownVariableType]
            yield event
        return
    for event in events:
        yield event
