"""Tapes: requests with their replies, one JSON object a line, without what must stay secret. Pure functions.

    {"tape": 1}
    {"request": {"method", "path", "query", "body"}, "reply": {"status", "headers", "body" | "parts"}}

A JSON body stands as JSON, other texts as `{"text"}`, a form as its fields and its files' digests, all else in base64.
A streamed reply has `parts`: pairs of the seconds since the part before and the text.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from .multipart import read_form
from .parsing import parse
from .values import Json, is_object, items_of, object_of
from .wire import Call, Refusal

__all__ = ["HEADER", "REDACTED", "packed", "request_of", "scrubbed", "shown_headers", "unpacked"]

HEADER: Json = {"tape": 1}
REDACTED = "REDACTED"
_SECRET_NAME = re.compile(
    r"(?i)(^|[-_.])(api[-_]?key|key|token|secret|password|passwd|pwd|authorization|credential|cookie|sig|signature|code|"
    r"connection[-_]?string)s?$|^(apikey|accesstoken|clientsecret|connectionstring)$"
)
# What such a name means beside another one: a filter's key, a logprob's token, a file's or an error's code.
_HARMLESS_BESIDE = {"key": "value", "token": "logprob"}
_HARMLESS = re.compile(r"(?i)tokens|^(code|prompt_cache_key)$")
_EPHEMERAL = re.compile(r"\bek_[A-Za-z0-9_-]{8,}")
KEPT_HEADERS = re.compile(
    r"(?i)content-type|retry-after(-ms)?|x-ratelimit-.*|apim-request-id|x-request-id|x-ms-(region|served-model|"
    r"deployment-name|is-spilled-over|spillover-from-deployment)|azureml-model-session|location|openai-.*"
)


def scrubbed(value: Any, secrets: Sequence[str] = (), *, query: bool = False) -> Any:
    """A JSON value without secrets: known ones, ephemeral keys, and what stands under a secret's name.

    Args:
        value: a JSON value.
        secrets: credentials, wherever they stand.
        query: it is a query's, where also `code`, `key` and `token` are secrets.
    """
    if isinstance(value, str):
        for one in secrets:
            value = value.replace(one, REDACTED)
        return _EPHEMERAL.sub(REDACTED, value)
    if is_object(value):
        made: Json = {}
        for name, one in object_of(value).items():
            secret = isinstance(one, str) and _is_secret(name, object_of(value), query=query)
            made[name] = REDACTED if secret else scrubbed(one, secrets, query=query)
        return made
    if isinstance(value, list):
        return [scrubbed(one, secrets, query=query) for one in items_of(value)]
    return value


def _is_secret(name: str, beside: Json, *, query: bool) -> bool:
    if not _SECRET_NAME.search(name):
        return False
    return query or not (_HARMLESS.search(name) or _HARMLESS_BESIDE.get(name.lower()) in beside)


def shown_headers(headers: Mapping[str, str], secrets: Sequence[str] = ()) -> dict[str, str]:
    """The headers of a reply that a tape keeps."""
    kept = {name.lower(): value for name, value in headers.items() if KEPT_HEADERS.fullmatch(name)}
    return {name: str(scrubbed(value, secrets)) for name, value in kept.items()}


def request_of(call: Call, secrets: Sequence[str] = ()) -> Json:
    """What tells a request from others: no headers, and a form by what it holds."""
    return {
        "method": call.method,
        "path": scrubbed(call.raw_path, secrets),
        "query": scrubbed(call.query, secrets, query=True),
        "body": scrubbed(_body(call), secrets),
    }


def _body(call: Call) -> Any:
    if not call.is_form:
        return packed(call.raw)
    try:
        form = read_form(call)
    except Refusal:
        return packed(call.raw)
    files = {
        name: [{"filename": one.filename, "sha256": hashlib.sha256(one.content).hexdigest()} for one in uploads]
        for name, uploads in form.files.items()
    }
    return {"fields": dict(form.values), "files": files}


def packed(raw: bytes) -> Any:
    """A body as JSON can hold it."""
    if not raw:
        return None
    try:
        value = parse(raw)
        if isinstance(value, dict | list):
            return value  # pyright: ignore[reportUnknownVariableType]  # JSON of any shape
    except ValueError:
        pass
    try:
        return {"text": raw.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(raw).decode()}


def unpacked(value: Any) -> bytes | None:
    """The bytes of what is no JSON; None for JSON, which is written anew."""
    fields = object_of(value)
    if set(fields) == {"text"}:
        return str(fields["text"]).encode()
    if set(fields) == {"base64"}:
        return base64.b64decode(fields["base64"])
    return b"" if value is None else None
