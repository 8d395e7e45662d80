"""An answer on its way to the client, with the faults that bend it."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import AsyncGenerator, Iterator, MutableMapping
from contextlib import aclosing
from functools import lru_cache
from typing import Any

from .errors import broken
from .faults import Fault
from .forwarding import UpstreamError
from .serving import Receive, Scope, Send
from .wire import Answer, Events, sse

__all__ = ["Delivery", "each", "refusing"]

_encoded = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_RESET = struct.pack("ii", 1, 0)  # close with RST, whatever is unsent
_PAGE = b"<html>\r\n<h1>502 Bad Gateway</h1>\r\n</html>\r\n"  # no chunk begins so
DRIP_BYTES = 16


@lru_cache(maxsize=1024)
def _name(header: str) -> bytes:
    """A header's name on the wire; they are few."""
    return header.lower().encode("latin-1")


def refusing(send: Send) -> Send:
    """Sends an HTTP reply where a WebSocket was asked for."""

    async def refuse(message: MutableMapping[str, Any]) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    return refuse


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
        while (await self._receive())["type"] not in {"http.disconnect", "websocket.disconnect"}:
            pass

    async def closed(self) -> None:
        """Wait until a refused WebSocket is gone: to uvicorn an earlier end is a handshake that was forgotten."""
        await self.hang()  # told by the reply's end
        await self.hang()  # and by the loss of the connection

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
            content = _encoded(answer.body).encode()
            kind = "application/json"
        part = content
        if fault.strikes and fault.error is None and content:
            part = content[: len(content) // 2]
        if fault.garble or fault.truncate == "clean":
            content = part
        headers = {"content-type": kind, **answer.headers}
        if answer.status != 204 and not (fault.misframe or fault.endless):
            headers = {"content-length": str(len(content)), **headers}
        await self._start(answer.status, headers)
        if not fault.drip and not fault.ragged and not fault.endless and len(part) == len(content):
            await self._send({"type": "http.response.body", "body": content})
            return await self.reset() if fault.reset == "after" else None
        size = fault.ragged or DRIP_BYTES if fault.drip or fault.ragged else len(part) or 1
        for start in range(0, len(part), size):
            if fault.drip:
                await asyncio.sleep(fault.drip)
            await self._chunk(part[start : start + size])
        if fault.misframe:
            return await self._misframed(fault)
        if fault.endless:
            return await self._blanks(fault.drip)
        return await self._end(fault, complete=len(part) == len(content))

    async def _stream(self, answer: Answer, source: Events, fault: Fault) -> None:
        events: AsyncGenerator[bytes] | Iterator[bytes]
        if isinstance(source, AsyncGenerator):
            events, strike = source, _strike(None, fault)
        else:
            made = list(source) if fault.strikes and fault.after is None else source
            events, strike = iter(made), _strike(made if isinstance(made, list) else None, fault)
        await self._start(answer.status, {"content-type": "text/event-stream; charset=utf-8", **answer.headers})
        number = 0
        try:
            async with aclosing(each(events)) as coming:
                async for event in coming:
                    # Even without a pause: streams that run at once take turns.
                    await asyncio.sleep(self._pause + fault.drip)
                    if number == strike and not fault.garble:
                        return await self._struck(fault)
                    await self._event(_cut(event) if number == strike else event, fault)
                    number += 1
        except UpstreamError:
            return await self._end(fault, complete=False)
        except Exception as error:  # noqa: BLE001  the head is out: what is left is an error event, as from Azure
            await self._chunk(sse(broken(error).body))
        if fault.hold:
            return await self.hang()
        return await self._end(fault, complete=True)

    async def _struck(self, fault: Fault) -> None:
        """What happens in the middle of a stream instead of the next event."""
        if fault.misframe:
            return await self._misframed(fault)
        if fault.error is None:
            return await self._end(fault, complete=fault.truncate == "clean")
        await self._chunk(sse({"error": fault.error}))
        return await self._end(fault, complete=True)

    async def _event(self, event: bytes, fault: Fault) -> None:
        size = fault.ragged or len(event) or 1
        for start in range(0, len(event), size):
            await self._chunk(event[start : start + size])

    async def _misframed(self, fault: Fault) -> None:
        """Bytes that are no chunk, past the protocol that would frame them."""
        self._transport.write(_PAGE)
        if not fault.endless:
            self._transport.close()
        await self.hang()

    async def _blanks(self, seconds: float) -> None:
        """A blank every so many seconds, until the client leaves."""
        gone = asyncio.ensure_future(self.hang())
        try:
            while not (await asyncio.wait({gone}, timeout=seconds))[0]:
                await self._chunk(b" ")
        finally:
            gone.cancel()

    async def _start(self, status: int, headers: dict[str, str]) -> None:
        encoded = [(_name(name), value.encode("latin-1", "replace")) for name, value in headers.items()]
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


def _strike(events: list[bytes] | None, fault: Fault) -> int | None:
    """Before which event the fault strikes; without a number of its own, in the middle of those that are known."""
    if not fault.strikes:
        return None
    if fault.after is not None:
        return fault.after
    return len(events) // 2 if events is not None else 2


def _cut(event: bytes) -> bytes:
    """An event that ends in the middle of its JSON."""
    return event[: len(event) // 2].rstrip() + b"\n\n"


async def each(events: Events) -> AsyncGenerator[bytes]:
    """Events one by one, whichever way they are made."""
    if not isinstance(events, AsyncGenerator):
        for event in events:
            yield event
        return
    async with aclosing(events):
        async for event in events:
            yield event
