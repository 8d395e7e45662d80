"""When the next row may start: the quota's own pace, read from `x-ratelimit-*`. Pure: the clock is an argument.

Azure checks requests over one to ten seconds and counts tokens before it answers, refused calls included, so a burst
earns 429s although the minute's quota is free. Rows therefore start evenly, a little below the rate that the headers
name, divided by what Azure counts for one request. Concurrency is only a cap.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from azure_connector.replies import RateLimits

__all__ = ["Pace", "Pacer"]

_HEADROOM = 0.98  # of the quota's rate
_CATCH_UP = 0.1  # seconds of starts that a late loop may make up for
_FIRST_RATE = 4.0  # requests a second before the first reply
_MEASURED_FROM = 10  # requests in the window before its ratio says what one costs
_HINTS_FROM, _HINT = 3, 0.3  # fewer ones move what is believed; a small quota has no ten in a minute
# A refusal takes 3 %, a success gives so much back: where they balance, one call in a hundred is refused.
_CUT, _RECOVER, _RECOVER_SECOND, _LEAST = 0.97, 0.0003, 0.0002, 0.05
_LONGEST_PAUSE = 30.0  # between attempts during an outage
_OUTAGE = 5  # failures in a row that are taken for one
_MINUTE = 60.0


@dataclass(slots=True)
class _Target:
    """What is known of one deployment's quota."""

    limit_requests: int | None = None
    limit_tokens: int | None = None
    cost: float | None = None
    factor: float = 1.0
    cut_at: float = -math.inf
    recovered_at: float = math.inf
    told_at: float = math.inf
    paused_until: float = -math.inf
    replies: int = 0
    own_rate: float | None = None  # where Azure names no limit and has said 429

    @property
    def told(self) -> bool:
        """Whether its headers name a limit."""
        return bool(self.limit_requests or self.limit_tokens)


@dataclass(frozen=True, slots=True)
class Pace:
    """The pace as it stands, for the progress display.

    Attributes:
        rate: rows that may start in a second; infinite where nothing limits them.
        quota_used: the binding quota's share that the last minute's starts took; None where no limit is known.
        refusals: 429s so far.
        paused: seconds until starts go on.
    """

    rate: float
    quota_used: float | None
    refusals: int
    paused: float


