"""A whole file on one machine: read, worked through, journalled, written."""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azure_connector.errors import ConfigurationError

from ._arrow import RecordBatch
from ._azure_batch import BatchRun
from ._batch_check import check_batch
from ._display import display_for
from ._journal import Journal
from ._options import Options, Summary, TooManyErrorsError
from ._output import assemble, check_target, finished_before
from ._progress import Counter, Price
from ._readers import Source, fingerprint, open_source
from ._results import Result
from ._rows import rows_of
from ._session import Session, check_concurrency, open_session, window_of
from ._work import Work
from ._writers import check_writable

if TYPE_CHECKING:
    from ._job import Job

__all__ = ["arun", "run"]

_TICK = 0.25  # seconds between looks at the progress
_GRACE = 10.0  # seconds that running calls have to end in after Ctrl-C


class _StoppedError(Exception):
    """Whoever started the run has lost interest."""


def run(job: Job, source: str | Path, target: str | Path, **options: Any) -> Summary:
    """Works through a file; blocks until the output is there. Killed at any moment, the same call goes on.

    Args:
        job: what to do with each row.
        source: the input: parquet, arrow, CSV, TSV, JSONL, or the lines of an OpenAI batch file.
        target: the output, in the format of its own name. It must not be there yet.
        options: `concurrency` (calls at once), `rpm` and `tpm` (caps a minute), `share` (of the quota), `price` (a
            million input and output tokens), `limit` (only the first rows), `format` (the input's), `journal` (its
            path), `keep_journal`, `retry_errors` (try error rows again), `restart` (forget the journal), `max_errors`
            (a number or a share such as "5%"), `progress` (False, or a function of `Progress`), `client` (an
            `AsyncAzureConnector`). Over Azure's Batch API, at half the price: `batch`, `batch_deployment` (of a batch
            type; the model's own by default), `batch_anyway` (also embeddings), `detach` (submit and return), `poll`
            (seconds between looks at a batch).

    Returns:
        What it came to.

    Raises:
        ConfigurationError: the run cannot begin or go on: input, output, job or journal do not fit.
        TooManyErrorsError: `max_errors` was passed.
        openai.OpenAIError: what every row would meet: 401, 403, no such deployment. The journal is kept.
        KeyboardInterrupt: Ctrl-C; running calls had ten seconds to end, and the journal has them.
    """
    return _Run(job, Path(source), Path(target), Options(**options)).run()


async def arun(job: Job, source: str | Path, target: str | Path, **options: object) -> Summary:
    """As `run`, without blocking the event loop; cancelled, it ends politely."""
    stop = threading.Event()
    work = asyncio.ensure_future(asyncio.to_thread(run, job, source, target, **options, stop=stop))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait({work}, timeout=_GRACE + 5)
        if work.done() and not work.cancelled():
            work.exception()  # it is told of by the cancellation
        raise


