"""A run over Azure's Batch API: the same job, journal and output, at half the price within a day.

Every step is in the journal before the next one begins. A batch that was created, but not written down, is found again
by its metadata: it is never created twice, since it would be paid twice.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar
from uuid import uuid4

import openai

from azure_connector.client import AsyncAzureConnector
from azure_connector.errors import ConfigurationError

from ._batch_files import Cut, Part, cut, group_of, read_results
from ._journal import Journal
from ._results import Result
from ._rows import Rows
from ._runtime import runtime
from ._verdicts import RowError
from ._work import Work, failed

__all__ = ["BatchRun"]

_T = TypeVar("_T")

_TRIES = 3  # of a row whose line failed for a reason that passes
_KEEP = {"anchor": "created_at", "seconds": 1_209_600}  # 14 days, the shortest: such files do not count as stored ones
_LONGEST_WAIT = 1800.0
_PATIENCE = 60
_ENDED = ("completed", "failed", "expired", "cancelled")
_TOO_MANY = frozenset({"too_many_tasks"})  # lines in the file: other limits than the pages name hold on some resources
_NO_RESULT = RowError("no_result", "the batch ended without a line for this row")
_TOO_LARGE = RowError("context_length", "the service takes no file that is as large as this row alone")
_SKU = "Deploy the model as GlobalBatch or DataZoneBatch, and name that deployment: --batch-deployment NAME"


class BatchRun:
    """The batches of one run.

    Args:
        rows: reads rows and replies.
        client: talks to the service.
        journal: keeps parts and results.
        works: gives the requests of the rows from one to another one that have no result.
        done: takes results that are in the journal: counts them, marks their rows.
        deployment_of: a model's batch deployment.
        tick: shows the progress; gets what the batches are at.
        poll: seconds between looks at a batch, at most.
    """

    def __init__(
        self,
        rows: Rows,
        client: AsyncAzureConnector,
        journal: Journal,
        *,
        works: Callable[[int, float], Iterator[Work]],
        done: Callable[[list[Result]], None],
        deployment_of: Callable[[str], str],
        tick: Callable[[str], None],
        poll: float,
    ) -> None:
        self._rows, self._client, self._journal = rows, client, journal
        self._works, self._done, self._tick, self._poll = works, done, tick, poll
        self._deployment_of = deployment_of
        self._run = journal.get("batch_run") or uuid4().hex[:16]
        journal.put("batch_run", self._run)
        self._prefix: str = journal.get("batch_prefix") or ""
        self._parts = {number: Part(**value) for number, value in journal.parts().items()}
        self._waiting: deque[tuple[Part, Cut]] = deque()
        self._pause_until, self._pause = 0.0, min(60.0, 4 * poll)
        self._looks = 0

    def work(self, *, detach: bool) -> bool:
        """Submits, waits and collects; with `detach` it only submits.

        Returns:
            Whether every row has a result.
        """
        self._recover()
        return all(self._submit_and_wait(again, detach=detach) for again in range(self._tries_done(), _TRIES))

    def describe(self) -> str:
        """How the batches are, in few words."""
        states: dict[str, int] = {}
        for part in self._parts.values():
            if part.state != "done":
                name = part.status or part.state
                states[name] = states.get(name, 0) + 1
        done = sum(part.state == "done" for part in self._parts.values())
        told = [f"{number} {name}" for name, number in states.items()]
        return f"batches: {', '.join([*told, f'{done} done'])}"

    def _tries_done(self) -> int:
        return max((part.again for part in self._parts.values()), default=0)

    def _submit_and_wait(self, again: int, *, detach: bool) -> bool:
        cuts = self._cuts()
        more = True
        while True:
            while more and not self._paused():
                ready = self._waiting.popleft() if self._waiting else self._next(cuts, again)
                if ready is None:
                    more = False
                    break
                self._submit(*ready)
            active = [part for part in self._parts.values() if part.state == "created"]
            if detach:
                return not active and not more
            if not active and not more and not self._waiting:
                return True
            self._look(active)
            more = more or bool(self._waiting)

    def _next(self, cuts: Iterator[Cut], again: int) -> tuple[Part, Cut] | None:
        made = next(cuts, None)
        return None if made is None else (self._part(made, again), made)

    def _part(self, made: Cut, again: int) -> Part:
        number = max(self._parts, default=-1) + 1
        part = Part(number, made.group, made.rows[0], made.rows[-1], len(made.rows), round(made.tokens), again)
        self._keep(part)
        return part

    def _keep(self, part: Part) -> None:
        self._parts[part.number] = part
        self._journal.put_part(part.number, part.plain())

    def _cuts(self) -> Iterator[Cut]:
        """What no part has yet."""
        taken = [part for part in self._parts.values() if part.state != "done"]

        def free(work: Work) -> bool:
            row, group = work.rows[0], group_of(work, self._deployment_of)
            return not any(part.first <= row <= part.last and part.group == group for part in taken)

        works = filter(free, self._works(0, math.inf)) if taken else self._works(0, math.inf)
        yield from cut(works, self._deployment_of, self._prefix)

    def _works_of(self, part: Part) -> Iterator[Work]:
        """A part's requests that have no result."""
        for work in self._works(part.first, part.last):
            if group_of(work, self._deployment_of) == part.group:
                yield work

    def _recut(self, part: Part) -> Cut:
        """A part's lines, made again."""
        made = cut(self._works_of(part), self._deployment_of, self._prefix, max_lines=10**9, max_bytes=10**12)
        return next(made, Cut(part.group))

    def _submit(self, part: Part, made: Cut) -> None:
        """Uploads a part and creates its batch; what the service finds too large is halved."""
        if not part.file_id:
            try:
                part.file_id = self._upload(part, made)
            except openai.APIStatusError as error:
                if error.status_code != 413:
                    raise
                self._halve(part, made)
                return
            part.state = "uploaded"
            self._keep(part)
        try:
            identity, status = self._created_once(part)
        except openai.APIStatusError as error:
            self._refused(part, made, error)
            return
        part.batch_id, part.state, part.status = identity, "created", status
        self._keep(part)

    def _created_once(self, part: Part) -> tuple[str, str]:
        """Creates a part's batch. A request whose answer was lost may have been carried out: it is looked for first."""
        for _ in range(_PATIENCE):
            try:
                batch: Any = self._call(self._create(part))
            except (openai.APIConnectionError, openai.InternalServerError):
                self._sleep(min(60.0, self._poll))
                found = dict(self._patiently(self._created))
                if part.number in found:
                    return found[part.number], "validating"
            else:
                return batch.id, batch.status
        raise ConfigurationError("Azure did not take the batch; the service cannot be reached.")

    def _upload(self, part: Part, made: Cut) -> str:
        content = b"\n".join(made.content) + b"\n"
        name = f"{self._name(part)}.jsonl"
        extra: Any = {"expires_after": _KEEP}
        stored = self._patiently(lambda: self._client.files.create(file=(name, content), purpose="batch", **extra))
        return stored.id

    async def _create(self, part: Part) -> Any:
        operation = part.group.partition(" ")[2]
        extra: Any = {"output_expires_after": _KEEP}
        return await self._client.batches.create(
            input_file_id=part.file_id,
            endpoint=f"{self._prefix}{operation}",  # pyright: ignore[reportArgumentType]: Azure's form lacks the /v1
            completion_window="24h",
            metadata={"run": self._run, "part": str(part.number)},
            extra_body=extra,
        )

    def _refused(self, part: Part, made: Cut, error: openai.APIStatusError) -> None:
        code = str(error.code or "")
        if code in _TOO_MANY:
            self._halve(part, made)
        elif code == "token_limit_exceeded" or error.status_code == 429:
            self._wait_for_room(part, made)
        elif error.status_code == 400 and not self._prefix and error.param in ("endpoint", None):
            # The other form of the path; the lines' own url must match it.
            self._drop_file(part)
            self._prefix = "/v1"
            self._journal.put("batch_prefix", self._prefix)
            made.content = [line.replace(b'"url":"/', b'"url":"/v1/', 1) for line in made.content]
            self._waiting.appendleft((part, made))
        else:
            raise error

    def _wait_for_room(self, part: Part, made: Cut) -> None:
        """The deployment's enqueued tokens are used up: until a batch ends, or for longer each time."""
        alone = not any(other.state == "created" for other in self._parts.values())
        if alone and len(made.rows) > 1 and self._pause >= _LONGEST_WAIT / 8:
            self._halve(part, made)  # it may be too large for the limit all by itself
            return
        self._pause_until = time.monotonic() + self._pause
        self._pause = min(_LONGEST_WAIT, 2 * self._pause)
        part.status = "waits for enqueued tokens"
        self._waiting.append((part, made))

    def _halve(self, part: Part, made: Cut) -> None:
        self._drop_file(part)
        part.state = "done"
        self._keep(part)
        if len(made.rows) == 1:
            self._take([failed(made.rows[0], _TOO_LARGE)])
            return
        for half in made.halves():
            self._waiting.append((self._part(half, part.again), half))

    def _paused(self) -> bool:
        return time.monotonic() < self._pause_until

    def _look(self, active: list[Part]) -> None:
        """Waits a little, and looks at every batch."""
        self._sleep(min(self._poll, self._poll / 12 * 1.5**self._looks))
        self._looks += 1
        for part in active:
            batch = self._retrieve(part)
            if batch.status != part.status:
                part.status = batch.status
                self._keep(part)
            if batch.status in _ENDED:
                self._end(part, batch)
                self._pause_until, self._looks = 0.0, 0
        self._tick(self.describe())

    def _retrieve(self, part: Part) -> Any:
        return self._patiently(lambda: self._client.batches.retrieve(part.batch_id))

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._tick(self.describe())
            time.sleep(min(0.25, left))

    def _end(self, part: Part, batch: Any) -> None:
        """Takes a batch's results in: of both files, whatever its status says."""
        if batch.status == "failed" and self._is_refused_late(part, batch):
            return
        operation = "/" + str(batch.endpoint).strip("/").removeprefix("v1/")
        missing = {work.rows[0] for work in self._works_of(part)}
        for identity in (batch.output_file_id, batch.error_file_id):
            if identity:
                self._read(part, identity, operation, missing)
        self._take([failed(row, _NO_RESULT) for row in sorted(missing)])
        part.state = "done"
        self._keep(part)
        self._drop_file(part)

    def _read(self, part: Part, identity: str, operation: str, missing: set[int]) -> None:
        content = self._patiently(lambda: self._client.files.content(identity)).content
        last_try = part.again >= _TRIES - 1
        kept: list[Result] = []
        for result, passing in read_results(self._rows, content.decode("utf-8", "replace").split("\n"), operation):
            if result.row not in missing:
                continue
            missing.discard(result.row)
            if not passing or last_try:
                kept.append(result)
        self._take(kept)

    def _take(self, results: list[Result]) -> None:
        self._journal.add(results)
        self._journal.commit(now=True)
        self._done(results)

    def _is_refused_late(self, part: Part, batch: Any) -> bool:
        """Whether a failed batch is tried again.

        Raises:
            ConfigurationError: every batch would fail so.
        """
        codes = [str(one.code) for one in (batch.errors.data if batch.errors else None) or ()]
        if _TOO_MANY & {*codes}:
            self._halve(part, self._recut(part))
            return True
        if "token_limit_exceeded" in codes:
            part.batch_id, part.state = "", "uploaded"
            self._wait_for_room(part, self._recut(part))
            self._keep(part)
            return True
        if "url_mismatch" in codes and not self._prefix:
            self._prefix = "/v1"
            self._journal.put("batch_prefix", self._prefix)
            self._drop_file(part)
            part.batch_id, part.state = "", "cut"
            self._waiting.append((part, self._recut(part)))
            self._keep(part)
            return True
        # Of a batch that was refused, no row was asked: begun again, the run submits it anew.
        part.batch_id, part.state = "", "uploaded"
        self._keep(part)
        told = ", ".join(codes) or "no reason given"
        hint = _SKU if {"invalid_request", "model_not_found"} & {*codes} else ""
        raise ConfigurationError(f"Azure refused the batch {batch.id}: {told}.", hint=hint)

    def _recover(self) -> None:
        """Finds what a killed run had submitted and not written down."""
        lost = [part for part in self._parts.values() if part.state in ("cut", "uploaded")]
        if not lost:
            return
        batches = dict(self._patiently(self._created))
        files = self._patiently(self._uploaded)
        for part in lost:
            if part.number in batches:
                part.batch_id, part.state = batches[part.number], "created"
                self._keep(part)
                continue
            name = f"{self._name(part)}.jsonl"
            part.file_id = part.file_id or files.get(name, "")
            self._drop_file(part)  # its lines may be another run's: cut anew they are this one's
            part.state = "cut"
            made = self._recut(part)
            if made.rows:
                self._waiting.append((part, made))
            else:
                part.state = "done"
            self._keep(part)

    async def _created(self) -> list[tuple[int, str]]:
        """The batches of this run that are on their way or have ended well."""
        found: list[tuple[int, str]] = []
        async for batch in self._client.batches.list(limit=100):
            told = batch.metadata or {}
            known = {part.batch_id for part in self._parts.values()}
            if told.get("run") == self._run and batch.status != "failed" and batch.id not in known:
                found.append((int(told.get("part", -1)), batch.id))
        return found

    async def _uploaded(self) -> dict[str, str]:
        found: dict[str, str] = {}
        async for file in self._client.files.list(purpose="batch"):
            found[file.filename] = file.id
        return found

    def _drop_file(self, part: Part) -> None:
        """Deletes an input that is not needed any more; it would expire by itself."""
        if part.file_id:
            with contextlib.suppress(openai.APIError):
                self._call(self._client.files.delete(part.file_id))
            part.file_id = ""

    def _name(self, part: Part) -> str:
        return f"bulk-{self._run}-{part.number}"

    def _call(self, work: Coroutine[Any, Any, _T]) -> _T:
        return runtime().spawn(work).result()

    def _patiently(self, make: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """A request that may be repeated, through an outage of an hour: a batch takes longer."""
        for _ in range(_PATIENCE):
            try:
                return self._call(make())
            except (openai.APIConnectionError, openai.InternalServerError, openai.RateLimitError):
                self._sleep(min(60.0, self._poll))
        return self._call(make())
