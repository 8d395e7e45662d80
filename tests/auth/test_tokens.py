"""How long a credential serves."""

from __future__ import annotations

import base64
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from azure_connector.auth import expiry_text
from azure_connector.auth._tokens import FetchedToken, hold_times, jwt_expiry
from tests.support.tables import each_row

NOW = 1_800_000_000.0


def fetched(life: float | None, **more: float) -> FetchedToken:
    return FetchedToken(SecretStr("t"), None if life is None else NOW + life, **more)


@each_row(
    ("life", "refresh_after"),
    [(86400, 86100), (3600, 3300), (1500, 1200), (600, 480), (300, 240), (60, 48), (2, 1.6)],
)
def test_five_minutes_before_expiry_or_a_fifth_of_a_short_life(life: float, refresh_after: float) -> None:
    refresh_at, dead_at = hold_times(fetched(life), NOW)
    assert refresh_at == pytest.approx(NOW + refresh_after)
    assert refresh_at < dead_at < NOW + life


def test_the_issuers_own_wish_comes_first() -> None:
    assert hold_times(fetched(86400, refresh_on=NOW + 43200), NOW)[0] == NOW + 43200
    # One that has passed would mean a refresh on every call.
    assert hold_times(fetched(3600, refresh_on=NOW - 1), NOW)[0] == NOW + 3300
    assert hold_times(fetched(3600, refresh_on=NOW + 9999), NOW)[0] == NOW + 3300


def test_keys_last_and_unknown_lives_do_not() -> None:
    assert hold_times(fetched(None), NOW) == (math.inf, math.inf)
    assert hold_times(FetchedToken(SecretStr("t"), reusable=False), NOW) == (-math.inf, -math.inf)
    assert hold_times(fetched(-5), NOW) == (-math.inf, -math.inf)


@given(st.floats(min_value=0.001, max_value=1e7), st.none() | st.floats(min_value=-1e7, max_value=1e7))
def test_refresh_always_leaves_time_to_serve(life: float, wish: float | None) -> None:
    got = FetchedToken(SecretStr("t"), NOW + life, None if wish is None else NOW + wish)
    refresh_at, dead_at = hold_times(got, NOW)
    assert NOW <= refresh_at <= dead_at <= NOW + life


def jwt(claims: object) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part(claims)}.sig"


def test_the_expiry_in_a_token() -> None:
    assert jwt_expiry(jwt({"exp": 1_900_000_000})) == 1_900_000_000
    assert jwt_expiry(jwt({"exp": 1.5})) == 1.5


@each_row(
    "token",
    [
        "",
        "opaque",
        "a.b",
        "a.b.c",
        "a.!!.c",
        "a.é.c",
        jwt([]),
        jwt({}),
        jwt({"exp": "soon"}),
        jwt({"exp": True}),
        jwt({"exp": None}),
        jwt({"exp": -1}),
        jwt({"exp": math.inf}),
        "a." + "W1" * 5000 + ".c",
    ],
)
def test_no_expiry_to_read(token: str) -> None:
    assert jwt_expiry(token) is None


@given(st.text())
def test_any_text_is_survived(token: str) -> None:
    jwt_expiry(token)
    jwt_expiry(f"a.{token}.c")


def test_expiry_in_words() -> None:
    assert expiry_text(0) == "expires at 1970-01-01T00:00:00Z"
    assert expiry_text(None) == "expiry unknown"
    assert expiry_text(1e300) == "expiry unreadable"
