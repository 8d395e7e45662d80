"""Two services of raw sockets that answer byte for byte what a test says, and the doors of the core to ask them by."""

from __future__ import annotations

import asyncio
import json
import socketserver
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from azure_connector import AsyncAzureConnector, AzureConnector
from tests.reliability.raw_server import read_request

__all__ = ["DOORS", "Answer", "Pair", "Service", "ask", "events", "sse", "text_of"]

MODELS = {"chat": "gpt-4o", "responses": "gpt-4o", "bridge": "gpt-5-codex"}
DOORS = tuple(f"{api}{stream}{world}" for api in MODELS for stream in ("", " stream") for world in ("", " async"))


@dataclass(frozen=True)
class Answer:
    """What a service sends back.

    Attributes:
        body: its bytes, in the pieces in which they are sent.
        status: the HTTP status.
        headers: further headers; `content-type` is JSON where they have none.
        cut: the connection is lost before the body's end.
    """

    body: tuple[bytes, ...] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    cut: bool = False

    def soon(self) -> Answer:
        """The same, but where it names seconds to wait, that is a millisecond."""
        headers = {name: value for name, value in self.headers.items() if name != "retry-after"}
        more = {"retry-after-ms": "1"} if headers != self.headers else {}
        return replace(self, headers={**headers, **more})

    def sent(self) -> bytes:
        """The whole reply, in one chunk for each piece."""
        headers = {"content-type": "application/json", **self.headers}
        lines = [f"HTTP/1.1 {self.status} Said So", *(f"{name}: {value}" for name, value in headers.items() if value)]
        if self.status == 204:
            return "\r\n".join([*lines, "connection: close", "", ""]).encode()
        head = "\r\n".join([*lines, "transfer-encoding: chunked", "connection: close", "", ""]).encode()
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in self.body if piece)
        return head + chunks + (b"" if self.cut else b"0\r\n\r\n")


def sse(*data: object, event: str | None = None) -> tuple[bytes, ...]:
    """Each of the values as an event of its own; bytes and text stand as they are, and so does what is an event."""
    name = f"event: {event}\n" if event else ""
    return tuple(
        one
        if isinstance(one, bytes)
        else f"{name}data: {one if isinstance(one, str) else json.dumps(one)}\n\n".encode()
        for one in data
    )


def events(*data: object, headers: Mapping[str, str] | None = None, cut: bool = False) -> Answer:
    """A stream of these events."""
    return Answer(sse(*data), headers={"content-type": "text/event-stream", **(headers or {})}, cut=cut)


class _Handler(socketserver.BaseRequestHandler):
    server: Service

    def handle(self) -> None:
        request = read_request(self.request)
        if not request:
            return
        body = request.partition(b"\r\n\r\n")[2]
        self.server.requests.append(json.loads(body) if body[:1] == b"{" else body)
        answers = self.server.answers
        self.request.sendall((answers.pop(0) if len(answers) > 1 else answers[0]).sent())


class Service(socketserver.ThreadingTCPServer):
    """Answers every request with the next of its answers; the last one stays."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[Answer] = []
        self.requests: list[Any] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), name="service")
        self._thread.start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def says(self, *answers: Answer) -> None:
        """What it answers from now on."""
        self.answers, self.requests = list(answers), []

    def stop(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


@dataclass(frozen=True)
class Pair:
    """Two resources with a deployment each for every model of the doors."""

    first: Service
    second: Service

    def options(self, **more: Any) -> dict[str, Any]:
        """Settings that know both; a call asks each of them once at most, the first one first."""
        second = {"azure_endpoint": self.second.endpoint, "api_key": "key-2"}
        mapping = {model: [model, f"{model}@second"] for model in MODELS.values()}
        own = {"azure_endpoint": self.first.endpoint, "api_key": "key-1", "max_retries": 1}
        return {**own, "resources": {"second": second}, "deployment_mapping": mapping, **more}


def ask(door: str, options: Mapping[str, Any], **request: Any) -> Any:
    """Sends one call through a door; a stream is read to its end.

    Returns:
        The reply, or what the stream delivered. An exception has the delivered items as `delivered`.
    """
    return asyncio.run(_ask_async(door, options, request)) if door.endswith("async") else _ask(door, options, request)


def _call(client: Any, door: str, request: Mapping[str, Any]) -> Any:
    api = door.split(maxsplit=1)[0]
    more = {**request, **({"stream": True} if "stream" in door else {})}
    if api == "responses":
        return client.responses.create(**{"model": MODELS[api], "input": "Hi", "store": False, **more})
    return client.chat.completions.create(
        **{"model": MODELS[api], "messages": [{"role": "user", "content": "Hi"}], **more}
    )


def _ask(door: str, options: Mapping[str, Any], request: Mapping[str, Any]) -> Any:
    delivered: list[Any] = []
    with AzureConnector(**options) as client:
        try:
            reply = _call(client, door, request)
            if "stream" not in door:
                return reply
            for item in reply:
                delivered.append(item)  # what came before an exception counts
        except Exception as failed:
            failed.delivered = delivered  # type: ignore[attr-defined]
            raise
    return delivered


async def _ask_async(door: str, options: Mapping[str, Any], request: Mapping[str, Any]) -> Any:
    delivered: list[Any] = []
    async with AsyncAzureConnector(**options) as client:
        try:
            reply = await _call(client, door, request)
            if "stream" not in door:
                return reply
            async for item in reply:
                delivered.append(item)
        except Exception as failed:
            failed.delivered = delivered  # type: ignore[attr-defined]
            raise
    return delivered


def text_of(reply: Any) -> str:
    """The text of a completion, a response, or of what a stream of either delivered."""
    if not isinstance(reply, list):
        return reply.output_text if hasattr(reply, "output_text") else reply.choices[0].message.content
    return "".join(_piece(item) for item in reply)


def _piece(item: Any) -> str:
    if hasattr(item, "choices"):
        return "".join(choice.delta.content or "" for choice in item.choices)
    return item.delta if item.type == "response.output_text.delta" else ""
