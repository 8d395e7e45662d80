"""From the SDK's exception to the package's: what was tried, why it failed and what to do about it."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import Any

import openai

from ..deployments import Plan, Target
from ..errors import (
    Attempt,
    AzureErrorDetails,
    ClientClosedError,
    ContentFilteredError,
    CredentialError,
    DeadlineExceededError,
    EndpointUnreachableError,
    ErrorFacts,
    HintContext,
    IncompleteReplyError,
    PartialReply,
    RedirectRefusedError,
    ReplyTimeoutError,
    ReplyTooLargeError,
    StreamInterruptedError,
    UnreadableReplyError,
    connection_error,
    error_class,
    error_from_reply,
    error_message,
    hint_for,
    implied_status,
    mask_request,
    parse_envelope,
    status_error,
    words_of,
)
from ..replies import NoAnswerError, ReplyReader
from ..requests import Failure as ResponsesFailure
from ..requests import PreparedRequest
from ..routing import AttemptOutcome, GiveUp, failure, outcome_of_error, outcome_of_exception, outcome_of_reply
from ..settings import Resource
from ..transport import Redirect, TooLargeError, http_library, redirect_of
from ._refused_redirect import is_bad_location, refused_redirect

__all__ = ["CallErrors", "closed_error", "synthetic_response", "without_locals"]

_MOST_HOPS = 4  # redirects in a row; once more to the same address may be answered


class CallErrors:
    """The errors of one call.

    Args:
        plan: the call's targets, for hints.
        hint_context: what a call to a target looks like, for hints.
        resources: every resource by name.
    """

    def __init__(
        self, plan: Plan, hint_context: Callable[[Target, Plan], HintContext], resources: Mapping[str, Resource]
    ) -> None:
        self._resources = resources
        self._plan = plan
        self._hint_context = hint_context
        self._visited: list[str] = []  # where the redirects of the present attempt have led so far

    def facts(self, error: openai.APIError) -> ErrorFacts:
        """What the service said."""
        status = error.status_code if isinstance(error, openai.APIStatusError) else None
        return parse_envelope(status, error.body)

    def outcome(self, error: openai.APIError) -> AttemptOutcome:
        """What an exception of an attempt means for routing."""
        if isinstance(error, CredentialError):
            return failure("auth", "CredentialError")
        if isinstance(error.__cause__, TooLargeError):
            return AttemptOutcome("refused", 200, "ReplyTooLarge")
        if isinstance(error, RedirectRefusedError):  # another target may answer; this one is not asked again
            return AttemptOutcome("not_found", error.status_code, "RedirectRefused")
        if isinstance(error, UnreadableReplyError):
            return AttemptOutcome("transient", 200, "UnreadableReply")
        if isinstance(error, StreamInterruptedError) and error.body:
            return replace(outcome_of_error(parse_envelope(None, error.body)), status=200)
        if isinstance(error, StreamInterruptedError):
            return replace(outcome_of_exception(error), status=200)
        if isinstance(error, openai.APIStatusError):
            outcome = outcome_of_reply(error.status_code, error.response.headers, self.facts(error))
            # A redirect that cannot be followed with the same method is no error by its status, but no reply either.
            return replace(outcome, kind="refused") if outcome.kind == "ok" else outcome
        return outcome_of_exception(error)

    def from_attempt(self, failed: Exception, prepared: PreparedRequest, reader: ReplyReader) -> openai.APIError | None:
        """The exception for whatever ended an attempt; None for what is no failure of the service or the network."""
        if isinstance(failed, ClientClosedError):
            return None
        if isinstance(failed, openai.APIStatusError) and (redirect := redirect_of(failed.response)) is not None:
            return self._redirected(failed, redirect, self._resources[prepared.target.resource])
        self._visited.clear()
        if isinstance(failed, openai.APIConnectionError) and is_bad_location(failed.__cause__):
            response = synthetic_response(prepared.options.url, 307, reader.info.raw_headers)
            nowhere = Redirect(None, "an address that is no URL", keeps_method=True)
            return refused_redirect(response, nowhere, self._resources[prepared.target.resource])
        if isinstance(failed, openai.APIError):
            too_large = isinstance(failed.__cause__, TooLargeError)
            return self._too_large(failed.__cause__, prepared, reader) if too_large else failed
        if isinstance(failed, ResponsesFailure):
            return self._from_response(prepared, reader, failed)
        headers = reader.info.raw_headers
        if isinstance(failed, ValueError | RecursionError) and not isinstance(failed, openai.OpenAIError):
            unread = isinstance(failed, NoAnswerError) or (
                not reader.understood and (reader.answered or isinstance(failed, json.JSONDecodeError))
            )
            return self._unreadable(failed, prepared, headers) if unread else None
        if is_transport_error(failed):  # the SDK lets these pass while it reads the body of an error
            request = synthetic_response(prepared.options.url, 200, headers).request
            timed_out = isinstance(failed, TimeoutError) or "Timeout" in type(failed).__name__
            made = (openai.APITimeoutError if timed_out else openai.APIConnectionError)(request=request)
            made.__cause__ = without_locals(failed)
            return made
        return None

    def _redirected(self, failed: openai.APIStatusError, redirect: Redirect, resource: Resource) -> openai.APIError:
        """The exception for a redirect that is not followed; the SDK's own for one that is."""
        self._visited.append(str(failed.request.url))
        circle = self._visited.count(redirect.url or "") > 1 or len(self._visited) > _MOST_HOPS
        refused = refused_redirect(failed.response, redirect, resource, circle=circle)
        if refused is not None:
            self._visited.clear()
        return refused or failed

    def _unreadable(
        self, failed: Exception, prepared: PreparedRequest, headers: Mapping[str, str]
    ) -> UnreadableReplyError:
        """The exception for a reply with status 200 that holds no answer: it says what came instead."""
        context = self._context(prepared.target)
        said = words_of(getattr(failed, "body", None) or getattr(failed, "doc", None))
        page = said.html or "html" in headers.get("content-type", "")
        fault = "the reply is a web page" if page else _fault(failed)
        words = f": {said.message}" if said.message else ""
        facts = replace(said, message=f"{context.where} answered 200, but {fault}{words}", html=page)
        response = synthetic_response(prepared.options.url, 200, headers)
        hint = hint_for(UnreadableReplyError, facts, context)
        made = UnreadableReplyError(response, None, message=error_message(facts.message, hint))
        made.hint, made.azure_request_id = hint, headers.get("apim-request-id")
        made.__cause__ = without_locals(failed)
        return made

    def _too_large(self, failed: Any, prepared: PreparedRequest, reader: ReplyReader) -> ReplyTooLargeError:
        """The exception for a reply that was given up in the middle."""
        context = self._context(prepared.target)
        facts = ErrorFacts(f"{context.where} sent {failed}.")
        response = synthetic_response(prepared.options.url, 200, reader.info.raw_headers)
        hint = hint_for(ReplyTooLargeError, facts, context)
        made = ReplyTooLargeError(response, None, message=error_message(facts.message, hint))
        made.hint, made.__cause__ = hint, failed
        return made

    def is_missing(self, error: openai.APIError) -> bool:
        """Whether the service itself says that what the call names is not there."""
        return isinstance(error, openai.NotFoundError) and self.outcome(error).kind == "not_found"

    def was_sent(self, error: openai.APIError) -> bool:
        """Whether a request left at all; a chain without a credential sends none."""
        return not isinstance(error, CredentialError)

    def _from_response(
        self, prepared: PreparedRequest, reader: ReplyReader, failed: ResponsesFailure
    ) -> openai.APIError:
        """The exception for a reply of the Responses API whose status is `failed`, although HTTP said 200."""
        response = synthetic_response(prepared.options.url, 200, reader.info.raw_headers)
        return self.broken_stream(
            prepared.target, PartialReply(), response, begun=False, error=failed.body or {"message": str(failed)}
        )

    def to_raise(
        self, end: GiveUp, errors: Sequence[Exception], attempts: Sequence[Attempt], *, late: bool = False
    ) -> Exception:
        """The exception that the caller gets.

        Args:
            end: why nothing more is tried.
            errors: each attempt's exception, in order.
            attempts: what routing recorded of them.
            late: the deadline is over.
        """
        tried = tuple(attempts)
        if end.reason == "deadline" or (late and end.outcome.kind == "timeout"):
            return self._too_late(end, self._last_word(end, errors, tried), tried)
        return self._last_word(end, errors, tried)

    def _too_late(self, end: GiveUp, last: Exception, attempts: tuple[Attempt, ...]) -> Exception:
        """The exception for a call that its deadline has ended, in an attempt or before a wait."""
        context = self._context(end.target)
        said = str(last).partition("\n")[0]
        facts = ErrorFacts(f"The deadline left no time for another attempt or wait. The last word was: {said}")
        request = getattr(last, "request", None) or synthetic_response(context.endpoint, 200, {}).request
        hint = hint_for(DeadlineExceededError, facts, context)
        made = connection_error(DeadlineExceededError, facts.message, request, hint=hint, attempts=attempts)
        assert isinstance(made, DeadlineExceededError)
        made.azure_request_id = getattr(last, "azure_request_id", None)
        made.retry_after, made.__cause__ = end.retry_after, without_locals(last)
        return made

    def _last_word(self, end: GiveUp, errors: Sequence[Exception], tried: tuple[Attempt, ...]) -> Exception:
        """The exception for the outcome that tells best why the call has failed."""
        if end.attempt is None:
            return self._nothing_sent(end, tried)
        not_repeated = end.reason == "not_repeatable"
        error = errors[end.attempt]
        cause = without_locals(error)
        if isinstance(error, AzureErrorDetails):  # made here already: streams, credentials, unreadable replies
            error.attempts = tried
            return error
        if isinstance(error, openai.APIStatusError):
            made: Exception = error_from_reply(
                error.response,
                error.body,
                replace(self._context(end.target), not_repeated=not_repeated),
                attempts=tried if len(tried) > 1 else (),
                facts=self.facts(error),
                retry_after=end.retry_after or end.outcome.retry_after,
            )
            made.attempts = tried  # pyright: ignore[reportAttributeAccessIssue]  # every class of the table has it
            return made
        assert isinstance(error, openai.APIError)
        return self._without_reply(error, replace(self._context(end.target), not_repeated=not_repeated), tried, cause)

    def _nothing_sent(self, end: GiveUp, attempts: tuple[Attempt, ...]) -> Exception:
        """Every target is left alone for longer than this call may wait: before its first request, or a changed one."""
        limited = end.outcome.kind in ("rate_limited", "no_capacity")
        status = 429 if limited else 503
        seconds = end.retry_after or 0.0
        headers = {"retry-after-ms": str(int(seconds * 1000)), "retry-after": str(ceil(seconds))}
        context = self._context(end.target)
        message = (
            f"Every deployment for {self._plan.model!r} is being left alone after earlier failures "
            f"({end.outcome.kind}); the soonest is free in {seconds:.1f} s, which is longer than this call may wait. "
            f"{'The request that was changed after the last reply was not sent.' if attempts else 'Nothing was sent.'}"
        )
        code = "NoCapacity" if end.outcome.kind == "no_capacity" else end.outcome.code or str(status)
        body = {"code": code, "message": message}
        response = synthetic_response(context.endpoint, status, headers)
        return error_from_reply(response, body, context, attempts=attempts, retry_after=seconds)

    def _without_reply(
        self, error: openai.APIError, context: HintContext, attempts: tuple[Attempt, ...], cause: BaseException
    ) -> Exception:
        outcome = outcome_of_exception(error)
        timed_out = outcome.kind == "timeout"
        cls = ReplyTimeoutError if timed_out else EndpointUnreachableError
        inner = error.__cause__
        detail = f"{outcome.code}: {inner}" if inner is not None and str(inner) else outcome.code
        if any(isinstance(each, OSError) and each.errno in (errno.EMFILE, errno.ENFILE) for each in _causes(error)):
            detail = "too many open files"
        message = (
            f"No reply from {context.where} in time ({detail})."
            if timed_out
            else f"{context.where} gave no reply: {detail}"
        )
        facts = ErrorFacts(message)
        made = connection_error(cls, message, error.request, hint=hint_for(cls, facts, context), attempts=attempts)
        made.__cause__ = cause
        return made

    def no_reply(self, target: Target, failed: BaseException, request: Any) -> Exception:
        """The exception for a connection that was never there, to a target, by what the network said."""
        timed_out = outcome_of_exception(failed).kind == "timeout"
        made = openai.APITimeoutError(request) if timed_out else openai.APIConnectionError(request=request)
        made.__cause__ = failed
        return self._without_reply(made, self._context(target), (), without_locals(failed))

    def broken_stream(
        self,
        target: Target,
        so_far: PartialReply,
        response: Any,
        *,
        begun: bool,
        cause: Exception | None = None,
        error: Mapping[str, object] | None = None,
    ) -> openai.APIError:
        """The exception for a stream that broke: by its connection (`cause`), or by the service's word (`error`)."""
        context, request_id = self._context(target), response.headers.get("apim-request-id")
        if error is not None:
            facts = parse_envelope(None, dict(error))
            outcome = outcome_of_error(facts, response.headers)
            if outcome.kind == "refused" or not begun:
                made = self._reported(facts, outcome, context, response, dict(error))
                if isinstance(made, IncompleteReplyError | ContentFilteredError):
                    made.partial = so_far
                return made
            message = f"The service broke the stream off: {facts.message}"
        else:
            detail = f": {type(cause).__name__}: {cause}" if cause is not None else " without a finish reason"
            message = f"The stream ended early{detail}"
        made = connection_error(
            StreamInterruptedError, message, response.request, hint=_CUT[begun], request_id=request_id
        )
        assert isinstance(made, StreamInterruptedError)
        made.partial = so_far
        made.body = dict(error) if error is not None else None
        made.__cause__ = without_locals(cause) if cause is not None else None
        return made

    def _reported(
        self, facts: ErrorFacts, outcome: AttemptOutcome, context: HintContext, response: Any, body: dict[str, Any]
    ) -> openai.APIError:
        """The exception for an error that came with status 200 before anything else: of the class of its code."""
        cls = error_class(None, facts)
        made = synthetic_response(str(response.request.url), implied_status(facts), response.headers)
        hint = hint_for(cls, facts, context)
        wait = outcome.retry_after
        return status_error(cls, facts.message, made, body, hint=hint, facts=facts, retry_after=wait)

    def _context(self, target: Target) -> HintContext:
        """What the call looked like, for hints."""
        return self._hint_context(target, self._plan)


