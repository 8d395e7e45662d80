"""Faults, scripted one by one: `azure.script(faults.reset("during"), deployment="gpt-4o")`.

Replies that say no: `failure`, `too_many_requests`, `no_capacity`, `network_blocked`, `gateway_page`,
`dripping_refusal`; and one that says nothing: `dripping_json`. Faults of the transport, which bend the natural reply:
`slow_first_byte`, `slow_drip`, `reset`, `truncated`, `garbled`, `error_event`, `held_open`, `ragged`,
`broken_framing`, `hang`. `RandomFaults` picks from them by chance that a seed makes repeatable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .scripting import Reply
from .values import Json

__all__ = [
    "Fault",
    "broken_framing",
    "dripping_json",
    "dripping_refusal",
    "error_event",
    "failure",
    "garbled",
    "gateway_page",
    "hang",
    "held_open",
    "network_blocked",
    "no_capacity",
    "ragged",
    "reset",
    "slow_drip",
    "slow_first_byte",
    "too_many_requests",
    "truncated",
]

Moment = Literal["before", "during", "after"]


@dataclass(frozen=True)
class Fault:
    """What goes wrong on the way of one reply.

    Attributes:
        name: a short name, for reports.
        reply: a scripted reply in place of the natural one.
        first_byte: seconds before the first byte.
        drip: seconds before every event, or before every 16 bytes of a whole body.
        reset: when the connection is reset (RST), if at all.
        truncate: the body ends too early: `hard` closes the connection, `clean` ends the body as if it were whole.
        garble: one event is cut in its middle; a whole body is cut, its length put right.
        error: an error event that ends the stream.
        hold: the connection stays open after the last event.
        ragged: the bytes arrive in pieces of this size, whatever the events' borders.
        hang: no answer at all, until the client leaves.
        misframe: bytes that are no chunk stand in the middle of a chunked body, as from a proxy that writes its own
            page into it.
        endless: after a whole body a blank comes every `drip` seconds, until the client leaves; after bytes that are no
            chunk nothing comes at all.
        after: how many events pass before it strikes; None means half of them.
    """

    name: str = ""
    reply: Reply | None = None
    first_byte: float = 0.0
    drip: float = 0.0
    reset: Moment | None = None
    truncate: Literal["hard", "clean"] | None = None
    garble: bool = False
    error: Json | None = None
    hold: bool = False
    ragged: int = 0
    hang: bool = False
    misframe: bool = False
    endless: bool = False
    after: int | None = None

    @property
    def strikes(self) -> bool:
        """Whether something happens in the middle of the body."""
        return bool(self.reset == "during" or self.truncate or self.garble or self.misframe or self.error is not None)


_MESSAGES = {
    408: ("Timeout", "The operation was timeout."),
    409: ("Conflict", "The request conflicts with another one that is being processed. Please retry."),
    500: ("InternalServerError", "The server had an error while processing your request. Sorry about that!"),
    502: ("BadGateway", "The upstream service gave an invalid response."),
    503: ("ServiceUnavailable", "The service is temporarily unable to process your request. Please try again later."),
    504: ("GatewayTimeout", "The upstream service did not answer in time."),
}


def failure(status: int = 500, *, headers: Mapping[str, str] | None = None) -> Reply:
    """A transient failure (408, 409, 5xx) in Azure's envelope."""
    code, message = _MESSAGES.get(status, (str(status), "The request failed."))
    body = {"error": {"code": code, "message": message, "type": "server_error", "param": None}}
    return Reply(status, body, headers=dict(headers or {}))


def too_many_requests(retry_after: float = 1.0, *, what: Literal["token", "call"] = "token") -> Reply:
    """A 429 that says when to come back.

    Args:
        retry_after: seconds, sent as `retry-after-ms` and, rounded up, as `retry-after`.
        what: which limit was hit.
    """
    return Reply(429, rate_limited_body("this operation", what, retry_after), headers=retry_headers(retry_after))


def rate_limited_body(operation: str, what: str, seconds: float) -> Json:
    """The body of a 429."""
    text = (
        f"Requests to {operation} have exceeded {what} rate limit of your current OpenAI S0 pricing tier. Please retry "
        f"after {-int(-seconds // 1)} seconds. Please go here: https://aka.ms/oai/quotaincrease if you would like to "
        "further increase the default rate limit."
    )
    return {"error": {"code": "429", "message": text}}


