"""What an error means for a row, and for the job. Never the service's own words: they may quote the row."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import openai

from azure_connector.errors import (
    ConfigurationError,
    ContentFilteredError,
    ContextWindowExceededError,
    WrongApiVersionError,
)

__all__ = ["NO_ANSWER", "RowError", "Verdict", "verdict_on"]

What = Literal["row", "again", "refused", "job"]

_PLAIN = re.compile(r"[\w.\-\[\] ]{1,64}")
_JOB = (
    ConfigurationError,
    WrongApiVersionError,
    openai.AuthenticationError,
    openai.PermissionDeniedError,
    openai.NotFoundError,
)
_JOB_CODES = ("operationnotsupported",)  # embeddings of a chat model, and the like
_OF_THE_ROW = ("messages", "input", "prompt", "contents")


@dataclass(frozen=True, slots=True)
class RowError:
    """What one row did wrong.

    Attributes:
        code: for programs.
        text: for readers; without the row's text.
    """

    code: str
    text: str


NO_ANSWER = RowError("no_answer", "the reply holds no answer")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from an error.

    Attributes:
        what: `row`: an error row; `again`: later once more; `refused`: 429, later once more; `job`: every row would
            meet it.
        error: what would stand in the row.
        retry_after: seconds that a 429 asked for.
        status: the HTTP status, where there was a reply.
    """

    what: What
    error: RowError
    retry_after: float | None = None
    status: int | None = None


def verdict_on(error: openai.OpenAIError, shared: Collection[str]) -> Verdict:
    """Judges an error.

    Args:
        error: what the connector raised.
        shared: the parameters that are the same for every row.
    """
    status = error.status_code if isinstance(error, openai.APIStatusError) else None
    where = _about(error)
    if isinstance(error, ContentFilteredError):
        names = ", ".join(one.name for one in error.categories if one.filtered and _PLAIN.fullmatch(one.name))
        said = f"the content filter refused the prompt{f' ({names})' if names else ''}"
        return Verdict("row", RowError("content_filter", f"{said}{where}"), status=status)
    if isinstance(error, ContextWindowExceededError):
        said = "the prompt holds more tokens than the model accepts"
        return Verdict("row", RowError("context_length", f"{said}{where}"), status=status)
    if isinstance(error, openai.RateLimitError):
        retry_after = getattr(error, "retry_after", None)
        return Verdict("refused", RowError("rate_limited", f"the quota was used up{where}"), retry_after, status)
    if isinstance(error, _JOB) or _is_of_the_model(error) or _is_shared(error, shared):
        return Verdict("job", RowError("job", f"{type(error).__name__}{where}"), status=status)
    if isinstance(error, openai.APIConnectionError | openai.APIResponseValidationError | openai.InternalServerError):
        said = "no good answer after every attempt"
        return Verdict("again", RowError("unavailable", f"{said}: {type(error).__name__}{where}"), status=status)
    return Verdict("row", RowError("bad_request", f"the request was refused{where}"), status=status)


def _is_of_the_model(error: openai.OpenAIError) -> bool:
    """Whether the model has no such operation at all."""
    return str(getattr(error, "code", None)).lower() in _JOB_CODES


def _is_shared(error: openai.OpenAIError, shared: Collection[str]) -> bool:
    """Whether a refusal is about a parameter that every row has."""
    param = getattr(error, "param", None)
    if not isinstance(param, str) or param.startswith(_OF_THE_ROW):
        return False
    return re.split(r"[.\[]", param)[0] in shared


def _about(error: openai.OpenAIError) -> str:
    """Status, code, parameter and id of a refusal: what is sure to hold no text of a row."""
    status = error.status_code if isinstance(error, openai.APIStatusError) else None
    facts = [None if status is None else str(status)]
    for name in ("code", "param"):
        value = getattr(error, name, None)
        if isinstance(value, str) and value != str(status) and _PLAIN.fullmatch(value):
            facts.append(value)
    identity = getattr(error, "azure_request_id", None)
    if isinstance(identity, str) and _PLAIN.fullmatch(identity):
        facts.append(f"request {identity}")
    told = [fact for fact in facts if fact]
    return f" ({', '.join(told)})" if told else ""
