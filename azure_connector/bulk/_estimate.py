"""What a run would use, before anything is spent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from azure_connector._utils import money

from ._arrow import RecordBatch
from ._embedding import EmbedRows
from ._job import Complete
from ._progress import Price, cost_of
from ._readers import Source, open_source
from ._rows import OUTPUT_GUESS, rows_of

if TYPE_CHECKING:
    from ._job import Job

__all__ = ["Estimate", "estimate"]

_SAMPLE = 1000


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would use, within about 30 %.

    Attributes:
        rows: rows of the input.
        calls: rows that need a call; the others are error rows (null, empty, no text).
        input_tokens: a quarter of the characters, and for chats what frames their messages.
        output_tokens: at most so many, by `max_tokens`; a guess where it is not set.
        cost, batch_cost: in the price's currency, at once and by the Batch API; None without a price.
        minutes: by the quotas that were given; None without any.
    """

    rows: int
    calls: int
    input_tokens: int
    output_tokens: int
    cost: float | None
    batch_cost: float | None
    minutes: float | None

    def __str__(self) -> str:
        parts = [f"{self.rows:,} rows, {self.calls:,} to be asked"]
        out = f", at most {self.output_tokens:,} out" if self.output_tokens else ""
        parts.append(f"about {self.input_tokens:,} tokens in{out} (± 30 %)")
        if self.cost is not None and self.batch_cost is not None:
            parts.append(f"cost about {money(self.cost)}, with --batch {money(self.batch_cost)}")
        if self.minutes is not None:
            time = f"{self.minutes:,.1f} minutes" if self.minutes >= 1 else "less than a minute"
            parts.append(f"{time} at that quota")
        return "; ".join(parts)


def estimate(
    job: Job,
    source: str | Path,
    *,
    price: Price | None = None,
    rpm: float | None = None,
    tpm: float | None = None,
    limit: int | None = None,
    format: str | None = None,  # noqa: A002  # as in `run`
) -> Estimate:
    """Estimates a run from a thousand of its rows, evenly spread; sends nothing.

    Args:
        job, source, price, rpm, tpm, limit, format: as in `run`.

    Raises:
        ConfigurationError: the job does not fit the input.
    """
    opened = open_source(Path(source), format)
    job.output_schema(opened.schema)
    rows = opened.rows if limit is None else min(limit, opened.rows)
    reader = rows_of(job)
    seen = asked = 0
    characters = whole = 0.0
    for first, batch in _sample(opened, rows):
        works, _ = reader.read_batch(first, batch, _all)
        seen += batch.num_rows
        asked += sum(len(work.rows) for work in works)
        whole += sum(work.tokens for work in works)
    out = 0.0 if isinstance(reader, EmbedRows) else float(_output_limit(job)) * asked
    characters = max(0.0, whole - out)
    scale = rows / seen if seen else 0.0
    tokens_in, tokens_out, calls = round(characters * scale), round(out * scale), round(asked * scale)
    cost = None if price is None else cost_of(price, tokens_in, tokens_out)
    minutes = [calls / rpm] if rpm else []
    minutes += [(tokens_in + tokens_out) / tpm] if tpm else []
    half = None if cost is None else cost / 2
    return Estimate(rows, calls, tokens_in, tokens_out, cost, half, max(minutes, default=None))


def _sample(source: Source, rows: int) -> Iterator[tuple[int, RecordBatch]]:
    step = max(1, rows // _SAMPLE)
    first = 0
    for batch in source.batches():
        kept = batch.slice(0, max(0, rows - first))
        chosen = [row for row in range(kept.num_rows) if (first + row) % step == 0]
        if chosen:
            yield first, kept.take(chosen)
        first += batch.num_rows
        if first >= rows:
            return


def _output_limit(job: Job) -> int:
    limit = job.max_tokens if isinstance(job, Complete) else None
    named = (job.body_params.get(name) for name in ("max_completion_tokens", "max_tokens"))
    return limit or next((one for one in named if isinstance(one, int)), OUTPUT_GUESS)


def _all(row: int) -> bool:
    return True
