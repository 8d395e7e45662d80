"""The one table from Azure's error replies to what they mean, and the making of their errors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

import openai

from .._utils import printable
from ._classes import (
    AccessTokenError,
    Attempt,
    AzureErrorDetails,
    CapacityError,
    ContentFilteredError,
    ContextWindowExceededError,
    DeploymentNotFoundError,
    IncompleteReplyError,
    KeysDisabledError,
    NetworkBlockedError,
    QuotaExceededError,
    RequestRefusedError,
    ResourceBlockedError,
    ResourceNotFoundError,
    RoleMissingError,
    ServiceUnavailableError,
    StateBoundToResourceError,
    UnexpectedStatusError,
    UnprocessableRequestError,
    UnsupportedParameterError,
    WrongApiVersionError,
)
from ._envelope import ErrorFacts, decoded, filter_categories, parse_envelope
from ._hint_context import HintContext
from ._hints import hint_for

if TYPE_CHECKING:
    import httpx

__all__ = [
    "ErrorFacts",
    "ErrorKind",
    "HintContext",
    "Meaning",
    "classify",
    "connection_error",
    "error_class",
    "error_from_reply",
    "error_message",
    "filter_categories",
    "hint_for",
    "implied_status",
    "parse_envelope",
    "status_error",
]


ErrorKind = Literal[
    "rate_limited",
    "no_capacity",
    "transient",
    "auth",
    "forbidden",
    "not_found_deployment",
    "not_found",
    "too_long",
    "refused",
]
"""What an error reply means for routing; `routing` says more about each."""


class Meaning(NamedTuple):
    """What an error reply means.

    Attributes:
        error: the class that is raised for it.
        kind: what routing makes of it.
        adaptable: whether the same request in another form may be accepted: the refusal may teach something.
    """

    error: type[openai.APIStatusError]
    kind: ErrorKind
    adaptable: bool


class _Row(NamedTuple):
    """One line of the table: it holds where the status fits and one of the other conditions, if there are any."""

    statuses: frozenset[int]
    meaning: Meaning
    codes: frozenset[str] = frozenset()
    message: re.Pattern[str] | None = None
    refused_by_filter: bool = False

    def fits(self, status: int, facts: ErrorFacts, codes: frozenset[str]) -> bool:
        if status not in self.statuses:
            return False
        if not self.codes and self.message is None and not self.refused_by_filter:
            return True
        return (
            not self.codes.isdisjoint(codes)
            or (self.message is not None and self.message.search(facts.message) is not None)
            or (self.refused_by_filter and any(category.filtered for category in facts.categories))
        )


def _row(
    statuses: Sequence[int],
    error: type[openai.APIStatusError],
    codes: str = "",
    message: str | None = None,
    *,
    kind: ErrorKind = "refused",
    adaptable: bool = False,
    refused_by_filter: bool = False,
) -> _Row:
    pattern = re.compile(message, re.IGNORECASE) if message else None
    meaning = Meaning(error, kind, adaptable)
    return _Row(frozenset(statuses), meaning, frozenset(codes.lower().split()), pattern, refused_by_filter)


_REFUSED = (400, 413, 422)

# Most specific first. Messages are looked at only where Azure gives no code of its own: it answers "BadRequest", "404"
# or nothing at all to a wrong api-version, to state of another resource and to a missing role.
_TABLE: tuple[_Row, ...] = (
    _row(
        _REFUSED,
        ContentFilteredError,
        "content_filter contentfilter content_policy_violation ResponsibleAIPolicyViolation moderation_blocked "
        "image_content_policy_violation bio_policy cyber_policy",
        r"flagged as potentially violating|limited access to this content for safety reasons",
        refused_by_filter=True,
    ),
    _row(
        _REFUSED,
        ContextWindowExceededError,
        "context_length_exceeded context_window_exceeded model_max_prompt_tokens_exceeded tokens_limit_reached",
        r"maximum context l(?:ength|imit)|exceed(?:s|ed)? (?:the |this model's )?context (?:window|length|limit)|"
        r"input tokens exceed|(?:prompt|input) is too long|"
        r"longer than the (?:model's|maximum) (?:context|input) length|"
        r"exceeds the (?:model's )?maximum (?:number of (?:input )?tokens|input (?:length|tokens)|context)|"
        r"too many (?:input )?tokens in (?:the )?(?:prompt|input|request)|reduce the length of (?:the|your) "
        r"(?:messages|prompt|input)",
        kind="too_long",
    ),
    _row(
        _REFUSED,
        StateBoundToResourceError,
        "invalid_encrypted_content previous_response_not_found",
        r"different Azure OpenAI resource|encrypted content .{0,80}could not be (?:verified|decrypted)|"
        r"\bcontainer\b.{0,80}\b(?:expired|not found)",
    ),
    _row((400,), IncompleteReplyError, "max_output_tokens"),  # why a response is `incomplete`
    _row((400,), AccessTokenError, message=r"tenant provided in token|token tenant .{0,60}does not match", kind="auth"),
    # The service's own checks of the request's form come with codes that mean a model's rule elsewhere.
    _row(_REFUSED, RequestRefusedError, message=r"^Validation error at #/(?!.*Extra inputs are not permitted)"),
    _row(
        _REFUSED,
        UnsupportedParameterError,
        "unsupported_parameter unsupported_value unknown_parameter invalid_value OperationNotSupported extra_forbidden",
        r"^Unrecognized request argument|does not work with the specified model|Extra inputs are not permitted|"
        r"^Unsupported (?:parameter|value)|^Unknown parameter|\bnot supported (?:with|on|by|for) this model|"
        r"^Argument not supported|(?:does not|doesn't) support .{0,60}\b(?:parameter|argument)\b",
        adaptable=True,
    ),
    _row(
        (400,),
        WrongApiVersionError,
        "InvalidApiVersion InvalidApiVersionParameter UnsupportedApiVersion MissingApiVersionParameter",
        r"\bapi[- ]?version",
        adaptable=True,
    ),
    _row((401,), AccessTokenError, kind="auth"),
    _row(
        (403,),
        KeysDisabledError,
        "AuthenticationTypeDisabled",
        r"key based authentication is (?:disabled|not)",
        kind="forbidden",
    ),
    _row(
        (403,),
        ResourceBlockedError,
        "ResourceBlocked SubscriptionBlocked AccountBlocked SubscriptionDisabled SubscriptionNotActive "
        "ReadOnlyDisabledSubscription SubscriptionSuspended",
        r"\b(?:resource|account|subscription) (?:has been|is|was) (?:temporarily |permanently )?(?:blocked|suspended)|"
        r"violate our content policy|aoaicodeofconduct|suspected abuse|"
        r"subscription .{0,60}\b(?:disabled|not active|inactive|expired|read[- ]only)",
        kind="forbidden",
    ),
    _row((403,), QuotaExceededError, message=r"out of call volume quota", kind="rate_limited"),
    _row(
        (403,),
        RoleMissingError,
        "PermissionDenied AuthorizationFailed",
        r"lacks the required data action|does not have authorization",
        kind="forbidden",
    ),
    _row((403,), NetworkBlockedError, kind="forbidden"),
    _row(
        (404,),
        DeploymentNotFoundError,
        "DeploymentNotFound deployment_not_found model_not_found unknown_model",
        r"API deployment .{0,120}does not exist|"  # videos answer so, without a code, and so does the newer envelope
        r"^The (?:model|deployment) \W?[^\s`']+\W? does not exist",
        kind="not_found_deployment",
    ),
    _row((404,), ResourceNotFoundError, kind="not_found", adaptable=True),
    _row(
        (429,),
        CapacityError,
        "NoCapacity no_capacity insufficient_capacity",
        r"\bno capacity\b",
        kind="no_capacity",
    ),
    _row((429,), QuotaExceededError, kind="rate_limited"),
    _row((408, 409, 421, 425, *range(500, 600)), ServiceUnavailableError, kind="transient"),
    _row((422,), UnprocessableRequestError, adaptable=True),
    _row((400, 413), RequestRefusedError, adaptable=True),
)
_UNKNOWN = Meaning(UnexpectedStatusError, "refused", adaptable=False)

# The status that an error would have had which came with status 200, inside a stream or a body, by its code.
_STATUS_OF_CODE: Mapping[str, int] = {
    **{code: min(row.statuses) for row in reversed(_TABLE) for code in row.codes},
    **dict.fromkeys(("too_many_requests", "insufficient_quota", "tokens", "requests"), 429),
    **dict.fromkeys(("empty_image_file", "failed_to_download_image"), 400),
}
_CALLERS_FAULT = ("invalid_", "image_", "unsupported_")  # as the codes of a failed response begin


def implied_status(facts: ErrorFacts) -> int:
    """The status that an error would have had which came with status 200: named by the body or its code, else 500."""
    if facts.status is not None:
        return facts.status
    for word in (facts.code, facts.inner_code, facts.type):
        code = (word or "").lower()
        if "rate_limit" in code or "quota" in code:
            return 429
        if code in _STATUS_OF_CODE:
            return _STATUS_OF_CODE[code]
        if code.startswith(_CALLERS_FAULT):
            return 400
    return 500


def classify(status: int | None, facts: ErrorFacts) -> Meaning:
    """What an error reply means: the class to raise, what routing makes of it, whether it may teach something.

    Args:
        status: the HTTP status; None for an error that came inside a stream or a reply with status 200.
        facts: what `parse_envelope` read from the body.
    """
    status = implied_status(facts) if status is None else status
    codes = frozenset(code.lower() for code in (facts.code, facts.inner_code, facts.type) if code)
    return next((row.meaning for row in _TABLE if row.fits(status, facts, codes)), _UNKNOWN)


def error_class(status: int | None, facts: ErrorFacts) -> type[openai.APIStatusError]:
    """The class of error for a reply; the arguments are those of `classify`."""
    return classify(status, facts).error


def error_message(message: str, hint: str = "", attempts: Sequence[Attempt] = ()) -> str:
    """The text of an error: the service's own words, what to do, and every attempt on a line of its own."""
    lines = [message.strip()]
    if hint:
        lines.append(hint)
    if attempts:
        lines.append("Tried:")
        lines.extend(f"  {attempt}" for attempt in attempts)
    return printable("\n".join(lines))  # a traceback shows it in a terminal


