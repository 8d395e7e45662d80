"""What an error reply says, whichever of Azure's envelopes it comes in.

Known are: `{"error": {…}}`; the inner object alone (as the SDK hands it over in `exc.body`); a flat
`{"statusCode": 401, "message": "…"}` from API Management, or `{"code": …, "message": …}`; Foundry's, with an integer
`code` and a second envelope as JSON text inside `message`; lines of an event stream (`data: {…}`) as the body of a 400;
and the LiteLLM proxy's, with Azure's own words in `provider_specific_fields`. Gateways in between answer with HTML or
plain text. Nothing here ever raises: a body that makes no sense becomes facts that say little.

The same envelopes come with status 200, as a whole reply or inside a stream: `reported_error` tells them from answers.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, cast

from ._classes import FilterCategory

__all__ = ["ErrorFacts", "decoded", "filter_categories", "parse_envelope", "reported_error", "words_of"]

_MAX_MESSAGE = 4_000  # a gateway's page or an echoed prompt must not fill a log
_MAX_BODY = 1_000_000
_MAX_DEPTH = 4  # envelopes within envelopes: three have been seen

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>|<h1[^>]*>(.*?)</h1>", re.IGNORECASE | re.DOTALL)
_EVENT_LINE = re.compile(r"\s*(?:data|event|id|retry)?:")
_DATA = re.compile(r"^(?:data:\s*)+")
_POINTER = re.compile(r"^Validation error at #/([\w/.$-]+)")
_TAG = re.compile(r"<[^>]{0,500}>")
_RESULT_KEYS = ("content_filter_result", "content_filter_results", "content_filters")
_INNER_KEYS = ("innererror", "inner_error", "innerError")
_VERDICT_KEYS = frozenset({"filtered", "detected", "severity"})
# Mistral's gateway answers with Pydantic's list of faults, as JSON, or as text with quotes of either kind.
_UNKNOWN_FIELD = re.compile(r"""["']extra_forbidden["']\s*,\s*["']loc["']\s*:\s*[\[(]([^\])]*)[\])]""")
_SPECIFIED = re.compile(r"the specified model, ([\w.-]*\w)")
_STEP = re.compile(r"""["']([^"']+)["']|(\d+)""")


def _cut(text: str) -> str:
    """The text, or its beginning with a note of what is left out."""
    return (
        text if len(text) <= _MAX_MESSAGE else f"{text[:_MAX_MESSAGE]}… ({len(text) - _MAX_MESSAGE:,} more characters)"
    )


@dataclass(frozen=True, slots=True)
class ErrorFacts:
    """What is known of an error reply.

    Attributes:
        message: the service's own words, or a sentence about the status where it gave none.
        code: Azure's code as text (`DeploymentNotFound`, `429`), or None.
        param: the parameter that the service names.
        type: OpenAI's error type, e.g. `invalid_request_error`.
        inner_code: the code of the inner error, e.g. `ResponsibleAIPolicyViolation`.
        categories: the content filter's verdicts.
        html: the reply was a web page, so it comes from something in front of Azure OpenAI.
        status: the HTTP status that the body itself names, or None.
        extra: paths of fields that the server does not know, e.g. `("body", "max_completion_tokens")`.
    """

    message: str
    code: str | None = None
    param: str | None = None
    type: str | None = None
    inner_code: str | None = None
    categories: tuple[FilterCategory, ...] = ()
    html: bool = False
    status: int | None = None
    extra: tuple[tuple[str, ...], ...] = ()

    @property
    def named_model(self) -> str | None:
        """The base model that a refused operation does not work with."""
        found = _SPECIFIED.search(self.message)
        return found[1] if found else None


def parse_envelope(status: int | None, body: object) -> ErrorFacts:
    """Read an error's body.

    Args:
        status: the HTTP status, for the message where the body has none; None for an error inside a stream.
        body: the decoded JSON, or the bytes or text of the reply, or None.
    """
    if isinstance(body, bytes | bytearray):
        body = bytes(body[:_MAX_BODY]).decode("utf-8", "replace")
    if isinstance(body, str):
        body = _without_event_lines(body)
        decoded = _json_or_none(body)
        if decoded is None:
            return _from_text(status, body)
        body = decoded
    facts = replace(_from_object(body, 0), extra=_unknown_fields(body))
    return facts if facts.message else replace(facts, message=_status_phrase(status))


