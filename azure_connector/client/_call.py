"""The way of a call, written once for the sync and the async client, as a generator of effects.

It yields what is to be done (`effects`), is sent the outcome or has the exception thrown in, and returns the reply or
raises. The decisions are other modules': which deployments (`deployments`), what fits them (`preparation`), what next
(`routing`), what an error means (`failures`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openai

from ..deployments._table import Plan, Target
from ..errors._classes import AzureErrorDetails
from ..replies._stream import AsyncHeldStream, HeldStream
from ..requests._build import Prepared, prepare
from ..requests._call_options import Asked, read_options
from ..routing import _route as routing
from ..routing._outcomes import AttemptOutcome, outcome_of_reply
from ..transport._redirects import redirect_of
from ._call_errors import Failures
from ._effects import Challenge, Discover, Effect, Prime, Send, Wait
from ._plan import plan_call
from ._tracing import annotate_span

if TYPE_CHECKING:
    from ._state import Core

__all__ = ["call_flow"]

_STREAMS = (HeldStream, AsyncHeldStream)


def call_flow(
    core: Core,
    client: Any,
    cast_to: Any,
    options: Any,
    *,
    stream: bool,
    stream_cls: Any,
    asynchronous: bool,
    plan: Plan | None = None,
) -> Generator[Effect, Any, Any]:
    """The flow of one call. See the module's docstring.

    Args:
        core: settings, credentials, health and lessons.
        client: the SDK client that was called, for its timeout, retries and default headers.
        cast_to, options, stream, stream_cls: as the SDK hands them to `request()`.
        asynchronous: whether streams are for `async for`.
        plan: the targets, where the request itself does not decide them.
    """
    asked = read_options(options, stream=stream)

    def run(plan: Plan, since: float | None = None) -> Generator[Effect, Any, Any]:
        way = _Run(core, client, asked, plan=plan, cast_to=cast_to, stream_cls=stream_cls, asynchronous=asynchronous)
        way.listed_since = since
        return way.steps()

    if plan is not None or not (core.discovery.enabled and asked.names_deployment):
        return (yield from run(plan or plan_call(core, asked)))
    return (yield from _discovering(core, asked, run))


class _ListingIsOldError(Exception):
    """A deployment is gone, and the listing that named it may be older than that."""


def _discovering(
    core: Core, asked: Asked, run: Callable[[Plan, float | None], Generator[Effect, Any, Any]]
) -> Generator[Effect, Any, Any]:
    """A call whose targets the resources' own listings may decide; a deployment that is gone is looked up once more."""
    began = time.monotonic()
    if core.discovery.wants(asked.model):
        yield Discover(began)
    try:
        return (yield from run(plan_call(core, asked), began))
    except _ListingIsOldError:
        yield Discover(began)
    return (yield from run(plan_call(core, asked), None))