def status_error(
    cls: type[openai.APIStatusError],
    message: str,
    response: httpx.Response,
    body: object,
    *,
    hint: str = "",
    attempts: Sequence[Attempt] = (),
    request_id: str | None = None,
    facts: ErrorFacts | None = None,
    retry_after: float | None = None,
) -> openai.APIStatusError:
    """Makes an error for a reply, with the SDK's own attributes and ours.

    Args:
        cls: what `error_class` chose.
        message: the service's own words.
        response: the reply.
        body: its decoded body; `{"error": {…}}` is opened, as the SDK does for `exc.body`.
        hint: what to do.
        attempts: what was tried, in order.
        request_id: Azure's id of the request; read from the headers where it is not given.
        facts: fills `code`, `param`, `type` and the filter's categories.
        retry_after: seconds until the soonest target may be asked again.
    """
    if isinstance(body, dict):
        body = cast("dict[str, object]", body).get("error", cast("object", body))
    error = cls(error_message(message, hint, attempts), response=response, body=body)
    if facts is not None:
        # What was read leniently goes first: the SDK leaves Foundry's integer codes as they are.
        error.code, error.param = facts.code or error.code, facts.param or error.param
        error.type = facts.type or error.type
        if isinstance(error, ContentFilteredError):
            error.categories = facts.categories
    if isinstance(error, QuotaExceededError | CapacityError):
        error.retry_after = retry_after
    headers = response.headers
    _describe(error, hint, attempts, request_id or headers.get("apim-request-id") or headers.get("x-request-id"))
    return error