def retry_headers(seconds: float) -> dict[str, str]:
    """`retry-after-ms` and `retry-after`."""
    return {"retry-after-ms": str(round(seconds * 1000)), "retry-after": str(-int(-seconds // 1))}


def no_capacity() -> Reply:
    """A 429 `NoCapacity`: Azure itself has none left."""
    text = (
        "The system is currently experiencing high demand and cannot process your request. Your request exceeds the "
        "maximum usage size allowed during peak load. For improved capacity reliability, consider switching to "
        "Provisioned Throughput."
    )
    return Reply(429, {"error": {"code": "NoCapacity", "message": text}})


def gateway_page(status: int = 502) -> Reply:
    """An HTML page, as a gateway in front of Azure gives it."""
    title = f"{status} Bad Gateway" if status == 502 else f"{status} Service Unavailable"
    page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<h1>{title}</h1>\r\n</body>\r\n</html>"
    headers = {"content-type": "text/html", "server": "Microsoft-Azure-Application-Gateway/v2"}
    return Reply(status, raw=page.encode(), headers=headers)


def network_blocked() -> Reply:
    """A 403 of the resource's firewall: never worth a retry."""
    return Reply(403, {"error": {"code": "403", "message": "Access denied due to Virtual Network/Firewall rules."}})


def slow_first_byte(seconds: float) -> Fault:
    """The reply begins late."""
    return Fault("slow first byte", first_byte=seconds)


def slow_drip(seconds: float) -> Fault:
    """The reply comes slowly, piece by piece."""
    return Fault("slow drip", drip=seconds)


def reset(moment: Moment = "before", *, after: int | None = None) -> Fault:
    """The connection is reset before, during or after the body."""
    return Fault(f"reset {moment}", reset=moment, after=after)


def truncated(*, after: int | None = None, clean: bool = False) -> Fault:
    """The body ends too early; `clean` hides that from HTTP."""
    return Fault("truncated", truncate="clean" if clean else "hard", after=after)


def garbled(*, after: int | None = None) -> Fault:
    """One event of the stream, or the whole body, is no JSON."""
    return Fault("garbled", garble=True, after=after)


def error_event(
    message: str = "The server had an error while processing your request.",
    *,
    code: str | None = None,
    after: int | None = None,
) -> Fault:
    """An error in the middle of a stream, on HTTP 200."""
    error: Json = {"message": message, "type": "server_error", "param": None, "code": code}
    return Fault("error event", error=error, after=after)


def held_open() -> Fault:
    """The stream stays open after `[DONE]`, until the client leaves."""
    return Fault("held open", hold=True)


def ragged(size: int = 7) -> Fault:
    """The bytes arrive in small pieces that know nothing of events or characters; no fault, but a trap."""
    return Fault("ragged", ragged=size)


def broken_framing(*, after: int | None = None, endless: bool = False) -> Fault:
    """Another server's page within a chunked body; then the end of the connection, or, `endless`, silence."""
    return Fault("broken framing", misframe=True, after=after, endless=endless)


def dripping_refusal(seconds: float = 0.03, *, status: int = 500, endless: bool = False) -> Fault:
    """A failure whose body comes 16 bytes at a time, `endless` with blanks after it.

    Args:
        seconds: the time before each piece.
        status: 408, 409, 5xx.
        endless: whether the body never ends.
    """
    return Fault("dripping refusal", reply=failure(status), drip=seconds, endless=endless)


def dripping_json(seconds: float = 0.03, *, endless: bool = False) -> Fault:
    """A 200 of JSON that drips blanks, as from a gateway that keeps its client waiting, and never has a value.

    Args:
        seconds: the time before each piece.
        endless: whether the body never ends.
    """
    blanks = Reply(200, raw=b" " * 64, headers={"content-type": "application/json"})
    return Fault("dripping JSON", reply=blanks, drip=seconds, endless=endless)


def hang() -> Fault:
    """No answer, until the client leaves."""
    return Fault("hang", hang=True)
