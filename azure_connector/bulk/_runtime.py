"""One event loop in a thread of its own, and one connector for each set of settings, per process.

Keyed by the process: Spark forks its workers from a daemon, and neither loops nor connections survive a fork.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

from azure_connector.client import AsyncAzureConnector
from azure_connector.settings import ConnectorSettings

from ._settings import canonical

__all__ = ["Runtime", "runtime"]

_T = TypeVar("_T")


class Runtime:
    """The loop and the connectors of this process."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._connectors: dict[str, AsyncAzureConnector] = {}
        self._retired: list[AsyncAzureConnector] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="azure-connector-bulk", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def connector(self, settings: Mapping[str, Any]) -> AsyncAzureConnector:
        """The connector of these settings; the same one while they stay, closed when the process ends.

        Raises:
            ConfigurationError: the settings cannot be used, or no endpoint is configured.
        """
        key = canonical(dict(settings))
        made = ConnectorSettings(**settings)
        made.require_endpoint()
        with self._lock:
            found = self._connectors.get(key)
            # Read anew each time: in a notebook, a wrong key is corrected between two runs.
            if found is None or found.settings != made:
                if found is not None:
                    self._retired.append(found)
                found = self._connectors[key] = AsyncAzureConnector(settings=made)
            return found

    def spawn(self, work: Coroutine[Any, Any, _T]) -> Future[_T]:
        """Runs a coroutine on the loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def forget(self) -> None:
        """Closes the connectors; the next job makes its own, with the settings that are in force then."""
        with self._lock:
            connectors = [*self._connectors.values(), *self._retired]
            self._connectors, self._retired = {}, []
        for connector in connectors:
            with contextlib.suppress(TimeoutError, OSError, RuntimeError):
                self.spawn(connector.close()).result(5)

    def close(self) -> None:
        """Closes the connectors and ends the loop."""
        self.forget()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self.loop.close()


_lock = threading.Lock()
_runtimes: dict[int, Runtime] = {}


def runtime() -> Runtime:
    """This process's runtime."""
    pid = os.getpid()
    with _lock:
        if pid not in _runtimes:
            _runtimes.clear()  # the parent's, after a fork: its threads and sockets are not here
            _runtimes[pid] = Runtime()
            atexit.register(_close, pid)
        return _runtimes[pid]


def _close(pid: int) -> None:
    found = _runtimes.pop(pid, None) if pid == os.getpid() else None
    if found is not None:
        with contextlib.suppress(KeyboardInterrupt):  # whoever presses Ctrl-C again wants it to end all the sooner
            found.close()


def _after_fork() -> None:
    global _lock  # noqa: PLW0603  # it may have been held when the process was forked
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