def error_from_reply(
    response: httpx.Response,
    body: object,
    context: HintContext,
    *,
    attempts: Sequence[Attempt] = (),
    facts: ErrorFacts | None = None,
    retry_after: float | None = None,
) -> openai.APIStatusError:
    """Makes the error for a reply from start to end: reads it, chooses the class, finds the hint.

    Args:
        response: the reply.
        body: its decoded body, or its bytes.
        context: what the call looked like, for the hint.
        attempts: what was tried, in order.
        facts: what `parse_envelope` said, where the caller has it already.
        retry_after: seconds until the soonest target may be asked again.
    """
    if isinstance(body, bytes):
        body = decoded(body)
    facts = facts or parse_envelope(response.status_code, body)
    cls = error_class(response.status_code, facts)
    told = facts if facts.status else replace(facts, status=response.status_code)
    hint = hint_for(cls, told, replace(context, gateway=_gateway_of(response, facts)))
    return status_error(
        cls, facts.message, response, body, hint=hint, attempts=attempts, facts=facts, retry_after=retry_after
    )


# What a server of OpenAI's own protocol answers below /openai/v1, where it has nothing of its own. Measured with the
# LiteLLM proxy 1.105: a bare 500, since its route there hands on to openai.com and has no key for that, or what
# openai.com says. FastAPI, on which it and others stand, says "Not Found" of a path that nobody serves.
_HANDED_ON = re.compile(r"pass-through calls to OpenAI|Incorrect API key provided", re.IGNORECASE)


def _gateway_of(response: httpx.Response, facts: ErrorFacts) -> str:
    """The kind of server that a reply shows, where the address lacks its /v1; empty for every other reply."""
    if "/openai/v1/" not in str(response.request.url):
        return ""
    proxy = any(name.lower().startswith("x-litellm-") for name in response.headers)
    bare = response.status_code == 500 and facts.message.strip() == "Internal Server Error"
    if (bare and facts.code is None) or _HANDED_ON.search(facts.message) or (proxy and facts.code == "model_not_found"):
        return "a LiteLLM proxy"
    return "a server of OpenAI's own protocol" if response.status_code == 404 and facts.message == "Not Found" else ""


def connection_error(
    cls: type[openai.APIConnectionError],
    message: str,
    request: httpx.Request,
    *,
    hint: str = "",
    attempts: Sequence[Attempt] = (),
    request_id: str | None = None,
) -> openai.APIConnectionError:
    """Makes an error for a call without a complete reply; raise it `from` the transport's exception.

    Args:
        cls: `EndpointUnreachableError`, `StreamInterruptedError`, `DeadlineExceededError`, or the SDK's own.
        message: what happened.
        request: the request.
        hint: what to do.
        attempts: what was tried, in order.
        request_id: Azure's id of the request, where headers had arrived.
    """
    text = error_message(message, hint, attempts)
    if issubclass(cls, openai.APITimeoutError):  # the SDK's constructor takes no message
        error: openai.APIConnectionError = cls(request=request)
        error.message, error.args = text, (text,)
    else:
        error = cls(message=text, request=request)
    _describe(error, hint, attempts, request_id)
    return error


def _describe(error: Exception, hint: str, attempts: Sequence[Attempt], request_id: str | None) -> None:
    if isinstance(error, AzureErrorDetails):
        error.hint, error.attempts, error.azure_request_id = hint, tuple(attempts), request_id
