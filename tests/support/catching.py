"""A host that notes whatever it is sent, handshakes of WebSockets too, and answers as it is told."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from azure_connector.emulator.serving import Receive, Scope, Send, ServerThread
from azure_connector.emulator.tls import LoopbackTls

__all__ = ["Host"]

NO = b'{"error": {"code": "BadRequest", "message": "no"}}'


class Host:
    """A host on a loopback port.

    Args:
        tls: serve https, with a certificate of an authority of its own.

    Attributes:
        seen: path, headers and body of each request.
        reply: status, headers and body of every answer.
    """

    def __init__(self, *, tls: bool = False) -> None:
        self.seen: list[tuple[str, list[tuple[bytes, bytes]], bytes]] = []
        self.reply: tuple[int, dict[str, str], bytes] = (400, {}, NO)
        self._tls = LoopbackTls() if tls else None
        self._server = ServerThread(self._app, tls=self._tls.context if self._tls else None)
        self._server.start()
        self.url = self._server.url

    @property
    def netloc(self) -> str:
        """`host:port`."""
        return self.url.partition("://")[2]

    @property
    def ca_file(self) -> str:
        """Its authority's certificate."""
        assert self._tls is not None
        return str(self._tls.ca_file)

    def redirect(self, status: int, location: str | None) -> None:
        """From now on it redirects."""
        self.reply = status, {} if location is None else {"location": location}, b""

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.seen.append((scope["raw_path"].decode(), list(scope["headers"]), body))
        status, headers, content = self.reply
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        raw.append((b"content-type", b"application/json"))
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": content})

    def close(self) -> None:
        """Stops it; what it has seen stays."""
        self._server.stop()
        if self._tls is not None:
            self._tls.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
