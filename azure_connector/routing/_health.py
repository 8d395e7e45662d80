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
from ._circuit_breaker import CircuitBreaker, ResourceState, TargetState, TargetStatus
from ._outcomes import AttemptOutcome, OutcomeKind
from ._retry_policy import RetryPolicy

__all__ = ["Health", "HealthEvent", "HealthStore", "TargetHealth", "TargetStatus", "publish"]

_log = logging.getLogger("azure_connector.routing")

_PAUSES = frozenset[OutcomeKind]({"rate_limited", "no_capacity"})
_FAILURES = frozenset[OutcomeKind]({"transient", "timeout", "unreachable", "reset"})
_CONFIG_FAULTS = frozenset[OutcomeKind]({"auth", "forbidden", "not_found_deployment"})
_CONNECTION = frozenset[OutcomeKind]({"unreachable", "reset"})


# What Azure itself said holds for every process; what one machine's network did says little about another's.
_SHARED = frozenset[OutcomeKind]({"rate_limited", "no_capacity", "transient"})


class HealthStore(Protocol):
    """Where news for other processes goes. Every method returns at once and never raises."""

    def cooled(self, key: str, seconds: float, cause: OutcomeKind) -> None:
        """A target or a resource is to be left alone for a while; see `HealthEvent` for its key."""

    def recovered(self, key: str) -> None:
        """One that was left alone after failures has answered again."""

    def quota(self, key: str, share: float, seconds: float) -> None:
        """What is left of a target's quota (0 to 1), and for how long that is news."""


class HealthEvent(NamedTuple):
    """Something is left alone for a while, or has recovered.

    Its key: `deployment@resource`, `/operation:deployment@resource` where only one operation is meant, or `@resource`.
    """

    key: str
    recovered: bool = False
    seconds: float = 0.0
    cause: OutcomeKind = "ok"
    failing: bool = False


def _named(key: str) -> str:
    """A target's key as it is, and a whole resource's in words."""
    return f"the resource '{key[1:]}'" if key.startswith("@") else key