class _Run:
    """One call on its way."""

    def __init__(
        self,
        core: Core,
        client: Any,
        asked: Asked,
        *,
        plan: Plan,
        cast_to: Any,
        stream_cls: Any,
        asynchronous: bool,
    ) -> None:
        self._core, self._client, self._asked, self._plan = core, client, asked, plan
        self._cast_to, self._stream_cls, self._asynchronous = cast_to, stream_cls, asynchronous
        self._failures = Failures(core, plan)
        self._errors: list[Exception] = []
        self._challenged: set[str] = set()
        self._url: str | None = None
        self.listed_since: float | None = None
        self._route = routing.Route(
            plan,
            core.health,
            core.policy(client, asked),
            time.monotonic(),
            repeatable=asked.repeatable,
        )

    def steps(self) -> Generator[Effect, Any, Any]:
        route = self._route
        step = route.first()
        while True:
            if isinstance(step, routing.SendTo):
                try:
                    reply, outcome = yield from self._attempt(step.target)
                    self._check_listing(outcome)
                except BaseException:  # cancelled, or the generator closed: a probe must be given back in any case
                    route.cancelled(step.target, time.monotonic())
                    raise
                if outcome.kind == "ok":
                    return reply
                step = route.failed(step.target, outcome, time.monotonic())
            elif isinstance(step, routing.BackOff):
                yield Wait(step.seconds)
                step = route.resume(time.monotonic())
            else:
                raise self._failures.final(step, self._errors, route.attempts)

    def _check_listing(self, outcome: AttemptOutcome) -> None:
        """A deployment that is gone is not asked again while a new listing may name another one."""
        since, discovered = self.listed_since, self._plan.rule not in ("mapping", "deployment")
        if since is None or outcome.kind != "not_found_deployment" or not discovered:
            return
        if self._core.discovery.predates(since):
            raise _ListingIsOldError

    def _attempt(self, target: Target) -> Generator[Effect, Any, tuple[Any, AttemptOutcome]]:
        prepared = prepare(
            self._core,
            self._client,
            self._asked,
            target,
            asynchronous=self._asynchronous,
            failure=self._failures.of_stream(target),
            timeout=self._timeout(),
        )
        try:
            reply = yield self._send(prepared)
            outcome = outcome_of_reply(200, prepared.info.raw_headers)
            read = self._read(prepared, reply)
            if isinstance(read, _STREAMS):
                yield Prime(read, self._route.remaining(time.monotonic()))
        except Exception as failed:  # `of_attempt` knows which end an attempt; it lets the others go on
            error = self._failures.of_attempt(failed, prepared)
            if error is None:
                raise
            self._errors.append(error)
            again = isinstance(error, openai.APIStatusError) and (yield from self._answer(prepared, error))
            outcome = self._failures.outcome(error)
            return None, replace(outcome, kind="adapt") if again else outcome
        self._route.succeeded(target, outcome, time.monotonic())
        prepared.info.attempts = self._route.attempts
        annotate_span(prepared.info, self._core.resource(target.resource).endpoint.base)
        self._core.note_reply(prepared, read)
        return reply, outcome

    def _read(self, prepared: Prepared, reply: Any) -> Any:
        """The finished reply: of `with_raw_response` what its `parse()` will give, now that a failure can be answered.

        Raises:
            ValueError: the reply is no JSON.
        """
        read = reply
        if self._asked.raw == "true" and hasattr(reply, "parse"):
            try:
                read = reply.parse()
            except Exception:  # the caller's `cast_to` and transports raise classes of their own
                if not prepared.call.understood:
                    raise
                return None  # the caller's own parser objects: it will again when the caller calls `parse()`
        return read

    def _timeout(self) -> Any:
        """The SDK's timeout for the next attempt: never beyond the call's deadline."""
        own = self._asked.options.timeout
        timeout = self._client.timeout if isinstance(own, openai.NotGiven) else own
        remaining = self._route.remaining(time.monotonic())
        if remaining is None:
            return timeout
        if timeout is None or isinstance(timeout, int | float):
            return remaining if timeout is None else min(timeout, remaining)
        parts = ("connect", "read", "write", "pool")
        given = {part: getattr(timeout, part) for part in parts}
        return openai.Timeout(**{k: remaining if v is None else min(v, remaining) for k, v in given.items()})

    def _send(self, prepared: Prepared) -> Send:
        options = prepared.options
        if self._url is not None:
            # A redirect's address is complete: the query of the first one stands in it where it is still wanted.
            options, self._url = options.model_copy(update={"url": self._url, "params": {}}), None
        cast_to = prepared.cast_to or self._cast_to
        prepared.call.cast_to, prepared.call.as_json = cast_to, self._cast_to is object
        seconds = self._route.remaining(time.monotonic())
        return Send(prepared.target.resource, options, cast_to, prepared.stream, self._stream_cls, seconds)

    def _answer(self, prepared: Prepared, error: openai.APIStatusError) -> Generator[Effect, Any, bool]:
        """Whether the same target is asked again at once: elsewhere, with another credential, or another request."""
        if not isinstance(error, AzureErrorDetails) and (redirect := redirect_of(error.response)) is not None:
            self._url = redirect.url  # `of_attempt` has refused those that must not be followed
            return True
        resource, status = prepared.target.resource, error.status_code
        if status in (401, 403) and resource not in self._challenged and self._failures.was_sent(error):
            self._challenged.add(resource)
            facts, sent = self._failures.facts(error), error.request.extensions.get("azure_auth")
            return bool((yield Challenge(resource, status, facts.code, facts.message, sent)))
        return status in (400, 404, 422) and self._core.learn(prepared, status, error)
