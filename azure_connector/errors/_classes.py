"""Every error of this package, under the OpenAI SDK's own classes: `except openai.RateLimitError` still works.

    openai.OpenAIError
    ├── ConfigurationError (ValueError)          a setting is missing, contradicts another or cannot be read
    ├── InvalidRequestError (ValueError)         a request that no deployment could serve; nothing was sent
    └── openai.APIError
        ├── UnreadableReplyError                 a 200 whose body is cut off, garbled or a web page
        ├── ReplyTooLargeError                   a JSON reply of more than 256 MB
        ├── openai.APIConnectionError
        │   ├── EndpointUnreachableError         DNS, TCP or TLS failed; no reply at all
        │   ├── StreamInterruptedError           a reply that had begun was cut off; carries what arrived
        │   ├── ClientClosedError (RuntimeError) the client was closed before or during the call
        │   └── openai.APITimeoutError
        │       ├── ReplyTimeoutError            no reply, or not all of it, within `timeout`
        │       └── DeadlineExceededError        the whole call's `deadline` ran out
        └── openai.APIStatusError
            ├── ServiceUnavailableError          5xx, 408, 409 after every permitted attempt (an InternalServerError)
            ├── openai.BadRequestError
            │   ├── ContentFilteredError         the content filter refused the prompt (or the answer)
            │   ├── ContextWindowExceededError   too many tokens for the model
            │   ├── IncompleteReplyError         `responses.parse()` on an answer that the limit of tokens cut off
            │   ├── UnsupportedParameterError    the model refuses a parameter, a value or the whole API
            │   ├── WrongApiVersionError         api-version missing, unknown or not allowed
            │   ├── StateBoundToResourceError    a response, file or reasoning item that lives on another resource
            │   └── RequestRefusedError          400 for another reason
            ├── openai.AuthenticationError
            │   ├── CredentialError              no method of the auth chain gave a credential; nothing was sent
            │   └── AccessTokenError             401: wrong key, expired token, wrong audience, missing role
            ├── openai.PermissionDeniedError
            │   ├── RoleMissingError             the identity is known, but lacks a role on the resource
            │   ├── KeysDisabledError            key authentication is switched off by policy
            │   ├── ResourceBlockedError         Azure has blocked the resource, e.g. for suspected abuse
            │   └── NetworkBlockedError          firewall, private endpoint or a policy
            ├── openai.NotFoundError
            │   ├── DeploymentNotFoundError      the resource has no such deployment
            │   └── ResourceNotFoundError        the path or the api-version is wrong
            ├── openai.UnprocessableEntityError
            │   └── UnprocessableRequestError    422 for a reason that no other class names
            ├── openai.RateLimitError
            │   ├── QuotaExceededError           requests or tokens per minute are used up
            │   └── CapacityError                Azure itself has no capacity for the model now
            └── UnexpectedStatusError            a status that this package knows nothing about
                └── RedirectRefusedError         a redirect to a host that is not the resource's

Each carries `hint` (what to do), `attempts` (what was tried, in order) and `azure_request_id`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import openai

from .._utils import printable
from ._carried import carried_state, mask_request, restore

__all__ = [
    "AccessTokenError",
    "Attempt",
    "AzureErrorDetails",
    "CapacityError",
    "ClientClosedError",
    "ConfigurationError",
    "ContentFilteredError",
    "ContextWindowExceededError",
    "CredentialError",
    "DeadlineExceededError",
    "DeploymentNotFoundError",
    "EndpointUnreachableError",
    "IncompleteReplyError",
    "InvalidRequestError",
    "KeysDisabledError",
    "NetworkBlockedError",
    "NoCredentialError",
    "QuotaExceededError",
    "RedirectRefusedError",
    "ReplyTimeoutError",
    "ReplyTooLargeError",
    "RequestRefusedError",
    "ResourceBlockedError",
    "ResourceNotFoundError",
    "RoleMissingError",
    "ServiceUnavailableError",
    "StateBoundToResourceError",
    "StreamInterruptedError",
    "UnexpectedStatusError",
    "UnprocessableRequestError",
    "UnreadableReplyError",
    "UnsupportedParameterError",
    "WrongApiVersionError",
]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that was sent, or one that could not be.

    Attributes:
        resource: the name of the resource in the settings (`default` unless several are configured).
        deployment: the deployment's name, empty where the operation has none.
        status: the HTTP status, or None where no reply came.
        code: Azure's own error code, or the name of the exception where there was no reply.
        waited: seconds waited before this attempt.
        elapsed: seconds from sending to the outcome.
    """

    resource: str
    deployment: str
    status: int | None = None
    code: str | None = None
    waited: float = 0.0
    elapsed: float = 0.0

    def __str__(self) -> str:
        # Azure's code of a used-up quota is the status again.
        told = dict.fromkeys(str(part) for part in (self.status, self.code) if part is not None)
        outcome = " ".join(told) or "no reply"
        waited = f", after waiting {self.waited:.1f} s" if self.waited >= 0.05 else ""
        return f"{self.deployment or '-'}@{self.resource}: {outcome} in {self.elapsed:.2f} s{waited}"


