"""This process's share of the quotas, by heartbeats in Redis: one thread, and no call waits for it.

In Redis, under a prefix: for each deployment a sorted set of process ids by the server's time. A process's share is one
by the number of those that were seen lately.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import uuid
from collections.abc import Callable
from typing import Any

from azure_connector._utils import install_hint
from azure_connector.errors import ConfigurationError
from azure_connector.settings import ConnectorSettings

__all__ = ["Shares"]

_log = logging.getLogger("azure_connector.bulk")

_INTERVAL = 0.5
_FORGOTTEN = 3.0  # seconds without a beat


class Shares:
    """Beats until it is closed, and tells the share when it changes.

    Args:
        client: a client of the `redis` package.
        key: what is shared: a deployment by its address.
        told: gets the new share.
    """

    def __init__(self, client: Any, key: str, told: Callable[[float], None]) -> None:
        self._client, self._told = client, told
        self._key = f"azure-connector:bulk:{key}"
        self._member = uuid.uuid4().hex
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="azure-connector-shares", daemon=True)
        self._thread.start()

    @classmethod
    def of(cls, settings: ConnectorSettings, key: str, told: Callable[[float], None]) -> Shares | None:
        """The heartbeats for settings that name a Redis; None for others.

        Raises:
            ConfigurationError: the `redis` package is missing, or the URL cannot be read.
        """
        if settings.redis_url is None:
            return None
        try:
            import redis
        except ImportError:
            hint = install_hint("redis")
            raise ConfigurationError("redis_url is set, but the redis package is not installed", hint=hint) from None
        try:
            client: Any = redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType]: the package's stubs are partial
                settings.redis_url.get_secret_value(), socket_timeout=0.5, socket_connect_timeout=0.5
            )
        except ValueError:
            hint = "It looks like redis://host:6379/0, or rediss:// for TLS."
            raise ConfigurationError("redis_url cannot be read", hint=hint) from None
        return cls(client, key, told)

    def beat(self) -> int:
        """One heartbeat; returns how many processes are alive."""
        seconds, microseconds = self._client.time()
        now = int(seconds) + int(microseconds) / 1e6
        pipe = self._client.pipeline(transaction=False)
        pipe.zadd(self._key, {self._member: now})
        pipe.zremrangebyscore(self._key, "-inf", now - _FORGOTTEN)
        pipe.zcard(self._key)
        pipe.expire(self._key, 60)
        return max(1, int(pipe.execute()[2]))

    def _run(self) -> None:
        down = False
        alive = 1
        while not self._stop.is_set():
            try:
                seen = self.beat()
                down = False
            except Exception as error:  # noqa: BLE001  # whatever is wrong with Redis must not reach any call
                if not down:
                    _log.warning("Redis cannot be used (%s): the last share stays", type(error).__name__)
                seen, down = alive, True
            if seen != alive:
                alive = seen
                self._told(1.0 / alive)
            self._stop.wait(_INTERVAL)

    def close(self) -> None:
        """Takes this process out of the sharing."""
        self._stop.set()
        self._thread.join(2.0)
        with contextlib.suppress(Exception):  # it is forgotten by itself, too
            self._client.zrem(self._key, self._member)
        self._client.close()
