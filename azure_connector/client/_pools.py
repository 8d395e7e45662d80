"""Senders and their connections: one set for the sync client, one for each event loop of the async client.

A connection belongs to the event loop that opened it; using it from another one fails in ways that depend on timing.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from typing import TYPE_CHECKING, Any

from ..transport._clients import TransportOptions, async_http_client

if TYPE_CHECKING:
    from ._resource_client import AsyncSender, Sender
    from ._state import Core

__all__ = ["LoopPools", "SyncPool"]


class SyncPool:
    """The sync client's senders, one a resource, over one HTTP client."""

    def __init__(self, core: Core, http_client: Any) -> None:
        self._core = core
        self._http_client = http_client
        self._senders: dict[str, Sender] = {}

    def sender(self, resource: str) -> Sender:
        sender = self._senders.get(resource)
        if sender is None:
            from ._resource_client import Sender

            # Two threads may build one at the same time: the first to store it wins, and nothing is open yet.
            fresh = Sender(self._core.resource(resource), self._core.authenticator(resource), self._http_client)
            sender = self._senders.setdefault(resource, fresh)
        return sender


class _LoopPool:
    """One event loop's senders."""

    def __init__(self, core: Core, http_client: Any) -> None:
        self.http_client = http_client
        self._core = core
        self._senders: dict[str, AsyncSender] = {}

    def sender(self, resource: str) -> AsyncSender:
        sender = self._senders.get(resource)
        if sender is None:
            from ._resource_client import AsyncSender

            sender = self._senders[resource] = AsyncSender(
                self._core.resource(resource), self._core.authenticator(resource), self.http_client
            )
        return sender


class LoopPools:
    """The async client's senders, by event loop.

    Args:
        core: what resources and credentials come from.
        http_client: the first loop's HTTP client, or the user's own for all loops.
        given: whether it is the user's own; then no other is ever made.
        transport: how further loops' clients connect.
    """

    def __init__(self, core: Core, http_client: Any, *, given: bool, transport: TransportOptions) -> None:
        self._core = core
        self._first: Any = http_client
        self._given = given
        self._transport = transport
        self._pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopPool] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def sender(self, resource: str) -> AsyncSender:
        """The sender of a resource for the running loop."""
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        if pool is None:
            with self._lock:
                pool = self._pools[loop] = _LoopPool(self._core, self._client_for_new_loop())
        return pool.sender(resource)

    def _client_for_new_loop(self) -> Any:
        if self._given:
            return self._first
        client, self._first = self._first, None
        return client or async_http_client(self._transport)

    async def aclose(self) -> None:
        """Closes this loop's connections here and those of other running loops over there."""
        with self._lock:
            pools = list(self._pools.items())
            self._pools = weakref.WeakKeyDictionary()
        here = asyncio.get_running_loop()
        for loop, pool in pools:
            if loop is here:
                await pool.http_client.aclose()
            elif loop.is_running():
                asyncio.run_coroutine_threadsafe(pool.http_client.aclose(), loop)
