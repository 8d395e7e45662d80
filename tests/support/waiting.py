"""Waiting for what another thread, task or process does: for its effect, never for a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

__all__ = ["PATIENCE", "until", "until_async"]

PATIENCE = 60.0
"""Seconds until a wait is taken for hopeless: what a broken test costs, and no machine is as busy as that."""

_POLL = 0.005


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Waits until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(_POLL)


async def until_async(condition: Callable[[], object]) -> None:
    """Waits until something holds, while the event loop goes on."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(_POLL)
