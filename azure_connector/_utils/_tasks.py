"""Tasks that close something in the background, kept alive until they are done."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

__all__ = ["spawn"]

# An event loop holds its tasks only weakly.
_tasks: set[asyncio.Task[Any]] = set()


def spawn(work: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop | None = None) -> asyncio.Task[Any]:
    """Starts a coroutine that nobody awaits.

    Args:
        work: the coroutine.
        loop: where it runs, from that loop's own thread; None for the running one.

    Raises:
        RuntimeError: no event loop runs; the coroutine is closed.
    """
    try:
        task = (loop or asyncio.get_running_loop()).create_task(work)
    except RuntimeError:
        work.close()
        raise
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task
