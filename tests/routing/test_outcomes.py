from __future__ import annotations

import socket
import ssl

import httpx
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_connector.errors._envelope import ErrorFacts, parse_envelope
from azure_connector.routing import outcome_of_error, outcome_of_exception, outcome_of_reply
from azure_connector.routing._outcomes import OK
from tests.support.tables import each_row

REQUEST = httpx.Request("POST", "http://127.0.0.1/openai/v1/chat/completions")


def reply(status, headers=(), code=None, message=""):
    return outcome_of_reply(status, httpx.Headers(dict(headers)), ErrorFacts(message, code))


@each_row(
    ("status", "code", "kind"),
    [
        (200, None, "ok"),
        (201, None, "ok"),
        (429, "429", "rate_limited"),
        (429, None, "rate_limited"),
        (429, "NoCapacity", "no_capacity"),
        (408, None, "transient"),
        (409, None, "transient"),
        (500, None, "transient"),
        (503, None, "transient"),
        (599, None, "transient"),
        (401, "PermissionDenied", "auth"),
        (403, "AuthenticationTypeDisabled", "forbidden"),
        (404, "DeploymentNotFound", "not_found_deployment"),
        (404, "404", "not_found"),
        (400, "content_filter", "refused"),
        (413, None, "refused"),
        (422, None, "refused"),
    ],
)
def test_each_status_has_its_kind(status, code, kind):
    outcome = reply(status, code=code)
    assert (outcome.kind, outcome.status, outcome.code) == (kind, status, code)


def test_a_plain_success_is_the_shared_object():
    assert outcome_of_reply(200, httpx.Headers({"content-type": "application/json"})) is OK


def test_quota_headers_of_a_success():
    outcome = reply(
        200,
        {
            "X-RateLimit-Remaining-Requests": "249",
            "x-ratelimit-remaining-tokens": "249850",
            "x-ratelimit-limit-requests": "250",
            "x-ratelimit-limit-tokens": "250000",
            "x-ratelimit-reset-requests": "1s",
            "x-ratelimit-reset-tokens": "6m0s",
            "retry-after": "3",
        },
    )
    assert (outcome.remaining_requests, outcome.remaining_tokens) == (249, 249_850)
    assert (outcome.limit_requests, outcome.limit_tokens) == (250, 250_000)
    assert (outcome.reset_requests, outcome.reset_tokens) == (1.0, 360.0)
    assert outcome.retry_after is None


@each_row("text", ["-1", "many", "", "1.5", "9" * 30, "²"])
def test_a_count_that_is_none_is_left_out(text):
    assert outcome_of_reply(200, {"x-ratelimit-remaining-tokens": text}).remaining_tokens is None


@each_row(
    ("headers", "message", "seconds"),
    [
        ({"retry-after-ms": "1500", "retry-after": "2"}, "retry after 9 seconds", 1.5),
        ({"retry-after": "2"}, "retry after 9 seconds", 2.0),
        ({"Retry-After": "Sat, 21 Nov 2026 07:28:30 GMT", "Date": "Sat, 21 Nov 2026 07:28:00 GMT"}, "", 30.0),
        ({"retry-after-ms": "soon", "retry-after": "later"}, "Please retry after 9 seconds.", 9.0),
        ({}, "Please retry after 9 seconds.", 9.0),
        ({"x-ratelimit-reset-tokens": "55"}, "", 55.0),
        ({"x-rate-limit-reset-tokens": "55"}, "", 55.0),
        ({"x-ratelimit-reset-tokens": "55", "x-ratelimit-reset-requests": "1s"}, "", 55.0),
        (
            {
                "x-ratelimit-reset-tokens": "55",
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-remaining-tokens": "900",
            },
            "",
            1.0,
        ),
        ({}, "", None),
    ],
)
def test_the_most_precise_word_on_waiting_counts(headers, message, seconds):
    for form in (headers, httpx.Headers(headers)):
        outcome = outcome_of_reply(429, form, ErrorFacts(message, "429"))
        assert outcome.retry_after == seconds


def test_a_503_may_name_a_time_too():
    assert reply(503, {"retry-after": "4"}).retry_after == 4.0


def test_api_management_s_quota_comes_as_a_403():
    outcome = reply(403, {"retry-after": "3600"}, message="Out of call volume quota.")
    assert (outcome.kind, outcome.retry_after) == ("rate_limited", 3600.0)


def test_the_service_may_forbid_or_ask_for_another_try():
    assert reply(500, {"x-should-retry": "false"}).final
    assert not reply(500).final
    assert reply(400, {"x-should-retry": "true"}).kind == "transient"


@each_row(
    ("headers", "spilled", "origin"),
    [
        ({"x-ms-is-spilled-over": "True"}, True, None),
        ({"x-ms-spillover-from-deployment": "ptu"}, True, "ptu"),
        ({"x-ms-is-spilled-over": "false", "x-ratelimit-remaining-tokens": "1"}, False, None),
    ],
)
def test_spillover_headers(headers, spilled, origin):
    outcome = reply(200, headers)
    assert (outcome.kind, outcome.spilled_over, outcome.spillover_from) == ("ok", spilled, origin)


