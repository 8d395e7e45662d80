"""What went wrong, in a reader's words, and what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx
import openai

from azure_connector import ContentFilteredError, StreamInterruptedError

from .listing import Unavailable

__all__ = ["KNOWN", "CutOff", "Trouble", "plain", "trouble"]

_AGAIN = "What had arrived is kept. Try again."


class CutOff(Exception):
    """A stream that ended before the model said that it was done."""


# Whatever else is raised is a fault of the page's own.
KNOWN = (openai.OpenAIError, httpx.HTTPError, Unavailable, CutOff)


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error as a page shows it.

    Attributes:
        type: its class, for programs.
        message: what happened.
        hint: what to do.
        attempts: what was tried, in order.
    """

    type: str
    message: str
    hint: str = ""
    attempts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


def plain(error: BaseException) -> str:
    """An error's own words with its remedy, but without the list of what was tried."""
    return str(error).split("\nTried:")[0].strip()


def trouble(error: Exception, provider: str, remedy: str) -> Trouble:
    """Tells an error to a reader.

    Args:
        provider: the name of the one that was asked.
        remedy: what to look at when it does not answer.
    """
    # LiteLLM wraps what a stream raises before its first chunk.
    error = getattr(error, "original_exception", None) or error
    name = type(error).__name__
    attempts = tuple(str(attempt) for attempt in getattr(error, "attempts", ()))
    if isinstance(error, StreamInterruptedError | CutOff):
        cause = error.__cause__ if isinstance(error, CutOff) else error
        told = f" It said: {_own_words(cause)}" if getattr(cause, "body", None) else ""
        return Trouble(name, f"{provider} broke off before the answer was complete.{told}", _AGAIN, attempts)
    if isinstance(error, Unavailable):
        return Trouble(name, str(error))
    if isinstance(error, ContentFilteredError):
        # Azure's own sentence explains a policy; the hint's first one says what was found.
        found, _, hint = error.hint.partition(". ")
        return Trouble(name, f"{found}.", hint, attempts)
    if hint := str(getattr(error, "hint", "")):
        return Trouble(name, plain(error).replace(hint, "").strip(), hint, attempts)
    if isinstance(error, openai.APITimeoutError | httpx.TimeoutException):
        return Trouble(name, f"{provider} took too long to answer.", "Try again, or choose another model.")
    if isinstance(error, httpx.HTTPError):
        return Trouble(name, f"{provider} broke off before the answer was complete.", _AGAIN)
    if isinstance(error, openai.OpenAIError):
        return _foreign(error, name, provider, remedy)
    return Trouble(name, "The page's server met an error that it does not know.", "Its terminal shows the details.")


def _foreign(error: openai.OpenAIError, name: str, provider: str, remedy: str) -> Trouble:
    """An error of another provider's: what its class means, then its own words."""
    said = _own_words(error)
    for cls, message, hint in (
        (openai.APIConnectionError, f"{provider} does not answer.", remedy),
        (openai.AuthenticationError, f"{provider} refused the key.", remedy),
        (openai.PermissionDeniedError, f"{provider} does not allow this.", remedy),
        (openai.NotFoundError, f"{provider} does not have this model.", "Choose another model."),
        (openai.RateLimitError, f"{provider} takes no more requests now.", "Wait a little, or choose another model."),
        (openai.APIStatusError, f"{provider} has trouble of its own now.", "Try again, or choose another model."),
    ):
        # LiteLLM's classes for 5xx have no common one of the SDK's.
        if isinstance(error, cls) and (cls is not openai.APIStatusError or getattr(error, "status_code", 0) >= 500):
            return Trouble(name, message if said in ("", "Connection error.") else f"{message} It said: {said}", hint)
    return Trouble(name, f"{provider} refused the request: {said}", "")


def _own_words(error: BaseException | None) -> str:
    """The provider's sentence, out of what the SDK or LiteLLM wrapped around it."""
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else None
    if isinstance(inner, dict) and isinstance(inner.get("message"), str):
        return inner["message"]
    text = re.sub(r"^(litellm\.\w+: |\w+(Error|Exception)(:| -) |Error code: \d+ - )+", "", str(error)).strip()
    found = re.search(r'"message"\s*:\s*"((?:[^"\\]|\\.)*)"', text)
    return found[1] if found else text
