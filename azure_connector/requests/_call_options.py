"""What a caller asked for, read once from the SDK's request options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from openai import NotGiven, Omit

from .._utils._json import Json
from ..replies._reader import RAW_RESPONSE_HEADER

__all__ = ["Asked", "read_options"]

# The operations whose `model` names a deployment; all others reach the resource as they are.
_DEPLOYMENT_OPERATIONS = frozenset(
    {
        "/chat/completions",
        "/completions",
        "/embeddings",
        "/responses",
        "/audio/transcriptions",
        "/audio/translations",
        "/audio/speech",
        "/images/generations",
        "/images/edits",
    }
)
# Asking again costs tokens but changes nothing at the service: a lost reply may be asked for again.
_REPEATABLE = frozenset(
    {"/chat/completions", "/completions", "/embeddings", "/audio/transcriptions", "/audio/translations"}
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a caller.

    Attributes:
        options: the SDK's own options, never changed.
        operation: the SDK's path, without the ids in it for matching (`/chat/completions`).
        model: the model as named; None where the operation names none.
        body: the JSON body with `extra_body` merged in; None where it is no JSON object.
        raw: how the caller wants it raw: `true`, `stream` or an empty string.
        stream: whether the caller reads a stream.
        timeout: seconds per attempt where this call sets its own, else None.
    """

    options: Any
    operation: str
    model: str | None
    body: Json | None
    raw: str
    stream: bool

    @property
    def names_deployment(self) -> bool:
        return self.operation in _DEPLOYMENT_OPERATIONS

    @property
    def repeatable(self) -> bool:
        """Whether a request that may have been executed may be sent again without doing anything twice."""
        if self.options.method.lower() == "get" or self.operation in _REPEATABLE:
            return True
        return self.operation == "/responses" and (self.body or {}).get("store") is False


def read_options(options: Any, *, stream: bool) -> Asked:
    """Reads the options that the SDK hands to `request()`.

    Args:
        options: `FinalRequestOptions`.
        stream: whether the caller reads a stream.
    """
    operation = options.url.partition("?")[0].rstrip("/") or "/"
    body = _body(options.json_data, options.extra_json)
    names_model = operation in _DEPLOYMENT_OPERATIONS and options.method.lower() == "post"
    model = (body or {}).get("model") if names_model else None
    headers = given_headers(options)
    raw = next((str(v) for k, v in headers.items() if k.lower() == RAW_RESPONSE_HEADER.lower()), "")
    return Asked(options, operation, cast("str | None", model), body, raw, stream)


def given_headers(options: Any) -> Mapping[str, Any]:
    headers = options.headers
    return {} if isinstance(headers, NotGiven) or not headers else headers


def _body(json_data: object, extra: Mapping[str, Any] | None) -> Json | None:
    if json_data is None and extra is None:
        return None
    if json_data is not None and not isinstance(json_data, Mapping):
        return None
    body = dict(cast("Mapping[str, Any]", json_data or {}))
    if extra:
        body.update(extra)
    if any(isinstance(value, Omit) for value in body.values()):
        body = {name: value for name, value in body.items() if not isinstance(value, Omit)}
    return body
