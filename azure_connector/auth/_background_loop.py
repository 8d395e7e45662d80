"""A private event loop, for async credentials that a sync client must ask."""

from __future__ import annotations

import asyncio
import threading
import weakref
from typing import Any

__all__ = ["BackgroundLoop"]


# Collected in a forked child, a loop would warn that nobody closed it; to close it is the parent's business.
_of_the_parent: list[asyncio.AbstractEventLoop] = []


class BackgroundLoop:
    """An event loop in a daemon thread, started when it is first needed, stopped at the latest when it is forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: weakref.finalize[..., Any] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started."""
        return self._loop is not None

    def get(self) -> asyncio.AbstractEventLoop:
        """The running loop."""
        with self._lock:
            if self._loop is None:
                started = threading.Event()
                loop = asyncio.new_event_loop()
                thread = threading.Thread(
                    target=_run, args=(loop, started), name="azure-connector-credentials", daemon=True
                )
                thread.start()
                started.wait()
                self._stop = weakref.finalize(self, _stop, loop, thread)
                self._loop = loop
            return self._loop

    def after_fork(self) -> None:
        """In the child: the thread exists in the parent only."""
        self._lock = threading.Lock()
        if self._stop is not None:
            self._stop.detach()
        if self._loop is not None:
            _of_the_parent.append(self._loop)
        self._loop = self._stop = None

    def close(self) -> None:
        """Stop the loop and its thread; both start again when needed."""
        with self._lock:
            stop, self._loop, self._stop = self._stop, None, None
        if stop is not None:
            stop()


def _stop(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(loop.stop)
    if thread is not threading.current_thread():
        thread.join(timeout=2.0)


def _run(loop: asyncio.AbstractEventLoop, started: threading.Event) -> None:
    asyncio.set_event_loop(loop)
    loop.call_soon(started.set)
    try:
        loop.run_forever()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()
