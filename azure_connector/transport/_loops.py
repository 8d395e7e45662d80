"""Connections and the life of event loops: they are closed when their loop winds up, or is closed without.

So neither `asyncio.run` nor a loop that somebody makes and closes by hand, again and again, leaves anything behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from contextlib import suppress
from contextvars import Context
from typing import Any

__all__ = ["cut", "when_loop_closes", "when_loop_ends"]

_A_YEAR = 365 * 86_400.0


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


def when_loop_closes(work: Callable[[], None]) -> None:
    """Has something run when the running event loop is closed, also where nobody winds it up before.

    A loop tells nobody that it closes, but it drops its timers: what only a timer holds ends with it, at once.
    """
    loop = asyncio.get_running_loop()
    loop.call_later(_A_YEAR, _LastTimer(loop, work), context=Context())


class _LastTimer:
    """A timer's callback for which being dropped is what counts."""

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
        self._loop, self._work = loop, work

    def __call__(self) -> None:
        """Has nothing to do: a loop that lives for a year winds up like others, or leaves its sockets behind."""

    def __del__(self) -> None:
        with suppress(Exception):  # at the interpreter's end anything may be gone
            if self._loop.is_closed():
                self._work()


def cut(transports: Iterable[Any]) -> None:
    """Closes the sockets of an event loop's transports, where that loop is closed already.

    They would do it in the loop, which runs no more; left alone they complain and wait for the collector. There is no
    public way, so what is not found is left alone.
    """
    for transport in transports:
        below: Any = getattr(getattr(transport, "_ssl_protocol", None), "_transport", None)
        for each in (transport, below):
            with suppress(Exception):
                if each is not None:
                    each.close()
        with suppress(Exception):
            (below or transport)._call_connection_lost(None)
