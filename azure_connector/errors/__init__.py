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

from .._utils import import_part as import_part
from .._utils import install_hint as install_hint
from ._access_hints import expired_hint as expired_hint
from ._access_hints import is_inactive as is_inactive
from ._access_hints import scope_hint as scope_hint
from ._address_hints import placeholder_hint as placeholder_hint
from ._address_hints import scheme_hint as scheme_hint
from ._carried import MASK as MASK
from ._carried import is_plain_header as is_plain_header
from ._carried import mask_request as mask_request
from ._classes import (
    AccessTokenError,
    Attempt,
    AzureErrorDetails,
    CapacityError,
    ClientClosedError,
    ConfigurationError,
    ContentFilteredError,
    ContextWindowExceededError,
    CredentialError,
    DeadlineExceededError,
    DeploymentNotFoundError,
    EndpointUnreachableError,
    FilterCategory,
    IncompleteReplyError,
    InvalidRequestError,
    KeysDisabledError,
    NetworkBlockedError,
    PartialReply,
    QuotaExceededError,
    RedirectRefusedError,
    ReplyTimeoutError,
    ReplyTooLargeError,
    RequestRefusedError,
    ResourceBlockedError,
    ResourceNotFoundError,
    RoleMissingError,
    ServiceUnavailableError,
    StateBoundToResourceError,
    StreamInterruptedError,
    UnexpectedStatusError,
    UnprocessableRequestError,
    UnreadableReplyError,
    UnsupportedParameterError,
    WrongApiVersionError,
)
from ._classes import NoCredentialError as NoCredentialError
from ._classify import ErrorKind as ErrorKind
from ._classify import classify as classify
from ._classify import connection_error as connection_error
from ._classify import error_class as error_class
from ._classify import error_from_reply as error_from_reply
from ._classify import error_message as error_message
from ._classify import hint_for as hint_for
from ._classify import implied_status as implied_status
from ._classify import status_error as status_error
from ._commands import ENDPOINTS as ENDPOINTS
from ._commands import TENANTS as TENANTS
from ._commands import ask_for as ask_for
from ._envelope import ErrorFacts as ErrorFacts
from ._envelope import parse_envelope as parse_envelope
from ._envelope import reported_error as reported_error
from ._envelope import words_of as words_of
from ._hint_context import HintContext as HintContext
from ._proxy_hints import around as around
from ._proxy_hints import proxy_remedy as proxy_remedy
from ._reply_hints import says_retired as says_retired
from ._reply_hints import wants_subscription_key as wants_subscription_key
from ._tls_hints import company_authority as company_authority
from ._token_claims import claims_of as claims_of

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
    "FilterCategory",
    "IncompleteReplyError",
    "InvalidRequestError",
    "KeysDisabledError",
    "NetworkBlockedError",
    "PartialReply",
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
