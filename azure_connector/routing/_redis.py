"""Cooldowns and quotas in Redis, so that many processes act as one. Optional: the extra `redis`.

A thread of its own talks to Redis, for sync and async clients alike, so no call ever waits for it. What it cannot
deliver it drops: every process still knows what it has seen itself. Shared is what Azure said (429, no capacity, 5xx,
quota headers), never what one machine's own network did, and under the address of the resource, since names in settings
are local. Times are those of the Redis server: the processes' clocks need not agree.

In Redis, under a prefix: `cooling`, a sorted set of `cause|deployment@address` by the millisecond until which it holds;
`recovered`, a sorted set of `deployment@address` by the millisecond in which it answered again; `quota`, a hash of
`deployment@address` to `share,until`. All of it expires by itself.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from typing import Any, cast

from pydantic import SecretStr

from .._utils import install_hint, renew_after_fork
from ..errors import ConfigurationError
from ._health import Health
from ._outcomes import OutcomeKind

__all__ = ["RedisHealthStore"]

_log = logging.getLogger("azure_connector.routing")

_CAUSES = frozenset[str]({"rate_limited", "no_capacity", "transient"})
_KEEP_MS = 120_000  # longer than any cooldown
_LONGEST_PAUSE = 30.0  # between attempts to reach a Redis that is down
_SHORTEST_PAUSE = 0.05  # between exchanges, however much there is to tell


class RedisHealthStore:
    """Tells Redis what `health` finds out, and `health` what others found out.

    Args:
        health: gets `store` set to this object.
        redis: the server's URL, or a client object of the `redis` package (sync).
        addresses: resource name -> its endpoint; what the processes have in common.
        prefix: of all keys, for several applications on one server.
        interval: seconds between exchanges; a new cooldown is told at once.
        timeout: seconds that one exchange with the server may take.

    Raises:
        ConfigurationError: the `redis` package is missing, or the URL cannot be read.
    """

    def __init__(
        self,
        health: Health,
        redis: str | SecretStr | Any,
        *,
        addresses: Mapping[str, str] | None = None,
        prefix: str = "azure-connector",
        interval: float = 1.0,
        timeout: float = 0.5,
    ) -> None:
        self._health = health
        self._owns_client = isinstance(redis, str | SecretStr)
        self._client: Any = _connect(redis, timeout) if self._owns_client else redis
        self._addresses = dict(addresses or {})
        self._names: dict[str, list[str]] = {}
        for name, address in self._addresses.items():
            self._names.setdefault(address, []).append(name)
        self._cooling, self._recovered, self._quota = (f"{prefix}:{name}" for name in ("cooling", "recovered", "quota"))
        self._interval = interval
        self._lock = threading.Lock()
        self._news: dict[str, tuple[float, str]] = {}  # key -> until (0: recovered), cause
        self._quotas: dict[str, tuple[float, float]] = {}  # key -> until, share
        self._seen: dict[str, int] = {}  # members of the sorted sets that were taken in, by score
        self._down = False
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        health.store = self
        renew_after_fork(self)
        self._ensure_thread()

    def after_fork(self) -> None:
        """Makes locks anew in a forked child; the first news start a thread there."""
        stopped = self._stop.is_set()
        self._lock, self._wake, self._stop = threading.Lock(), threading.Event(), threading.Event()
        if stopped:
            self._stop.set()
        self._thread = None

    def cooled(self, key: str, seconds: float, cause: OutcomeKind) -> None:
        """Tells the others to leave a target alone."""
        with self._lock:
            self._news[key] = (self._health.clock() + seconds, cause)
        self._ensure_thread()
        self._wake.set()

    def recovered(self, key: str) -> None:
        """Tells the others that a target which had failed answers again."""
        with self._lock:
            self._news[key] = (0.0, "")
        self._ensure_thread()
        self._wake.set()

    def quota(self, key: str, share: float, seconds: float) -> None:
        """Tells the others what is left of a quota, with the next exchange."""
        with self._lock:
            self._quotas[key] = (self._health.clock() + seconds, share)
        self._ensure_thread()

    def close(self, timeout: float = 2.0) -> None:
        """Ends the thread. HealthEvent not told yet are lost.

        Args:
            timeout: seconds to wait for an exchange that is under way.
        """
        self._stop.set()
        if self._health.store is self:
            self._health.store = None
        self._wake.set()
        thread, self._thread = self._thread, None
        if thread is not None and thread.is_alive():
            thread.join(timeout)
        if self._owns_client:
            self._client.close()

    def _ensure_thread(self) -> None:
        """Starts the thread, where there is none yet."""
        if self._stop.is_set() or (self._thread is not None and self._thread.is_alive()):
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="azure-connector-redis", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        pause = self._interval
        while not self._stop.is_set():
            try:
                self.exchange()
            except Exception as error:  # noqa: BLE001 - whatever is wrong with Redis must not reach any call
                pause = min(pause * 2, _LONGEST_PAUSE)
                self._note_failure(error)
                self._stop.wait(pause)
                continue
            pause = self._interval
            if self._down:
                self._down = False
                _log.info("Redis is back: cooldowns and quotas are shared again")
            self._wake.wait(self._interval)
            self._wake.clear()
            self._stop.wait(_SHORTEST_PAUSE)

    def _note_failure(self, error: Exception) -> None:
        if not self._down:
            said = f"{type(error).__name__}: {error}"
            _log.warning("Redis cannot be used (%s): this process goes on with what it sees itself", said)
        self._down = True

    def exchange(self) -> None:
        """Tells and learns everything there is, once; the thread does this at every interval.

        Raises:
            redis.RedisError: the server cannot be used. What was to be told is dropped.
        """
        with self._lock:
            news, self._news = self._news, {}
            quotas, self._quotas = self._quotas, {}
        seconds, microseconds = self._client.time()
        server_now = int(seconds) * 1000 + int(microseconds) // 1000
        now = self._health.clock()
        pipe = self._client.pipeline(transaction=False)
        self._tell(pipe, news, quotas, server_now, now)
        pipe.zremrangebyscore(self._cooling, "-inf", server_now)
        pipe.zremrangebyscore(self._recovered, "-inf", server_now - _KEEP_MS)
        for key in (self._cooling, self._recovered, self._quota):
            pipe.pexpire(key, _KEEP_MS)
        pipe.zrange(self._cooling, 0, -1, withscores=True)
        pipe.zrange(self._recovered, 0, -1, withscores=True)
        pipe.hgetall(self._quota)
        *_, cooling, recovered, shares = pipe.execute()
        self._learn_recovered(recovered, now)
        self._learn_cooling(cooling, server_now, now)
        self._learn_quotas(shares, server_now, now)
        self._seen = {member: score for member, score in self._seen.items() if score > server_now - _KEEP_MS}

    def _tell(
        self,
        pipe: Any,
        news: Mapping[str, tuple[float, str]],
        quotas: Mapping[str, tuple[float, float]],
        server_now: int,
        now: float,
    ) -> None:
        for key, (until, cause) in news.items():
            shared = self._shared_key(key)
            if not cause:
                pipe.zrem(self._cooling, f"transient|{shared}")
                pipe.zadd(self._recovered, {shared: server_now})
                self._seen[f"recovered|{shared}"] = server_now
            elif until > now:
                member, score = f"{cause}|{shared}", server_now + int((until - now) * 1000)
                pipe.zadd(self._cooling, {member: score}, gt=True)
                self._seen[member] = max(score, self._seen.get(member, 0))
        told = {
            self._shared_key(key): f"{share:.4f},{server_now + int((until - now) * 1000)}"
            for key, (until, share) in quotas.items()
            if until > now
        }
        if told:
            pipe.hset(self._quota, mapping=told)

    def _is_new(self, member: str, score: int) -> bool:
        """Whether a member has not been taken in yet; what this process told itself counts as taken in."""
        if score <= self._seen.get(member, 0):
            return False
        self._seen[member] = score
        return True

    def _learn_cooling(self, rows: Iterable[tuple[object, object]], server_now: int, now: float) -> None:
        for member, score in _members(rows):
            cause, _, shared = member.partition("|")
            if cause in _CAUSES and score > server_now and self._is_new(member, score):
                for key in self._local_keys(shared):
                    self._health.learn(key, (score - server_now) / 1000, cast("OutcomeKind", cause), now)

    def _learn_recovered(self, rows: Iterable[tuple[object, object]], now: float) -> None:
        for shared, score in _members(rows):
            if self._is_new(f"recovered|{shared}", score):
                for key in self._local_keys(shared):
                    self._health.learn_recovery(key, now)

    def _learn_quotas(self, rows: Mapping[Any, object], server_now: int, now: float) -> None:
        stale: list[str] = []
        for shared, value in ((_text(key), _text(value)) for key, value in rows.items()):
            share, _, until = value.partition(",")
            try:
                left, seconds = float(share), (int(until) - server_now) / 1000
            except ValueError:
                stale.append(shared)
                continue
            if seconds <= 0:
                stale.append(shared)
                continue
            for key in self._local_keys(shared):
                self._health.learn_quota(key, min(max(left, 0.0), 1.0), seconds, now)
        if stale:
            self._client.hdel(self._quota, *stale)

    def _shared_key(self, key: str) -> str:
        deployment, _, resource = key.rpartition("@")
        return f"{deployment}@{self._addresses.get(resource, resource)}"

    def _local_keys(self, shared: str) -> list[str]:
        """The same target under this process's names; none where it does not have that resource."""
        deployment, _, address = shared.rpartition("@")
        names = self._names.get(address, []) if self._addresses else [address]
        return [f"{deployment}@{name}" for name in names]


def _connect(url: str | SecretStr, timeout: float) -> Any:
    try:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError as error:
        raise ConfigurationError(
            "redis_url is set, but the redis package is not installed", hint=install_hint("redis")
        ) from error
    text = url.get_secret_value() if isinstance(url, SecretStr) else url
    try:
        return redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType]: the package's stubs are partial
            text, socket_timeout=timeout, socket_connect_timeout=timeout, retry=Retry(NoBackoff(), 0)
        )
    except ValueError:
        # Not `from` it: the package's message may quote the URL, which may pause_until a password.
        raise ConfigurationError(
            "redis_url cannot be read", hint="It looks like redis://host:6379/0, or rediss:// for TLS."
        ) from None


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _members(rows: Iterable[tuple[Any, Any]]) -> list[tuple[str, int]]:
    return [(_text(member), int(score)) for member, score in rows]
