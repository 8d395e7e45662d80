"""What is known about every target across calls: cooldowns, failures, quotas. Shared by threads and event loops.

Nothing here waits or sends; a lock is held for microseconds. Times are those of the clock that the callers pass in as
`now` (`time.monotonic` in the client).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import NamedTuple, Protocol

from .._utils import renew_after_fork
from ..deployments import Target
from ._circuit_breaker import CircuitBreaker, ResourceState, TargetState
from ._outcomes import AttemptOutcome, OutcomeKind
from ._retry_policy import RetryPolicy

__all__ = ["Health", "HealthEvent", "HealthStore", "TargetHealth", "TargetStatus", "publish"]

_log = logging.getLogger("azure_connector.routing")

_PAUSES = frozenset[OutcomeKind]({"rate_limited", "no_capacity"})
_FAILURES = frozenset[OutcomeKind]({"transient", "timeout", "unreachable", "reset"})
_CONFIG_FAULTS = frozenset[OutcomeKind]({"auth", "forbidden", "not_found_deployment"})


# What Azure itself said holds for every process; what one machine's network did says little about another's.
_SHARED = frozenset[OutcomeKind]({"rate_limited", "no_capacity", "transient"})


class HealthStore(Protocol):
    """Where news for other processes goes. Every method returns at once and never raises."""

    def cooled(self, key: str, seconds: float, cause: OutcomeKind) -> None:
        """A target (`deployment@resource`) or a resource (`@resource`) is to be left alone for a while."""

    def recovered(self, key: str) -> None:
        """One that was left alone after failures has answered again."""

    def quota(self, key: str, share: float, seconds: float) -> None:
        """What is left of a target's quota (0 to 1), and for how long that is news."""


class HealthEvent(NamedTuple):
    """A target (`deployment@resource`) or a resource (`@resource`) is left alone for a while, or has recovered."""

    key: str
    recovered: bool = False
    seconds: float = 0.0
    cause: OutcomeKind = "ok"
    failing: bool = False


def publish(news: Iterable[HealthEvent], store: HealthStore | None) -> None:
    """Tells the log, and the store where there is one."""
    for item in news:
        if item.recovered:
            _log.info("%s answers again", item.key)
        elif item.failing:
            _log.warning("%s failed repeatedly (%s): left alone for %.1f s", item.key, item.cause, item.seconds)
        if store is None:
            continue
        if item.recovered:
            store.recovered(item.key)
        elif item.cause in _SHARED:
            store.cooled(item.key, item.seconds, item.cause)


class TargetStatus(NamedTuple):
    """How a target stands at a moment.

    Attributes:
        target: the target.
        ready_at: when it may be asked; not later than now where it is free.
        deprioritized: chosen only where nothing else is free: its quota is used up or it is configured wrongly.
        weight: its share of the calls within its rank, after what is known of its quota.
        needs_probe: asking needs `Health.claim`, since only one call may.
        probed: it is free but for a probe that is on its way.
        cause: what closed the way to it.
    """

    target: Target
    ready_at: float
    deprioritized: bool
    weight: float
    needs_probe: bool
    probed: bool
    cause: OutcomeKind


@dataclass(frozen=True, slots=True)
class TargetHealth:
    """A target's or resource's state for display.

    Attributes:
        ready_in: seconds until it may be asked, 0 where it may be now.
        failing: it failed repeatedly and waits for a probe to succeed.
        cause: what closed the way, `ok` where nothing did.
        quota_share: what is left of its quota, 0 to 1, or None where that is not known.
    """

    ready_in: float
    failing: bool
    cause: OutcomeKind
    quota_share: float | None


class _Seen(NamedTuple):
    """How an attempt ended, with all that `observe` was told."""

    target: Target
    outcome: AttemptOutcome
    now: float
    sent_at: float
    caller: object


