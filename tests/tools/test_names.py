"""Names within Azure's limits on the wire, the caller's own everywhere else."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from azure_connector.tools import NameMap, name_map, sanitize_name
from tests.support.tables import each_row

AZURE = re.compile(r"[a-zA-Z0-9_-]{1,64}")
NAMES = st.text(min_size=1, max_size=80) | st.text(alphabet="ab._- ", min_size=1, max_size=4)


@given(st.lists(NAMES, unique=True, max_size=12), st.randoms())
def test_names_go_there_and_back(names: list[str], random: object) -> None:
    mapped = NameMap(names)
    wires = [mapped.wire(name) for name in names]
    assert all(AZURE.fullmatch(wire) for wire in wires)
    assert len(set(wires)) == len(names)
    assert [mapped.caller(wire) for wire in wires] == names
    assert [mapped.caller(name) for name in names] == names
    assert [NameMap(sorted(names)).wire(name) for name in names] == wires


@given(NAMES)
def test_a_sanitized_name_is_always_the_same(name: str) -> None:
    wire = sanitize_name(name)
    assert AZURE.fullmatch(wire)
    assert sanitize_name(wire) == wire
    assert sanitize_name(name) == wire


def test_acceptable_names_are_never_changed() -> None:
    mapped = NameMap(["p_fn", "p.fn", "p fn", "天气", "get_weather"])
    assert mapped.wire("p_fn") == "p_fn"
    assert mapped.wire("get_weather") == "get_weather"
    assert mapped.wire("p.fn") != mapped.wire("p fn") != "p_fn"
    assert mapped.wire("天气").startswith("tool_")


def test_even_a_name_made_to_collide_does_not() -> None:
    taken = NameMap(["p.fn", "p fn"]).wire("p.fn")
    mapped = NameMap(["p.fn", "p fn", taken])
    assert mapped.wire(taken) == taken != mapped.wire("p.fn")
    assert repr(mapped) == f"NameMap({sorted(mapped.known)!r})"


@each_row(
    ("came_back", "tool"),
    [
        ("p.fn", "p-fn"),
        ("p_fn", "p-fn"),
        ("P-Fn", "p-fn"),
        ("pFn", "p-fn"),
        ("functions.p-fn", "p-fn"),
        ("functions.p_fn", "p-fn"),
        (" get_weather\n", "get_weather"),
        ("getWeather", "get_weather"),
        ("get_weatherget_weatherget_wea", "get_weather"),
        ("functions.stop", "functions.stop"),
        ("functions_stop", "functions.stop"),
        ("unheard-of", "unheard-of"),
        ("", ""),
        ("...", "..."),
    ],
)
def test_a_changed_name_is_put_right(came_back: str, tool: str) -> None:
    assert NameMap(["p-fn", "get_weather", "functions.stop"]).caller(came_back) == tool


def test_an_ambiguous_name_stays_as_it_came() -> None:
    mapped = NameMap(["p-fn", "p_fn", "q-fn", "Q_fn"])
    assert mapped.caller("p.fn") == "p.fn"
    assert mapped.caller("p-fn") == "p-fn"
    # Only one of these differs from it in nothing but the separator.
    assert mapped.caller("q.fn") == "q-fn"
    assert mapped.caller("Q.FN") == "Q.FN"


def test_maps_are_kept() -> None:
    assert name_map(frozenset({"a", "b"})) is name_map(frozenset({"b", "a"}))
