"""A table of rows in one test hides nothing: every row runs, and each that fails is told by its name."""

from __future__ import annotations

import asyncio
import inspect

import pytest

from tests.support.tables import each_row

ROWS = [(1, 1), pytest.param(2, 3, id="a slip"), (5, 5), (7, 8)]


def test_every_row_runs_and_each_that_fails_is_told():
    seen = []

    @each_row("given, expected", ROWS)
    def equal(folder: str, given: int, expected: int) -> None:
        seen.append((folder, given))
        assert given == expected

    assert list(inspect.signature(equal).parameters) == ["folder"]
    with pytest.raises(BaseExceptionGroup, match=r"a slip.*row 7-8'") as caught:
        equal(folder="here")
    assert [type(error) for error in caught.value.exceptions] == [AssertionError] * 2
    assert seen == [("here", 1), ("here", 2), ("here", 5), ("here", 7)]


def test_so_it_is_for_coroutines_and_for_errors_that_do_not_come():
    @each_row("text", ["1", "one"], ids=["a number", "a word"])
    async def unreadable(text: str) -> None:
        with pytest.raises(ValueError, match="invalid"):
            int(text)

    assert inspect.iscoroutinefunction(unreadable)
    with pytest.raises(BaseExceptionGroup, match=r"\['in the row a number'\]"):
        asyncio.run(unreadable())


def test_a_row_with_a_mark_needs_a_test_of_its_own():
    with pytest.raises(TypeError, match="xfail"):
        each_row("given", [pytest.param(1, marks=pytest.mark.xfail)])
