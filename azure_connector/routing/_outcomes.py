"""How an attempt ended, as far as routing cares: a reply's status and headers, or the kind of an exception.

Sources of the headers: Azure sends `retry-after-ms` and `retry-after` with a 429, and `x-ratelimit-*` with most
replies; `-1` has been seen for "not known", and the spelling `x-rate-limit-reset-tokens` on replies without any
`retry-after`.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal, cast

from ..errors import ErrorFacts, ErrorKind, classify

__all__ = [
    "AttemptOutcome",
    "OutcomeKind",
    "duration_in_text",
    "failure",
    "outcome_of_error",
    "outcome_of_exception",
    "outcome_of_reply",
    "parse_duration",
    "parse_retry_after",
]

OutcomeKind = Literal[ErrorKind, "ok", "timeout", "unreachable", "reset", "not_sent", "adapt"]


@dataclass(frozen=True, slots=True)
class AttemptOutcome:
    """How an attempt ended.

    Attributes:
        kind: `ok`; `rate_limited` (429); `no_capacity` (429 for want of machines); `transient` (408, 409, 421, 425,
            5xx); `timeout` (no reply in time); `unreachable` (refused, DNS, TLS: nothing was executed); `reset`
            (connection lost after sending); `not_sent` (no connection was free in our own pool); `auth` (401);
            `forbidden` (403); `not_found_deployment`; `not_found`; `too_long` (for this model's
            context window); `refused` (the caller's fault); `adapt` (a refusal that the client answers by changing the
            request).
        status: the HTTP status, or None.
        code: Azure's code, or the exception's name.
        retry_after: seconds that the service asks to wait.
        remaining_requests, remaining_tokens, limit_requests, limit_tokens: the quota's state, where reported.
        reset_requests, reset_tokens: seconds until that quota is whole again.
        spilled_over: a provisioned deployment was full and a standard one answered in its place.
        spillover_from: that provisioned deployment's name.
        permanent: `unreachable` for a reason that does not pass by itself: the name does not exist, the port refuses,
            the certificate is not this host's, the port speaks no TLS.
        final: the service asks not to be asked again (`x-should-retry: false`).
    """

    kind: OutcomeKind
    status: int | None = None
    code: str | None = None
    retry_after: float | None = None
    remaining_requests: int | None = None
    remaining_tokens: int | None = None
    limit_requests: int | None = None
    limit_tokens: int | None = None
    reset_requests: float | None = None
    reset_tokens: float | None = None
    spilled_over: bool = False
    spillover_from: str | None = None
    final: bool = False
    permanent: bool = False

    @property
    def maybe_executed(self) -> bool:
        """Whether the service may have done the work although no good reply came.

        A 409 says that it was not, and so do a 421 (RFC 9110, 15.5.20) and a 425 (RFC 8470, 5.2). A 503 does not say
        so: proxies also send it for a connection that broke.
        """
        return self.kind in ("timeout", "reset") or (self.kind == "transient" and self.status not in (409, 421, 425))


OK = AttemptOutcome("ok", 200)


def failure(kind: OutcomeKind, code: str | None = None) -> AttemptOutcome:
    """An outcome without a reply."""
    return AttemptOutcome(kind, code=code)


def outcome_of_reply(status: int, headers: Mapping[str, str], facts: ErrorFacts | None = None) -> AttemptOutcome:
    """What a reply means for routing.

    Args:
        status: the HTTP status.
        headers: the reply's headers (`httpx.Headers`, or any mapping; names in any case).
        facts: what `parse_envelope` read from the body; needed only for statuses from 400 on.
    """
    found = _interesting(headers)
    if not found and status == 200:
        return OK
    remaining_requests = _count(found.get("x-ratelimit-remaining-requests"))
    remaining_tokens = _count(found.get("x-ratelimit-remaining-tokens"))
    reset_requests = parse_duration(found.get("x-ratelimit-reset-requests"))
    reset_tokens = parse_duration(found.get("x-ratelimit-reset-tokens"))
    kind = _kind(status, facts, found)
    retry_after = None
    if kind != "ok":
        retry_after = _retry_after(found, headers, facts.message if kind == "rate_limited" and facts else None)
        if retry_after is None and kind == "rate_limited":
            retry_after = _reset_wait(remaining_requests, remaining_tokens, reset_requests, reset_tokens)
    spillover_from = found.get("x-ms-spillover-from-deployment")
    return AttemptOutcome(
        kind,
        status,
        facts.code if facts else None,
        retry_after,
        remaining_requests,
        remaining_tokens,
        _count(found.get("x-ratelimit-limit-requests")),
        _count(found.get("x-ratelimit-limit-tokens")),
        reset_requests,
        reset_tokens,
        bool(spillover_from) or found.get("x-ms-is-spilled-over", "").strip().lower() == "true",
        spillover_from,
        kind != "ok" and found.get("x-should-retry", "").strip().lower() == "false",
    )


def outcome_of_error(facts: ErrorFacts, headers: Mapping[str, str] | None = None) -> AttemptOutcome:
    """What an error that came with status 200 means, inside a stream or as the whole reply: its code tells.

    Args:
        facts: what `reported_error` or `parse_envelope` read.
        headers: the reply's; a rate limit inside a 200 names its time there.
    """
    kind = classify(None, facts).kind
    found = _interesting(headers) if headers else {}
    message = facts.message if kind == "rate_limited" else None
    return AttemptOutcome(
        kind,
        None,
        facts.code or facts.type,
        _retry_after(found, headers or {}, message),
        _count(found.get("x-ratelimit-remaining-requests")),
        _count(found.get("x-ratelimit-remaining-tokens")),
    )


# By name, over the whole ancestry: the SDK uses httpx or httpx2, either may sit on aiohttp, and none need be imported.
_BY_NAME: Mapping[str, OutcomeKind] = {
    "ConnectTimeout": "unreachable",
    "PoolTimeout": "not_sent",
    "ReadTimeout": "timeout",
    "WriteTimeout": "timeout",
    "ConnectError": "unreachable",
    "ProxyError": "unreachable",
    "UnsupportedProtocol": "refused",
    "LocalProtocolError": "refused",
    "InvalidURL": "refused",
    "TransportError": "reset",
    "EndpointUnreachableError": "unreachable",
    "CredentialError": "auth",
    "gaierror": "unreachable",
    "ConnectionRefusedError": "unreachable",
    "SSLCertVerificationError": "unreachable",
    "SSLError": "reset",
    "TimeoutError": "timeout",
    "ConnectionError": "reset",
    "OSError": "reset",
}
# Looked for first: httpx_aiohttp gives a refused and even a lost connection out as httpx.ConnectTimeout.
_AIOHTTP_NAMES: Mapping[str, OutcomeKind] = {
    "ConnectionTimeoutError": "unreachable",
    "ClientConnectorError": "unreachable",
    "ServerTimeoutError": "timeout",
    "ServerDisconnectedError": "reset",
    "ClientPayloadError": "reset",
    "ClientOSError": "reset",
    "ClientConnectionError": "reset",
}
_SDK_NAMES: Mapping[str, OutcomeKind] = {"APITimeoutError": "timeout", "APIConnectionError": "reset"}


def outcome_of_exception(error: BaseException) -> AttemptOutcome:
    """What an exception means for routing.

    The SDK wraps the transport's exception, so causes are looked at first. What nobody knows is taken for a lost
    connection: the careful reading, since the request may have been executed.
    """
    chain = list(_causes(error))
    for name_table in (_AIOHTTP_NAMES, _BY_NAME, _SDK_NAMES):
        for link in chain:
            for cls in type(link).__mro__:
                if (kind := name_table.get(cls.__name__)) is not None:
                    if any(getattr(one, "errno", None) in _TOO_MANY_FILES for one in chain):
                        return AttemptOutcome("not_sent", code="TooManyOpenFiles")
                    lasting = kind == "unreachable" and any(map(_is_permanent, chain))
                    return AttemptOutcome(kind, code=type(link).__name__, permanent=lasting)
    return AttemptOutcome("reset", code=type(error).__name__)


_TOO_MANY_FILES = (errno.EMFILE, errno.ENFILE)
_NO_SUCH_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})
# What OpenSSL says where the port speaks plain HTTP; the second is of its versions before 3.
_NO_TLS = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "record layer failure")


def _is_permanent(error: BaseException) -> bool:
    if isinstance(error, socket.gaierror):
        return error.errno in _NO_SUCH_NAME
    if isinstance(error, ssl.SSLCertVerificationError):
        return True
    if isinstance(error, ssl.SSLError):
        return any(word in str(error) for word in _NO_TLS)
    return isinstance(error, OSError) and error.errno == errno.ECONNREFUSED


def _causes(error: BaseException) -> Iterable[BaseException]:
    """An exception with its causes; of a group (several addresses of one host) the first member speaks for all."""
    link: BaseException | None = error
    for _ in range(10):
        if link is None:
            return
        yield link
        if isinstance(link, BaseExceptionGroup):
            link = cast("BaseExceptionGroup[BaseException]", link).exceptions[0]
            continue
        wrapped = next((one for one in link.args if isinstance(one, BaseException)), None)  # httpcore keeps it so
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__) or wrapped


def _kind(status: int, facts: ErrorFacts | None, headers: Mapping[str, str]) -> OutcomeKind:
    if status < 400:
        return "ok"
    kind = classify(status, facts or _SILENT).kind
    if kind == "forbidden" and "retry-after" in headers:  # API Management's quota policy answers 403
        return "rate_limited"
    if kind in ("refused", "auth") and headers.get("x-should-retry", "").strip().lower() == "true":
        return "transient"
    return kind


_SILENT = ErrorFacts("")


_HEADERS = {
    name: name
    for name in (
        "retry-after-ms",
        "retry-after",
        "x-should-retry",
        "x-ms-is-spilled-over",
        "x-ms-spillover-from-deployment",
        *(f"x-ratelimit-{what}-{of}" for what in ("limit", "remaining", "reset") for of in ("requests", "tokens")),
    )
} | {f"x-rate-limit-reset-{of}": f"x-ratelimit-reset-{of}" for of in ("requests", "tokens")}
_RAW_HEADERS = {name.encode(): canonical for name, canonical in _HEADERS.items()}


def _interesting(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that routing reads, in one pass: a look-up in `httpx.Headers` walks the whole list each time."""
    raw: Any = getattr(headers, "raw", None)
    if not isinstance(raw, list):
        return {
            canonical: str(value)
            for name, value in headers.items()
            if (canonical := _HEADERS.get(str(name).lower())) is not None
        }
    pairs = cast("list[tuple[bytes, bytes]]", raw)
    return {
        canonical: value.decode("latin-1")
        for name, value in pairs
        if (canonical := _RAW_HEADERS.get(name.lower())) is not None
    }