@each_row(
    ("kind_of", "maybe"),
    [(500, True), (502, True), (503, True), (504, True), (408, True), (409, False), (429, False), (400, False)],
)
def test_which_replies_may_have_been_executed(kind_of, maybe):
    assert reply(kind_of).maybe_executed is maybe


@given(
    st.integers(100, 599),
    st.dictionaries(
        st.sampled_from(
            ["retry-after", "Retry-After-Ms", "x-ratelimit-reset-tokens", "x-ratelimit-remaining-requests", "date",
             "x-should-retry", "x-ms-is-spilled-over"]
        ),
        st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40),
    ),
    st.none() | st.builds(ErrorFacts, st.text(), st.none() | st.text()),
)  # fmt: skip
def test_no_header_can_break_it(status, headers, facts):
    for form in (headers, httpx.Headers([(k.encode(), v.encode("latin-1")) for k, v in headers.items()])):
        outcome = outcome_of_reply(status, form, facts)
        assert outcome.retry_after is None or 0 <= outcome.retry_after <= 366 * 86_400


@each_row(
    ("body", "kind"),
    [
        ({"error": {"message": "…", "type": "server_error", "code": None}}, "transient"),
        ({"error": {"message": "…", "type": None, "code": "429"}}, "rate_limited"),
        ({"error": {"message": "…", "code": "rate_limit_exceeded"}}, "rate_limited"),
        ({"error": {"message": "…", "code": "NoCapacity"}}, "no_capacity"),
        ({"error": {"message": "…", "code": "content_filter"}}, "refused"),
        ({"error": {"message": "…", "code": 500}}, "transient"),
        ({"error": {"message": "…"}}, "transient"),
    ],
)
def test_an_error_inside_a_stream_is_known_by_its_code(body, kind):
    assert outcome_of_error(parse_envelope(None, body)).kind == kind


def test_an_error_inside_a_stream_may_name_a_time():
    facts = parse_envelope(None, {"error": {"code": "rate_limit_exceeded", "message": "Please retry after 3 seconds"}})
    assert outcome_of_error(facts).retry_after == 3.0


def wrapped(sdk_error, cause):
    sdk_error.__cause__ = cause
    return sdk_error


@each_row(
    ("error", "kind"),
    [
        (wrapped(openai.APIConnectionError(request=REQUEST), httpx.ConnectError("refused")), "unreachable"),
        (wrapped(openai.APITimeoutError(REQUEST), httpx.ConnectTimeout("slow")), "unreachable"),
        (wrapped(openai.APITimeoutError(REQUEST), httpx.ReadTimeout("slow")), "timeout"),
        (wrapped(openai.APITimeoutError(REQUEST), httpx.PoolTimeout("full")), "not_sent"),
        (wrapped(openai.APIConnectionError(request=REQUEST), httpx.RemoteProtocolError("cut")), "reset"),
        (wrapped(openai.APIConnectionError(request=REQUEST), httpx.ReadError("cut")), "reset"),
        (wrapped(openai.APIConnectionError(request=REQUEST), httpx.ProxyError("no")), "unreachable"),
        (openai.APITimeoutError(REQUEST), "timeout"),
        (openai.APIConnectionError(request=REQUEST), "reset"),
        (socket.gaierror(8, "unknown name"), "unreachable"),
        (ConnectionRefusedError(), "unreachable"),
        (ConnectionResetError(), "reset"),
        (BrokenPipeError(), "reset"),
        (ssl.SSLCertVerificationError("self-signed"), "unreachable"),
        (TimeoutError(), "timeout"),
        (RuntimeError("who knows"), "reset"),
    ],
)
def test_exceptions_are_told_apart_by_class(error, kind):
    assert outcome_of_exception(error).kind == kind


def test_a_cycle_of_causes_ends():
    first, second = RuntimeError("a"), RuntimeError("b")
    first.__cause__, second.__cause__ = second, first
    assert outcome_of_exception(first).kind == "reset"


def test_exceptions_of_aiohttp_are_known():
    aiohttp = pytest.importorskip("aiohttp")
    refused = aiohttp.ClientConnectorError(None, ConnectionRefusedError(111, "refused"))
    assert outcome_of_exception(refused).kind == "unreachable"
    assert outcome_of_exception(aiohttp.ServerDisconnectedError()).kind == "reset"
    assert outcome_of_exception(aiohttp.ServerTimeoutError()).kind == "timeout"
    assert outcome_of_exception(aiohttp.ConnectionTimeoutError()).kind == "unreachable"


def test_a_name_that_does_not_exist_is_lasting_however_a_library_wraps_it():
    class ConnectError(Exception):
        """As httpcore's: it keeps the resolver's error among its arguments, and no cause."""

    gone = ConnectError(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    busy = ConnectError(socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"))
    assert outcome_of_exception(gone).permanent
    assert not outcome_of_exception(busy).permanent
