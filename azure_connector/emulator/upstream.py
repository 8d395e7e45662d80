"""Another OpenAI-compatible server behind the emulator's face: Azure's paths, keys, errors and annotations outside."""

from __future__ import annotations

import contextlib
import json
import ssl
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from .errors import azure
from .filters import completion_results, harmless, judge
from .forwarding import ForwardedReply, UpstreamError, forward
from .models import Deployment
from .parsing import parse_object
from .values import Json, items_of, object_of
from .wire import Answer, Call, sse

__all__ = ["Upstream"]


class Upstream:
    """Forwards what a deployment is asked.

    Args:
        url: the server's base, up to and including `/v1`.
        api_key: its key, sent as a bearer token; None sends none.
        tls: the TLS settings for an https server; the system's trust by default.

    Raises:
        ValueError: the URL is none.
    """

    def __init__(self, url: str, api_key: str | None = None, *, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{url!r} is no http or https URL of an OpenAI-compatible server")
        self._base = f"{parts.scheme}://{parts.netloc}"
        self._prefix = parts.path.rstrip("/")
        self._key = api_key
        self._tls = tls or (ssl.create_default_context() if parts.scheme == "https" else None)

    async def answer(self, call: Call, deployment: Deployment) -> Answer:
        """The upstream's answer, dressed as Azure's. The base model's name goes up as `model`.

        Raises:
            Refusal: 502, the upstream cannot be reached.
        """
        body, kind = call.raw, call.headers.get("content-type", "application/json")
        if kind.startswith("application/json"):
            body = json.dumps({**call.json_object(), "model": deployment.base_model}).encode()
        headers = [(b"content-type", kind.encode())]
        if self._key:
            headers.append((b"authorization", f"Bearer {self._key}".encode()))
        chat = call.operation == "/chat/completions"
        async with AsyncExitStack() as stack:
            target = f"{self._prefix}{call.operation}".encode()
            try:
                opened = forward(self._base, method="POST", target=target, headers=headers, body=body, tls=self._tls)
                reply = await stack.enter_async_context(opened)
                given = {name.decode("latin-1"): value.decode("latin-1") for name, value in reply.headers}
                if given.get("content-type", "").startswith("text/event-stream"):
                    return Answer(reply.status, events=_events(reply, stack.pop_all(), chat=chat))
                raw = b"".join([part async for part in reply.parts])
            except UpstreamError as error:
                raise azure(
                    502, "BadGateway", f"The upstream server {self._base} cannot be reached: {error}"
                ) from error
        if chat and reply.status == 200:
            try:
                return Answer(200, body=_annotated(parse_object(raw), whole=True))
            except ValueError as error:
                raise azure(502, "BadGateway", f"The upstream server {self._base} sent no JSON object.") from error
        return Answer(reply.status, raw=raw, headers={"content-type": given.get("content-type", "application/json")})


async def _events(reply: ForwardedReply, stack: AsyncExitStack, *, chat: bool) -> AsyncGenerator[bytes]:
    """The upstream's events; chat chunks get Azure's first one and the filter's annotations."""
    async with stack:
        if chat:
            nameless: Json = {"choices": [], "created": 0, "id": "", "model": "", "object": ""}
            yield sse({**nameless, "prompt_filter_results": judge([]).prompt_results})
        block: list[bytes] = []
        rest = b""
        async for part in reply.parts:
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                if line.strip():
                    block.append(line.rstrip(b"\r"))
                elif block:
                    yield _event(block, chat=chat)
                    block = []
        if block:
            yield _event(block, chat=chat)


def _event(block: list[bytes], *, chat: bool) -> bytes:
    text = block[0].removeprefix(b"data:").strip()
    if chat and len(block) == 1 and text.startswith(b"{"):
        with contextlib.suppress(ValueError):  # what is no JSON goes on as it is
            return sse(_annotated(parse_object(text), whole=False))
    return b"\n".join(block) + b"\n\n"


def _annotated(body: Json, *, whole: bool) -> Json:
    """A chat reply or chunk with the content filter's results."""
    results = completion_results() if whole else harmless()
    choices = [{"content_filter_results": results, **object_of(choice)} for choice in items_of(body.get("choices"))]
    dressed = {**body, "choices": choices} if "choices" in body else body
    return {**dressed, "prompt_filter_results": judge([]).prompt_results} if whole else dressed
