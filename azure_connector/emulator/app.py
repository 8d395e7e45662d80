"""The emulator as an ASGI application: records, checks, finds the handler, sends its answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import Any

from . import handlers
from .records import RecordedRequest, RequestLog
from .resource import Resource
from .responses import handlers as responses
from .routes import Route, check_version, find
from .scripting import Script
from .serving import Receive, Scope, Send
from .wire import Answer, Call, Refusal

__all__ = ["Application"]

ROUTES = [*handlers.ROUTES, *responses.ROUTES]


class Application:
    """Answers as the resource would.

    Args:
        resource: the state that the handlers share.
    """

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.requests = RequestLog()
        self.script = Script()
        self.latency = self.chunk_latency = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        call = await read_call(scope, receive)
        if call is None:
            return
        record = record_of(call)
        self.requests.append(record)
        answer = await self.answer(call)
        record.operation, record.form, record.deployment = call.operation, call.form, call.deployment
        record.status = answer.status
        answer.headers = self._headers(call, answer) | answer.headers
        if self.latency:
            await asyncio.sleep(self.latency)
        await send_answer(answer, send, self.chunk_latency)

    async def answer(self, call: Call) -> Answer:
        """The scripted answer where one waits, else the resource's own."""
        try:
            route: Route | Refusal = find(ROUTES, call)
        except Refusal as refusal:
            route = refusal
        scripted = self.script.take(call)
        if scripted is not None:
            return scripted.answer()
        try:
            self.resource.authorize(call)
            if isinstance(route, Refusal):
                raise route
            check_version(call, route)
            return await route.handler(call, self.resource)
        except Refusal as refusal:
            return Answer(refusal.status, refusal.body, headers=dict(refusal.headers))

    def _headers(self, call: Call, answer: Answer) -> dict[str, str]:
        """What Azure sends with everything, and with what a deployment answered."""
        made = {
            "apim-request-id": self.resource.ids.uuid(),
            "x-ms-region": self.resource.region,
            "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
            "x-content-type-options": "nosniff",
        }
        if "x-ms-client-request-id" in call.headers:
            made["x-ms-client-request-id"] = call.headers["x-ms-client-request-id"]
        deployment = self.resource.deployments.get(call.deployment)
        if deployment is not None and answer.status == 200:
            made |= {
                "x-request-id": self.resource.ids.uuid(),
                "x-ms-deployment-name": deployment.name,
                "x-ms-served-model": deployment.served_model,
                "azureml-model-session": f"d{self.resource.ids.hexadecimal(12)}",
                "x-ratelimit-limit-requests": "250",
                "x-ratelimit-limit-tokens": "250000",
                "x-ratelimit-remaining-requests": "249",
                "x-ratelimit-remaining-tokens": "249850",
            }
        return made


def record_of(call: Call) -> RecordedRequest:
    """The record of a request that is about to be answered."""
    return RecordedRequest(
        method=call.method,
        path=call.path,
        raw_path=call.raw_path,
        query=call.query,
        headers=call.headers,
        body=call.body,
        raw=call.raw,
        connection=call.connection,
    )


async def read_call(scope: Scope, receive: Receive) -> Call | None:
    """The whole request, or None when the client left before it was sent."""
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return Call(
        method=scope["method"],
        raw_path=scope["raw_path"].decode("ascii"),
        path=scope["path"],
        query_string=scope["query_string"].decode("ascii"),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        raw=b"".join(parts),
        connection=scope["client"][1],
    )


async def send_answer(answer: Answer, send: Send, pause: float = 0.0) -> None:
    """An answer over ASGI: a body at once, events one by one with a pause of so many seconds before each."""
    if answer.events is not None:
        headers = {"content-type": "text/event-stream; charset=utf-8", **answer.headers}
        await send(_start(answer.status, headers))
        async for event in _each(answer.events):
            if pause:
                await asyncio.sleep(pause)
            await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        return
    content, kind = answer.raw, "application/octet-stream"
    if content is None:
        content, kind = json.dumps(answer.body, separators=(",", ":"), ensure_ascii=False).encode(), "application/json"
    headers = {"content-type": kind, "content-length": str(len(content)), **answer.headers}
    await send(_start(answer.status, headers))
    await send({"type": "http.response.body", "body": content})


def _start(status: int, headers: dict[str, str]) -> dict[str, Any]:
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": encoded}


async def _each(events: Iterable[bytes] | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(events, AsyncIterable):
        async for event in events:
            yield event
        return
    for event in events:
        yield event
