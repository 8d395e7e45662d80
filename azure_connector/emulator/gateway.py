"""API Management in front of an emulated resource: a subscription key, a path of its own, flat errors."""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .entra.faults import SeenRequest
from .entra.scripted import ScriptedServer
from .forwarding import ForwardedReply, RawHeaders, UpstreamError, forward
from .gatewaypolicies import RateLimit, Shape, reshaped, reshaped_stream
from .serving import Receive, Scope, Send, ServerThread
from .wire import Refusal

__all__ = ["Gateway"]

DEFAULT_HEADER = "Ocp-Apim-Subscription-Key"
QUERY_PARAMETER = "subscription-key"
HOP_BY_HOP = {b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade", b"proxy-authorization"}
REPLACED = {b"host", b"content-length"}
MISSING_KEY = (
    "Access denied due to missing subscription key. "
    "Make sure to include subscription key when making requests to an API."
)
INVALID_KEY = (
    "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
)


class Upstream(Protocol):
    """Whatever has an endpoint, such as an `Emulator`."""

    @property
    def endpoint(self) -> str: ...


class Gateway(ScriptedServer):
    """An API Management gateway on a loopback port, as a context manager.

        with Emulator() as azure, Gateway(azure, backend_key=azure.api_key) as gateway:
            openai.OpenAI(
                base_url=f"{gateway.endpoint}/openai/v1/",
                api_key="",
                default_headers={gateway.header: gateway.subscription_key},
            )

    The subscription key is taken from the header, or from the query as `subscription-key`, and is not sent on.

    Args:
        upstream: the resource behind, or its address. A path in the address is kept: API Management's usual import has
            `…/openai` as its backend, so that a caller's `/deployments/…` goes to `/openai/deployments/…`.
        upstream_path: the same, for a resource that is given as an object.
        path_prefix: what stands before the resource's own paths; every other path is a 404.
        subscription_key: the key, or several (a primary and a secondary one); a random one by default.
        header: the header's name; APIM lets each API rename it, often to `api-key`.
        rewrite: makes the path behind (without the query) of the one that stands after the prefix, as `rewrite-uri`.
        strip_request, strip_response: names of headers that go no further.
        calls: requests in `period` that each subscription has; beyond it a flat 429.
        tokens: estimated tokens of prompts in `period`, as `azure-openai-token-limit` counts them.
        period: seconds.
        clock: seconds since any moment, for the limits.
        shape: how the resource's errors are passed on.
        doubled: the gateway writes `data:` twice in streams, and no content type.
        fail_stream_after: in streams it gives up after so many events, with a flat error of its own.
        backend_key: sent on as `api-key`, as a policy with a named value does; None leaves the caller's headers alone.
        verify_bearer: the check of a `validate-jwt` policy; None lets every token through to the resource.
        tls: serve HTTPS with this context.
        upstream_tls: a client's context for a resource that serves HTTPS.
        port: 0 takes a free one.
    """

    def __init__(
        self,
        upstream: Upstream | str,
        *,
        path_prefix: str = "/my-api",
        subscription_key: str | Sequence[str] | None = None,
        header: str = DEFAULT_HEADER,
        upstream_path: str = "",
        rewrite: Callable[[str], str] | None = None,
        strip_request: Sequence[str] = (),
        strip_response: Sequence[str] = (),
        calls: int | None = None,
        tokens: int | None = None,
        period: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        shape: Shape = "azure",
        doubled: bool = False,
        fail_stream_after: int | None = None,
        backend_key: str | None = None,
        verify_bearer: Callable[[str], Refusal | None] | None = None,
        tls: ssl.SSLContext | None = None,
        upstream_tls: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> None:
        super().__init__()
        self._upstream = upstream
        self._prefix = "/" + path_prefix.strip("/") if path_prefix.strip("/") else ""
        keys = [secrets.token_hex(16)] if subscription_key is None else subscription_key
        self.subscription_keys = [keys] if isinstance(keys, str) else list(keys)
        self.header = header
        self._upstream_path = upstream_path.rstrip("/")
        self._rewrite = rewrite
        self._kept_back = {name.lower().encode() for name in strip_request}
        self._stripped = {name.lower().encode() for name in strip_response}
        self._calls = None if calls is None else RateLimit(calls, period, clock)
        self._tokens = None if tokens is None else RateLimit(tokens, period, clock)
        self._shape: Shape = shape
        self._doubled = doubled
        self._fail_stream_after = fail_stream_after
        self._backend_key = backend_key
        self._verify_bearer = verify_bearer
        self._upstream_tls = upstream_tls
        self._server = ServerThread(self._application, port=port, tls=tls)

    @property
    def endpoint(self) -> str:
        """What a user would paste: `http://127.0.0.1:PORT/my-api`."""
        return f"{self._server.url}{self._prefix}"

    @property
    def subscription_key(self) -> str:
        """The primary key."""
        return self.subscription_keys[0]

    async def _application(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        seen = await self.log.add(request)
        scripted = await self.faults.before_reply()
        reply: Response | None = scripted or self._refusal(seen)
        if reply is not None:
            reply.headers["apim-request-id"] = str(uuid.uuid4())
            await reply(scope, receive, send)
            return
        body = await request.body()
        limited = self._limited(seen, body)
        if limited is not None:
            await limited(scope, receive, send)
            return
        sending = asyncio.create_task(self._forward(scope, send, body))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait([sending, leaving], return_when=asyncio.FIRST_COMPLETED)
            if sending.done() and not sending.result():
                # What has begun cannot become an error reply any more: the caller sees the same broken connection.
                scope["state"]["transport"].abort()
                await leaving
        finally:
            # A caller who leaves ends the request behind, too.
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)

    def _refusal(self, seen: SeenRequest) -> Response | None:
        if not (seen.path == self._prefix or seen.path.startswith(f"{self._prefix}/")):
            return _flat(404, "Resource not found")
        key = seen.headers.get(self.header.lower()) or seen.query.get(QUERY_PARAMETER)
        if not key or not any(secrets.compare_digest(key.encode(), known.encode()) for known in self.subscription_keys):
            challenge = f'AzureApiManagementKey realm="{self.endpoint}",name="{self.header}",type="header"'
            return _flat(401, INVALID_KEY if key else MISSING_KEY, {"www-authenticate": challenge})
        if self._verify_bearer is not None:
            scheme, _, token = seen.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or self._verify_bearer(token.strip()) is not None:
                return _flat(401, "Unauthorized. Access token is missing or invalid.")
        return None

    def _limited(self, seen: SeenRequest, body: bytes) -> Response | None:
        key = seen.headers.get(self.header.lower()) or seen.query.get(QUERY_PARAMETER) or ""
        for what, limit, amount in (("Rate", self._calls, 1), ("Token", self._tokens, max(1, len(body) // 4))):
            wait = limit.spend(key, amount) if limit else None
            if wait is not None:
                told = f"{what} limit is exceeded. Try again in {wait} seconds."
                return _flat(429, told, {"retry-after": str(wait), "apim-request-id": str(uuid.uuid4())})
        return None

    def _target(self, scope: Scope) -> tuple[str, bytes]:
        """The server behind, and the path and query to ask it for."""
        base = self._upstream if isinstance(self._upstream, str) else self._upstream.endpoint
        parts = urlsplit(base)
        path = scope["raw_path"].removeprefix(self._prefix.encode()).decode("ascii") or "/"
        if self._rewrite is not None:
            path = self._rewrite(path)
        query = _without_key(scope["query_string"])
        target = f"{parts.path.rstrip('/')}{self._upstream_path}{path}".encode()
        return f"{parts.scheme}://{parts.netloc}", target + (b"?" + query if query else b"")

    async def _forward(self, scope: Scope, send: Send, body: bytes) -> bool:
        """Whether a whole reply was sent, be it an error."""
        base, target = self._target(scope)
        started = False
        try:
            async with forward(
                base,
                method=scope["method"],
                target=target,
                headers=self._headers(scope["headers"]),
                body=body,
                tls=self._upstream_tls,
            ) as reply:
                headers, parts = await self._passed_on(reply)
                await send({"type": "http.response.start", "status": reply.status, "headers": headers})
                started = True
                async for part in parts:
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        except UpstreamError:
            if started:
                return False
            await _flat(500, "Internal server error")(scope, _no_more, send)
        return True

    async def _passed_on(self, reply: ForwardedReply) -> tuple[list[tuple[bytes, bytes]], AsyncIterator[bytes]]:
        """The reply's headers and body, in the gateway's own shape where it has one."""
        left_out = HOP_BY_HOP | self._stripped | {b"apim-request-id"}
        headers = [(name, value) for name, value in reply.headers if name not in left_out]
        headers.append((b"apim-request-id", str(uuid.uuid4()).encode()))
        streams = any(name == b"content-type" and value.startswith(b"text/event-stream") for name, value in headers)
        if streams and (self._doubled or self._fail_stream_after is not None):
            parts = reshaped_stream(reply.parts, doubled=self._doubled, fail_after=self._fail_stream_after)
            return _typed(headers, "") if self._doubled else headers, parts
        if reply.status < 400 or self._shape == "azure":
            return headers, reply.parts
        content = b"".join([part async for part in reply.parts])
        content, kind = reshaped(reply.status, content, self._shape)
        sized = [pair for pair in _typed(headers, kind) if pair[0] != b"content-length"]
        return [*sized, (b"content-length", b"%d" % len(content))], _once(content)

    def _headers(self, headers: RawHeaders) -> list[tuple[bytes, bytes]]:
        left_out = HOP_BY_HOP | REPLACED | self._kept_back | {self.header.lower().encode()}
        if self._backend_key is not None:
            left_out = left_out | {b"api-key"}
        kept = [(name, value) for name, value in headers if name not in left_out]
        if self._backend_key is not None:
            kept.append((b"api-key", self._backend_key.encode()))
        return kept


def _flat(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    body: dict[str, Any] = {"statusCode": status, "message": message}
    return JSONResponse(body, status_code=status, headers=dict(headers or {}))


def _without_key(query: bytes) -> bytes:
    if QUERY_PARAMETER.encode() not in query:
        return query
    pairs = query.split(b"&")
    return b"&".join(pair for pair in pairs if QUERY_PARAMETER not in parse_qs(pair.decode("latin-1")))


def _typed(headers: list[tuple[bytes, bytes]], kind: str) -> list[tuple[bytes, bytes]]:
    """The headers with another content type; with none where it is empty."""
    kept = [pair for pair in headers if pair[0] != b"content-type"]
    return [*kept, (b"content-type", kind.encode())] if kind else kept


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _no_more() -> dict[str, Any]:
    return {"type": "http.disconnect"}
