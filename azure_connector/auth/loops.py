"""A private event loop, for async credentials that a sync client must ask."""

from __future__ import annotations

import asyncio
import threading

__all__ = ["PrivateLoop"]


class PrivateLoop:
    """An event loop in a daemon thread, started when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def get(self) -> asyncio.AbstractEventLoop:
        """The running loop."""
        with self._lock:
            if self._loop is None:
                started = threading.Event()
                loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_run, args=(loop, started), name="azure-connector-credentials", daemon=True
                )
                self._thread.start()
                started.wait()
                self._loop = loop
            return self._loop

    @property
    def is_running(self) -> bool:
        return self._loop is not None

    def after_fork(self) -> None:
        """After a fork: the thread exists in the parent only."""
        self._lock = threading.Lock()
        self._loop = self._thread = None

    def close(self) -> None:
        """Stop the loop and its thread; both start again when needed."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None:
            return
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
