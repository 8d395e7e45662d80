"""What is known about every target across calls: cooldowns, failures, quotas. Shared by threads and event loops.

Nothing here waits or sends; a lock is held for microseconds. Times are those of the clock that the callers pass in as
`now` (`time.monotonic` in the client).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from time import monotonic
from typing import NamedTuple

from .._utils._forks import renew_after_fork
from ..deployments._table import Target
from ._circuit_breaker import Circuit, ResourceState, TargetState
from ._news import News, Store, announce
from ._outcomes import Kind, Outcome
from ._retry_policy import Policy
from ._standing import Standing, TargetHealth

__all__ = ["Health"]

_PAUSES = frozenset[Kind]({"rate_limited", "no_capacity"})
_FAILURES = frozenset[Kind]({"transient", "timeout", "unreachable", "reset"})
_CONFIG_FAULTS = frozenset[Kind]({"auth", "forbidden", "not_found_deployment"})


class _Seen(NamedTuple):
    """How an attempt ended, with all that `observe` was told."""

    target: Target
    outcome: Outcome
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
        self, policy: Policy | None = None, clock: Callable[[], float] = monotonic, store: Store | None = None
    ):
        self.policy = policy or Policy()
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

    def view(self, targets: Sequence[Target], now: float) -> list[Standing]:
        """How targets stand now, in the order given."""
        with self._lock:
            return [self._standing(target, now) for target in targets]

    def claim(self, target: Target, caller: object, now: float) -> bool:
        """Takes the right to ask a guarded target; False where another call was quicker.

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
        self, target: Target, outcome: Outcome, now: float, *, sent_at: float | None = None, caller: object = None
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
        news: list[News] = []
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
            announce(news, self.store)
        if self.store is not None and known.quota.until > now:
            self.store.quota(target.key, known.quota.share, known.quota.until - now)

    def learn(self, key: str, seconds: float, cause: Kind, now: float) -> None:
        """Takes in what another process found out: a target or resource is to be left alone for so many seconds."""
        seconds = min(seconds, self.policy.max_cooldown)
        with self._lock:
            circuit = self._circuit(key, now)
            if cause in _PAUSES:
                circuit.hold(now + seconds, cause)
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

    def _standing(self, target: Target, now: float) -> Standing:
        known = self._targets.get(target.key)
        resource = self._resources.get(target.resource)
        ready_at, last, weight, guarded, probed = now, False, max(target.weight, 0.0), False, False
        cause: Kind = "ok"
        if known is not None:
            circuit, quota = known.circuit, known.quota
            last = known.shunned_until > now or quota.is_used_up(now)
            weight *= quota.factor(now, self.policy)
            if not circuit.is_clear(now):
                ready_at, guarded, cause = circuit.ready_at(now), circuit.open, circuit.cause
                probed = ready_at > now and not circuit.is_cooling(now)
        if resource is not None and not resource.circuit.is_clear(now):
            circuit = resource.circuit
            guarded = True
            if (until := circuit.ready_at(now)) > ready_at:
                ready_at, cause, probed = until, circuit.cause, not circuit.is_cooling(now)
        return Standing(target, ready_at, last, weight, guarded, probed, cause)

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

    def _circuit(self, key: str, now: float) -> Circuit:
        name = key.removeprefix("@")
        return self._resource(name).circuit if name != key else self._target(key, now).circuit

    @staticmethod
    def _release(known: TargetState | None, resource: ResourceState | None, caller: object) -> None:
        if known is not None:
            known.circuit.release(caller)
        if resource is not None:
            resource.circuit.release(caller)

    def _lives(self, known: TargetState, seen: _Seen, news: list[News]) -> None:
        """A reply of any kind but a server's error: the deployment and its resource are there."""
        name = seen.target.resource
        if known.circuit.succeed(seen.caller, seen.sent_at):
            news.append(News(seen.target.key, recovered=True))
        resource = self._resources.get(name)
        if resource is not None and resource.succeed(seen.caller, seen.sent_at):
            news.append(News(f"@{name}", recovered=True))
            for key, other in self._targets.items():
                if key.endswith(f"@{name}"):  # they went down with it: no need to wait out their own time
                    other.circuit.half_open(seen.now)

    def _failed(self, known: TargetState, seen: _Seen, news: list[News]) -> None:
        policy, now, cause = self.policy, seen.now, seen.outcome.kind
        if known.circuit.fail(seen.caller, now, cause, policy):
            news.append(News(seen.target.key, seconds=policy.cooldown, cause=cause, failing=True))
        if seen.outcome.retry_after is not None:
            known.circuit.hold(now + min(seen.outcome.retry_after, policy.max_cooldown), cause)
        name = seen.target.resource
        resource = self._resource(name)
        if resource.fail(seen.caller, seen.target.deployment, now, cause, policy):
            news.append(News(f"@{name}", seconds=policy.cooldown, cause=cause, failing=True))

    def _pause(self, known: TargetState, seen: _Seen, news: list[News]) -> None:
        outcome = seen.outcome
        asked = self.policy.cooldown if outcome.retry_after is None else outcome.retry_after
        seconds = min(asked, self.policy.max_cooldown)
        known.circuit.hold(seen.now + seconds, outcome.kind)
        news.append(News(seen.target.key, seconds=seconds, cause=outcome.kind))


def _worth_keeping(known: TargetState, now: float) -> tuple[bool, float]:
    return not known.circuit.is_clear(now), known.touched