# Objects that tell of an error where an answer was due. Others (a job, a video, a response) have a field of that name.
_ANSWERS = frozenset({"error", "list", "text_completion", "chat.completion", "chat.completion.chunk"})


def reported_error(body: object, *, event: str | None = None) -> ErrorFacts | None:
    """The error that a reply with status 200, or one event of a stream, tells of; None where it tells of none.

    Args:
        body: the decoded JSON. For an event of the name `error`, its text will do.
        event: the event's name, where it has one.
    """
    if event == "error":
        return parse_envelope(None, body)
    fields = _mapping(body)
    kind = fields.get("object") if fields is not None else None
    if fields is None or not (kind is None or (isinstance(kind, str) and kind in _ANSWERS)):
        return None
    if fields.get("error") is not None:
        return parse_envelope(None, body) if fields["error"] or len(fields) == 1 else None
    if kind == "error" or fields.get("type") == "error":
        return parse_envelope(None, body)
    named = _text(fields.get("code")) is not None or _status_in(fields) is not None
    if kind is not None or not named or not isinstance(fields.get("message"), str):
        return None
    return None if fields.keys() & {"choices", "output", "data"} else parse_envelope(None, body)


_MAX_WORDS = 300


def words_of(body: object) -> ErrorFacts:
    """What a reply that was to be an answer says instead, in short: a page's title, a message, or how it begins.

    Args:
        body: the decoded JSON, or the bytes or text of the reply, or None.
    """
    if isinstance(body, bytes | bytearray):
        body = bytes(body[:_MAX_BODY]).decode("utf-8", "replace")
    if not isinstance(body, str):
        fields = _mapping(body)
        said = "" if fields is None else _from_object(fields, 0).message
        return ErrorFacts(_shortened(said or ("" if body is None else _dumped(body))))
    if body.lstrip()[:1] != "<":
        return ErrorFacts(_shortened(body))
    page = _page_title(body.lstrip())
    return ErrorFacts(_shortened(page or body), html="<html" in body[:_MAX_MESSAGE].lower())


def _dumped(body: object) -> str:
    try:
        return json.dumps(body, default=str)
    except (ValueError, TypeError, RecursionError):
        return ""


def _shortened(text: str) -> str:
    text = " ".join(text[: 4 * _MAX_WORDS].split())
    return text if len(text) <= _MAX_WORDS else f"{text[:_MAX_WORDS]}…"


def filter_categories(results: object) -> tuple[FilterCategory, ...]:
    """The verdicts in a `content_filter_results` object, or in a list of such objects; lenient about every part.

    Categories that nobody knew when this was written are kept under their own names; a `custom_blocklists` may be an
    object or a list; a group of verdicts inside a verdict is opened. Where a category occurs twice, a refusal wins.
    """
    found: dict[str, FilterCategory] = {}
    for name, verdict in _verdicts(results, 0):
        category = _category(name, verdict)
        earlier = found.get(name)
        if earlier is None or (category.filtered and not earlier.filtered):
            found[name] = category
    return tuple(found.values())


def _without_event_lines(text: str) -> str:
    """The data of a body that is written as an event stream's lines, also with `data: ` twice; else the text itself."""
    if not _EVENT_LINE.match(text):
        return text
    lines = [line.strip() for line in text.splitlines()]
    data = [_DATA.sub("", line) for line in lines if line.startswith("data:")]
    return "\n".join(line for line in data if line != "[DONE]") or text


def decoded(body: bytes) -> object:
    """An error's body as the SDK hands it on: JSON, or its text."""
    text = body.decode("utf-8", "replace")
    found = _json_or_none(text)
    return text if found is None else found


