"""How much is tried, how long is waited, and when a target is left alone: the numbers behind routing."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

from ..errors import ConfigurationError

__all__ = ["RetryPolicy"]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The limits and budgets of routing. All durations are seconds.

    Attributes:
        max_attempts: requests sent for one call, over all targets.
        attempts_per_target: requests sent to one target for one call, where there are several.
        max_adaptations: refusals (a 400 about a parameter) answered by a changed request; not counted as attempts.
        backoff: the wait before a target that failed is asked again; it doubles with each failure of the call.
        max_backoff: where the doubling ends.
        jitter: the share of a backoff that is left to chance, 0 to 1, so that many callers do not return at once.
        max_wait: the longest single wait; where every target needs longer, the call ends at once.
        max_total_wait: all waits of one call together.
        deadline: the whole call's time; None leaves it to the caller.
        cooldown: how long a target is left alone after repeated failures, and after a 429 that names no time.
        max_cooldown: the longest that a target is left alone, whatever it asks for (a day has been seen).
        failures_before_cooldown: failures in a row before a target is left alone.
        probe_interval: once its cooldown is over, one call at most in this time asks a target that had failed.
        config_fault_memory: how long a target that lacks its deployment or refuses our credential stands last in line.
        low_quota: below this share of its limit, a target is chosen less often.
        quota_memory: how long a reported quota counts where the service does not say when it is whole again.
        spill_memory: how long a provisioned deployment that spilled over is chosen less often.
        patient: these limits hold also for a call whose targets have never answered and failed for good: whoever set
            `max_attempts`, `max_retries` or `deadline` means it. Otherwise such a call ends after two attempts.
        repeat_unsafe: also repeat requests that may have been executed and are not known to be repeatable.
        max_known: targets that are remembered at once.
    """

    max_attempts: int = 6
    attempts_per_target: int = 4
    max_adaptations: int = 3
    backoff: float = 0.5
    max_backoff: float = 8.0
    jitter: float = 0.5
    max_wait: float = 60.0
    max_total_wait: float = 300.0
    deadline: float | None = None
    cooldown: float = 5.0
    max_cooldown: float = 60.0
    failures_before_cooldown: int = 3
    probe_interval: float = 10.0
    config_fault_memory: float = 60.0
    low_quota: float = 0.1
    quota_memory: float = 10.0
    spill_memory: float = 10.0
    patient: bool = False
    repeat_unsafe: bool = False
    max_known: int = 4096

    def __post_init__(self) -> None:
        for name in ("max_attempts", "attempts_per_target", "failures_before_cooldown", "max_known"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"{name} must be at least 1, not {getattr(self, name)!r}")
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int | float) and not 0 <= value < math.inf:
                raise ConfigurationError(f"{field.name} must be a finite number, 0 or more, not {value!r}")
        if self.jitter > 1:
            raise ConfigurationError(f"jitter is a share between 0 and 1, not {self.jitter!r}")

    @staticmethod
    def attempts_for(max_attempts: int | None, max_retries: int | None) -> int | None:
        """How many requests a call may send, by the two names that this limit has; None where neither is given.

        Args:
            max_attempts: requests in all.
            max_retries: requests after the first one, as the SDK counts.

        Raises:
            ConfigurationError: the two contradict each other.
        """
        if max_retries is None:
            return max_attempts
        if max_attempts is not None and max_attempts != max_retries + 1:
            raise ConfigurationError(
                f"max_attempts={max_attempts} and max_retries={max_retries} contradict each other",
                hint=f"max_attempts counts the first request too: give one of them, or max_retries={max_attempts - 1}.",
            )
        return max_retries + 1

    def limited_to(self, attempts: int) -> RetryPolicy:
        """The same policy for a caller who has said how many requests a call may send."""
        return replace(self, max_attempts=attempts, patient=True)

    def backoff_after(self, failures: int, random: float) -> float:
        """The wait after a target's n-th failure in one call.

        Args:
            failures: how many there were, from 1.
            random: a number from 0 to 1 that chance has chosen.
        """
        longest = min(self.max_backoff, self.backoff * 2.0 ** min(failures - 1, 60))
        return longest * (1.0 - self.jitter * random)
