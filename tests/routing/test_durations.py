from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_connector.routing._outcomes import duration_in_text, parse_duration, parse_retry_after
from tests.support.tables import each_row


@each_row(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("0.25", 0.25),
        (" 12 ", 12.0),
        ("120ms", 0.12),
        ("1s", 1.0),
        ("6m0s", 360.0),
        ("1h2m3.5s", 3723.5),
        ("1m 30s", 90.0),
        ("1d", 86_400.0),
        ("604800", 604_800.0),
        ("1e1", 10.0),
    ],
)
def test_reads_what_services_send(text, seconds):
    assert parse_duration(text) == pytest.approx(seconds)


@each_row(
    "text",
    [
        None, "", "-1", "-5s", "nan", "inf", "soon", "5 apples", "1s2x", "s", "ms", "١٢", "٣s", "1,5", "0x10",
        "9" * 400, "1s" * 400,
    ],
)  # fmt: skip
def test_refuses_what_is_no_duration(text):
    assert parse_duration(text) is None


@each_row("text", ["1790000000", "1e999", "400d"])
def test_more_than_a_year_is_long_and_not_absent(text):
    assert parse_retry_after(text) == 366 * 86_400
    assert parse_retry_after("Sat, 21 Nov 2126 07:28:00 GMT") == 366 * 86_400


@given(st.text(max_size=200) | st.from_regex(r"\A[-+]?[0-9.e]{0,40}(ms|s|m|h|d)?\Z"))
def test_any_text_gives_sane_seconds_or_nothing(text):
    for seconds in (parse_duration(text), parse_retry_after(text, text), duration_in_text(text)):
        assert seconds is None or (math.isfinite(seconds) and 0 <= seconds <= 366 * 86_400)


@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_every_mix_of_units_adds_up(hours, minutes, seconds, milliseconds):
    text = f"{hours}h{minutes}m{seconds}s{milliseconds}ms"
    assert parse_duration(text) == pytest.approx(hours * 3600 + minutes * 60 + seconds + milliseconds / 1000)


def test_a_date_is_measured_against_the_reply_s_own_clock():
    date, until = "Sat, 21 Nov 2026 07:28:00 GMT", "Sat, 21 Nov 2026 07:28:30 GMT"
    assert parse_retry_after(until, date) == 30.0
    assert parse_retry_after(date, until) == 0.0


def test_a_date_without_a_reply_s_clock_is_measured_against_ours():
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert parse_retry_after(until, "yesterday or so") == pytest.approx(100, abs=2)


@each_row("text", ["Sat, 99 Nov 2026 07:28:00 GMT", "Sat, 21 Nov", "0000-00-00", "Sat, 21 Nov 9999999999"])
def test_a_broken_date_is_none(text):
    assert parse_retry_after(text) is None


@each_row(
    ("text", "seconds"),
    [
        ("exceeded token rate limit. Please retry after 7 seconds. Please go here", 7.0),
        ("Please retry after 86400 seconds.", 86_400.0),
        ("please try again in 250ms", 0.25),
        ("Please try again in 1.5s.", 1.5),
        ("try again in 2 minutes", 120.0),
        ("Retry after 1 second", 1.0),
    ],
)
def test_reads_the_sentence(text, seconds):
    assert duration_in_text(text) == pytest.approx(seconds)


@each_row("text", [None, "", "retry after a while", "retry after 7 apples", "after 7 seconds"])
def test_a_sentence_without_a_duration_is_none(text):
    assert duration_in_text(text) is None
