"""What is known about one target or one whole resource: when it may be asked, and who may ask first."""

from __future__ import annotations

from typing import NamedTuple

from ..deployments import Target
from ._outcomes import AttemptOutcome, OutcomeKind
from ._retry_policy import RetryPolicy

__all__ = ["CircuitBreaker", "Quota", "ResourceState", "TargetState", "TargetStatus"]


class CircuitBreaker:
    """Leaves something that fails alone for a while, then lets one caller try.

    Closed, it lets everybody through. Repeated failures open it: it stays out of use until a time, and after that
    takes one probe at a time until one succeeds. Apart from that the service itself may name a time before which it
    wants nobody (a 429): nothing but that time ends it. Where that time is longer than any call would wait, one call
    now and then tries all the same, and its success ends it: a wrong header must not lock a deployment for a day.

    Attributes:
        open: the last that was heard is a row of failures.
        cause: what it was that closed the way.
        failures: failures in a row.
    """

    __slots__ = (
        "_failed_at",
        "_lease_until",
        "_open_until",
        "_paused_until",
        "_probe",
        "_trial_from",
        "_trial_until",
        "_trying",
        "cause",
        "failures",
        "open",
    )

    def __init__(self) -> None:
        self.open = False
        self.cause: OutcomeKind = "ok"
        self.failures = 0
        self._paused_until = 0.0
        self._trial_from = 0.0
        self._trial_until = 0.0
        self._trying: object = None
        self._open_until = 0.0
        self._failed_at = 0.0
        self._probe: object = None
        self._lease_until = 0.0

    def is_clear(self, now: float) -> bool:
        """Whether anybody may ask now, without further ado."""
        return not self.open and self._paused_until <= now

    def is_cooling(self, now: float) -> bool:
        """Whether nobody may ask now."""
        return self.paused_until(now) > now or (self.open and self._open_until > now)

    def may_try(self, now: float) -> bool:
        """Whether one call may see if a long pause is over before its time."""
        return self._trial_from <= now < self._trial_until and not self.is_probed(now)

    def needs_probe(self, now: float) -> bool:
        """Whether asking needs `claim`, since only one call may."""
        return self.open or self.may_try(now)

    def paused_until(self, now: float) -> float:
        """Until when the service itself wants nobody: `now` where it may be asked, or tried."""
        return now if self.may_try(now) else max(self._paused_until, now)

    def is_probed(self, now: float) -> bool:
        """Whether a probe is on its way. One that has not come back by the end of its lease no longer counts."""
        return self._probe is not None and self._lease_until > now

    def ready_at(self, now: float) -> float:
        """When the next may ask: `now` where it is at once."""
        if not self.open:
            return self.paused_until(now)
        lease = self._lease_until if self.is_probed(now) else 0.0
        return max(self.paused_until(now), self._open_until, lease)

    def claim(self, caller: object, now: float, policy: RetryPolicy) -> bool:
        """Takes the right to ask: always given while closed, to one probe at a time while open."""
        if self.is_cooling(now):
            return False
        if not self.needs_probe(now):
            return True
        if self.is_probed(now) and self._probe is not caller:
            return False
        if self.may_try(now):
            self._trial_from, self._trying = now + policy.probe_interval, caller
        self._probe, self._lease_until = caller, now + policy.probe_interval
        return True

    def claim_anyway(self, caller: object, now: float, policy: RetryPolicy) -> bool:
        """Takes what right there is, for a call that waits for no circuit: False where a pause keeps it out."""
        if self.claim(caller, now, policy) or self._paused_until <= now:
            return True
        if not self.may_try(now):
            return False
        self._trial_from, self._trying = now + policy.probe_interval, caller
        self._probe, self._lease_until = caller, now + policy.probe_interval
        return True

    def release(self, caller: object) -> None:
        """Gives a probe back without a result, as after a cancellation."""
        if self._probe is caller:
            self._probe, self._lease_until, self._trial_from = None, 0.0, 0.0

    def pause_until(self, until: float, cause: OutcomeKind, now: float, policy: RetryPolicy) -> None:
        """Keeps everybody out until a time that the service named; what was counted stays."""
        if until > self._paused_until:
            self._paused_until, self.cause = until, cause
        if self._paused_until - now > policy.max_wait:
            self._trial_from, self._trial_until = now + policy.probe_interval, self._paused_until - policy.max_wait

    def conclude_trial(self, caller: object, *, good: bool) -> None:
        """Notes how the try of a long pause ended: a good reply ends the pause, anything else waits for the next."""
        if caller is None or self._trying is not caller:
            return
        self._trying = None
        if good:
            self._paused_until = self._trial_until = 0.0
        if not self.open and self._probe is caller:
            self._probe, self._lease_until = None, 0.0

    def fail(self, caller: object, now: float, cause: OutcomeKind, policy: RetryPolicy) -> bool:
        """Counts a failure; says whether the circuit has opened by it.

        While it is open, failures of calls that were sent earlier change nothing: only the probe's verdict counts.
        """
        if self.open:
            self.fail_probe(caller, now, cause, policy)
            return False
        self.failures += 1
        if self.failures < policy.failures_before_cooldown:
            return False
        self.trip(now, policy.cooldown, cause)
        return True

    def fail_probe(self, caller: object, now: float, cause: OutcomeKind, policy: RetryPolicy) -> None:
        """Notes that a probe met a failure that is not this circuit's own; failures of other calls are not counted."""
        if self.open and caller is not None and self._probe is caller:
            self.release(caller)
            self.trip(now, policy.probe_interval, cause)

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
        circuit: what concerns the whole deployment: its quota.
        operations: failures of one operation: `/responses` may be broken where `/chat/completions` is well.
        answered: it has given a good reply at some time, so it exists.
        touched: when something was last heard of it.
    """

    __slots__ = ("_shunned", "answered", "circuit", "operations", "quota", "touched")

    def __init__(self, now: float) -> None:
        self.circuit = CircuitBreaker()
        self.operations: dict[str, CircuitBreaker] = {}
        self.quota = Quota()
        self._shunned: dict[str, float] = {}
        self.answered = False
        self.touched = now

    def circuit_of(self, operation: str) -> CircuitBreaker:
        """Where failures of an operation are counted; without one, those of the deployment."""
        if not operation:
            return self.circuit
        found = self.operations.get(operation)
        if found is None:
            if len(self.operations) >= _MOST_OPERATIONS:
                return self.circuit
            found = self.operations[operation] = CircuitBreaker()
        return found

    def shun(self, operation: str, until: float) -> None:
        """Puts it last in line until a time: for one operation that it lacks, or, with an empty one, for all."""
        if operation in self._shunned or len(self._shunned) < _MOST_OPERATIONS:
            self._shunned[operation] = until

    def forgive(self, operation: str) -> None:
        """Ends that, since it has served the operation: it exists, and takes the credential."""
        if self._shunned:
            self._shunned.pop("", None)
            self._shunned.pop(operation, None)

    def is_shunned(self, operation: str, now: float) -> bool:
        """Whether it stands last in line for an operation."""
        shunned = self._shunned
        return bool(shunned) and max(shunned.get("", 0.0), shunned.get(operation, 0.0)) > now

    def circuits(self, operation: str) -> tuple[CircuitBreaker, ...]:
        """All that may keep a call of an operation from this target."""
        own = self.operations.get(operation)
        return (self.circuit,) if own is None else (self.circuit, own)


_MOST_OPERATIONS = 32  # of one target: the API has fewer that name a deployment
_CONNECTION = frozenset[OutcomeKind]({"unreachable", "reset"})


class ResourceState:
    """What is known about one resource as a whole.

    Attributes:
        circuit: trouble with the connection to it.
        reached: something has answered there in this process, whatever it said.
        dead: the last attempt failed for a reason that does not pass by itself.
    """

    __slots__ = ("_failing", "_failures", "circuit", "dead", "reached")

    def __init__(self) -> None:
        self.circuit = CircuitBreaker()
        self.reached = False
        self.dead = False
        self._failures = 0
        self._failing: set[str] = set()

    def fail(self, caller: object, deployment: str, now: float, cause: OutcomeKind, policy: RetryPolicy) -> bool:
        """Counts a failure; says whether the resource as a whole is now taken to be out.

        One deployment that does not answer in time may be slow alone. A host to which no connection holds is out for
        all of them.
        """
        if self.circuit.open:
            return self.circuit.fail(caller, now, cause, policy)
        self._failures += 1
        if len(self._failing) < 64:
            self._failing.add(deployment)
        if self._failures < policy.failures_before_cooldown or (cause not in _CONNECTION and len(self._failing) < 2):
            return False
        self.circuit.trip(now, policy.cooldown, cause)
        return True

    def succeed(self, caller: object, sent_at: float) -> bool:
        """Notes a reply of one of its deployments; says whether the resource is taken to be back by it."""
        self.reached, self.dead = True, False
        if self._failures:
            self._failures = 0
            self._failing.clear()
        return self.circuit.succeed(caller, sent_at)


class TargetStatus(NamedTuple):
    """How a target stands at a moment.

    Attributes:
        target: the target.
        ready_at: when it may be asked; not later than now where it is free.
        paused_until: until when the service itself wants nobody there; not later than now where it may be asked.
        deprioritized: chosen only where nothing else is free: its quota is used up or it is configured wrongly.
        weight: its share of the calls within its rank, after what is known of its quota.
        needs_probe: asking needs `Health.claim`, since only one call may.
        probed: it is free but for a probe that is on its way.
        cause: what closed the way to it.
        dead: nothing has ever answered at its resource, and the last attempt failed for good: a name that does not
            exist, a port that refuses.
    """

    target: Target
    ready_at: float
    paused_until: float
    deprioritized: bool
    weight: float
    needs_probe: bool
    probed: bool
    cause: OutcomeKind
    dead: bool