class Health:
    """Remembers how targets behaved; one for all calls of a connector.

    Args:
        policy: the numbers.
        clock: where times come from that callers do not pass in.
        store: takes news for other processes, or None.
    """

    def __init__(
        self,
        policy: RetryPolicy | None = None,
        clock: Callable[[], float] = monotonic,
        store: HealthStore | None = None,
    ):
        self.policy = policy or RetryPolicy()
        self.clock = clock
        self.store = store
        self._lock = Lock()
        self._targets: dict[str, TargetState] = {}
        self._resources: dict[str, ResourceState] = {}
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Makes the lock anew in a forked child."""
        self._lock = Lock()

    def is_clear(self, target: Target, now: float) -> bool:
        """Whether nothing at all speaks against a target: the quick way for the usual case."""
        known = self._targets.get(target.key)
        if known is not None and not known.circuit.is_clear(now):
            return False
        resource = self._resources.get(target.resource)
        return resource is None or resource.circuit.is_clear(now)

    def has_answered(self, target: Target) -> bool:
        """Whether a target has ever given a good reply, so that it is known to exist."""
        known = self._targets.get(target.key)
        return known is not None and known.answered

    def view(self, targets: Sequence[Target], now: float) -> list[TargetStatus]:
        """How targets stand now, in the order given."""
        with self._lock:
            return [self._status(target, now) for target in targets]

    def claim(self, target: Target, caller: object, now: float) -> bool:
        """Takes the right to ask a needs_probe target; False where another call was quicker.

        Args:
            target: the target.
            caller: identifies the call until `observe` or `release`.
            now: the time.
        """
        with self._lock:
            resource = self._resources.get(target.resource)
            if resource is not None and not resource.circuit.claim(caller, now, self.policy):
                return False
            known = self._targets.get(target.key)
            if known is None or known.circuit.claim(caller, now, self.policy):
                return True
            if resource is not None:
                resource.circuit.release(caller)
            return False

    def release(self, target: Target, caller: object) -> None:
        """Gives a claim back without a result: the call was cancelled."""
        with self._lock:
            self._release(self._targets.get(target.key), self._resources.get(target.resource), caller)

    def observe(
        self,
        target: Target,
        outcome: AttemptOutcome,
        now: float,
        *,
        sent_at: float | None = None,
        caller: object = None,
    ) -> None:
        """Takes in how an attempt ended.

        Args:
            target: who was asked.
            outcome: how it ended.
            now: the time.
            sent_at: when it was sent; a good reply to an older request does not outweigh a newer failure.
            caller: the call that had claimed the target, if it had to.
        """
        kind = outcome.kind
        seen = _Seen(target, outcome, now, now if sent_at is None else sent_at, caller)
        news: list[HealthEvent] = []
        with self._lock:
            known = self._target(target.key, now)
            if kind in _FAILURES:
                self._failed(known, seen, news)
            elif kind == "not_sent":
                self._release(known, self._resources.get(target.resource), caller)
            else:
                self._lives(known, seen, news)
            if kind in _PAUSES:
                self._pause(known, seen, news)
            elif kind in _CONFIG_FAULTS:
                known.shunned_until = now + self.policy.config_fault_memory
            elif kind == "ok":
                known.answered, known.shunned_until = True, 0.0
                if outcome.spilled_over:
                    known.quota.spilled_until = now + self.policy.spill_memory
            if outcome.remaining_requests is not None or outcome.remaining_tokens is not None:
                known.quota.note(now, outcome, self.policy)
        if news:
            publish(news, self.store)
        if self.store is not None and known.quota.until > now:
            self.store.quota(target.key, known.quota.share, known.quota.until - now)

    def learn(self, key: str, seconds: float, cause: OutcomeKind, now: float) -> None:
        """Takes in what another process found out: a target or resource is to be left alone for so many seconds."""
        seconds = min(seconds, self.policy.max_cooldown)
        with self._lock:
            circuit = self._circuit(key, now)
            if cause in _PAUSES:
                circuit.pause_until(now + seconds, cause)
            else:
                circuit.trip(now, seconds, cause)

    def learn_recovery(self, key: str, now: float) -> None:
        """Takes in that another process had a good reply: what had failed may be probed at once."""
        with self._lock:
            self._circuit(key, now).half_open(now)

    def learn_quota(self, key: str, share: float, seconds: float, now: float) -> None:
        """Takes in what another process was told of a target's quota, unless this one has heard later news."""
        until = now + min(seconds, self.policy.max_cooldown)
        with self._lock:
            quota = self._target(key, now).quota
            if until > quota.until:
                quota.share, quota.until = share, until

    def report(self, now: float) -> Mapping[str, TargetHealth]:
        """Everything that is known, by `deployment@resource` and, for whole resources, `@resource`."""
        with self._lock:
            rows = {
                key: TargetHealth(
                    ready_in=max(0.0, known.circuit.ready_at(now) - now),
                    failing=known.circuit.open,
                    cause="ok" if known.circuit.is_clear(now) else known.circuit.cause,
                    quota_share=known.quota.share if known.quota.until > now else None,
                )
                for key, known in self._targets.items()
            }
            for name, resource in self._resources.items():
                circuit = resource.circuit
                cause = "ok" if circuit.is_clear(now) else circuit.cause
                rows[f"@{name}"] = TargetHealth(max(0.0, circuit.ready_at(now) - now), circuit.open, cause, None)
            return rows

    def _status(self, target: Target, now: float) -> TargetStatus:
        known = self._targets.get(target.key)
        resource = self._resources.get(target.resource)
        ready_at, last, weight, needs_probe, probed = now, False, max(target.weight, 0.0), False, False
        cause: OutcomeKind = "ok"
        if known is not None:
            circuit, quota = known.circuit, known.quota
            last = known.shunned_until > now or quota.is_used_up(now)
            weight *= quota.factor(now, self.policy)
            if not circuit.is_clear(now):
                ready_at, needs_probe, cause = circuit.ready_at(now), circuit.open, circuit.cause
                probed = ready_at > now and not circuit.is_cooling(now)
        if resource is not None and not resource.circuit.is_clear(now):
            circuit = resource.circuit
            needs_probe = True
            if (until := circuit.ready_at(now)) > ready_at:
                ready_at, cause, probed = until, circuit.cause, not circuit.is_cooling(now)
        return TargetStatus(target, ready_at, last, weight, needs_probe, probed, cause)

    def _target(self, key: str, now: float) -> TargetState:
        known = self._targets.get(key)
        if known is None:
            if len(self._targets) >= self.policy.max_known:
                self._forget(now)
            known = self._targets[key] = TargetState(now)
        known.touched = now
        return known

    def _forget(self, now: float) -> None:
        """Makes room: an eighth goes, first of all those that nothing is held against and that were unused longest."""
        order = sorted(self._targets, key=lambda key: _worth_keeping(self._targets[key], now))
        for key in order[: max(1, len(order) // 8)]:
            del self._targets[key]

    def _resource(self, name: str) -> ResourceState:
        return self._resources.setdefault(name, ResourceState())

    def _circuit(self, key: str, now: float) -> CircuitBreaker:
        name = key.removeprefix("@")
        return self._resource(name).circuit if name != key else self._target(key, now).circuit

    @staticmethod
    def _release(known: TargetState | None, resource: ResourceState | None, caller: object) -> None:
        if known is not None:
            known.circuit.release(caller)
        if resource is not None:
            resource.circuit.release(caller)

    def _lives(self, known: TargetState, seen: _Seen, news: list[HealthEvent]) -> None:
        """A reply of any kind but a server's error: the deployment and its resource are there."""
        name = seen.target.resource
        if known.circuit.succeed(seen.caller, seen.sent_at):
            news.append(HealthEvent(seen.target.key, recovered=True))
        resource = self._resources.get(name)
        if resource is not None and resource.succeed(seen.caller, seen.sent_at):
            news.append(HealthEvent(f"@{name}", recovered=True))
            for key, other in self._targets.items():
                if key.endswith(f"@{name}"):  # they went down with it: no need to wait out their own time
                    other.circuit.half_open(seen.now)

    def _failed(self, known: TargetState, seen: _Seen, news: list[HealthEvent]) -> None:
        policy, now, cause = self.policy, seen.now, seen.outcome.kind
        if known.circuit.fail(seen.caller, now, cause, policy):
            news.append(HealthEvent(seen.target.key, seconds=policy.cooldown, cause=cause, failing=True))
        if seen.outcome.retry_after is not None:
            known.circuit.pause_until(now + min(seen.outcome.retry_after, policy.max_cooldown), cause)
        name = seen.target.resource
        resource = self._resource(name)
        if resource.fail(seen.caller, seen.target.deployment, now, cause, policy):
            news.append(HealthEvent(f"@{name}", seconds=policy.cooldown, cause=cause, failing=True))

    def _pause(self, known: TargetState, seen: _Seen, news: list[HealthEvent]) -> None:
        outcome = seen.outcome
        asked = self.policy.cooldown if outcome.retry_after is None else outcome.retry_after
        seconds = min(asked, self.policy.max_cooldown)
        known.circuit.pause_until(seen.now + seconds, outcome.kind)
        news.append(HealthEvent(seen.target.key, seconds=seconds, cause=outcome.kind))


def _worth_keeping(known: TargetState, now: float) -> tuple[bool, float]:
    return not known.circuit.is_clear(now), known.touched
