"""What the emulator saw: the requests, for tests that assert the wire."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, overload

from .limits import Limits
from .parsing import parse

__all__ = ["RecordedRequest", "RequestLog"]


@dataclass
class RecordedRequest:
    """One request that reached the emulator.

    Attributes:
        method: the HTTP verb.
        path: the decoded path.
        raw_path: the path as sent, percent-encoding included.
        query: the query's values by name.
        headers: header names in lower case.
        raw: the body's bytes.
        status: the HTTP status answered; None while it is being answered, or when the connection was cut before.
        connection: the client's port: equal for requests over one TCP connection.
        operation: the OpenAI operation's path, such as `/chat/completions`; empty where the path is none of Azure's.
        form: `v1` or `classic`.
        deployment: the deployment that was asked for, or an empty string.
        messages: what the client sent over a WebSocket so far, each as JSON, or as text where it is none.
    """

    method: str
    path: str
    raw_path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes
    connection: int
    status: int | None = None
    operation: str = ""
    form: str = ""
    deployment: str = ""
    messages: list[Any] = field(default_factory=list[Any])

    @cached_property
    def body(self) -> Any:
        """The body as JSON, or None: read when it is asked for, so that what is only kept stays small."""
        try:
            return parse(self.raw) if self.raw else None
        except ValueError:
            return None

    @property
    def url(self) -> str:
        """The path as sent, with the query."""
        query = "&".join(f"{name}={value}" for name, value in self.query.items())
        return f"{self.raw_path}?{query}" if query else self.raw_path


class RequestLog(Sequence[RecordedRequest]):
    """The requests in the order of their arrival; safe to read while the server writes.

    Args:
        limits: how many are remembered; the newest 10,000 by default, and no more than 32 MiB of bodies.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._items: deque[RecordedRequest] = deque()
        self._bytes = self._forgotten = 0
        self._lock = threading.Condition()

    def append(self, request: RecordedRequest) -> None:
        """Add one; the server's part."""
        with self._lock:
            self._items.append(request)
            self._bytes += len(request.raw)
            limits = self._limits
            while len(self._items) > max(1, limits.records) or (
                self._bytes > limits.record_bytes and len(self._items) > 1
            ):
                self._bytes -= len(self._items.popleft().raw)
                self._forgotten += 1
            self._lock.notify_all()

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._items.clear()
            self._bytes = self._forgotten = 0

    def snapshot(self) -> list[RecordedRequest]:
        """A list that does not change any more."""
        with self._lock:
            return list(self._items)

    def wait_for(self, number: int, timeout: float = 30.0) -> bool:
        """Wait until so many requests arrived.

        Args:
            number: how many, since the start or the last `clear()`.
            timeout: seconds to wait at most.

        Returns:
            Whether they arrived in time.
        """
        with self._lock:
            return self._lock.wait_for(lambda: self._forgotten + len(self._items) >= number, timeout)

    @property
    def last(self) -> RecordedRequest:
        """The newest request.

        Raises:
            IndexError: there was none.
        """
        return self[-1]

    @property
    def connections(self) -> int:
        """How many TCP connections the requests came over."""
        return len({request.connection for request in self.snapshot()})

    @overload
    def __getitem__(self, index: int) -> RecordedRequest: ...
    @overload
    def __getitem__(self, index: slice) -> list[RecordedRequest]: ...
    def __getitem__(self, index: int | slice) -> RecordedRequest | list[RecordedRequest]:
        return self.snapshot()[index]

    def __len__(self) -> int:
        with self._lock:
            return len(self._items)

    def __iter__(self) -> Iterator[RecordedRequest]:
        return iter(self.snapshot())

    def __repr__(self) -> str:
        lines = (f"{one.status} {one.method} {one.url}" for one in self.snapshot())
        return "RequestLog(" + ", ".join(lines) + ")"
