"""Record batches in, record batches out: the one function that one machine, Ray and Spark share."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure_connector.client import AsyncAzureConnector
from azure_connector.errors import ConfigurationError

from ._arrow import RecordBatch, Schema
from ._results import Result, output_schema, with_results
from ._rows import rows_of
from ._session import Session, open_session, window_of

if TYPE_CHECKING:
    from ._spec import JobSpec

__all__ = ["Function", "stream"]

_GLANCE = 0.02  # seconds to wait for a result while no batch is there
_HELD = 8  # windows of finished rows that wait for one before them


@dataclass(slots=True)
class _Open:
    """A batch that is under way."""

    first: int
    batch: RecordBatch
    results: list[Result | None]
    missing: int

    def put(self, result: Result) -> None:
        """Takes one row's result."""
        index = result.row - self.first
        if self.results[index] is None:
            self.missing -= 1
        self.results[index] = result


def stream(
    job: JobSpec,
    batches: Iterable[RecordBatch | None],
    *,
    concurrency: int | None,
    share: float | None,
    client: AsyncAzureConnector | None,
) -> Iterator[RecordBatch]:
    """See `Job.stream`. A None among the batches says that none is there yet."""
    session: Session | None = None
    worker: _Worker | None = None
    try:
        for batch in batches:
            if batch is None:
                if worker is not None:
                    yield from worker.glance()
                continue
            if session is None or worker is None:
                rows_of(job).check(batch.schema)
                output_schema(job, batch.schema)
                session = open_session(job, concurrency=concurrency, share=share, client=client)
                worker = _Worker(job, session, batch.schema, window_of(job, concurrency))
            worker.take(batch)
            yield from worker.until(room=True)
        if worker is not None:
            yield from worker.until(room=False)
    finally:
        if session is not None:
            session.close()


class _Worker:
    """Keeps batches in order while their rows end in any."""

    def __init__(self, job: JobSpec, session: Session, schema: Schema, window: int) -> None:
        self._job, self._session, self._schema, self._window = job, session, schema, window
        self._open: deque[_Open] = deque()
        self._next = 0  # the next batch's first row
        self._held = 0

    def take(self, batch: RecordBatch) -> None:
        """Starts a batch.

        Raises:
            ConfigurationError: it has another schema than the first one.
        """
        if not batch.schema.equals(self._schema):
            raise ConfigurationError("The batches have different columns: all must have those of the first one.")
        works, results = self._session.rows.read_batch(self._next, batch, _all)
        started = _Open(self._next, batch, [None] * batch.num_rows, batch.num_rows)
        for result in results:
            started.put(result)
        self._open.append(started)
        self._next += batch.num_rows
        self._held += batch.num_rows
        self._session.calls.submit(works)

    def until(self, *, room: bool) -> Iterator[RecordBatch]:
        """Gives finished batches, until there is room for another one, or until all are done."""
        while True:
            while self._open and not self._open[0].missing:
                yield self._finished(self._open.popleft())
            calls = self._session.calls
            if not self._open or (room and calls.pending < self._window and self._held < _HELD * self._window):
                return
            for result in calls.collect(1.0):
                self._place(result)

    def glance(self) -> Iterator[RecordBatch]:
        """Gives the batches that are finished now."""
        for result in self._session.calls.collect(_GLANCE):
            self._place(result)
        while self._open and not self._open[0].missing:
            yield self._finished(self._open.popleft())

    def _place(self, result: Result) -> None:
        for one in self._open:  # few batches are open at once
            if one.first <= result.row < one.first + len(one.results):
                one.put(result)
                return

    def _finished(self, one: _Open) -> RecordBatch:
        self._held -= len(one.results)
        return with_results(self._job, one.batch, [result for result in one.results if result is not None])


def _all(row: int) -> bool:
    return True


class Function:
    """A job as a function of one batch, for callers that have several under way: one connector and pacer for all.

    Args:
        job: the job.
        concurrency, share: see `Job.stream`.
    """

    def __init__(self, job: JobSpec, concurrency: int | None, share: float | None) -> None:
        self._how: dict[str, Any] = {"concurrency": concurrency, "share": share, "client": None}
        self._job = job
        self._batches: queue.SimpleQueue[RecordBatch] = queue.SimpleQueue()
        self._wanted: deque[Future[RecordBatch]] = deque()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def submit(self, batch: RecordBatch) -> Future[RecordBatch]:
        """Starts a batch."""
        wanted: Future[RecordBatch] = Future()
        with self._lock:
            self._wanted.append(wanted)
            self._batches.put(batch)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="azure-connector-function", daemon=True)
                self._thread.start()
        return wanted

    def _run(self) -> None:
        try:
            for made in stream(self._job, self._arriving(), **self._how):
                self._wanted.popleft().set_result(made)
        except BaseException as error:  # noqa: BLE001  # whoever waits for a batch has to know
            with self._lock:
                self._thread = None
                failed, self._wanted = self._wanted, deque()
                self._batches = queue.SimpleQueue()
            for one in failed:
                one.set_exception(error)

    def _arriving(self) -> Iterator[RecordBatch | None]:
        while True:
            try:
                # While batches are open their results must be looked for; otherwise there is nothing to do but wait.
                batch = self._batches.get(block=not self._wanted)
            except queue.Empty:
                batch = None
            yield batch
