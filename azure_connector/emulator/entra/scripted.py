"""A server on loopback whose replies a test may replace, and whose requests it may look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from .faults import ReplyFaults, ScriptedReply, SeenRequest, SeenRequests

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from azure_connector.emulator.serving import ServerThread

__all__ = ["ScriptedServer"]


class ScriptedServer:
    """What the identity servers, the vault and the gateway have in common; each serves its own application.

    Attributes:
        faults: latency, gate and scripted replies.
        log: the requests, which other threads may wait on.
    """

    _server: ServerThread

    def __init__(self) -> None:
        self.faults = ReplyFaults()
        self.log = SeenRequests()

    @property
    def requests(self) -> list[SeenRequest]:
        """Every request so far, also refused ones; noted before a gate or a latency holds it."""
        return self.log.all()

    def script(self, *replies: int | ScriptedReply, retry_after: float | None = None) -> None:
        """Replace the next replies, one by one: a status (200 lets the real reply pass) or a whole reply."""
        self.faults.script(*replies, retry_after=retry_after)

    async def scripted(self, request: Request) -> Response | None:
        """Notes a request and waits as told; gives the reply that is to replace the server's own, if there is one."""
        await self.log.add(request)
        return await self.faults.before_reply()

    def start(self) -> Self:
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
