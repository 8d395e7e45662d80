"""What answers at the endpoint: time to first byte, whether it is Azure, and its clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from email.utils import parsedate_to_datetime
from typing import Any

from ...auth import redact
from ...errors import ENDPOINTS, parse_envelope, scheme_hint
from ...settings import Resource, form_url, operation_query
from ...transport import TransportOptions, sync_http_client
from ._finding import Finding

__all__ = ["check_answer", "check_clock"]

_SECONDS = 15.0
_ENOUGH = 4096  # bytes of a body, to tell what it is
_SKEW_DOUBTFUL = 60.0
_SKEW_TOO_MUCH = 300.0  # seconds; Entra ID's tokens are accepted for so long before and after their time
_AZURE_HEADERS = ("apim-request-id", "x-ms-region", "x-ms-request-id", "x-ms-client-request-id")


def check_answer(resource: Resource, transport: TransportOptions) -> Iterator[Finding]:
    """Asks the endpoint for its models without a credential, which Azure answers with a 401.

    Args:
        resource: the resource.
        transport: how calls connect.
    """
    url = form_url(resource.endpoint) + "/models"
    with closing(sync_http_client(transport)) as client:
        request = client.build_request("GET", url, params=operation_query(resource.endpoint), timeout=_SECONDS)
        began, sent_at = time.perf_counter(), time.time()
        try:
            reply = client.send(request, stream=True, follow_redirects=False)
        except Exception as error:  # noqa: BLE001  # httpx and httpx2 have trees of their own
            detail = redact(f"no reply: {type(error).__name__}: {error}", [transport.proxy])
            remedy = scheme_hint(f"{type(error).__name__}: {error}", resource.endpoint.base) or (
                "The connection stands, but no reply comes: look at proxies and firewalls on the way, and whether what "
                "listens there is the resource or gateway that is meant."
            )
            yield Finding("HTTP", "failed", detail, "no-reply", remedy, resource.name, resource.endpoint.host)
            return
        try:
            seconds = time.perf_counter() - began
            body = _beginning(reply)
        finally:
            reply.close()
    yield _judge(resource, reply, body, seconds)
    if (skew := check_clock(reply.headers.get("date"), sent_at + seconds / 2, resource.name)) is not None:
        yield skew


def _beginning(reply: Any) -> str:
    found = b""
    try:
        for piece in reply.iter_bytes():
            found += piece
            if len(found) >= _ENOUGH:
                break
    except Exception:  # noqa: BLE001  # whatever breaks the body off, what came is enough
        return found.decode("utf-8", "replace")
    return found.decode("utf-8", "replace")


def _judge(resource: Resource, reply: Any, body: str, seconds: float) -> Finding:
    facts: dict[str, Any] = {
        "status": reply.status_code,
        "server": reply.headers.get("server"),
        "region": reply.headers.get("x-ms-region"),
        "request_id": reply.headers.get("apim-request-id"),
    }
    told = parse_envelope(reply.status_code, body)
    is_azure = any(name in reply.headers for name in _AZURE_HEADERS) or bool(told.code)
    page = told.html or "html" in reply.headers.get("content-type", "")
    first = f"first byte after {seconds * 1000:.0f} ms, status {reply.status_code}"
    if page and not is_azure:
        return _no_azure(resource, reply, first, seconds, facts)
    if 300 <= reply.status_code < 400:
        to = reply.headers.get("location", "nowhere").partition("?")[0]
        return Finding("HTTP", "warning", f"{first}: redirected to {to}", resource=resource.name, facts=facts)
    if not is_azure and resource.endpoint.kind != "gateway" and reply.status_code not in (200, 401):
        return _no_azure(resource, reply, first, seconds, facts)
    where = f", {facts['region']}" if facts["region"] else ""
    return Finding("HTTP", "ok", f"{first}{where}", resource=resource.name, seconds=seconds, facts=facts)


def _no_azure(resource: Resource, reply: Any, first: str, seconds: float, facts: dict[str, Any]) -> Finding:
    server = reply.headers.get("server", "")
    in_front = (
        reply.status_code in (502, 503, 504) or "gateway" in server.lower() or resource.endpoint.kind == "gateway"
    )
    named = f" ({server})" if server else ""
    if in_front:
        detail = f"{first}: a gateway's page{named}, not Azure OpenAI's answer"
        remedy = (
            f"The way ends at a gateway in front of {resource.endpoint.base}: ask whoever runs it what stands behind "
            "this path, and check the endpoint's path (AZURE_OPENAI_ENDPOINT)."
        )
        return Finding(
            "HTTP", "failed", detail, "gateway", remedy, resource.name, resource.endpoint.host, seconds, facts
        )
    detail = f"{first}: a page of some web server{named}, not Azure OpenAI's answer"
    remedy = (
        "Put the resource's own endpoint into AZURE_OPENAI_ENDPOINT: the portal shows it under Keys and Endpoint, and "
        f"{ENDPOINTS} lists yours."
    )
    return Finding(
        "HTTP", "failed", detail, "wrong-host", remedy, resource.name, resource.endpoint.host, seconds, facts
    )


def check_clock(date: str | None, now: float, resource: str) -> Finding | None:
    """Compares a reply's Date with this machine's clock; None where there is no date to compare.

    Args:
        date: the header.
        now: this machine's time when the reply was on its way, seconds since the epoch.
        resource: the resource's name.
    """
    try:
        there = parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return None
    skew = now - there
    facts = {"skew_seconds": round(skew, 1)}
    if abs(skew) < _SKEW_DOUBTFUL:
        return Finding("clock", "ok", "agrees with the endpoint's", resource=resource, facts=facts)
    detail = f"this machine is {_span(abs(skew))} {'ahead of' if skew > 0 else 'behind'} the endpoint"
    remedy = (
        "Set the clock: Entra ID's tokens count as expired or not yet valid otherwise. Linux: sudo timedatectl set-ntp "
        "true; WSL after sleep: sudo hwclock -s; Windows: w32tm /resync."
    )
    status = "failed" if abs(skew) > _SKEW_TOO_MUCH else "warning"
    return Finding("clock", status, detail, "clock-skew", remedy, resource, facts=facts)


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