def publish(news: Iterable[HealthEvent], store: HealthStore | None) -> None:
    """Tells the log, and the store where there is one."""
    for item in news:
        if item.recovered:
            _log.info("%s answers again", _named(item.key))
        elif item.failing:
            _log.warning("%s failed repeatedly (%s): left alone for %.1f s", _named(item.key), item.cause, item.seconds)
        if store is None:
            continue
        if item.recovered:
            store.recovered(item.key)
        elif item.cause in _SHARED:
            store.cooled(item.key, item.seconds, item.cause)


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
    operation: str

    @property
    def key(self) -> str:
        """Names what failed or recovered; see `HealthEvent`."""
        return f"{self.operation}:{self.target.key}" if self.operation else self.target.key


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

    def is_clear(self, target: Target, now: float, operation: str = "") -> bool:
        """Whether nothing at all speaks against a target: the quick way for the usual case."""
        known = self._targets.get(target.key)
        if known is not None:
            if not known.circuit.is_clear(now):
                return False
            own = known.operations.get(operation) if known.operations else None
            if own is not None and not own.is_clear(now):
                return False
        resource = self._resources.get(target.resource)
        return resource is None or resource.circuit.is_clear(now)

    def has_answered(self, target: Target) -> bool:
        """Whether a target has ever given a good reply, so that it is known to exist."""
        known = self._targets.get(target.key)
        return known is not None and known.answered

    def view(self, targets: Sequence[Target], now: float, operation: str = "") -> list[TargetStatus]:
        """How targets stand now for an operation, in the order given."""
        with self._lock:
            return [self._status(target, now, operation) for target in targets]

    def claim(self, target: Target, caller: object, now: float, operation: str = "", *, anyway: bool = False) -> bool:
        """Takes the right to ask a guarded target; False where another call was quicker.

        Args:
            target: the target.
            caller: identifies the call until `observe` or `release`.
            now: the time.
            operation: the SDK's path of the call.
            anyway: open circuits do not keep the call out, only pauses do.
        """
        with self._lock:
            claimed: list[CircuitBreaker] = []
            for circuit in self._circuits(target, operation):
                take = circuit.claim_anyway if anyway else circuit.claim
                if not take(caller, now, self.policy):
                    for one in claimed:
                        one.release(caller)
                    return False
                claimed.append(circuit)
            return True

    def release(self, target: Target, caller: object, operation: str = "") -> None:
        """Gives a claim back without a result: the call was cancelled."""
        with self._lock:
            self._release(target, caller, operation)

    def observe(
        self,
        target: Target,
        outcome: AttemptOutcome,
        now: float,
        *,
        sent_at: float | None = None,
        caller: object = None,
        operation: str = "",
    ) -> None:
        """Takes in how an attempt ended.

        Args:
            target: who was asked.
            outcome: how it ended.
            now: the time.
            sent_at: when it was sent; a good reply to an older request does not outweigh a newer failure.
            caller: the call that had claimed the target, if it had to.
            operation: the SDK's path of the call.
        """
        kind = outcome.kind
        seen = _Seen(target, outcome, now, now if sent_at is None else sent_at, caller, operation)
        news: list[HealthEvent] = []
        with self._lock:
            known = self._target(target.key, now)
            for circuit in known.circuits(operation):  # a 503 may have paused the operation alone
                circuit.conclude_trial(caller, good=kind == "ok")
            if kind in _FAILURES:
                self._failed(known, seen, news)
            elif kind == "not_sent":
                self._release(target, caller, operation)
            else:
                self._lives(known, seen, news)
            if kind in _PAUSES:
                self._pause(known, seen, news)
            elif kind in _CONFIG_FAULTS:
                known.shun("", now + self.policy.config_fault_memory)
            elif kind == "not_found":  # this operation, where the deployment itself may serve others
                known.shun(operation, now + self.policy.config_fault_memory)
            elif kind == "ok":
                known.answered = True
                known.forgive(operation)
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
                circuit.pause_until(now + seconds, cause, now, self.policy)
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
        """Everything that is known, by the keys of `HealthEvent`."""
        with self._lock:
            rows: dict[str, TargetHealth] = {}
            for key, known in self._targets.items():
                share = known.quota.share if known.quota.until > now else None
                rows[key] = _health_of(known.circuit, now, share)
                for operation, circuit in known.operations.items():
                    if not circuit.is_clear(now):
                        rows[f"{operation}:{key}"] = _health_of(circuit, now)
            for name, resource in self._resources.items():
                if not resource.circuit.is_clear(now):
                    rows[f"@{name}"] = _health_of(resource.circuit, now)
            return rows

    def _circuits(self, target: Target, operation: str) -> list[CircuitBreaker]:
        """All that may keep a call from a target, the resource's own first."""
        known, resource = self._targets.get(target.key), self._resources.get(target.resource)
        found = [resource.circuit] if resource is not None else []
        return found if known is None else [*found, *known.circuits(operation)]

    def _status(self, target: Target, now: float, operation: str) -> TargetStatus:
        known, resource = self._targets.get(target.key), self._resources.get(target.resource)
        deprioritized, weight = False, max(target.weight, 0.0)
        if known is not None:
            deprioritized = known.is_shunned(operation, now) or known.quota.is_used_up(now)
            weight *= known.quota.factor(now, self.policy)
        ready_at = paused_until = now
        needs_probe, probed = False, False
        cause: OutcomeKind = "ok"
        for circuit in self._circuits(target, operation):
            if circuit.is_clear(now):
                continue
            needs_probe = needs_probe or circuit.needs_probe(now)
            paused_until = max(paused_until, circuit.paused_until(now))
            until = circuit.ready_at(now)
            if until > ready_at or cause == "ok":
                ready_at, cause = max(until, ready_at), circuit.cause
                probed = until > now and not circuit.is_cooling(now)
        dead = resource is not None and resource.dead and not resource.reached
        return TargetStatus(target, ready_at, paused_until, deprioritized, weight, needs_probe, probed, cause, dead)

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
        if key.startswith("@"):
            return self._resource(key[1:]).circuit
        operation, _, target = key.rpartition(":") if key.startswith("/") else ("", "", key)
        return self._target(target, now).circuit_of(operation)

    def _release(self, target: Target, caller: object, operation: str) -> None:
        for circuit in self._circuits(target, operation):
            circuit.release(caller)

    def _lives(self, known: TargetState, seen: _Seen, news: list[HealthEvent]) -> None:
        """A reply of any kind but a server's error: the operation, the deployment and its resource are there."""
        if known.circuit.succeed(seen.caller, seen.sent_at):
            news.append(HealthEvent(seen.target.key, recovered=True))
        own = known.operations.get(seen.operation)
        if own is not None and own.succeed(seen.caller, seen.sent_at):
            news.append(HealthEvent(seen.key, recovered=True))
        self._answers(seen, news)

    def _answers(self, seen: _Seen, news: list[HealthEvent]) -> None:
        """A reply of any kind at all: the connection holds."""
        name = seen.target.resource
        resource = self._resource(name)
        if resource.succeed(seen.caller, seen.sent_at):
            news.append(HealthEvent(f"@{name}", recovered=True))
            for key, other in self._targets.items():
                if key.endswith(f"@{name}"):  # they went down with it: no need to wait out their own time
                    for circuit in (other.circuit, *other.operations.values()):
                        circuit.half_open(seen.now)

    def _failed(self, known: TargetState, seen: _Seen, news: list[HealthEvent]) -> None:
        """A failure: of the connection, then it is the resource's; else of one operation of one deployment."""
        policy, now, cause = self.policy, seen.now, seen.outcome.kind
        circuit = known.circuit_of(seen.operation)
        if cause in _CONNECTION:
            for one in known.circuits(seen.operation):
                one.fail_probe(seen.caller, now, cause, policy)
        elif circuit.fail(seen.caller, now, cause, policy):
            news.append(HealthEvent(seen.key, seconds=policy.cooldown, cause=cause, failing=True))
        if seen.outcome.retry_after is not None:
            circuit.pause_until(now + min(seen.outcome.retry_after, policy.max_cooldown), cause, now, policy)
        if cause == "transient":
            self._answers(seen, news)
            return
        name = seen.target.resource
        resource = self._resource(name)
        resource.dead = seen.outcome.permanent
        if resource.fail(seen.caller, seen.target.deployment, now, cause, policy):
            news.append(HealthEvent(f"@{name}", seconds=policy.cooldown, cause=cause, failing=True))

    def _pause(self, known: TargetState, seen: _Seen, news: list[HealthEvent]) -> None:
        outcome = seen.outcome
        seconds = self.policy.cooldown if outcome.retry_after is None else outcome.retry_after
        known.circuit.pause_until(seen.now + seconds, outcome.kind, seen.now, self.policy)
        news.append(HealthEvent(seen.target.key, seconds=seconds, cause=outcome.kind))


def _health_of(circuit: CircuitBreaker, now: float, share: float | None = None) -> TargetHealth:
    cause = "ok" if circuit.is_clear(now) else circuit.cause
    return TargetHealth(max(0.0, circuit.ready_at(now) - now), circuit.open, cause, share)


def _worth_keeping(known: TargetState, now: float) -> tuple[bool, float]:
    return not all(circuit.is_clear(now) for circuit in (known.circuit, *known.operations.values())), known.touched