def _count(text: str | None) -> int | None:
    """A count of requests or tokens; Azure has been seen to send -1 where it does not know."""
    if text is None or len(text) > 18:
        return None
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() else None


def _retry_after(found: Mapping[str, str], headers: Mapping[str, str], message: str | None) -> float | None:
    milliseconds = parse_duration(found.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = found.get("retry-after")
    seconds = parse_retry_after(text, headers.get("date") or headers.get("Date")) if text is not None else None
    return seconds if seconds is not None else duration_in_text(message)


def _reset_wait(
    remaining_requests: int | None, remaining_tokens: int | None, requests: float | None, tokens: float | None
) -> float | None:
    """How long until a used-up quota is whole again, where only `x-ratelimit-reset-*` says it.

    The quota that is down to nothing counts; where neither is, the one that takes longest: either may be the cause.
    """
    used_up = [
        reset
        for remaining, reset in ((remaining_requests, requests), (remaining_tokens, tokens))
        if remaining == 0 and reset is not None
    ]
    return max(used_up or [reset for reset in (requests, tokens) if reset is not None], default=None)


# Durations as services write them: `7`, `0.5`, `120ms`, `1s`, `6m0s`, an HTTP date, or a sentence that names one.
# Every function takes whatever a header held and answers with finite, non-negative seconds, or None. None ever raises.

# What says more (a time stamp, a mistake) says "long", and no more than that.
_LONGEST = timedelta(days=366).total_seconds()
_LONGEST_TEXT = 64

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)", re.ASCII)
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?\s*(?:ms|s|m|h|d)\s*)+", re.ASCII)
_NUMBER = re.compile(r"\+?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_SENTENCE = re.compile(
    r"(?:retry|try again)\s+(?:after|in)\s+(\d{1,9}(?:\.\d{1,9})?)\s*"
    r"(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|h)\b",
    re.IGNORECASE | re.ASCII,
)