def _json_or_none(text: str) -> object:
    """The decoded object or list of a JSON text; None for anything else."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _from_text(status: int | None, text: str) -> ErrorFacts:
    text = text.strip()
    if text[:1] != "<":
        return ErrorFacts(message=_cut(text) or _status_phrase(status))
    title = _page_title(text)
    said = f": {title}" if title else ""
    return ErrorFacts(message=f"{_status_phrase(status)} (the reply is a web page{said})", html=True)


def _page_title(text: str) -> str:
    """The title or first heading of a web page."""
    match = _TITLE.search(text[:4_000])
    title = _TAG.sub(" ", (match.group(1) or match.group(2) or "") if match else "")
    return " ".join(html.unescape(title).split())[:200]


def _status_phrase(status: int | None) -> str:
    if status is None:
        return "The service reported an error without saying which."
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def _mapping(value: object) -> Mapping[str, Any] | None:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else None


def _text(value: object) -> str | None:
    """Codes come as text or as integers; anything else is not one."""
    if isinstance(value, str):
        return None if value in ("", "None", "null") else _cut(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9:
        return str(value)
    return None


def _from_object(value: object, depth: int) -> ErrorFacts:
    if isinstance(value, list | tuple):
        outer = next((found for item in cast("list[object]", value) if (found := _mapping(item)) is not None), None)
    else:
        outer = _mapping(value)
    if outer is None:
        return ErrorFacts(message=_cut(str(cast(object, value))) if value else "")
    error = outer.get("error")
    if isinstance(error, str):
        described = _text(outer.get("error_description")) or _text(outer.get("message"))
        nested = _mapping(_json_or_none(described)) if described and depth < _MAX_DEPTH else None
        facts = ErrorFacts(
            message=described or _cut(error),
            code=error[:200] if described else _text(outer.get("code")),
            status=_status_in(outer),
        )
        return facts if nested is None else _merge(facts, _from_object(nested, depth + 1))
    inner = _mapping(error)
    facts = _from_fields(inner if inner is not None else outer, depth)
    if inner is not None and not facts.categories:  # some replies put the verdicts beside the error
        facts = replace(facts, categories=filter_categories(_results_of(outer)))
    return facts if facts.status or inner is None else replace(facts, status=_status_in(outer))


def _from_fields(fields: Mapping[str, object], depth: int) -> ErrorFacts:
    code = next((text for key in ("code", "statusCode", "status") if (text := _text(fields.get(key)))), None)
    param = _text(fields.get("param"))
    message = fields.get("message")
    if message is None and isinstance(fields.get("detail"), list | str | Mapping):
        message, param = _from_detail(fields["detail"], param)
    if param is None and isinstance(message, str) and (pointer := _POINTER.match(message)):
        param = pointer[1].replace("/", ".")
    inner_code, categories = _from_inner(fields)
    facts = ErrorFacts(
        message=_text(message) or "",
        code=code,
        param=param,
        type=_text(fields.get("type")),
        inner_code=inner_code,
        categories=categories,
        status=_status_in(fields),
    )
    nested = _mapping(_json_or_none(message[:_MAX_BODY])) if isinstance(message, str) and depth < _MAX_DEPTH else None
    return facts if nested is None else _merge(facts, _from_object(nested, depth + 1))


def _merge(outer: ErrorFacts, nested: ErrorFacts) -> ErrorFacts:
    """Foundry's envelope: the text inside says more, but its code is often only the status again."""
    codes = [code for code in (nested.code, outer.code) if code]
    return ErrorFacts(
        message=nested.message or outer.message,
        code=next((code for code in codes if not code.isdigit()), codes[0] if codes else None),
        param=nested.param or outer.param,
        type=nested.type or outer.type,
        inner_code=nested.inner_code or outer.inner_code,
        categories=nested.categories or outer.categories,
        status=outer.status or nested.status,
    )


def _status_in(fields: Mapping[str, object]) -> int | None:
    """The HTTP status of an error that a body names: as a number of its own, or for want of a code."""
    for key in ("statusCode", "status_code", "status", "code"):
        text = _text(fields.get(key)) or ""
        if len(text) == 3 and text.isascii() and text.isdigit() and 400 <= int(text) < 600:
            return int(text)
    return None


