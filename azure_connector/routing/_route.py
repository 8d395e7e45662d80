"""Which target is tried next, and when: the decisions for one call. It decides; the client sends and waits.

The rules, in the order in which they decide:

1. A refusal that is the caller's fault (400 and its family) ends the call. One that the client can answer by changing
   the request is sent again to the same target, `max_adaptations` times at most: at once, unless other calls have
   found out meanwhile that this target is not to be asked. Then it is a call like any other that waits or moves on.
2. A request that may have been executed (timeout, lost connection, 5xx, 408) is repeated only where the call is
   repeatable or the policy allows it.
3. A deployment that does not exist, a refused credential or a blocked network is no reason to fail while another
   target can serve: the call moves on, to another resource where the whole resource refused. It never does so
   silently: a warning is logged, the attempt is recorded, and the target stands last in line for a while. A deployment
   that is known to exist (it has answered before, or the resource lists it) is tried again like any other that failed:
   Azure answers 404 for some minutes after one is made.
4. A 429 moves on to the next target at once. So does every other failure, while there is a healthy target that this
   call has not tried.
5. Otherwise the call waits for whichever target is free soonest: a cooling one until its time, one that has failed in
   this call for a backoff with jitter. A cooling target is never asked while another is free.
6. Among free targets: those least tried by this call, then by rank, then at random by weight, which shrinks near a
   quota's limit. A target whose quota is used up stands behind all others.
7. Nothing is sent or waited for beyond the deadline or the budgets of the policy. Where waiting cannot help, the call
   ends at once.
"""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..deployments import Plan, Target
from ..errors import Attempt
from ._health import Health, TargetStatus
from ._outcomes import AttemptOutcome, OutcomeKind
from ._retry_policy import RetryPolicy
from ._telling import ELSEWHERE, index_that_tells

__all__ = ["BackOff", "Decision", "GiveUp", "Reason", "RetryPolicy", "Route", "SendTo"]

_log = logging.getLogger("azure_connector.routing")

_ID = re.compile(r"/[^/]*\d[^/]*")  # in a path: `/responses/resp_1/cancel` is the operation `/responses/cancel`
_QUICK = 0.9  # a call whose every target is dead waits no longer than this before its second and last attempt
_LONG = 2.0  # the first wait of more than this is worth a warning
_GRAIN = 0.001  # timers wake up early by less than this; without it a wait could end just before its time
_POLL = 0.25  # how often a call looks whether another call's probe has come back


Reason = Literal["exhausted", "deadline", "not_repeatable", "fatal"]


@dataclass(frozen=True, slots=True)
class SendTo:
    """Send the request to `target` now; `probe` says that the target had failed and this call alone may ask it."""

    target: Target
    probe: bool = False