class _Run:
    """One run."""

    def __init__(self, job: Job, source: Path, target: Path, options: Options) -> None:
        self._job, self._source_path, self._target, self._options = job, source, target, options
        self._began = time.monotonic()
        self._ticked = 0.0

    def run(self) -> Summary:
        options = self._options
        options.check()
        check_concurrency(self._job, options.concurrency)
        source = open_source(self._source_path, options.format)
        kind = check_target(self._job, source, self._source_path, self._target)
        check_writable(kind, self._job.output_schema(source.schema))
        self._rows = source.rows if options.limit is None else min(source.rows, options.limit)
        path = options.journal or self._target.with_name(f"{self._target.name}.journal")
        if path.resolve() in (self._target.resolve(), self._source_path.resolve()):
            raise ConfigurationError("--journal names the input or the output; give it a name of its own.")
        if self._target.exists() and not path.exists():
            raise ConfigurationError(
                f"The output {self._target} exists, and no journal says that it is this run's.",
                hint="Name another OUT, or move the file away.",
            )
        identity = {
            "the input": fingerprint(self._source_path, source, options.limit),
            "the job": self._job.described(),
        }
        # What a job or a setting is wrong about shows before a journal is made.
        session = self._open_session()
        try:
            if options.batch:
                check_batch(self._job, session.client, anyway=options.batch_anyway)
            journal = Journal(path, identity, restart=options.restart)
            try:
                return self._go(source, kind, journal, session)
            except BaseException:
                if not self._target.exists():
                    journal.remove_unpaid()
                raise
            finally:
                journal.close()
        finally:
            session.close()

    def _open_session(self) -> Session:
        options = self._options
        return open_session(
            self._job,
            concurrency=options.concurrency,
            share=options.share,
            rpm=options.rpm,
            tpm=options.tpm,
            client=options.client,
        )

    def _go(self, source: Source, kind: Any, journal: Journal, session: Session) -> Summary:
        before = finished_before(journal, self._target)
        if before and not self._options.retry_errors:
            return self._summary(journal, session)
        done = journal.done(self._rows, errors=not self._options.retry_errors)
        _, tokens_in, tokens_out = journal.totals()
        errors = {} if self._options.retry_errors else journal.error_counts()
        finished = sum(done)
        counter = Counter(self._rows, finished, tokens_in, tokens_out, errors, self._price)
        display = display_for(self._options.progress)
        try:
            if finished < self._rows and self._options.batch:
                if not self._batch(source, journal, session, counter, done, display):
                    return self._summary(journal, session, finished=False)
            elif finished < self._rows:
                self._refuse_open_batches(journal)
                self._work(source, journal, session, counter, done, display)
            display.show(counter.progress(time.monotonic(), session.calls.pacer.pace(time.monotonic())))
        finally:
            display.close()
        assemble(self._job, source.schema, self._limited(source), kind, journal, self._target)
        return self._summary(journal, session)

    def _work(
        self, source: Source, journal: Journal, session: Session, counter: Counter, done: bytearray, display: object
    ) -> None:
        def collect(seconds: float) -> None:
            counter.add(session.calls.collect(seconds, journal.add))
            journal.commit()
            self._tick(counter, session, display)

        def wanted(row: int) -> bool:
            return not done[row]

        window = window_of(self._job, self._options.concurrency)
        try:
            for first, batch in self._limited(source):
                works, results = session.rows.read_batch(first, batch, wanted)
                journal.add(results)
                counter.add(results)
                session.calls.submit(works)
                collect(0.0)
                while session.calls.pending >= window:
                    collect(0.05)
            while session.calls.pending:
                collect(0.05)
        except BaseException as error:
            self._end(journal, session, counter, polite=not _is_of_the_service(error))
            raise
        journal.commit(now=True)

    @property
    def _price(self) -> Price | None:
        """A batch costs half."""
        price = self._options.price
        return price if price is None or not self._options.batch else (price[0] / 2, price[1] / 2)

    def _refuse_open_batches(self, journal: Journal) -> None:
        if any(part["state"] == "created" for part in journal.parts().values()):
            raise ConfigurationError(
                "Batches of this run are under way: asked at once, their rows would be paid twice.",
                hint="Go on with --batch, or cancel the batches first.",
            )

    def _batch(
        self, source: Source, journal: Journal, session: Session, counter: Counter, done: bytearray, display: Any
    ) -> bool:
        rows = rows_of(self._job, single=True)
        if self._options.command:
            journal.put("command", list(self._options.command))
            journal.put("folder", str(Path.cwd()))

        def take(results: list[Result]) -> None:
            counter.add(results)
            for result in results:
                done[result.row] = 1

        def works(first: int, last: float) -> Iterator[Work]:
            for start, batch in self._limited(source):
                if start > last or start + batch.num_rows <= first:
                    continue
                made, results = rows.read_batch(start, batch, lambda row: first <= row <= last and not done[row])
                journal.add(results)
                journal.commit(now=True)
                take(results)
                yield from made

        named = self._options.batch_deployment
        batches = BatchRun(
            rows,
            session.client,
            journal,
            works=works,
            done=take,
            deployment_of=(lambda model: named) if named else functools.cache(session.client.deployment_of),
            tick=lambda note: self._show(counter, display, note),
            poll=self._options.poll,
        )
        try:
            return batches.work(detach=self._options.detach)
        finally:
            journal.commit(now=True)

    def _show(self, counter: Counter, display: Any, note: str) -> None:
        """Shows how far a batch is, now and then.

        Raises:
            _StoppedError: somebody wants it to stop.
        """
        if self._options.stop.is_set():
            raise _StoppedError
        now = time.monotonic()
        if now - self._ticked >= _TICK:
            self._ticked = now
            display.show(counter.progress(now, note=note))

    def _tick(self, counter: Counter, session: Session, display: Any) -> None:
        now = time.monotonic()
        if self._options.stop.is_set():
            raise _StoppedError
        if self._options.too_many(counter.failed, counter.done):
            told = f"{counter.failed:,} of {counter.done:,} rows are error rows, more than --max-errors allows"
            raise TooManyErrorsError(f"{told}: {', '.join(counter.errors)}")
        if now - self._ticked >= _TICK:
            self._ticked = now
            note = counter.waste(getattr(self._job, "max_tokens", None))
            display.show(counter.progress(now, session.calls.pacer.pace(now), note))

    def _end(self, journal: Journal, session: Session, counter: Counter, *, polite: bool) -> None:
        """Starts nothing more; what runs may end, since it is paid for."""
        session.calls.stop()
        deadline = time.monotonic() + (_GRACE if polite else 0.0)
        try:
            while session.calls.running and time.monotonic() < deadline:
                session.calls.collect(0.05, journal.add)
                journal.commit()
            session.calls.collect(0.0, journal.add)
        except Exception:  # noqa: BLE001  # the first error is the one to tell
            return
        finally:
            journal.commit(now=True)

    def _limited(self, source: Source) -> Iterator[tuple[int, RecordBatch]]:
        first = 0
        for batch in source.batches():
            kept = batch.slice(0, self._rows - first) if first + batch.num_rows > self._rows else batch
            if kept.num_rows:
                yield first, kept
            first += kept.num_rows
            if first >= self._rows:
                return
        if first < self._rows:
            raise ConfigurationError(f"{self._source_path} ended after {first:,} of {self._rows:,} rows.")

    def _summary(self, journal: Journal, session: Session, *, finished: bool = True) -> Summary:
        rows, tokens_in, tokens_out = journal.totals()
        errors = journal.error_counts()
        keep = self._options.keep_journal or bool(errors) or not finished
        counter = Counter(rows, rows, tokens_in, tokens_out, errors, self._price)
        if not keep:
            journal.remove()
        return Summary(
            rows,
            errors,
            tokens_in,
            tokens_out,
            counter.cost,
            time.monotonic() - self._began,
            session.calls.pacer.refusals,
            self._target,
            journal.path if keep else None,
            finished,
        )


def _is_of_the_service(error: BaseException) -> bool:
    import openai

    return isinstance(error, openai.OpenAIError) and not isinstance(error, ConfigurationError)
