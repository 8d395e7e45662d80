"""The way of a call, written once for the sync and the async client, as a generator of effects.

It yields what is to be done (`client/_effects`), is sent the outcome or has the exception thrown in, and returns the
reply or raises. The decisions are other rooms': which deployments (`deployments`), what fits them (`requests`), what
next (`routing`), how a reply is read (`replies`).
"""

from __future__ import annotations

import functools
import logging
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from functools import cached_property
from typing import Any

import openai

from .. import routing
from ..deployments import Plan, Target
from ..errors import AzureErrorDetails, PartialReply
from ..replies import AsyncConnectorStream, AzureInfo, ConnectorStream, ReplyReader, reader_for, watch_unread
from ..requests import Adaptation, CallOptions, PreparedRequest, parse_options, unsendable
from ..routing import AttemptOutcome, outcome_of_reply
from ..transport import redirect_of
from ._call_errors import CallErrors
from ._deletions import deleted_reply
from ._effects import AwaitFirstChunk, Effect, RefreshCredential, RefreshListing, Send, TakeReply, Wait
from ._hint_context import hint_context
from ._plan import plan_call, warn_once, with_model
from ._state import ConnectorState
from ._tracing import annotate_span

__all__ = ["call_flow"]

_log = logging.getLogger("azure_connector.calls")

_GRAIN = 0.02  # seconds by which a timer may go off before the deadline that it was set by

_STREAMS = (ConnectorStream, AsyncConnectorStream)


def call_flow(
    state: ConnectorState,
    client: object,
    cast_to: object,
    options: object,
    *,
    stream: bool,
    stream_cls: object,
    asynchronous: bool,
    plan: Plan | None = None,
) -> Generator[Effect, Any, Any]:
    """The flow of one call. See the module's docstring.

    Args:
        state: the connector.
        client: the SDK client that was called, for its timeout, retries and default headers.
        cast_to, options, stream, stream_cls: as the SDK hands them to `request()`.
        asynchronous: whether streams are for `async for`.
        plan: the targets, where the request itself does not decide them.
    """
    if not state.routing.shares:
        state.routing.share()
    call = parse_options(options, stream=stream)
    if call.model is None:
        call = with_model(call, state)

    def run(plan: Plan, since: float | None = None) -> Generator[Effect, Any, Any]:
        one = _CallRun(
            state, client, call, plan=plan, cast_to=cast_to, stream_cls=stream_cls, asynchronous=asynchronous
        )
        one.listed_since = since
        return one.steps()

    if plan is not None or not (state.resolver.discovery.enabled and call.names_deployment):
        return (yield from run(plan or _plan(state, call)))
    return (yield from _discovering(state, call, run))


class _PlanIsOldError(Exception):
    """A deployment is gone, and a new listing names other ones."""


def _discovering(
    state: ConnectorState, call: CallOptions, run: Callable[[Plan, float | None], Generator[Effect, Any, Any]]
) -> Generator[Effect, Any, Any]:
    """A call whose targets the resources' own listings may decide; what is gone is looked up once more."""
    began = time.monotonic()
    if state.resolver.discovery.wants(call.model):
        yield RefreshListing(began)
    try:
        return (yield from run(_plan(state, call), began))
    except _PlanIsOldError:
        return (yield from run(_plan(state, call), None))


def _plan(state: ConnectorState, call: CallOptions) -> Plan:
    if state.affinity is None and call.model is not None:  # one resource: nothing but the model decides
        plan = state.resolver.resolve(call.model, call.operation)
    else:
        plan = plan_call(call, state.resolver, state.affinity, state.projects)
    if plan.warning:
        warn_once(state, plan)
    return plan


