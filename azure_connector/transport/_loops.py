"""Connections and the life of event loops: they are closed when their loop winds up.

So `asyncio.run`, again and again, leaves nothing behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import suppress
from typing import Any

__all__ = ["cut", "when_loop_ends"]


def when_loop_ends(work: Callable[[], Coroutine[Any, Any, None]]) -> AsyncGenerator[None] | None:
    """Has a coroutine run when the running event loop winds up, as `asyncio.run` does it: it ends its asynchronous
    generators before it closes.

    Args:
        work: makes the coroutine.

    Returns:
        What must be kept until then; None where the loop has wound up once already.
    """
    if getattr(asyncio.get_running_loop(), "_asyncgens_shutdown_called", False):
        return None
    waiting = _wait(work)
    with suppress(StopIteration):  # it stands at its `yield` without having awaited anything
        waiting.asend(None).send(None)
    return waiting


async def _wait(work: Callable[[], Coroutine[Any, Any, None]]) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        with suppress(Exception):  # nobody waits for this, and what is broken is closed as well
            await work()


def cut(connector: Any) -> None:
    """Closes the sockets of aiohttp's connections whose event loop is closed already.

    The loop's transports would do it in the loop, which runs no more; left alone they complain and wait for the
    collector. There is no public way, so what is not found is left alone.
    """
    idle = [known[0] for kept in getattr(connector, "_conns", {}).values() for known in kept]
    for protocol in [*idle, *getattr(connector, "_acquired", ())]:
        transport: Any = getattr(protocol, "transport", None)
        below: Any = getattr(getattr(transport, "_ssl_protocol", None), "_transport", None)
        for each in (transport, below):
            with suppress(Exception):
                if each is not None:
                    each.close()
        with suppress(Exception):
            (below or transport)._call_connection_lost(None)
