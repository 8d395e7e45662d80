"""What is known about one target or one whole resource: when it may be asked, and who may ask first."""

from __future__ import annotations

from ._outcomes import AttemptOutcome, OutcomeKind
from ._retry_policy import RetryPolicy

__all__ = ["CircuitBreaker", "Quota", "ResourceState", "TargetState"]


class CircuitBreaker:
    """Leaves something that fails alone for a while, then lets one caller try.

    Closed, it lets everybody through. Repeated failures open it: it stays out of use until a time, and after that
    takes one probe at a time until one succeeds. Apart from that the service itself may name a time before which it
    wants nobody (a 429): nothing but that time ends it.

    Attributes:
        open: the last that was heard is a row of failures.
        cause: what it was that closed the way.
        failures: failures in a row.
    """

    __slots__ = ("_failed_at", "_lease_until", "_open_until", "_paused_until", "_probe", "cause", "failures", "open")

    def __init__(self) -> None:
        self.open = False
        self.cause: OutcomeKind = "ok"
        self.failures = 0
        self._paused_until = 0.0
        self._open_until = 0.0
        self._failed_at = 0.0
        self._probe: object = None
        self._lease_until = 0.0

    def is_clear(self, now: float) -> bool:
        """Whether anybody may ask now, without further ado."""
        return not self.open and self._paused_until <= now

    def is_cooling(self, now: float) -> bool:
        """Whether nobody may ask now."""
        return self._paused_until > now or (self.open and self._open_until > now)

    def is_probed(self, now: float) -> bool:
        """Whether a probe is on its way. One that has not come back by the end of its lease no longer counts."""
        return self._probe is not None and self._lease_until > now

    def ready_at(self, now: float) -> float:
        """When the next may ask: `now` where it is at once."""
        if not self.open:
            return max(self._paused_until, now)
        lease = self._lease_until if self.is_probed(now) else 0.0
        return max(self._paused_until, self._open_until, lease, now)

    def claim(self, caller: object, now: float, policy: RetryPolicy) -> bool:
        """Takes the right to ask: always given while closed, to one probe at a time while open."""
        if self.is_cooling(now):
            return False
        if not self.open:
            return True
        if self.is_probed(now) and self._probe is not caller:
            return False
        self._probe, self._lease_until = caller, now + policy.probe_interval
        return True

    def release(self, caller: object) -> None:
        """Gives a probe back without a result, as after a cancellation."""
        if self._probe is caller:
            self._probe, self._lease_until = None, 0.0

    def pause_until(self, until: float, cause: OutcomeKind) -> None:
        """Keeps everybody out until a time that the service named; what was counted stays."""
        if until > self._paused_until:
            self._paused_until, self.cause = until, cause

    def fail(self, caller: object, now: float, cause: OutcomeKind, policy: RetryPolicy) -> bool:
        """Counts a failure; says whether the circuit has opened by it.

        While it is open, failures of calls that were sent earlier change nothing: only the probe's verdict counts.
        """
        if self.open:
            if caller is not None and self._probe is caller:
                self.release(caller)
                self.trip(now, policy.probe_interval, cause)
            return False
        self.failures += 1
        if self.failures < policy.failures_before_cooldown:
            return False
        self.trip(now, policy.cooldown, cause)
        return True

    def trip(self, now: float, seconds: float, cause: OutcomeKind) -> None:
        """Opens the circuit, whatever was counted; a probe that is on its way keeps its right."""
        if not self.is_probed(now):
            self.open, self.cause, self._failed_at = True, cause, now
            self._open_until = max(self._open_until, now + seconds)

    def succeed(self, caller: object, sent_at: float) -> bool:
        """Notes a reply that proves life; says whether the circuit has closed by it.

        A reply to a request sent before the last failure proves nothing about the time after it.
        """
        if not self.open:
            self.failures = 0
            return False
        if sent_at < self._failed_at and (caller is None or self._probe is not caller):
            return False
        self.open, self.failures, self._open_until = False, 0, 0.0
        self._probe, self._lease_until = None, 0.0
        return True

    def half_open(self, now: float) -> None:
        """Ends the cooldown of an open circuit, since something says that the fault is over: it may be probed now."""
        self._open_until = min(self._open_until, now)


