"""How far a run is: counted here, shown by `_display`. Pure but for the clock that is given."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from azure_connector._utils import money

from ._pacing import Pace
from ._results import Result

__all__ = ["Counter", "Price", "Progress", "cost_of"]

Price = tuple[float, float]
"""What a million input and output tokens cost."""

_TELLING = 200  # answers whose mean says something
_SPAN = 30.0  # seconds over which the speed is measured


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a run.

    Attributes:
        done, total: rows, those of earlier runs included.
        rows_per_second: over the last half minute.
        input_tokens, output_tokens: used by all rows that are done.
        cost: in the price's currency, None without a price.
        errors: error rows by code.
        quota_used: the share of the binding quota that the last minute took, None where no limit is known.
        refusals: 429s of this run.
        paused: seconds until calls start again, 0 while they do.
        seconds_left: None while nobody can know.
        note: what the run is at, where that is not the rows: the states of batches.
    """

    done: int
    total: int
    rows_per_second: float
    input_tokens: int
    output_tokens: int
    cost: float | None
    errors: Mapping[str, int]
    quota_used: float | None = None
    refusals: int = 0
    paused: float = 0.0
    seconds_left: float | None = None
    note: str = ""

    def __str__(self) -> str:
        parts = [f"{self.done:,}/{self.total:,} rows", f"{self.rows_per_second:,.1f} rows/s"]
        parts.append(f"{self.input_tokens:,} tokens in, {self.output_tokens:,} out")
        if self.cost is not None:
            parts.append(f"cost {money(self.cost)}")
        if self.quota_used is not None:
            parts.append(f"quota {self.quota_used:.0%}")
        if self.refusals:
            parts.append(f"{self.refusals:,} times 429")
        if self.errors:
            told = ", ".join(f"{code} {number:,}" for code, number in self.errors.items())
            parts.append(f"errors: {told}")
        if self.paused >= 1:
            parts.append(f"paused {self.paused:.0f} s")
        if self.seconds_left is not None:
            parts.append(f"{_duration(self.seconds_left)} left")
        if self.note:
            parts.append(self.note)
        return " · ".join(parts)


@dataclass(slots=True)
class Counter:
    """Counts a run's results.

    Args:
        total: rows in all.
        done, input_tokens, output_tokens, errors: what earlier runs left.
        price: see `Price`.
    """

    total: int
    done: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    errors: dict[str, int] = field(default_factory=dict[str, int])
    price: Price | None = None
    _marks: deque[tuple[float, int]] = field(default_factory=deque[tuple[float, int]])

    def add(self, results: Iterable[Result]) -> None:
        """Counts results."""
        for result in results:
            self.done += 1
            self.input_tokens += result.input_tokens
            self.output_tokens += result.output_tokens
            if result.error_code is not None:
                self.errors[result.error_code] = self.errors.get(result.error_code, 0) + 1

    @property
    def failed(self) -> int:
        """Error rows so far."""
        return sum(self.errors.values())

    @property
    def cost(self) -> float | None:
        """In the price's currency."""
        return None if self.price is None else cost_of(self.price, self.input_tokens, self.output_tokens)

    def waste(self, max_tokens: int | None) -> str:
        """What a user should know of a limit that the answers never come near; empty while there is nothing to say.

        Args:
            max_tokens: the job's limit of output tokens.
        """
        answered = self.done - self.failed
        if max_tokens is None or answered < _TELLING:
            return ""
        mean = self.output_tokens / answered
        if max_tokens <= 4 * mean:
            return ""
        return f"--max-tokens {max_tokens} is far above the mean answer ({mean:.0f}), and the quota counts it in full"

    def progress(self, now: float, pace: Pace | None = None, note: str = "") -> Progress:
        """The moment.

        Args:
            now: seconds, by any steady clock.
            pace: the pacer's.
            note: see `Progress`.
        """
        self._marks.append((now, self.done))
        while len(self._marks) > 2 and self._marks[0][0] < now - _SPAN:
            self._marks.popleft()
        since, before = self._marks[0]
        rate = (self.done - before) / (now - since) if now > since else 0.0
        left = (self.total - self.done) / rate if rate > 0 else None
        paused = 0.0 if pace is None else pace.paused
        return Progress(
            self.done,
            self.total,
            rate,
            self.input_tokens,
            self.output_tokens,
            self.cost,
            dict(self.errors),
            None if pace is None else pace.quota_used,
            0 if pace is None else pace.refusals,
            paused,
            None if left is None else left + paused,
            note,
        )


def cost_of(price: Price, input_tokens: int, output_tokens: int) -> float:
    """What tokens cost, in the price's currency."""
    return (input_tokens * price[0] + output_tokens * price[1]) / 1e6


def _duration(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes = whole // 3600, whole % 3600 // 60
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {whole % 60:02d} s" if minutes else f"{whole} s"
