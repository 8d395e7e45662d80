"""Another Azure OpenAI resource behind the emulator: requests go on as they are, and replies come back as they are."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from .errors import azure
from .forwarding import ForwardedReply, UpstreamError, forward
from .wire import Answer, Call

__all__ = ["Relay"]

# What belongs to one connection, or would tell the emulator's own address and key.
DROPPED = frozenset(
    ["host", "connection", "content-length", "transfer-encoding", "accept-encoding", "expect", "upgrade", "te"]
)
CREDENTIALS = frozenset(["api-key", "authorization"])


class Relay:
    """Forwards to a resource.

    Args:
        endpoint: the resource's endpoint, without `/openai`.
        api_key: its key, which replaces the caller's credential; None sends the caller's own on.
        tls: the TLS settings for an https endpoint; the system's trust by default.

    Raises:
        ValueError: the endpoint is no http or https URL, or has a path.
    """

    def __init__(self, endpoint: str, api_key: str | None = None, *, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(endpoint.rstrip("/"))
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
            text = "is no endpoint of an Azure OpenAI resource, such as https://NAME.openai.azure.com"
            raise ValueError(f"{endpoint!r} {text}")
        self._base = f"{parts.scheme}://{parts.netloc}"
        self._tls = tls or (ssl.create_default_context() if parts.scheme == "https" else None)
        self.api_key = api_key

    async def answer(self, call: Call) -> Answer:
        """The resource's reply.

        Raises:
            Refusal: 502, it cannot be reached.
        """
        kept = [(name, value) for name, value in call.headers.items() if name not in DROPPED]
        if self.api_key:
            kept = [(name, value) for name, value in kept if name not in CREDENTIALS]
            kept.append(("api-key", self.api_key))
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept]
        target = call.raw_path + (f"?{call.query_string}" if call.query_string else "")
        async with AsyncExitStack() as stack:
            try:
                opened = forward(
                    self._base,
                    method=call.method,
                    target=target.encode(),
                    headers=headers,
                    body=call.raw,
                    tls=self._tls,
                )
                reply = await stack.enter_async_context(opened)
                given = {name.decode("latin-1"): value.decode("latin-1") for name, value in reply.headers}
                shown = {name: value for name, value in given.items() if name not in {*DROPPED, "date", "server"}}
                if given.get("content-type", "").startswith("text/event-stream"):
                    return Answer(reply.status, events=_parts(reply, stack.pop_all()), headers=shown)
                raw = b"".join([part async for part in reply.parts])
            except UpstreamError as error:
                raise azure(502, "BadGateway", f"The resource {self._base} cannot be reached: {error}") from error
        return Answer(reply.status, raw=raw, headers=shown)


async def _parts(reply: ForwardedReply, stack: AsyncExitStack) -> AsyncGenerator[bytes]:
    async with stack:
        async for part in reply.parts:
            yield part
