"""What a token endpoint can be told to do wrong, and what it remembers of its requests."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

GATE_POLL = 0.01


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request as it arrived.

    Attributes:
        query: of the URL.
        form: of the body, where it is one.
        headers: with lower-case names.
        at: seconds since the epoch.
    """

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]
    at: float


@dataclass(frozen=True, slots=True)
class ScriptedReply:
    """A reply that replaces the real one, once.

    Attributes:
        status: the HTTP status; None lets the real reply pass.
        body: a JSON value, or text as it is.
        headers: e.g. `retry-after`.
    """

    status: int | None
    body: Any = field(default_factory=dict[str, Any])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def response(self) -> Response:
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        media_type = "text/plain" if isinstance(self.body, str) else "application/json"
        return Response(text, status_code=self.status or 200, headers=dict(self.headers), media_type=media_type)


class ReplyFaults:
    """Latency, a gate and scripted replies, shared by every token endpoint of one server.

    Attributes:
        latency: seconds that each reply is held back.
        gate: while this event is unset, replies are held back; None means open.
    """

    def __init__(self) -> None:
        self.latency = 0.0
        self.gate: threading.Event | None = None
        self._script: deque[ScriptedReply] = deque()
        self._lock = threading.Lock()

    def script(self, *replies: int | ScriptedReply, retry_after: float | None = None) -> None:
        """Queue replies for the next token requests: a status, or a whole reply."""
        headers = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}
        for reply in replies:
            ready = reply if isinstance(reply, ScriptedReply) else _failure(reply, headers)
            with self._lock:
                self._script.append(ready)

    async def before_reply(self) -> Response | None:
        """Wait as told; gives the scripted reply where one is due."""
        with self._lock:
            scripted = self._script.popleft() if self._script else None
        if self.latency:
            await asyncio.sleep(self.latency)
        gate = self.gate
        while gate is not None and not gate.is_set():  # noqa: ASYNC110  set from another thread
            await asyncio.sleep(GATE_POLL)
        return None if scripted is None or scripted.status is None else scripted.response()


class SeenRequests:
    """The requests that a server has seen, which other threads may wait on."""

    def __init__(self) -> None:
        self._seen: list[SeenRequest] = []
        self._changed = threading.Condition()

    async def add(self, request: Request) -> SeenRequest:
        is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        body = (await request.body()).decode("utf-8", "replace") if is_form else ""
        seen = SeenRequest(
            method=request.method,
            path=request.url.path,
            query=dict(request.query_params),
            form=dict(parse_qsl(body, keep_blank_values=True)),
            headers=dict(request.headers),
            at=time.time(),
        )
        with self._changed:
            self._seen.append(seen)
            self._changed.notify_all()
        return seen

    def all(self) -> list[SeenRequest]:
        with self._changed:
            return list(self._seen)

    def clear(self) -> None:
        with self._changed:
            self._seen.clear()

    def wait_for(self, count: int, *, method: str | None = None, timeout: float = 30.0) -> list[SeenRequest]:
        """Block until `count` requests (of this method) were seen.

        Raises: TimeoutError.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._with(method)) >= count, timeout):
                raise TimeoutError(f"saw {len(self._with(method))} of {count} requests within {timeout:g} s")
            return self._with(method)

    def _with(self, method: str | None) -> list[SeenRequest]:
        return [seen for seen in self._seen if method is None or seen.method == method]


def _failure(status: int, headers: Mapping[str, str]) -> ScriptedReply:
    if status < 400:
        return ScriptedReply(None)
    if status == 429:
        return ScriptedReply(429, {"error": "temporarily_unavailable", "error_codes": [50196]}, headers)
    body = {
        "error": "temporarily_unavailable",
        "error_codes": [90033],
        "error_description": "AADSTS90033: A transient error has occurred. Please try again.",
    }
    return ScriptedReply(status, body, headers)
