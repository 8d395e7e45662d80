"""Why a method gave no credential, without secrets, and the error that the caller sees."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import openai
from pydantic import SecretStr

from azure_connector.errors import ConfigurationError, CredentialError

from .redaction import redact

__all__ = ["Failure", "credential_error", "explain", "synthetic_response"]

_ENTRA = re.compile(r"AADSTS(\d+)")


@dataclass(frozen=True, slots=True)
class Failure:
    """One method's failure.

    Attributes:
        text: what its library or service said, redacted.
        code: Entra's own, e.g. `AADSTS7000215`.
        cause: the exception, stripped of its traceback and of everything that may hold a secret.
    """

    text: str
    code: str | None
    cause: Exception


class RedactedError(Exception):
    """Stands for an exception whose own text held a secret."""


def explain(error: BaseException, secrets: Iterable[SecretStr | str | None] = ()) -> Failure:
    """The failure that `error` stands for; nothing of it leads back to a frame, a request or a secret."""
    said = str(error).strip() or type(error).__name__
    text = redact(said, secrets)
    found = _ENTRA.search(text)
    return Failure(text, found[0] if found else None, _cause(error, said, text))


def _cause(error: BaseException, said: str, text: str) -> Exception:
    if not isinstance(error, Exception) or text != said:
        return RedactedError(f"{type(error).__name__}: {text}")
    # Frames hold the secret in their locals, azure-core's errors hold the request that was sent.
    error.__traceback__ = error.__cause__ = error.__context__ = None
    if getattr(error, "response", None) is not None:
        error.response = None  # type: ignore[attr-defined]  # azure-core's own attribute
    return error


def credential_error(message: str, url: str, failure: Failure | None, hint: str = "") -> Exception:
    """The exception to raise."""
    if failure is not None and isinstance(failure.cause, ConfigurationError):
        return ConfigurationError(failure.text)
    error = CredentialError(f"{message}\n{hint}" if hint else message, response=synthetic_response(url), body=None)
    error.hint = hint
    error.__cause__ = failure.cause if failure is not None else None
    return error


def synthetic_response(url: str) -> Any:
    """A 401 for `url`, of the HTTP library that this version of the SDK uses (httpx, or httpx2 from 3.0 on)."""
    library = sys.modules[openai.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0]]
    return library.Response(401, request=library.Request("POST", url))