def _unknown_fields(body: object) -> tuple[tuple[str, ...], ...]:
    """The paths of fields that a server refuses to know, wherever in the body they are named."""
    text = _dumped(body)[:_MAX_BODY]
    if "extra_forbidden" not in text:
        return ()
    while '\\"' in text:  # text within text: every layer has its own backslashes
        text = text.replace("\\\\", "\\").replace('\\"', '"')
    return tuple(tuple(name or index for name, index in _STEP.findall(path)) for path in _UNKNOWN_FIELD.findall(text))


def _from_detail(detail: object, param: str | None) -> tuple[str, str | None]:
    """The list of complaints that servers built on FastAPI send with a 422 (Mistral on Foundry is one)."""
    items = cast("list[object]", detail) if isinstance(detail, list) else [detail]
    messages: list[str] = []
    for item in items[:20]:
        fields = _mapping(item)
        if fields is None:
            messages.append(str(item)[:500])
            continue
        where = fields.get("loc")
        path = [str(part) for part in cast("list[object]", where)] if isinstance(where, list | tuple) else []
        path = path[1:] if path[:1] == ["body"] else path
        param = param or ".".join(path) or None
        said = str(fields.get("msg") or fields.get("type") or "is not valid")
        messages.append(f"{'.'.join(path)}: {said}"[:500] if path else said[:500])
    return _cut("; ".join(messages)), param


def _results_of(fields: Mapping[str, object]) -> object:
    return next((fields[key] for key in _RESULT_KEYS if fields.get(key)), None)


def _from_inner(fields: Mapping[str, object]) -> tuple[str | None, tuple[FilterCategory, ...]]:
    """The innermost code that is named, and the verdicts, wherever on the way inwards they stand."""
    code: str | None = None
    categories = filter_categories(_results_of(fields))
    told = _mapping(fields.get("provider_specific_fields"))  # the LiteLLM proxy keeps Azure's own words here
    azure = _mapping(told.get("azure_error")) if told else None
    if told is not None and (azure is not None or any(key in told for key in _INNER_KEYS)):
        inner_code, inner_categories = _from_inner(azure or told)
        code = inner_code or (_text(azure.get("code")) if azure else None)
        categories = categories or inner_categories
    for _ in range(_MAX_DEPTH):
        inner = next((found for key in _INNER_KEYS if (found := _mapping(fields.get(key)))), None)
        if inner is None:
            break
        code = _text(inner.get("code")) or code
        categories = categories or filter_categories(_results_of(inner))
        fields = inner
    return code, categories


def _verdicts(results: object, depth: int) -> Iterator[tuple[str, object]]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(results, list | tuple):
        for item in cast("list[object]", results)[:100]:
            yield from _verdicts(item, depth + 1)
        return
    fields = _mapping(results)
    if fields is None:
        return
    wrapped = _results_of(fields)
    if wrapped is not None:
        yield from _verdicts(wrapped, depth + 1)
        return
    for name, verdict in fields.items():
        group = _mapping(verdict)
        if group and not _VERDICT_KEYS & group.keys() and all(isinstance(part, Mapping) for part in group.values()):
            yield from _verdicts(group, depth + 1)
        else:
            yield str(name), verdict


def _category(name: str, verdict: object) -> FilterCategory:
    if isinstance(verdict, list):  # custom_blocklists in its older form: one entry per list that was consulted
        entries = [_mapping(item) for item in cast("list[object]", verdict)]
        hit = any(entry is not None and entry.get("filtered") is True for entry in entries)
        return FilterCategory(name, filtered=hit, details={"details": verdict})
    fields = _mapping(verdict)
    if fields is None:
        return FilterCategory(name, filtered=verdict is True, details={} if verdict is None else {"value": verdict})
    severity, detected = fields.get("severity"), fields.get("detected")
    return FilterCategory(
        name,
        filtered=fields.get("filtered") is True,
        severity=severity if isinstance(severity, str) else None,
        detected=detected if isinstance(detected, bool) else None,
        details={str(key): value for key, value in fields.items() if key not in _VERDICT_KEYS},
    )