class Quota:
    """What a target last said of its quota.

    Attributes:
        share: what is left, as a share of the limit, 0 to 1.
        until: when that stops being news.
        spilled_until: until when a provisioned deployment counts as full.
    """

    __slots__ = ("_limit_requests", "_limit_tokens", "share", "spilled_until", "until")

    def __init__(self) -> None:
        self.share = 1.0
        self.until = 0.0
        self.spilled_until = 0.0
        self._limit_requests = 0
        self._limit_tokens = 0

    def note(self, now: float, outcome: AttemptOutcome, policy: RetryPolicy) -> None:
        """Takes in what a reply's headers say.

        Azure often sends what remains without the limit: the most that was ever seen stands for it. After a refusal
        the time that it names counts, not the longer one until the quota is whole again.
        """
        self._limit_requests, requests = _share(
            outcome.remaining_requests, outcome.limit_requests, self._limit_requests
        )
        self._limit_tokens, tokens = _share(outcome.remaining_tokens, outcome.limit_tokens, self._limit_tokens)
        scarce_requests = requests <= tokens
        self.share = requests if scarce_requests else tokens
        memory = outcome.reset_requests if scarce_requests else outcome.reset_tokens
        if outcome.kind != "ok" and outcome.retry_after is not None:
            memory = outcome.retry_after
        self.until = now + min(policy.quota_memory if memory is None else memory, policy.max_cooldown)

    def is_used_up(self, now: float) -> bool:
        return self.share <= 0.0 and self.until > now

    def factor(self, now: float, policy: RetryPolicy) -> float:
        """By how much the target's weight shrinks: 1 with plenty left, towards a twentieth near the limit."""
        factor = 1.0
        if self.until > now and self.share < policy.low_quota:
            factor = max(self.share / policy.low_quota, 0.05)
        return factor * 0.25 if self.spilled_until > now else factor


def _share(left: int | None, limit: int | None, most: int) -> tuple[int, float]:
    """The limit, as far as it is known, and which share of it is left."""
    if left is None:
        return most, 1.0
    limit = limit or max(most, left)
    return limit, min(left / limit, 1.0) if limit > 0 else 0.0


class TargetState:
    """What is known about one target.

    Attributes:
        shunned_until: until when it stands last in line, since it is configured wrongly.
        answered: it has given a good reply at some time, so it exists.
        touched: when something was last heard of it.
    """

    __slots__ = ("answered", "circuit", "quota", "shunned_until", "touched")

    def __init__(self, now: float) -> None:
        self.circuit = CircuitBreaker()
        self.quota = Quota()
        self.shunned_until = 0.0
        self.answered = False
        self.touched = now


class ResourceState:
    """What is known about one resource as a whole."""

    __slots__ = ("_failing", "_failures", "circuit")

    def __init__(self) -> None:
        self.circuit = CircuitBreaker()
        self._failures = 0
        self._failing: set[str] = set()

    def fail(self, caller: object, deployment: str, now: float, cause: OutcomeKind, policy: RetryPolicy) -> bool:
        """Counts a failure; says whether the resource as a whole is now taken to be out.

        One deployment that fails may be broken alone. A host that cannot be reached is out for all of them.
        """
        if self.circuit.open:
            return self.circuit.fail(caller, now, cause, policy)
        self._failures += 1
        if len(self._failing) < 64:
            self._failing.add(deployment)
        if self._failures < policy.failures_before_cooldown or (cause != "unreachable" and len(self._failing) < 2):
            return False
        self.circuit.trip(now, policy.cooldown, cause)
        return True

    def succeed(self, caller: object, sent_at: float) -> bool:
        """Notes a reply of one of its deployments; says whether the resource is taken to be back by it."""
        if self._failures:
            self._failures = 0
            self._failing.clear()
        return self.circuit.succeed(caller, sent_at)
