"""The way of a call, written once for the sync and the async client, as a generator of effects.

It yields what is to be done (`Send`, `Wait`, `Challenge`), is sent the outcome or has the exception thrown in, and
returns the reply or raises. All decisions are taken by pure modules: which deployments (`deployments`), what fits them
(`preparation`), what next (`routing`), what an error means (`classify`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import openai

from .asked import Asked, read_options
from .deployments import Plan, Target
from .errors import Attempt
from .failures import Failures
from .outcomes import Outcome, outcome_of_exception, outcome_of_reply
from .preparation import Prepared, prepare
from .redirects import redirected
from .routing import GiveUp, Pause, Route, Try

if TYPE_CHECKING:
    from .core import Core

__all__ = ["Challenge", "Effect", "Send", "Wait", "call_flow"]

_log = logging.getLogger("azure_connector")

# A refusal that names a parameter is answered by changing the request; more often than this it is no longer a lesson.
MAX_LESSONS = 3
MAX_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Send:
    """Send these options through the resource's own client; the outcome is the reply."""

    resource: str
    options: Any
    cast_to: Any
    stream: bool
    stream_cls: Any


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Challenge:
    """Tell the auth chain that its credential was refused; the outcome is whether to send again."""

    resource: str
    status: int
    code: str | None
    message: str
    sent: Any


Effect = Send | Wait | Challenge


def call_flow(
    core: Core, client: Any, cast_to: Any, options: Any, *, stream: bool, stream_cls: Any, asynchronous: bool
) -> Generator[Effect, Any, Any]:
    """The flow of one call. See the module's docstring.

    Args:
        core: settings, credentials, health and lessons.
        client: the SDK client that was called, for its timeout, retries and default headers.
        cast_to, options, stream, stream_cls: as the SDK hands them to `request()`.
        asynchronous: whether streams are for `async for`.
    """
    asked = read_options(options, stream=stream)
    plan = core.plan(asked)
    run = _Run(core, client, asked, plan, cast_to, stream_cls, asynchronous)
    return (yield from run.steps())


class _Run:
    """One call on its way: the attempts so far and what they taught."""

    def __init__(
        self, core: Core, client: Any, asked: Asked, plan: Plan, cast_to: Any, stream_cls: Any, asynchronous: bool
    ) -> None:
        self._core, self._client, self._asked, self._plan = core, client, asked, plan
        self._cast_to, self._stream_cls, self._asynchronous = cast_to, stream_cls, asynchronous
        self._attempts: list[Attempt] = []
        self._lessons = 0
        self._waited = 0.0
        self._challenged: set[str] = set()
        self._last: Exception | None = None
        self._failures = Failures(core, plan, asked)

    def steps(self) -> Generator[Effect, Any, Any]:
        core, started = self._core, time.monotonic()
        route = Route(
            self._plan,
            core.health,
            core.policy_for(self._client, self._asked),
            now=started,
            deadline=core.deadline_for(self._asked, started),
            repeatable=self._asked.repeatable,
        )
        step = route.first()
        while True:
            match step:
                case Try(target):
                    try:
                        reply, outcome = yield from self._attempt(target)
                    except BaseException:
                        route.cancelled(target, time.monotonic())
                        raise
                    if outcome.kind == "ok":
                        route.succeeded(target, outcome, time.monotonic())
                        return reply
                    step = route.failed(target, outcome, time.monotonic())
                case Pause(seconds):
                    self._waited = seconds
                    yield Wait(seconds)
                    step = route.resume(time.monotonic())
                case GiveUp(reason):
                    raise self._failures.final(self._last, reason, self._attempts)

    def _attempt(self, target: Target) -> Generator[Effect, Any, tuple[Any, Outcome]]:
        """One target, tried; again at once where a lesson, a new credential or a redirect makes that right."""
        url: str | None = None
        redirects = 0
        while True:
            prepared = prepare(self._core, self._asked, self._plan, target, attempts=tuple(self._attempts))
            sent = time.monotonic()
            try:
                reply = yield self._send(prepared, url)
            except openai.APIStatusError as error:
                self._note(target, sent, error.status_code, error)
                if (location := redirected(error.response)) is not None and redirects < MAX_REDIRECTS:
                    url, redirects = location, redirects + 1
                    continue
                self._last = error
                if not (yield from self._answer(prepared, error)):
                    return None, self._failures.outcome(error)
            except openai.APIConnectionError as error:
                self._note(target, sent, None, error)
                self._last = error
                return None, outcome_of_exception(error)
            else:
                prepared.info.attempts = (*self._attempts, self._made(target, sent, 200, None))
                self._core.note_reply(prepared, reply)
                return reply, outcome_of_reply(200, prepared.info.raw_headers)

    def _send(self, prepared: Prepared, url: str | None) -> Send:
        options = prepared.options if url is None else prepared.options.model_copy(update={"url": url})
        cast_to = prepared.cast_to or self._cast_to
        return Send(prepared.target.resource, options, cast_to, prepared.stream, prepared.stream_cls or self._stream_cls)

    def _answer(self, prepared: Prepared, error: openai.APIStatusError) -> Generator[Effect, Any, bool]:
        """Whether the same target is asked again at once, after a change of credential or of the request."""
        target, facts = prepared.target, self._failures.facts(error)
        if error.status_code in (401, 403) and target.resource not in self._challenged:
            self._challenged.add(target.resource)
            sent = error.request.extensions.get("azure_auth")
            return bool((yield Challenge(target.resource, error.status_code, facts.code, facts.message, sent)))
        if error.status_code in (400, 404, 422) and self._lessons < MAX_LESSONS:
            if self._core.learn(prepared, error):
                self._lessons += 1
                return True
        return False

    def _note(self, target: Target, sent: float, status: int | None, error: openai.APIError) -> None:
        code = error.code or (type(error.__cause__ or error).__name__ if status is None else None)
        self._attempts.append(self._made(target, sent, status, code))

    def _made(self, target: Target, sent: float, status: int | None, code: str | None) -> Attempt:
        waited, self._waited = self._waited, 0.0
        return Attempt(target.resource, target.deployment, status, code, waited, time.monotonic() - sent)
