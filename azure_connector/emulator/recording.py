"""Writes what was asked and answered to a tape."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from .delivery import each
from .tapes import HEADER, packed, request_of, scrubbed, shown_headers
from .values import Json
from .wire import Answer, Call, Events

__all__ = ["Recorder"]


class Recorder:
    """A tape that is being made; the file is begun anew.

    Args:
        path: the file.
        secrets: what must never stand on it, beside what each request brings.
        clock: seconds, for the timing of streams.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(
        self, path: str | Path, secrets: Callable[[], Sequence[str]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path = Path(path)
        self._secrets = secrets
        self._clock = clock
        self._lock = threading.Lock()
        self._path.write_text(json.dumps(HEADER) + "\n", encoding="utf-8")

    def recorded(self, call: Call, answer: Answer) -> Answer:
        """Put a call on the tape: a whole reply at once, a stream when it has ended.

        Args:
            call: the request.
            answer: the reply, with all its headers.

        Returns: the answer to send.
        """
        if call.websocket:
            return answer
        secrets = [one for one in (*self._secrets(), *_credentials(call)) if len(one) > 3]
        reply: Json = {"status": answer.status, "headers": shown_headers(answer.headers, secrets)}
        request = request_of(call, secrets)
        if answer.events is not None:
            answer.events = self._timed(answer.events, request, reply, secrets)
            return answer
        body = packed(answer.raw) if answer.raw is not None else answer.body
        self._write({"request": request, "reply": {**reply, "body": scrubbed(body, secrets)}})
        return answer

    async def _timed(self, events: Events, request: Json, reply: Json, secrets: Sequence[str]) -> AsyncGenerator[bytes]:
        parts: list[list[Any]] = []
        last = self._clock()
        async with aclosing(each(events)) as source:
            async for part in source:
                now = self._clock()
                parts.append([round(now - last, 4), scrubbed(part.decode("utf-8", "surrogateescape"), secrets)])
                last = now
                yield part
        self._write({"request": request, "reply": {**reply, "parts": parts}})

    def _write(self, line: Json) -> None:
        with self._lock, self._path.open("a", encoding="utf-8") as tape:
            tape.write(json.dumps(line) + "\n")


def _credentials(call: Call) -> list[str]:
    names = ("api-key", "authorization", "ocp-apim-subscription-key", "cookie", "x-api-key")
    given = [call.headers[name] for name in names if name in call.headers]
    return [part for one in given for part in (one, one.partition(" ")[2]) if part]
