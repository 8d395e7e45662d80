"""A WebSocket, between the server's messages and a session's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, MutableMapping
from typing import Any

from ..delivery import Delivery
from ..faults import Fault
from ..parsing import parse
from ..records import RecordedRequest
from ..serving import Receive, Send
from ..values import Json
from ..wire import Answer
from .session import Session

__all__ = ["Connection"]

MOST_MESSAGES = 1_000
"""How many messages of a client are remembered; the newest."""


class Connection:
    """An accepted WebSocket.

    Args:
        receive: the client's messages.
        send: takes the service's.
        delivery: cuts the connection, where a fault wants it.
        record: the handshake's record, which collects what the client sends.
        pause: seconds before every event.
    """

    def __init__(
        self, receive: Receive, send: Send, delivery: Delivery, record: RecordedRequest, pause: float = 0.0
    ) -> None:
        self._receive = receive
        self._send = send
        self._delivery = delivery
        self._record = record
        self._pause = pause

    async def serve(self, answer: Answer, session: Session, fault: Fault) -> None:
        """Accept, and talk until the client leaves or the fault cuts the connection."""
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
        await self._send({"type": "websocket.accept", "headers": headers})
        left = fault.after if fault.after is not None else 2
        cut = left if fault.reset == "during" else None
        said = session.opening()
        while True:
            cut = await self._tell(said, cut)
            if cut == 0:
                await self._delivery.reset()
                return
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return
            said = self._heard(message, session)

    def _heard(self, message: MutableMapping[str, Any], session: Session) -> Iterator[Json]:
        text = message.get("text")
        if text is None:
            text = message["bytes"].decode("utf-8", "replace")
        self._record.messages.append(_json_or_text(text))
        del self._record.messages[:-MOST_MESSAGES]
        return session.receive(text)

    async def _tell(self, events: Iterator[Json], cut: int | None) -> int | None:
        """Send events, but no more than `cut`; returns how many more may go."""
        for event in events:
            if cut == 0:
                break
            if self._pause:
                await asyncio.sleep(self._pause)
            await self._send({"type": "websocket.send", "text": json.dumps(event, ensure_ascii=False)})
            cut = None if cut is None else cut - 1
        return cut


def _json_or_text(text: str) -> Any:
    try:
        return parse(text)
    except ValueError:
        return text