class _CallRun:
    """One call on its way."""

    def __init__(
        self,
        state: ConnectorState,
        client: Any,
        call: CallOptions,
        *,
        plan: Plan,
        cast_to: object,
        stream_cls: object,
        asynchronous: bool,
    ) -> None:
        self._state, self._client, self._call, self._plan = state, client, call, plan
        self._cast_to, self._stream_cls, self._asynchronous = cast_to, stream_cls, asynchronous
        self._errors: list[Exception] = []
        self._challenged: set[str] = set()
        self._taught: dict[str, list[Adaptation]] = {}
        self._unsure: set[Target] = set()  # which may have executed the request, although no good reply came
        self._redirect: tuple[Target, str] | None = None
        self.listed_since: float | None = None
        retries = call.options.get_max_retries(client.max_retries)
        self._route = routing.Route(
            plan,
            state.routing.health,
            state.routing.policy if retries == state.max_retries else state.routing.policy_for(retries),
            time.monotonic(),
            repeatable=call.repeatable,
            operation=call.operation,
            larger=state.resolver.may_be_larger,
        )

    def steps(self) -> Generator[Effect, Any, Any]:
        route = self._route
        step = route.first()
        while True:
            if isinstance(step, routing.SendTo):
                try:
                    reply, outcome = yield from self._attempt(step.target)
                    yield from self._look_up(outcome)
                except BaseException:  # cancelled, or the generator closed: a probe must be given back in any case
                    route.cancelled(step.target, time.monotonic())
                    raise
                if outcome.kind == "ok":
                    self._tell()
                    return reply
                step = route.failed(step.target, outcome, time.monotonic())
                self._tell()
            elif isinstance(step, routing.BackOff):
                yield Wait(step.seconds)
                step = route.resume(time.monotonic())
            else:
                left = route.remaining(time.monotonic())
                late = left is not None and left < _GRAIN
                raise self._call_errors.to_raise(step, self._errors, route.attempts, late=late)

    def _tell(self) -> None:
        """One line for the attempt that has just ended: its target, status and time."""
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("%s: attempt %d: %s", self._call.operation, len(self._route.attempts), self._route.attempts[-1])

    def _look_up(self, outcome: AttemptOutcome) -> Generator[Effect, Any, None]:
        """A deployment that is gone is not asked again where a new listing names other ones.

        Raises:
            _PlanIsOldError: it does.
        """
        since, discovered = self.listed_since, self._plan.rule not in ("mapping", "deployment")
        if since is None or outcome.kind != "not_found_deployment" or not discovered:
            return
        if self._state.resolver.discovery.wants_again(self._call.model, since):
            yield RefreshListing(since)
            if _plan(self._state, self._call).targets != self._plan.targets:
                raise _PlanIsOldError

    def _attempt(self, target: Target) -> Generator[Effect, Any, tuple[Any, AttemptOutcome]]:
        taught = self._taught.get(target.key, ())
        prepared = self._state.builder.build(self._client, self._call, target, timeout=self._timeout(), taught=taught)
        reader = self._reader(prepared)
        try:
            reply = yield self._send(prepared, reader)
            outcome = outcome_of_reply(200, reader.info.raw_headers)
            read = self._read(reader, reply)
            if isinstance(read, _STREAMS):
                yield AwaitFirstChunk(read, self._route.remaining(time.monotonic()))
        except Exception as failed:  # `from_attempt` knows which end an attempt; it lets the others go on
            error = self._call_errors.from_attempt(failed, prepared, reader)
            if error is None:
                self._check_sendable(failed, prepared)
                raise
            self._errors.append(error)
            if self._is_done(prepared, error):
                return (yield from self._done(prepared, reader, error))
            again = isinstance(error, openai.APIStatusError) and (yield from self._can_retry_now(prepared, error))
            outcome = self._call_errors.outcome(error)
            if outcome.maybe_executed:
                self._unsure.add(target)
            return None, replace(outcome, kind="adapt") if again else outcome
        if self._call.raw == "stream":
            watch_unread(reply, reader.failure, lambda failed: self._call_errors.from_attempt(failed, prepared, reader))
        self._finish(target, reader, outcome)
        if self._state.affinity is not None:
            stored = self._call.row.stores is False and bool((self._call.body or {}).get("store"))
            self._state.affinity.note(target.resource, prepared.operation, read, stored=stored)
        return reply, outcome

    def _finish(self, target: Target, reader: ReplyReader, outcome: AttemptOutcome) -> None:
        self._route.succeeded(target, outcome, time.monotonic())
        reader.info.attempts = self._route.attempts
        if "opentelemetry.trace" in sys.modules:
            annotate_span(reader.info, self._state.resources[target.resource].endpoint.base)

    def _is_done(self, prepared: PreparedRequest, error: openai.APIError) -> bool:
        """Whether something is gone since an earlier attempt, whose reply was lost, has deleted it."""
        deletes = prepared.options.method.lower() == "delete" and self._call.row.again == "idempotent"
        return deletes and prepared.target in self._unsure and self._call_errors.is_missing(error)

    def _done(
        self, prepared: PreparedRequest, reader: ReplyReader, error: Any
    ) -> Generator[Effect, Any, tuple[Any, AttemptOutcome]]:
        """The reply to a deletion that an earlier attempt has done, as the service would have given it then."""
        reader.cast_to = self._cast_to
        options = prepared.options.model_copy(update={"post_parser": reader})
        response = deleted_reply(error.response, prepared.operation, self._cast_to)
        reply = yield TakeReply(prepared.target.resource, options, self._cast_to, response)
        outcome = outcome_of_reply(200, {})
        self._finish(prepared.target, reader, outcome)
        _log.info("%s: not found, since an attempt whose reply was lost has deleted it", prepared.operation)
        return reply, outcome

    def _check_sendable(self, failed: Exception, prepared: PreparedRequest) -> None:
        """Whether a request never left because no JSON text can carry what is in it.

        Raises:
            InvalidRequestError: so it is.
        """
        if isinstance(failed, ValueError | RecursionError) and not isinstance(failed, openai.OpenAIError):
            found = unsendable(self._call.body) or unsendable(prepared.body)
            if found is not None:
                raise found from None

    def _reader(self, prepared: PreparedRequest) -> ReplyReader:
        target, parser = prepared.target, prepared.options.post_parser
        return reader_for(
            prepared.reply,
            AzureInfo(target, self._call.model or "", changes=prepared.changes),
            asynchronous=self._asynchronous,
            failure=functools.partial(self._broken_stream, target),
            post_parser=None if isinstance(parser, openai.NotGiven) else parser,
        )

    @cached_property
    def _call_errors(self) -> CallErrors:
        context = functools.partial(hint_context, self._state, call=self._call)
        return CallErrors(self._plan, context, self._state.resources)

    def _broken_stream(self, target: Target, partial: PartialReply, response: Any, **what: Any) -> Exception:
        return self._call_errors.broken_stream(target, partial, response, **what)

    def _read(self, reader: ReplyReader, reply: Any) -> Any:
        """The finished reply: of `with_raw_response` what its `parse()` will give, now that a failure can be answered.

        Raises:
            ValueError: the reply is no JSON.
        """
        if self._call.raw != "true" or not hasattr(reply, "parse"):
            return reply
        try:
            return reply.parse()
        except Exception:  # the caller's `cast_to` and transports raise classes of their own
            if not reader.understood:
                raise
            return None  # the caller's own parser objects: it will again when the caller calls `parse()`

    def _timeout(self) -> Any:
        """The SDK's timeout for the next attempt: never beyond the call's deadline."""
        own = self._call.options.timeout
        timeout = self._client.timeout if isinstance(own, openai.NotGiven) else own
        remaining = self._route.remaining(time.monotonic())
        if remaining is None:
            return timeout
        if timeout is None or isinstance(timeout, int | float):
            return remaining if timeout is None else min(timeout, remaining)
        parts = ("connect", "read", "write", "pool")
        given = {part: getattr(timeout, part) for part in parts}
        return openai.Timeout(**{k: remaining if v is None else min(v, remaining) for k, v in given.items()})

    def _send(self, prepared: PreparedRequest, reader: ReplyReader) -> Send:
        # The reader travels in the slot for what the SDK is to do with a reply that it has parsed.
        options = prepared.options  # made for this attempt
        options.post_parser = reader
        redirect, self._redirect = self._redirect, None
        if redirect is not None and redirect[0] == prepared.target:  # another target has its own address
            # A redirect's address is complete: the query of the first one stands in it where it is still wanted.
            options.url, options.params = redirect[1], {}
        reader.as_json = self._cast_to is object
        reader.cast_to = object if prepared.reply.kind != "native" else self._cast_to
        seconds = self._route.remaining(time.monotonic())
        return Send(prepared.target.resource, options, reader.cast_to, prepared.stream, self._stream_cls, seconds)

    def _can_retry_now(self, prepared: PreparedRequest, error: openai.APIStatusError) -> Generator[Effect, Any, bool]:
        """Whether the same target is asked again at once: elsewhere, with another credential, or another request."""
        if not isinstance(error, AzureErrorDetails) and (redirect := redirect_of(error.response)) is not None:
            assert redirect.url is not None, "`from_attempt` has refused those that must not be followed"
            self._redirect = prepared.target, redirect.url
            return True
        resource, status = prepared.target.resource, error.status_code
        if status in (401, 403) and resource not in self._challenged and self._call_errors.was_sent(error):
            self._challenged.add(resource)
            facts, sent = self._call_errors.facts(error), error.request.extensions.get("azure_auth")
            return bool((yield RefreshCredential(resource, status, facts.code, facts.message, sent)))
        lesson = self._state.builder.adapt_to(prepared, error) if status in (400, 404, 422) else None
        if lesson is not None:
            self._taught.setdefault(prepared.target.key, []).append(lesson)
        return lesson is not None