@dataclass(slots=True)
class Pacer:
    """Paces the calls of one job over all its deployments.

    Args:
        rpm, tpm: caps a minute of the user's own, over all deployments.
        share: which part of the quota is this process's.
    """

    rpm: float | None = None
    tpm: float | None = None
    share: float = 1.0
    refusals: int = 0
    _targets: dict[str, _Target] = field(default_factory=dict[str, _Target])
    _free_at: float = -math.inf
    _estimate: float | None = None
    _failures: int = 0
    _out_until: float = -math.inf
    _starts: deque[tuple[int, int]] = field(default_factory=deque[tuple[int, int]])
    _answers: deque[tuple[int, int]] = field(default_factory=deque[tuple[int, int]])

    def next_start(self, now: float) -> float:
        """The moment from which the next call may start; not after `now` means at once."""
        at = max(self._free_at, self._out_until)
        if self._targets:
            at = max(at, min(target.paused_until for target in self._targets.values()))
        return at

    def started(self, now: float, tokens: float, number: int = 1) -> None:
        """Notes a start.

        Args:
            tokens: what it may cost, by its characters and its limit of output tokens.
            number: how many of the quota's requests it takes.
        """
        self._estimate = tokens if self._estimate is None else self._estimate * 0.95 + tokens * 0.05
        rate = self.rate(now)
        self._free_at = max(self._free_at, now - _CATCH_UP) + (number / rate if rate > 0 else _MINUTE)
        _count(self._starts, now)

    def answered(self, target: str, limits: RateLimits, now: float) -> None:
        """Notes a good reply of a deployment, with its headers."""
        known = self._targets.setdefault(target, _Target())
        known.replies += 1
        idle = max(0.0, now - known.recovered_at)
        known.factor = min(1.0, known.factor + _RECOVER + _RECOVER_SECOND * idle)
        known.recovered_at = now
        self._failures = 0
        self._out_until = -math.inf
        self._read(known, limits)
        if known.told:
            known.told_at = min(known.told_at, now)
        _count(self._answers, now)
        if known.own_rate is not None:
            known.own_rate += max(1.0, 0.02 * known.own_rate) / max(known.own_rate, 1.0)

    def refused(self, target: str | None, retry_after: float | None, now: float, started: float = math.inf) -> None:
        """Notes a 429.

        Args:
            target: the deployment; None where the refusal does not say.
            retry_after: seconds that Azure asks to wait.
            now: the time.
            started: when the call began. What began before the limits were known says nothing of the pace.
        """
        self.refusals += 1
        if target is None and self._targets:
            concerned = list(self._targets.values())
        else:
            concerned = [self._targets.setdefault(target or "", _Target())]
        for known in concerned:
            known.paused_until = max(known.paused_until, now + (1.0 if retry_after is None else retry_after))
            if now - known.cut_at < 1.0 or (known.told and started < known.told_at):
                continue
            known.cut_at = now
            if known.told:
                known.factor = max(_LEAST, known.factor * _CUT)
            else:
                seen = known.own_rate or _recent(self._answers, now, 5.0)
                known.own_rate = max(0.5, seen / 2)

    def failed(self, now: float) -> None:
        """Notes a call that ended without a verdict: 5xx, no connection. Many in a row are an outage: starts pause."""
        self._failures += 1
        if self._failures >= _OUTAGE and self._out_until <= now:
            doublings = min(6, self._failures // _OUTAGE - 1)
            self._out_until = now + min(_LONGEST_PAUSE, 0.5 * 2.0**doublings)

    def rate(self, now: float) -> float:
        """Calls that may start in a second."""
        running = [known for known in self._targets.values() if known.paused_until <= now] or list(
            self._targets.values()
        )
        rate = sum(self._rate_of(known) for known in running) if running else _FIRST_RATE
        cost = self._cost(None)
        if self.rpm is not None:
            rate = min(rate if running else math.inf, self.rpm / _MINUTE * _HEADROOM * self.share)
        if self.tpm is not None and cost:
            rate = min(rate, self.tpm / _MINUTE / cost * _HEADROOM * self.share)
        return rate

    def pace(self, now: float) -> Pace:
        """The pace as it stands."""
        full = sum(self._rate_of(known, whole=True) for known in self._targets.values()) if self._targets else math.inf
        used = None if math.isinf(full) or full <= 0 else _recent(self._starts, now, _MINUTE) / full
        return Pace(self.rate(now), used, self.refusals, max(0.0, self.next_start(now) - now))

    def _read(self, known: _Target, limits: RateLimits) -> None:
        # The latest ones: Azure lowers a limit for hours under load.
        known.limit_requests = limits.limit_requests or known.limit_requests
        known.limit_tokens = limits.limit_tokens or known.limit_tokens
        if None in (limits.limit_requests, limits.limit_tokens, limits.remaining_requests, limits.remaining_tokens):
            return
        requests = (limits.limit_requests or 0) - (limits.remaining_requests or 0)
        tokens = (limits.limit_tokens or 0) - (limits.remaining_tokens or 0)
        if requests < _HINTS_FROM or tokens <= 0:
            return
        measured = tokens / requests
        if self._estimate:
            # The two windows need not begin together: a ratio beyond reason is one of different spans.
            measured = min(measured, 4 * self._estimate)
        believed = known.cost or self._estimate
        if requests < _MEASURED_FROM and believed is not None:
            measured = believed + (measured - believed) * _HINT
        known.cost = measured

    def _cost(self, known: _Target | None) -> float | None:
        if known is not None and known.cost is not None:
            return known.cost
        measured = [one.cost for one in self._targets.values() if one.cost is not None]
        return max(measured) if measured else self._estimate

    def _rate_of(self, known: _Target, *, whole: bool = False) -> float:
        if not known.told:
            return math.inf if known.own_rate is None else known.own_rate
        rates = [known.limit_requests / _MINUTE] if known.limit_requests else []
        cost = self._cost(known)
        if known.limit_tokens and cost:
            rates.append(known.limit_tokens / _MINUTE / cost)
        rate = min(rates, default=_FIRST_RATE)
        return rate if whole else rate * _HEADROOM * self.share * known.factor


def _count(seconds: deque[tuple[int, int]], now: float) -> None:
    second = int(now)
    if seconds and seconds[-1][0] == second:
        seconds[-1] = (second, seconds[-1][1] + 1)
    else:
        seconds.append((second, 1))
        while seconds[0][0] < second - _MINUTE:
            seconds.popleft()


def _recent(seconds: deque[tuple[int, int]], now: float, span: float) -> float:
    """Events a second, over the last `span` seconds or since the first one."""
    if not seconds:
        return 0.0
    since = max(seconds[0][0], int(now - span))
    return sum(number for second, number in seconds if second >= since) / max(1.0, now - since)
