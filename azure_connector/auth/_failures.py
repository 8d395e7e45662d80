"""Why a method gave no credential, without secrets, and the error that the caller sees."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import openai
from pydantic import SecretStr

from ..errors import ConfigurationError, CredentialError
from ..settings import Resource
from ._chain import Link
from ._credential_hints import credential_hint
from ._redaction import redact

__all__ = ["Failure", "OriginalError", "credential_error", "explain", "synthetic_response"]

# Entra's sentence, up to the ids and the time that its support asks for, or to the end of the JSON string around it.
_ENTRA = re.compile(r"(?P<code>AADSTS\d+): (?P<said>[^\"\r\n]*?)(?=\s*(?:Trace ID:|Correlation ID:|\\[rn]|[\"\r\n]|$))")
_TRACE = re.compile(r"Trace ID: (?P<id>[0-9a-fA-F-]{36})")
_CHAIN_START = "Attempted credentials:"
_LONGEST = 1200


class OriginalError(Exception):
    """What a library or the user's own code raised, as redacted text: its class and its message.

    The exception itself would lead to frames whose locals hold the secret, and to the request that was sent.
    """


@dataclass(frozen=True, slots=True)
class Failure:
    """One method's failure.

    Attributes:
        text: what its library or service said, redacted and shortened.
        code: Entra's own, e.g. `AADSTS7000215`.
        cause: stands for the exception in the error's `__cause__`.
        misconfigured: a setting is at fault, nothing was asked of anybody.
    """

    text: str
    code: str | None
    cause: OriginalError
    misconfigured: bool = False


def explain(error: BaseException, secrets: Iterable[SecretStr | str | None] = ()) -> Failure:
    """The failure that `error` stands for; nothing of it leads back to a frame, a request or a secret."""
    known = tuple(secrets)
    raw = str(error).strip() or type(error).__name__
    said = redact(raw, known)
    text, code = _shorten(said), None
    is_chain = _CHAIN_START in said
    # MSAL replaces Entra's reply by a sentence of its own and leaves the reply in the exception before.
    for message in (said, *(redact(str(before), known) for before in _history(error))):
        if found := _ENTRA.search(message):
            trace = _TRACE.search(message)
            code = found["code"]
            if not is_chain:
                text = f"{code}: {found['said']}" + (f" (Trace ID: {trace['id']})" if trace else "")
            break
    if not isinstance(error, Exception):
        text = f"{type(error).__name__}: {text}"
    return Failure(text, code, OriginalError(f"{type(error).__name__}: {said}"), isinstance(error, ConfigurationError))


def credential_error(
    failure: Failure | None, link: Link, links: Sequence[Link], resource: Resource, waited: float
) -> ConfigurationError | CredentialError:
    """The exception to raise where `link` gave no credential; `failure` is None where it did not answer in time."""
    if failure is not None and failure.misconfigured:
        return ConfigurationError(failure.text)
    text = failure.text if failure is not None else f"no answer within {waited:g} s"
    code = failure.code if failure is not None else None
    hint = credential_hint(link.method, text, code, resource.auth, resource.endpoint.cloud)
    if link.implied:
        hint = resource.auth.stray or hint
    chosen = f"the {link.method}" + (f" (from {link.origin})" if link.origin and not link.implied else "")
    if link.implied:
        chosen = "nothing is configured, so DefaultAzureCredential was tried, which"
    lines = [f"No credential for {resource.endpoint.base}: {chosen} failed.", text, hint, *_others(link, links)]
    error = CredentialError(
        "\n".join(line for line in lines if line), response=synthetic_response(resource.endpoint.base), body=None
    )
    error.hint = hint
    error.__cause__ = failure.cause if failure is not None else None
    return error


def synthetic_response(url: str) -> Any:
    """A 401 for `url`, of the HTTP library that this version of the SDK uses (httpx, or httpx2 from 3.0 on)."""
    library = sys.modules[openai.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0]]
    return library.Response(401, request=library.Request("POST", url))


def _others(link: Link, links: Sequence[Link]) -> Iterator[str]:
    passed = [other.method for other in links if other.is_named and not other.missing and other is not link]
    if passed:
        yield f"Configured, but not tried, since the first one decides: {', '.join(passed)}."
    for other in links:
        if other.missing:
            yield f"Incomplete: {other.method}, without {' and '.join(other.missing)}."
    unset = [f"{other.method} ({other.variables[0]})" for other in links if not other.is_named and not other.missing]
    yield f"Not configured: {', '.join(unset)}."


def _history(error: BaseException) -> Iterator[BaseException]:
    """The exceptions that led to this one, nearest first."""
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        at = at.__cause__ or at.__context__
        if at is not None:
            yield at


def _shorten(text: str) -> str:
    """The message without links to troubleshooting pages; of a chain's, one line for each credential."""
    _, start, attempts = text.partition(_CHAIN_START)
    if start:
        lines = [line.strip() for line in attempts.splitlines() if line.startswith("\t")]
        return "\n".join("  " + re.split(r"(?<=\.) |: https?:", line, maxsplit=1)[0] for line in lines)
    kept = " ".join(line.strip() for line in text.splitlines() if line.strip() and "https://aka.ms/" not in line)
    kept = kept or text
    return kept if len(kept) <= _LONGEST else kept[:_LONGEST] + "…"