@dataclass(frozen=True, slots=True)
class BackOff:
    """Wait so many seconds, then ask `Route.resume`; `target` is the one that will probably be free."""

    seconds: float
    target: Target


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The call has failed.

    Attributes:
        reason: `exhausted` (attempts or waits are used up), `deadline`, `not_repeatable`, or `fatal` (trying again
            cannot help).
        target: whom the error is about.
        outcome: what to raise an error for. Where no outcome tells, the cause for which `target` is left alone.
        attempt: the index of that outcome among the calls of `failed`, or None where nothing was sent, or nothing
            but requests whose refusal was answered by another request.
        retry_after: seconds until the soonest target is free, where there is one.
    """

    reason: Reason
    target: Target
    outcome: AttemptOutcome
    attempt: int | None = None
    retry_after: float | None = None


Decision = SendTo | BackOff | GiveUp


class Route:
    """The way of one call through its targets.

    Ask `first`, do what it says, and report: `failed` or `succeeded` after a `SendTo`, `resume` after a `BackOff`,
    `cancelled` whenever the caller has lost interest. Used by one call, so by one thread or task at a time.

    Args:
        plan: the targets.
        health: what is known about them.
        policy: the limits.
        now: the time, by the clock of `health`.
        deadline: when the call must have ended, by the same clock; None takes the policy's, if it has one.
        repeatable: whether sending the request twice does no harm.
        operation: the SDK's path of the call: an operation that fails says nothing of the deployment's others.
        larger: whether a target may have room for what was too long for another one.
        rng: numbers from 0 to 1 for jitter and weights.
    """

    __slots__ = (
        "_adaptations",
        "_backoffs",
        "_deadline",
        "_excluded",
        "_health",
        "_in_flight",
        "_larger",
        "_log",
        "_now",
        "_operation",
        "_plan",
        "_policy",
        "_probe",
        "_repeatable",
        "_rng",
        "_sent",
        "_sent_at",
        "_waited",
        "_waiting",
        "_warned",
    )

    def __init__(
        self,
        plan: Plan,
        health: Health,
        policy: RetryPolicy,
        now: float,
        deadline: float | None = None,
        *,
        repeatable: bool = True,
        operation: str = "",
        larger: Callable[[Target, Target], bool] = lambda _one, _other: True,
        rng: Callable[[], float] = random.random,
    ) -> None:
        if deadline is None and policy.deadline is not None:
            deadline = now + policy.deadline
        self._plan = plan
        self._health = health
        self._policy = policy
        self._now = now
        self._deadline = deadline
        self._repeatable = repeatable
        self._operation = _ID.sub("", operation)
        self._larger = larger
        self._warned = False
        self._rng = rng
        self._in_flight: Target | None = None
        self._probe = False
        self._sent = 0
        self._sent_at = now
        self._adaptations = 0
        self._waited = 0.0  # in all
        self._waiting = 0.0  # since the last attempt
        self._log: list[tuple[Target, AttemptOutcome, float, float]] = []
        self._backoffs: dict[Target, tuple[int, float]] = {}  # failures of this call, and not before when
        self._excluded: set[Target] = set()

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Everything that was sent and has an outcome, in order."""
        return tuple(
            Attempt(target.resource, target.deployment, outcome.status, outcome.code, waited, elapsed)
            for target, outcome, waited, elapsed in self._log
        )

    def remaining(self, now: float) -> float | None:
        """Seconds until the deadline, never negative; None where there is none. No attempt's timeout may exceed it."""
        return None if self._deadline is None else max(0.0, self._deadline - now)

    def first(self) -> Decision:
        """The first step."""
        targets = self._plan.targets
        if len(targets) == 1 and (self._deadline is None or self._now < self._deadline):
            target = targets[0]
            if self._health.is_clear(target, self._now, self._operation):
                return self._send(target, self._now, probe=False)
        return self._next(self._now)

    def resume(self, now: float) -> Decision:
        """The step after a wait. What is known may have changed meanwhile, so this may be another wait."""
        self._must_not_be_sending()
        return self._next(now)

    def succeeded(self, target: Target, outcome: AttemptOutcome, now: float) -> None:
        """Reports a good reply: for a stream, as soon as it has begun."""
        self._settle(target, outcome, now)

    def failed(self, target: Target, outcome: AttemptOutcome, now: float) -> Decision:
        """Reports any other outcome, and asks for the next step."""
        self._settle(target, outcome, now)
        kind = outcome.kind
        if kind == "adapt":
            return self._adapted(target, now)
        if kind == "refused":
            return self._give_up("fatal", now)
        if kind == "too_long":
            self._excluded.update(one for one in self._plan.targets if one == target or not self._larger(one, target))
            return self._next(now)
        if outcome.maybe_executed and not (self._repeatable or self._policy.repeat_unsafe):
            return self._give_up("not_repeatable", now)
        if kind in ELSEWHERE and not (kind == "not_found_deployment" and self._is_known_to_exist(target)):
            self._exclude(target, outcome)
        else:
            self._back_off(target, outcome, now)
        return self._next(now)

    def cancelled(self, target: Target | None = None, now: float | None = None) -> None:
        """The caller has lost interest: no verdict on the target, and a probe is given back. May come at any time."""
        if self._in_flight is not None:
            if self._probe:
                self._health.release(self._in_flight, self, self._operation)
            self._in_flight, self._probe = None, False

    def _must_not_be_sending(self) -> None:
        if self._in_flight is not None:
            raise RuntimeError(f"the request to {self._in_flight.key} has not been reported yet")

    def _settle(self, target: Target, outcome: AttemptOutcome, now: float) -> None:
        if self._in_flight is not target and self._in_flight != target:
            raise RuntimeError(f"nothing is on its way to {target.key}")
        caller = self if self._probe else None
        self._in_flight, self._probe = None, False
        self._log.append((target, outcome, self._waiting, now - self._sent_at))
        self._waiting = 0.0
        if _log.isEnabledFor(logging.DEBUG):
            said = outcome.status or outcome.code or outcome.kind
            _log.debug("attempt %d: %s: %s in %.2f s", len(self._log), target.key, said, now - self._sent_at)
        self._health.observe(target, outcome, now, sent_at=self._sent_at, caller=caller, operation=self._operation)

    def _is_known_to_exist(self, target: Target) -> bool:
        return self._plan.rule == "discovered" or self._health.has_answered(target)

    def _send(self, target: Target, now: float, *, probe: bool) -> SendTo:
        self._in_flight, self._probe, self._sent_at = target, probe, now
        self._sent += 1
        return SendTo(target, probe)

    def _adapted(self, target: Target, now: float) -> Decision:
        self._adaptations += 1
        if self._adaptations > self._policy.max_adaptations:
            return self._give_up("fatal", now)
        if self._deadline is not None and now >= self._deadline:
            return self._give_up("deadline", now)
        self._sent -= 1
        # Other calls may have found it limited or failing while this one was on its way.
        return self._try([target], now) or self._next(now)

    def _exclude(self, target: Target, outcome: AttemptOutcome) -> None:
        """Leaves out a target that cannot serve this call, and all of its resource where the resource refused."""
        whole = outcome.kind != "not_found_deployment"
        for other in self._plan.targets:
            if other == target or (whole and other.resource == target.resource):
                self._excluded.add(other)
        if len(self._excluded) < len(self._plan.targets):
            said = " ".join(str(part) for part in (outcome.status, outcome.code) if part is not None)
            _log.warning("%s cannot serve %r (%s): trying the next target", target.key, self._plan.model, said)

    def _back_off(self, target: Target, outcome: AttemptOutcome, now: float) -> None:
        failures = self._backoffs.get(target, (0, 0.0))[0] + 1
        # "retry-after: 0" occurs: taken at its word, it would spend all attempts in an instant.
        wait = outcome.retry_after or self._policy.backoff_after(failures, self._rng())
        if outcome.permanent and self._is_hopeless(now):
            wait = min(wait, _QUICK)
        self._backoffs[target] = (failures, now + wait)
        if outcome.final:
            self._excluded.add(target)

    def _next(self, now: float) -> Decision:
        if self._deadline is not None and now >= self._deadline:
            return self._give_up("deadline", now)
        candidates = self._candidates()
        if not candidates or self._sent >= self._most_attempts(now):
            return self._give_up("exhausted" if self._backoffs or candidates else "fatal", now)
        return self._try(candidates, now) or self._wait(self._health.view(candidates, now, self._operation), now)

    def _try(self, candidates: list[Target], now: float) -> SendTo | None:
        """Sends to the best target that may be asked now; None where none may."""
        # Where there is no other target, or none that ever answered, an open circuit spares nobody anything.
        anyway = len(self._plan.targets) == 1 or self._is_hopeless(now)
        while True:
            statuses = self._health.view(candidates, now, self._operation)
            free = [status for status in statuses if self._ready_at(status, anyway=anyway) <= now]
            if not free:
                return None
            pick = self._pick(free)
            if not pick.needs_probe:
                return self._send(pick.target, now, probe=False)
            if self._health.claim(pick.target, self, now, self._operation, anyway=anyway):
                return self._send(pick.target, now, probe=True)
            # Another call took the probe between the look and the claim: look again.

    def _is_hopeless(self, now: float) -> bool:
        """Whether no target has ever answered in this process, and all have failed for good."""
        if self._policy.patient:
            return False
        return all(status.dead for status in self._health.view(self._plan.targets, now, self._operation))

    def _most_attempts(self, now: float) -> int:
        most = self._policy.max_attempts
        return min(most, max(2, len(self._plan.targets))) if self._sent and self._is_hopeless(now) else most

    def _candidates(self) -> list[Target]:
        if len(self._plan.targets) == 1 and not self._excluded:  # then only the whole call's limit makes sense
            return list(self._plan.targets)
        most = self._policy.attempts_per_target
        return [
            target for target in self._plan.targets if target not in self._excluded and self._failures(target) < most
        ]

    def _failures(self, target: Target) -> int:
        entry = self._backoffs.get(target)
        return 0 if entry is None else entry[0]

    def _ready_at(self, status: TargetStatus, *, anyway: bool = False) -> float:
        at = status.paused_until if anyway else status.ready_at
        entry = self._backoffs.get(status.target)
        return at if entry is None else max(at, entry[1])

    def _pick(self, free: list[TargetStatus]) -> TargetStatus:
        """Least tried by this call, then not last in line, then by rank; among equals at random by weight."""
        if len(free) == 1:
            return free[0]
        orders = [(self._failures(one.target), one.deprioritized, one.target.rank) for one in free]
        best = min(orders)
        equals = [one for one, order in zip(free, orders, strict=True) if order == best]
        point = self._rng() * sum(one.weight for one in equals) if len(equals) > 1 else 0.0
        for one in equals:
            point -= one.weight
            if point < 0:
                return one
        return equals[0]

    def _wait(self, statuses: list[TargetStatus], now: float) -> Decision:
        anyway = len(self._plan.targets) == 1 or self._is_hopeless(now)
        soonest = min(statuses, key=lambda status: self._ready_at(status, anyway=anyway))
        policy, at = self._policy, self._ready_at(soonest, anyway=anyway)
        free_at = soonest.paused_until if anyway else soonest.ready_at
        seconds = at - now + _GRAIN
        if soonest.probed and at == free_at:  # its end is only the latest time: look whether it came back
            seconds = min(seconds, _POLL * (0.5 + self._rng()))
        elif seconds > policy.max_wait + _GRAIN:
            return self._give_up("exhausted", now)
        if self._waited + seconds > policy.max_total_wait:
            return self._give_up("exhausted", now)
        if self._deadline is not None and now + seconds >= self._deadline:
            return self._give_up("deadline", now)
        spread = policy.jitter * policy.backoff * self._rng() if at == free_at else 0.0
        if self._deadline is None or now + seconds + spread < self._deadline:
            seconds += spread  # many calls wait for the same moment
        self._waited += seconds
        self._waiting += seconds
        self._tell(seconds, soonest)
        return BackOff(seconds, soonest.target)

    def _tell(self, seconds: float, soonest: TargetStatus) -> None:
        """The first long wait of a call is a warning: whoever sits before a silent screen wants to know why."""
        level = logging.WARNING if seconds > _LONG and not self._warned else logging.DEBUG
        self._warned = self._warned or level == logging.WARNING
        if _log.isEnabledFor(level):
            cause = self._log[-1][1].kind if self._log and soonest.cause == "ok" else soonest.cause
            _log.log(level, "waiting %.1f s for %s (%s)", seconds, soonest.target.key, cause)

    def _give_up(self, reason: Reason, now: float) -> GiveUp:
        statuses = self._health.view(self._candidates() or self._plan.targets, now, self._operation)
        anyway = len(self._plan.targets) == 1
        soonest = min(statuses, key=lambda status: self._ready_at(status, anyway=anyway))
        retry_after = None
        if reason in ("exhausted", "deadline"):
            retry_after = max(0.0, self._ready_at(soonest, anyway=anyway) - now)
        kinds: list[OutcomeKind] = [outcome.kind for _, outcome, _, _ in self._log]
        # A refusal that was answered by another request is not why that one could not be sent.
        kept_away = retry_after is not None and retry_after > 0.0 and set(kinds) == {"adapt"}
        if not kinds or kept_away:
            cause: OutcomeKind = "timeout" if soonest.cause == "ok" else soonest.cause
            return GiveUp(reason, soonest.target, AttemptOutcome(cause, retry_after=retry_after), None, retry_after)
        index = index_that_tells(kinds, reason)
        target, outcome = self._log[index][:2]
        return GiveUp(reason, target, outcome, index, retry_after)
