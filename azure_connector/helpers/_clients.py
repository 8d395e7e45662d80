"""Clients that are kept between calls, with their tokens and connections: one for each set of settings."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from ..client import AsyncAzureConnector, AzureConnector
from ..settings import ConnectorSettings

__all__ = ["aclose_clients", "close_clients", "close_with_loop", "kept_client"]

Client = TypeVar("Client", AzureConnector, AsyncAzureConnector)

_MOST = 8
_kept: list[tuple[dict[str, Any], Any]] = []  # the last used one first
_lock = threading.Lock()
# For each event loop: the clients that have opened connections there, and what closes these at its end.
_ends: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Any, AsyncGenerator[None]]] = WeakKeyDictionary()


def kept_client(kind: type[Client], arguments: Mapping[str, Any]) -> Client:
    """The client for these settings: the one of an earlier call where nothing has changed since.

    File and environment are read anew each time, so that a change there counts.

    Args:
        kind: the sync or the async class. An async client serves every event loop.
        arguments: settings by name.

    Raises:
        ConfigurationError: the settings cannot be used.
    """
    settings = ConnectorSettings(**arguments)
    values = dict(settings)
    with _lock:
        place = next((n for n, (known, one) in enumerate(_kept) if type(one) is kind and known == values), None)
        client: Client = kind(settings=settings) if place is None else _kept.pop(place)[1]
        _kept.insert(0, (values, client))
        del _kept[_MOST:]
    if kind is AsyncAzureConnector:
        close_with_loop(cast("AsyncAzureConnector", client))
    return client


def close_with_loop(client: AsyncAzureConnector) -> None:
    """Has the connections that a kept client opens in the running loop closed at the loop's end.

    asyncio closes what is left of async generators before it closes a loop: the one thing that it tells anybody.
    """
    with suppress(RuntimeError):  # no loop runs yet: the first request will say it again
        ends = _ends.setdefault(asyncio.get_running_loop(), {})
        if client not in ends and any(known is client for _, known in _kept):
            ends[client] = end = _end(client)
            with suppress(StopIteration):  # runs to its `yield`, where it is known to the loop
                end.asend(None).send(None)


async def _end(client: AsyncAzureConnector) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        await client._pools.aclose_here()  # pyright: ignore[reportPrivateUsage]  # the other loops go on


def close_clients() -> None:
    """Closes the sync clients that helpers keep; the next call makes new ones."""
    for client in _taken(AzureConnector):
        client.close()


async def aclose_clients() -> None:
    """Closes the async clients that helpers and `query` keep; the next call makes new ones."""
    for client in _taken(AsyncAzureConnector):
        await client.close()


def _taken(kind: type[Client]) -> list[Client]:
    with _lock:
        found = [client for _, client in _kept if type(client) is kind]
        _kept[:] = [entry for entry in _kept if type(entry[1]) is not kind]
    return found


def _forget() -> None:
    """A forked child must not share its parent's connections."""
    global _lock  # noqa: PLW0603  # the parent's may be held by a thread that the child has not
    _lock = threading.Lock()
    _kept.clear()


atexit.register(close_clients)
if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_forget)