# By whether anything had been delivered.
_CUT = {
    True: "A stream that has begun is never repeated behind your back: what arrived is in `.partial` "
    "(text, tool_calls, usage). Ask again to get the whole answer.",
    False: "Nothing had arrived yet, so nothing is lost: ask again. If it happens often, something between you and "
    "the service closes streams early: `azure-connector doctor` shows the way.",
}


def closed_error(client: str, url: str, cause: BaseException | None) -> Exception:
    """The exception for a call whose client was closed before it or meanwhile.

    Args:
        client: the client's class.
        url: where it would have sent the call.
        cause: what the transport said, if it was on its way.
    """
    message = f"This {client} was closed{' while the call waited for its reply' if cause is not None else ''}."
    hint = (
        "Make one client and keep it open as long as the process makes calls. After a `with` block or `close()` it is "
        "gone, and with it the copies that `with_options` made of it."
    )
    made = connection_error(ClientClosedError, message, synthetic_response(url, 200, {}).request, hint=hint)
    made.__cause__ = cause if cause is None else without_locals(cause)
    return made


def is_transport_error(error: BaseException) -> bool:
    """Whether an exception is one of the HTTP libraries', or of the socket below."""
    return isinstance(error, OSError) or any(
        cls.__module__.partition(".")[0] in _HTTP_LIBRARIES for cls in type(error).__mro__
    )


_HTTP_LIBRARIES = frozenset({"httpx", "httpx2", "httpcore", "httpcore2", "aiohttp", "h11"})


def _fault(failed: Exception) -> str:
    if isinstance(failed, NoAnswerError):
        return str(failed)
    why = "it is nested too deeply" if isinstance(failed, RecursionError) else failed
    return f"the body cannot be read as JSON ({why})"


def without_locals(error: BaseException) -> BaseException:
    """The exception and its causes without their tracebacks: the frames of HTTP libraries hold headers in locals."""
    for link in _causes(error):
        link.__traceback__ = None
        mask_request(vars(link).get("request"))
        mask_request(vars(link).get("_request"))  # where the HTTP library keeps it
    return error


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and what led to it, as far as anybody wants to know."""
    link: BaseException | None = error
    for _ in range(10):
        if link is None:
            return
        yield link
        link = link.__cause__ or link.__context__


def synthetic_response(url: str, status: int, headers: Mapping[str, str]) -> Any:
    """A reply that nobody sent, of the HTTP library that this version of the SDK uses (httpx, or httpx2 from 3.0)."""
    library = http_library()
    return library.Response(status, headers=dict(headers), request=library.Request("POST", url))
