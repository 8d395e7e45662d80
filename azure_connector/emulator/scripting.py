"""Scripted replies: what a test wants the emulator to answer, instead of what it would say by itself."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .wire import Answer, Call, sse

__all__ = ["Reply", "Script"]


@dataclass(frozen=True)
class Reply:
    """One scripted answer. Without body, events and raw it is an empty body.

    Attributes:
        status: the HTTP status.
        body: a JSON value; a string is sent as text.
        events: server-sent events: a mapping is sent as JSON (named by its own `type` where it has one), a string as
            it is, a pair as (event name, data).
        done: whether `data: [DONE]` follows the events.
        raw: the body's bytes as they are.
        headers: response headers, over the natural ones.
    """

    status: int = 200
    body: Any = None
    events: Sequence[Any] | None = None
    done: bool = True
    raw: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def answer(self) -> Answer:
        """The reply as the handlers give it."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.events is not None:
            framed = [_framed(event) for event in self.events]
            return Answer(self.status, events=[*framed, sse("[DONE]")] if self.done else framed, headers=headers)
        if self.raw is not None:
            return Answer(self.status, raw=self.raw, headers=headers)
        if isinstance(self.body, str):
            return Answer(self.status, raw=self.body.encode(), headers={"content-type": "text/plain", **headers})
        if self.body is None:
            return Answer(self.status, raw=b"", headers=headers)
        return Answer(self.status, body=self.body, headers=headers)


def _framed(event: Any) -> bytes:
    if isinstance(event, bytes):
        return event
    if isinstance(event, tuple):
        name, data = event  # pyright: ignore[reportUnknownVariableType]  # a pair by contract
        return sse(data, str(name))  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(event, Mapping):
        data: dict[str, Any] = dict(event)  # pyright: ignore[reportUnknownArgumentType]
        return sse(data, data["type"] if isinstance(data.get("type"), str) else None)
    return sse(event if isinstance(event, str) else json.dumps(event))


@dataclass
class _Entry:
    wanted: Any
    deployment: str | None
    path: str | None
    left: int | None

    def matches(self, call: Call) -> bool:
        """Whether this request is the one that the entry waits for."""
        if self.deployment is not None and call.deployment != self.deployment:
            return False
        return self.path is None or self.path == call.operation or self.path in call.path


class Script:
    """Replies and faults in waiting; the first that matches a request is used up by it."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._lock = threading.Lock()

    def add(self, wanted: Sequence[Any], deployment: str | None, path: str | None, times: int | None = 1) -> None:
        """Queue replies or faults for requests to a deployment, to a path, or to anything.

        Args:
            wanted: what to answer, in order.
            deployment: the deployment, or None for any.
            path: the operation or a part of the path, or None for any.
            times: how often each is used; None means until `clear()`.
        """
        with self._lock:
            self._entries += [_Entry(one, deployment, path, times) for one in wanted]

    def take(self, call: Call) -> Any:
        """The `Reply` or `Fault` for this request, or None."""
        if not self._entries:
            return None
        with self._lock:
            for index, entry in enumerate(self._entries):
                if entry.matches(call):
                    if entry.left is not None:
                        entry.left -= 1
                        if entry.left <= 0:
                            self._entries.pop(index)
                    return entry.wanted
        return None

    def clear(self) -> None:
        """Forget what was not used."""
        with self._lock:
            self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)