class AzureErrorDetails(Exception):
    """What every error of this package carries beside the SDK's own attributes."""

    hint: str = ""
    attempts: tuple[Attempt, ...] = ()
    azure_request_id: str | None = None

    def __setattr__(self, name: str, value: object) -> None:
        # The SDK's constructors set these; from here on nobody needs the credentials in them.
        if name == "request":
            mask_request(value)
        elif name == "response":
            mask_request(getattr(value, "_request", None))
        super().__setattr__(name, value)

    def __reduce__(self) -> Any:
        return restore, (type(self), self.args, carried_state(self))

    def _repr_html_(self) -> str:
        """A table for notebooks."""
        from .._utils import error_html

        attempts = map(str, self.attempts)
        return error_html(type(self).__name__, str(self), self.hint, attempts, self.azure_request_id)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows where nobody catches it."""
        from .._utils import traceback_lines

        return traceback_lines(self)


class ConfigurationError(AzureErrorDetails, openai.OpenAIError, ValueError):
    """A setting is missing, contradicts another one, or cannot be read. Nothing was sent."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(printable(f"{message}\n{hint}" if hint else message))
        self.hint = hint


class NoCredentialError(ConfigurationError):
    """A call names an endpoint that no setting knows, and brings no credential for it."""


class InvalidRequestError(AzureErrorDetails, openai.OpenAIError, ValueError):
    """The request breaks a rule that holds for every deployment. Nothing was sent.

    Attributes:
        param: where the fault is, e.g. `tools[2].function.name`.
    """

    def __init__(self, message: str, *, param: str | None = None, hint: str = "") -> None:
        super().__init__(printable(f"{message}\n{hint}" if hint else message))
        self.param = param
        self.hint = hint


class EndpointUnreachableError(AzureErrorDetails, openai.APIConnectionError):
    """The endpoint gave no reply: DNS, TCP, TLS, or a connection closed before the reply began."""


class ClientClosedError(AzureErrorDetails, openai.APIConnectionError, RuntimeError):
    """The client was closed before the call, or while it waited for its reply."""


class ReplyTimeoutError(AzureErrorDetails, openai.APITimeoutError):
    """No reply, or not all of it, within `timeout`, on every permitted attempt."""


class DeadlineExceededError(AzureErrorDetails, openai.APITimeoutError):
    """The whole call's `deadline` ran out, in an attempt or before a wait that would have been longer.

    Attributes:
        retry_after: seconds until the soonest target may be asked again, where that is known.
    """

    retry_after: float | None = None


class ReplyTooLargeError(AzureErrorDetails, openai.APIResponseValidationError):
    """A JSON reply is larger than any answer can be."""


@dataclass(frozen=True, slots=True)
class PartialReply:
    """What had arrived of a stream when it broke.

    Attributes:
        text: the text so far.
        tool_calls: tool calls so far, in Chat Completions' shape; the last one's arguments may be cut off.
        usage: token counts, where the service had already reported them.
        response_id: the id of a response of the Responses API, where it was known.
        sequence_number: the number of the last event that arrived: a background response is resumed after it, with
            `client.responses.retrieve(response_id, stream=True, starting_after=sequence_number)`.
    """

    text: str = ""
    tool_calls: Sequence[Mapping[str, Any]] = ()
    usage: Mapping[str, Any] | None = None
    response_id: str | None = None
    sequence_number: int | None = None


class StreamInterruptedError(AzureErrorDetails, openai.APIConnectionError):
    """A stream was cut off; one that had begun is never repeated behind the caller's back.

    Attributes:
        partial: what had arrived.
    """

    partial: PartialReply = PartialReply()


class UnreadableReplyError(AzureErrorDetails, openai.APIResponseValidationError):
    """The service, or something in front of it, answered 200 with a body that is cut off, garbled or a web page."""


class ServiceUnavailableError(AzureErrorDetails, openai.InternalServerError):
    """Every permitted attempt met a transient failure (408, 409, 5xx)."""


