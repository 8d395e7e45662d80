"""The calls of one job: started at the pacer's pace, on the runtime's loop; other threads submit and collect."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import openai
from openai.types import CreateEmbeddingResponse
from openai.types.chat import ChatCompletion
from openai.types.responses import Response

from azure_connector.client import AsyncAzureConnector
from azure_connector.errors import EndpointUnreachableError
from azure_connector.replies import RateLimits, azure_info

from ._pacing import Pacer
from ._results import Result
from ._rows import Rows
from ._verdicts import NO_ANSWER, RowError, Verdict, verdict_on
from ._work import CHAT, EMBEDDINGS, Work, failed

__all__ = ["Calls"]

_KINDS: dict[str, type[Any]] = {CHAT: ChatCompletion, EMBEDDINGS: CreateEmbeddingResponse, "/responses": Response}
_ROUNDS = 3
_BY_CHANCE = 0.2  # of a round: a refusal while others were served
_OUTAGE, _OUTAGE_SECONDS = 20, 900.0  # failures in a row, and since the last answer: nothing is served any more
_UNREACHABLE = 3  # failures before anything was answered, and the endpoint is taken for wrong


def _nowhere(results: list[Result]) -> None:
    """For those who keep what they are given."""


class Calls:
    """Works through calls. Made by any thread, used by that one; the calls themselves run on the loop.

    Args:
        rows: reads replies.
        client: makes the calls.
        loop: where.
        pacer: decides when a call may start.
        concurrency: calls at once.
    """

    def __init__(
        self, rows: Rows, client: AsyncAzureConnector, loop: asyncio.AbstractEventLoop, pacer: Pacer, concurrency: int
    ) -> None:
        self._rows, self._client, self._loop = rows, client, loop
        self.pacer = pacer
        self._concurrency = concurrency
        self._queue: deque[Work] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._stopped = False
        self._answered = self._unreachable = 0
        self._failures, self._answered_at = 0, time.monotonic()
        self._submitted = self._collected = 0
        self._done: deque[list[Result] | BaseException] = deque()
        self._arrived = threading.Event()

    @property
    def pending(self) -> int:
        """Rows that were submitted and whose results were not collected yet."""
        return self._submitted - self._collected

    @property
    def running(self) -> int:
        """Calls that are under way."""
        return len(self._running)

    def submit(self, works: Iterable[Work]) -> None:
        """Adds calls to the end of the queue."""
        made = list(works)
        self._submitted += sum(len(work.rows) for work in made)
        self._loop.call_soon_threadsafe(self._extend, made)

    def collect(self, timeout: float, keep: Callable[[list[Result]], None] = _nowhere) -> list[Result]:
        """The results since the last time; waits for the first one.

        Args:
            timeout: seconds to wait; then the list is empty.
            keep: puts them where they are safe. Only then are they forgotten here: Ctrl-C, which may come between any
                two steps, loses none of them, and at worst some are given again.

        Raises:
            openai.OpenAIError: what every row would meet; after what is done already.
        """
        self._arrived.clear()
        if not self._done:
            self._arrived.wait(timeout)
        found: list[Result] = []
        seen = 0
        for done in self._done.copy():
            if isinstance(done, BaseException):
                if not found:
                    self._done.popleft()
                    raise done
                break
            found.extend(done)
            seen += 1
        keep(found)
        for _ in range(seen):
            self._done.popleft()
        self._collected += len(found)
        return found

    def stop(self) -> None:
        """Starts nothing more; what runs goes on."""
        self._stopped = True

    def close(self) -> None:
        """Ends all calls."""
        self._stopped = True
        if self._loop.is_running():
            asyncio.run_coroutine_threadsafe(self._cancel(), self._loop).result(30)

    async def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        running = set(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    def _extend(self, works: Iterable[Work]) -> None:
        self._queue.extend(works)
        self._pump()

    def _pump(self) -> None:
        """Starts what may start now, and comes back when the next one may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._queue and len(self._running) < self._concurrency and not self._stopped:
            now = time.monotonic()
            wait = self.pacer.next_start(now) - now
            if wait > 0:
                self._timer = self._loop.call_later(wait, self._pump)
                return
            self._start(self._queue.popleft(), now)

    def _start(self, work: Work, now: float) -> None:
        self.pacer.started(now, work.tokens)
        task = self._loop.create_task(self._call(work))
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._stopped = True
            self._deliver(error)
        self._pump()

    def _deliver(self, done: list[Result] | BaseException) -> None:
        self._done.append(done)
        self._arrived.set()

    async def _call(self, work: Work) -> None:
        seen, started = self._answered, time.monotonic()
        try:
            reply: Any = await self._client.post(work.operation, cast_to=_KINDS[work.operation], body=work.body)
        except openai.OpenAIError as error:
            work.attempts += len(getattr(error, "attempts", ()))
            self._judge(work, error, seen, started)
            return
        except (TypeError, ValueError, RecursionError) as error:  # what a user's function returned is no JSON
            told = RowError("bad_messages", f"the request cannot be written as JSON ({type(error).__name__})")
            self._deliver([failed(row, told, work.attempts) for row in work.rows])
            return
        self._note_answer()
        info = azure_info(reply)
        work.attempts += len(info.attempts)
        self.pacer.answered(info.target.key, info.rate_limits, time.monotonic())
        try:
            results = self._rows.read_reply(work, reply)
        except (AttributeError, TypeError, ValueError, LookupError):  # a 200 of another shape than Azure's
            results = [failed(row, NO_ANSWER, work.attempts) for row in work.rows]
        self._deliver(results)

    def _judge(self, work: Work, error: openai.OpenAIError, seen: int, started: float) -> None:
        verdict = verdict_on(error, self._rows.shared)
        now = time.monotonic()
        if verdict.what == "job" or self._nothing_is_there(error) or self._is_outage(verdict, now):
            raise error
        if verdict.what == "refused":
            self.pacer.refused(_last(error, 429), verdict.retry_after, now, started)
            work.rounds += 1.0 if seen == self._answered else _BY_CHANCE
        elif verdict.what == "again":
            self.pacer.failed(now)
            work.rounds += 1.0
        elif isinstance(error, openai.APIStatusError):
            # A refusal of the row is an answer of the service: it tells the quota, and that the pace is not too fast.
            self._note_answer()
            self.pacer.answered(_last(error) or "", RateLimits.read(error.response.headers), now)
        if verdict.what != "row" and work.rounds <= _ROUNDS:
            delay = 0.0 if verdict.what == "refused" else min(8.0, 0.5 * 2.0**work.rounds)
            self._loop.call_later(delay, self._extend, [work])
        elif verdict.what != "again" and len(work.rows) > 1:
            self._queue.extendleft(reversed(work.halves()))
        else:
            self._deliver([failed(row, verdict.error, work.attempts) for row in work.rows])

    def _note_answer(self) -> None:
        self._answered += 1
        self._failures, self._answered_at = 0, time.monotonic()

    def _is_outage(self, verdict: Verdict, now: float) -> bool:
        """Whether the service has been away for so long that the run had better end, and go on another time."""
        self._failures += verdict.what == "again"
        return self._failures >= _OUTAGE and now - self._answered_at >= _OUTAGE_SECONDS

    def _nothing_is_there(self, error: openai.OpenAIError) -> bool:
        """Whether the endpoint never answered: then no row will be served."""
        if not isinstance(error, EndpointUnreachableError) or self._answered:
            return False
        self._unreachable += 1
        return self._unreachable >= _UNREACHABLE


def _last(error: openai.OpenAIError, status: int | None = None) -> str | None:
    """The deployment that was asked last, as the pacer names it.

    Args:
        error: what the connector raised.
        status: of those that answered so.
    """
    for attempt in reversed(getattr(error, "attempts", ())):
        if status in (None, attempt.status):
            return f"{attempt.deployment}@{attempt.resource}"
    return None