def parse_duration(text: str | None) -> float | None:
    """Seconds of `12`, `0.5`, `120ms`, `1s`, `6m0s`, `1h2m3.5s`; None for anything else, a negative number included."""
    if text is None:
        return None
    text = text[: _LONGEST_TEXT + 1].strip().lower()
    if len(text) > _LONGEST_TEXT:
        return None
    if _NUMBER.fullmatch(text):
        return _sane(float(text))
    if _WHOLE.fullmatch(text):
        return _sane(sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text)))
    return None


def parse_retry_after(text: str | None, date: str | None = None) -> float | None:
    """Seconds of a `retry-after`: a number, a duration, or an HTTP date.

    Args:
        text: the header's value.
        date: the reply's `Date` header. A date is measured against it where it can be read, since the local clock may
            be wrong; a date that has passed means 0.
    """
    seconds = parse_duration(text)
    if seconds is not None or text is None:
        return seconds
    until = _parse_date(text)
    if until is None:
        return None
    since = _parse_date(date) or datetime.now(UTC)
    return _sane(max(0.0, (until - since).total_seconds()))


def duration_in_text(message: str | None) -> float | None:
    """Seconds in a sentence such as "Please retry after 7 seconds."; the last resort where no header says it."""
    match = _SENTENCE.search(message[:4000]) if message else None
    if match is None:
        return None
    unit = match.group(2).lower()
    factor = _UNITS["ms"] if unit.startswith(("ms", "milli")) else _UNITS[unit[0]]
    return _sane(float(match.group(1)) * factor)


def _sane(seconds: float) -> float | None:
    return min(seconds, _LONGEST) if seconds >= 0.0 else None


def _parse_date(text: str | None) -> datetime | None:
    if not text or len(text) > _LONGEST_TEXT:
        return None
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)
