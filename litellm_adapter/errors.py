"""The connector's errors as LiteLLM's own: told apart by class and status, never by words in a message.

LiteLLM's table for its own Azure provider goes by substrings, which a hint could contain by chance; the classes that it
arrives at are the same here. What differs is listed in docs/litellm.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, NoReturn

import httpx
import openai
from litellm import exceptions

from azure_connector import ConfigurationError, ContentFilteredError, ContextWindowExceededError

__all__ = ["NoCredentialError", "raise_translated", "translated"]


_BODY_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class NoCredentialError(ConfigurationError):
    """A call names an endpoint that no setting knows, and brings no credential for it."""


@contextmanager
def translated(provider: str, model: str) -> Iterator[None]:
    """Raises LiteLLM's exception for the connector's or the SDK's. Cancellation passes untouched.

    Args:
        provider: the prefix, for `llm_provider`.
        model: the model as the call names it.
    """
    try:
        yield
    except openai.OpenAIError as error:
        raise_translated(error, provider, model)


def raise_translated(error: openai.OpenAIError, provider: str, model: str) -> NoReturn:
    """Raises what a LiteLLM program expects; LiteLLM's own exceptions stay themselves. Args as `translated`."""
    if isinstance(error, tuple(exceptions.LITELLM_EXCEPTION_TYPES)):
        raise error
    raise to_litellm(error, provider, model) from error


def to_litellm(error: openai.OpenAIError, provider: str, model: str) -> Exception:
    """The exception that a LiteLLM program expects."""
    made = _make(error, {"model": model, "llm_provider": provider})
    response = getattr(error, "response", None)
    # Where LiteLLM's retries and its Proxy look for `retry-after` and the quota.
    made.litellm_response_headers = getattr(response, "headers", None)  # pyright: ignore[reportAttributeAccessIssue]  # LiteLLM sets it the same way
    return made


def _response(error: openai.APIStatusError | openai.APIResponseValidationError) -> httpx.Response:
    """The reply as LiteLLM wants it: under openai 3 it is another library's."""
    given: Any = error.response
    if isinstance(given, httpx.Response):
        return given
    headers = {name: value for name, value in given.headers.items() if name.lower() not in _BODY_HEADERS}
    request = httpx.Request(given.request.method, str(given.request.url))
    return httpx.Response(given.status_code, headers=headers, content=given.content, request=request)


def _make(error: openai.OpenAIError, named: dict[str, Any]) -> Exception:
    text = str(error)
    if isinstance(error, NoCredentialError):
        return exceptions.AuthenticationError(message=text, **named)
    if isinstance(error, ContentFilteredError):
        return _content_policy(error, {**named, "message": text, "response": _response(error)})
    if isinstance(error, ContextWindowExceededError):
        return exceptions.ContextWindowExceededError(message=text, response=_response(error), **named)
    if isinstance(error, openai.APIResponseValidationError):  # a 200 that cannot be read: the next one may be
        return exceptions.InternalServerError(message=text, response=_response(error), **named)
    if isinstance(error, openai.APIStatusError):
        make = _BY_STATUS.get(error.status_code, _server_error if error.status_code >= 500 else _other)
        return make(error, {**named, "message": text})
    if isinstance(error, openai.APITimeoutError):
        return exceptions.Timeout(message=text, **named)
    if isinstance(error, openai.APIConnectionError):
        return exceptions.APIConnectionError(message=text, request=error.request, **named)
    # ConfigurationError, InvalidRequestError and what else needs no reply: nothing was sent.
    return exceptions.BadRequestError(message=text, **named)


def _content_policy(error: ContentFilteredError, told: dict[str, Any]) -> Exception:
    body = error.body if isinstance(error.body, dict) else {}
    verdicts = {
        category.name: {
            "filtered": category.filtered,
            **({} if category.severity is None else {"severity": category.severity}),
            **({} if category.detected is None else {"detected": category.detected}),
            **category.details,
        }
        for category in error.categories
    }
    inner = body.get("innererror") or body.get("inner_error") or {"content_filter_result": verdicts}
    # The first three as LiteLLM's own Azure provider has them; the last holds every category in one place.
    fields = {"innererror": inner, "inner_error": inner, "azure_error": body, "content_filter_result": verdicts}
    return exceptions.ContentPolicyViolationError(provider_specific_fields=fields, body=body or None, **told)


def _of(cls: Callable[..., Exception]) -> Callable[[openai.APIStatusError, dict[str, Any]], Exception]:
    return lambda error, told: cls(response=_response(error), **told)


def _bad_request(error: openai.APIStatusError, told: dict[str, Any]) -> Exception:
    body = error.body if isinstance(error.body, dict) else None
    return exceptions.BadRequestError(response=_response(error), body=body, **told)


def _timeout(error: openai.APIStatusError, told: dict[str, Any]) -> Exception:
    return exceptions.Timeout(headers=dict(error.response.headers), exception_status_code=error.status_code, **told)


def _server_error(error: openai.APIStatusError, told: dict[str, Any]) -> Exception:
    made = exceptions.InternalServerError(response=_response(error), **told)
    made.status_code = error.status_code  # pyright: ignore[reportAttributeAccessIssue]  # the class says 500 for all
    return made


def _other(error: openai.APIStatusError, told: dict[str, Any]) -> Exception:
    return exceptions.APIError(status_code=error.status_code, request=error.request, body=error.body, **told)


_BY_STATUS: Mapping[int, Callable[[openai.APIStatusError, dict[str, Any]], Exception]] = MappingProxyType(
    {
        400: _bad_request,
        401: _of(exceptions.AuthenticationError),
        403: _of(exceptions.PermissionDeniedError),
        404: _of(exceptions.NotFoundError),
        408: _timeout,
        413: _bad_request,
        422: _bad_request,
        429: _of(exceptions.RateLimitError),
        502: _of(exceptions.BadGatewayError),
        503: _of(exceptions.ServiceUnavailableError),
        504: _timeout,
    }
)
