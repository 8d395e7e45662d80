"""The connector's errors as LiteLLM's own: told apart by class and status, never by words in a message.

LiteLLM's table for its own Azure provider goes by substrings, which a hint could contain by chance; the classes that it
arrives at are the same here. What differs is listed in docs/litellm.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import openai
from litellm import exceptions

from azure_connector import ContentFilteredError, ContextWindowExceededError
from azure_connector.errors import NoCredentialError
from azure_connector.transport import as_httpx

__all__ = ["raise_translated", "translated"]


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
    made = _make(error, {"model": model, "llm_provider": provider})
    # Where LiteLLM's retries and its Proxy look for `retry-after` and the quota.
    made.litellm_response_headers = getattr(getattr(error, "response", None), "headers", None)  # pyright: ignore[reportAttributeAccessIssue]  # LiteLLM sets it the same way
    raise made from error


def _make(error: openai.OpenAIError, named: dict[str, Any]) -> Exception:
    told: dict[str, Any] = {"message": str(error), **named}
    if isinstance(error, NoCredentialError):
        return exceptions.AuthenticationError(**told)
    if isinstance(error, openai.APITimeoutError) or isinstance(error.__cause__, openai.APITimeoutError):
        return exceptions.Timeout(**told)
    if isinstance(error, openai.APIConnectionError):
        return exceptions.APIConnectionError(request=error.request, **told)
    if not isinstance(error, openai.APIStatusError | openai.APIResponseValidationError):
        # ConfigurationError, InvalidRequestError and what else needs no reply: nothing was sent.
        return exceptions.BadRequestError(**told)
    return _answered(error, told)


def _answered(error: openai.APIStatusError | openai.APIResponseValidationError, told: dict[str, Any]) -> Exception:
    body: dict[str, Any] = error.body if isinstance(error.body, dict) else {}
    status = error.status_code if isinstance(error, openai.APIStatusError) else 500  # a 200 that cannot be read
    response = as_httpx(error.response)
    if status in (408, 504):
        return exceptions.Timeout(headers=dict(response.headers), exception_status_code=status, **told)
    if isinstance(error, ContentFilteredError):
        told |= {"provider_specific_fields": _verdicts(error, body), "body": body or None}
        return exceptions.ContentPolicyViolationError(response=response, **told)
    if isinstance(error, ContextWindowExceededError):
        return exceptions.ContextWindowExceededError(response=response, **told)
    make: Any = _BY_STATUS.get(status)
    if make is None and status < 500:
        return exceptions.APIError(status_code=status, request=error.request, body=error.body, **told)
    more = {"body": body or None} if make is exceptions.BadRequestError else {}
    made = (make or exceptions.InternalServerError)(response=response, **more, **told)
    made.status_code = status  # pyright: ignore[reportAttributeAccessIssue]  # a class may say 500 for all
    return made


def _verdicts(error: ContentFilteredError, body: dict[str, Any]) -> dict[str, Any]:
    """What LiteLLM's own Azure provider tells of the content filter, and every category in one place."""
    found = error.content_filter_result
    inner = body.get("innererror") or body.get("inner_error") or {"content_filter_result": found}
    return {"innererror": inner, "inner_error": inner, "azure_error": body, "content_filter_result": found}


_BY_STATUS: Mapping[int, Callable[..., Exception]] = {
    **dict.fromkeys((400, 413, 422), exceptions.BadRequestError),
    401: exceptions.AuthenticationError,
    403: exceptions.PermissionDeniedError,
    404: exceptions.NotFoundError,
    429: exceptions.RateLimitError,
    502: exceptions.BadGatewayError,
    503: exceptions.ServiceUnavailableError,
}