@dataclass(frozen=True, slots=True)
class FilterCategory:
    """One verdict of the content filter.

    Attributes:
        name: Azure's category, e.g. `hate`, `jailbreak`, `custom_blocklists`, or one not known yet.
        filtered: whether this category refused the content.
        severity: `safe`, `low`, `medium`, `high`, another word, or None for categories that only detect.
        detected: for categories that detect (jailbreak, protected material); None for graded ones.
        details: whatever else Azure sent for the category.
    """

    name: str
    filtered: bool
    severity: str | None = None
    detected: bool | None = None
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


class ContentFilteredError(AzureErrorDetails, openai.BadRequestError):
    """The content filter refused the prompt, or stopped the answer.

    Attributes:
        categories: every category that Azure reported, refused or not.
        partial: what had arrived, where it was the answer that the filter stopped.
    """

    categories: tuple[FilterCategory, ...] = ()
    partial: PartialReply = PartialReply()

    @property
    def content_filter_result(self) -> dict[str, dict[str, object]]:
        """Every category by its name, as Azure writes them."""
        found: dict[str, dict[str, object]] = {}
        for one in self.categories:
            told = {"filtered": one.filtered, "severity": one.severity, "detected": one.detected}
            found[one.name] = {**{name: value for name, value in told.items() if value is not None}, **one.details}
        return found


class ContextWindowExceededError(AzureErrorDetails, openai.BadRequestError):
    """The request holds more tokens than the model accepts."""


class IncompleteReplyError(AzureErrorDetails, openai.BadRequestError):
    """The answer was cut off, so that `responses.parse()` has nothing to read; it came with status 200, and is billed.

    Attributes:
        partial: what came of it.
    """

    partial: PartialReply = PartialReply()


class UnsupportedParameterError(AzureErrorDetails, openai.BadRequestError):
    """The model refuses a parameter, a value, or the API that was used (`param` names it)."""


class WrongApiVersionError(AzureErrorDetails, openai.BadRequestError):
    """The api-version is missing, unknown, or not allowed with the URL form in use."""


class StateBoundToResourceError(AzureErrorDetails, openai.BadRequestError):
    """A stored response, file, container or encrypted reasoning item belongs to another resource, or has expired."""


class CredentialError(AzureErrorDetails, openai.AuthenticationError):
    """No configured method of the auth chain gave a credential. Nothing was sent to the endpoint."""


class AccessTokenError(AzureErrorDetails, openai.AuthenticationError):
    """401: the key is wrong, or the token is expired, for another audience, or lacks a role."""


class KeysDisabledError(AzureErrorDetails, openai.PermissionDeniedError):
    """403 `AuthenticationTypeDisabled`: the resource takes Entra ID tokens only."""


class NetworkBlockedError(AzureErrorDetails, openai.PermissionDeniedError):
    """403 from network rules, a private endpoint or a policy."""


class ResourceBlockedError(AzureErrorDetails, openai.PermissionDeniedError):
    """403: Azure itself has blocked the resource or its subscription, e.g. for suspected abuse."""


class DeploymentNotFoundError(AzureErrorDetails, openai.NotFoundError):
    """404 `DeploymentNotFound`: no deployment of that name on the resource."""


class ResourceNotFoundError(AzureErrorDetails, openai.NotFoundError):
    """404 for another reason: a wrong path, URL form or api-version, or an id that does not exist."""


class QuotaExceededError(AzureErrorDetails, openai.RateLimitError):
    """429: the deployment's requests or tokens per minute are used up, on every permitted target.

    Attributes:
        retry_after: seconds until the soonest target may be asked again, where Azure said so.
    """

    retry_after: float | None = None


class CapacityError(AzureErrorDetails, openai.RateLimitError):
    """429 `NoCapacity`: Azure itself has no capacity for the model at the moment."""

    retry_after: float | None = None


class RequestRefusedError(AzureErrorDetails, openai.BadRequestError):
    """400, or 413 for a body that is too large: a reason that no other class names."""


class UnprocessableRequestError(AzureErrorDetails, openai.UnprocessableEntityError):
    """422 for a reason that no other class names."""


class RoleMissingError(AzureErrorDetails, openai.PermissionDeniedError):
    """403: the identity is known, but lacks a role on the resource."""


class UnexpectedStatusError(AzureErrorDetails, openai.APIStatusError):
    """A status that this package knows nothing about."""


class RedirectRefusedError(UnexpectedStatusError):
    """The endpoint redirects to a host that may have neither the request nor the credential."""
