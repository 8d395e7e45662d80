"""How a run is run, and what it came to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from azure_connector._utils import money
from azure_connector.client import AsyncAzureConnector
from azure_connector.errors import ConfigurationError

from ._progress import Price, Progress

__all__ = ["Options", "Summary", "TooManyErrorsError"]


class TooManyErrorsError(RuntimeError):
    """More error rows than `max_errors` allows. The journal is kept."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to.

    Attributes:
        rows: rows of the output.
        errors: error rows by code.
        input_tokens, output_tokens: used by all rows, earlier runs included.
        cost: in the price's currency, None without a price.
        seconds: of this run.
        refusals: 429s of this run.
        output: the file.
        journal: the journal, where it was kept: for error rows that may be tried again, or as it was asked.
        finished: whether the output is there; not yet, where batches were left to work on their own.
    """

    rows: int
    errors: dict[str, int]
    input_tokens: int
    output_tokens: int
    cost: float | None
    seconds: float
    refusals: int
    output: Path
    journal: Path | None
    finished: bool = True

    @property
    def failed(self) -> int:
        """Error rows."""
        return sum(self.errors.values())

    def __str__(self) -> str:
        if not self.finished:
            return f"submitted; {self.rows:,} rows are done so far"
        parts = [f"{self.rows:,} rows in {self.output}"]
        if self.errors:
            told = ", ".join(f"{code} {number:,}" for code, number in self.errors.items())
            parts.append(f"{self.failed:,} of them error rows ({told})")
        parts.append(f"{self.input_tokens:,} tokens in, {self.output_tokens:,} out")
        if self.cost is not None:
            parts.append(f"cost {money(self.cost)}")
        parts.append(f"{self.seconds:.1f} s, {self.refusals:,} times 429")
        return "; ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a run is run; none of it changes a row's result. See `run`."""

    concurrency: int | None = None
    rpm: float | None = None
    tpm: float | None = None
    share: float | None = None
    price: Price | None = None
    limit: int | None = None
    format: str | None = None
    journal: Path | None = None
    keep_journal: bool = False
    retry_errors: bool = False
    restart: bool = False
    max_errors: int | str | None = None
    batch: bool = False
    batch_anyway: bool = False
    batch_deployment: str | None = None
    detach: bool = False
    poll: float = 60.0
    command: tuple[str, ...] = ()
    progress: bool | Callable[[Progress], object] = True
    client: AsyncAzureConnector | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    def too_many(self, failed: int, done: int) -> bool:
        """Whether there are more error rows than allowed; a share counts from a hundred rows on."""
        if self.max_errors is None:
            return False
        share = str(self.max_errors)
        if share.endswith("%"):
            return done >= 100 and failed > done * float(share[:-1]) / 100
        return failed > int(share)

    def check(self) -> None:
        """Refuses what no run could use.

        Raises:
            ConfigurationError: an option cannot be read.
        """
        if self.limit is not None and self.limit < 1:
            raise ConfigurationError(f"--limit must be 1 or more, not {self.limit}.")
        try:
            bad = self.max_errors is not None and float(str(self.max_errors).removesuffix("%")) < 0
            self.too_many(0, 100)
        except ValueError:
            bad = True
        if bad:
            raise ConfigurationError(
                f"--max-errors is a number of rows or a share such as 5%, not {self.max_errors!r}."
            )
        if not self.batch and (self.detach or self.batch_deployment or self.batch_anyway):
            raise ConfigurationError("--detach, --batch-deployment and --batch-anyway go with --batch.")
        if not 0 < self.poll <= 3600:
            raise ConfigurationError(f"poll is the seconds between looks at a batch, not {self.poll!r}.")
        if self.retry_errors and self.restart:
            raise ConfigurationError(
                "--retry-errors goes on with a journal and --restart forgets it: give one of them."
            )
