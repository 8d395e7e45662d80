"""Another OpenAI-compatible server behind the emulator's face: Azure's paths, keys, errors and annotations outside."""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

from .errors import azure
from .filters import completion_results, harmless, judge
from .models import Deployment
from .resource import Resource
from .values import Json, items_of, object_of
from .wire import Answer, Call, sse

__all__ = ["Upstream"]


class Upstream:
    """Forwards what a deployment is asked.

    Args:
        url: the server's base, up to and including `/v1`.
        api_key: its key, sent as a bearer token; None sends none.
        timeout: seconds to wait for each piece of its reply.
    """

    def __init__(self, url: str, api_key: str | None = None, *, timeout: float = 60.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{url!r} is no http or https URL of an OpenAI-compatible server")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._prefix = parts.path.rstrip("/")
        self._key = api_key
        self._timeout = timeout

    async def forward(self, call: Call, deployment: Deployment, resource: Resource) -> Answer:
        """The upstream's answer, dressed as Azure's. The base model's name goes up as `model`.

        Raises:
            Refusal: 502, the upstream cannot be reached.
        """
        body: Any = call.raw
        if call.headers.get("content-type", "").startswith("application/json"):
            body = json.dumps({**call.json_object(), "model": deployment.base_model}).encode()
        kind = call.headers.get("content-type", "application/json")
        try:
            reply = await asyncio.to_thread(self._send, call.operation, body, kind)
        except OSError as error:
            raise azure(502, "BadGateway", f"The upstream server at {self._host} cannot be reached: {error}") from error
        content_type = reply.getheader("content-type") or "application/json"
        if content_type.startswith("text/event-stream"):
            return Answer(reply.status, events=_lines(reply, chat=call.operation == "/chat/completions"))
        raw = await asyncio.to_thread(reply.read)
        if call.operation == "/chat/completions" and reply.status == 200:
            return Answer(200, body=_annotated(object_of(json.loads(raw)), whole=True))
        return Answer(reply.status, raw=raw, headers={"content-type": content_type})

    def _send(self, operation: str, body: bytes, kind: str) -> http.client.HTTPResponse:
        if self._secure:
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout, context=ssl.create_default_context()
            )
        else:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        headers = {"content-type": kind, "connection": "close"}
        if self._key:
            headers["authorization"] = f"Bearer {self._key}"
        connection.request("POST", f"{self._prefix}{operation}", body, headers)
        return connection.getresponse()


async def _lines(reply: http.client.HTTPResponse, *, chat: bool) -> AsyncIterator[bytes]:
    """The upstream's events; chat chunks get Azure's first one and the filter's annotations."""
    try:
        if chat:
            nameless: Json = {"choices": [], "created": 0, "id": "", "model": "", "object": ""}
            yield sse({**nameless, "prompt_filter_results": judge([]).prompt_results})
        block: list[bytes] = []
        while line := await asyncio.to_thread(reply.readline):
            if line.strip():
                block.append(line.rstrip(b"\r\n"))
                continue
            if block:
                yield _event(block, chat=chat)
            block = []
        if block:
            yield _event(block, chat=chat)
    finally:
        reply.close()


def _event(block: list[bytes], *, chat: bool) -> bytes:
    text = block[0].removeprefix(b"data:").strip()
    if chat and len(block) == 1 and text.startswith(b"{"):
        return sse(_annotated(object_of(json.loads(text)), whole=False))
    return b"\n".join(block) + b"\n\n"


def _annotated(body: Json, *, whole: bool) -> Json:
    """A chat reply or chunk with the content filter's results."""
    results = completion_results() if whole else harmless()
    choices = [{"content_filter_results": results, **object_of(choice)} for choice in items_of(body.get("choices"))]
    dressed = {**body, "choices": choices} if "choices" in body else body
    return {**dressed, "prompt_filter_results": judge([]).prompt_results} if whole else dressed
