"""What goes in and out of the emulator's handlers: a call, an answer, a refusal."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal
from urllib.parse import parse_qsl

from .parsing import parse
from .values import Json, is_object, object_of, text_of

__all__ = ["Answer", "Call", "Cut", "Events", "Refusal", "is_form", "sse"]


_encoded = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
Cut = Literal["", "large", "late"]


def is_form(headers: Mapping[str, str]) -> bool:
    """Whether a request's body is `multipart/form-data`."""
    return headers.get("content-type", "").startswith("multipart/form-data")


class Refusal(Exception):
    """An answer that says no: raised by handlers, returned by a bearer check.

    Args:
        status: the HTTP status.
        body: the JSON body, one of Azure's error envelopes.
        headers: further response headers.
    """

    def __init__(self, status: int, body: Json, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers: dict[str, str] = dict(headers or {})


@dataclass
class Call:
    """One request as it arrived, and where the router took it.

    Attributes:
        method: the HTTP verb.
        raw_path: the path as sent, percent-encoding included.
        path: the decoded path.
        query_string: the query as sent.
        headers: header names in lower case; of a repeated header the last value.
        raw: the body's bytes.
        connection: the client's port, which tells TCP connections apart.
        params: what the route's pattern took from the path.
        operation: the OpenAI operation's path, such as `/chat/completions`.
        form: `v1` or `classic`.
        websocket: it is the handshake of a WebSocket.
        cut: why the body is not whole: too `large`, or too `late`; empty when it is.
    """

    method: str
    raw_path: str
    path: str
    query_string: str
    headers: dict[str, str]
    raw: bytes
    connection: int
    params: dict[str, str] = field(default_factory=dict[str, str])
    operation: str = ""
    form: str = "classic"
    websocket: bool = False
    cut: Cut = ""

    @property
    def is_form(self) -> bool:
        """Whether the body is a form."""
        return is_form(self.headers)

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's values by name."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True)) if self.query_string else {}

    @cached_property
    def body(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return parse(self.raw) if self.raw else None
        except ValueError:
            return None

    @property
    def deployment(self) -> str:
        """The deployment's name: of the path, of a realtime handshake's query, else of the body's `model`."""
        if "deployment" in self.params:
            return self.params["deployment"]
        if self.operation == "/realtime":
            return self.query.get("model" if self.form == "v1" else "deployment", "")
        name = text_of(object_of(self.body).get("model"))
        if name:
            self.params["deployment"] = name  # it is asked for again and again
        return name

    def json_object(self) -> Json:
        """The body, which must be a JSON object.

        Raises:
            Refusal: 400, as OpenAI words it.
        """
        if not is_object(self.body):
            message = (
                "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
                "library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)"
            )
            error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
            raise Refusal(400, {"error": error})
        return object_of(self.body)


Events = Iterable[bytes] | AsyncGenerator[bytes]
"""Framed server-sent events."""


@dataclass
class Answer:
    """What is sent back. One of `body`, `raw` and `events` is used.

    Attributes:
        status: the HTTP status.
        body: a JSON value.
        raw: bytes as they are.
        events: framed server-sent events, sent one by one as a chunked body.
        headers: response headers; `content-type` overrides the natural one.
    """

    status: int = 200
    body: Any = None
    raw: bytes | None = None
    events: Events | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])


def sse(data: Any, event: str | None = None) -> bytes:
    """One server-sent event: JSON for a value, as it is for a string, with its name where it has one."""
    text = data if isinstance(data, str) else _encoded(data)
    lines = f"data: {text}\n\n"
    return (f"event: {event}\n{lines}" if event else lines).encode()
