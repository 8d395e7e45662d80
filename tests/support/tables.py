"""Tests of many small rows, each table as one test: what pytest does around a test costs more than such a row."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from azure_connector import forget_learned

__all__ = ["each_row"]


def each_row(
    names: str | Sequence[str], rows: Iterable[Any], *, ids: Callable[[Any], Any] | Iterable[str] | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """As `pytest.mark.parametrize`, but all rows are one test: every one of them runs, and each that fails is told.

    Nothing is torn down between two rows (only what the process has learned of deployments is forgotten): it is for
    tests without fixtures, or whose fixtures are made for every row anew.

    Args:
        names: the arguments that a row fills.
        rows: a value or a tuple of values for each, also as `pytest.param`.
        ids: names the rows in what is told of failures.

    Raises:
        TypeError: a row has marks, for which there is no test of its own.
    """
    wanted = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    filled = list(_filled(wanted, rows, ids))

    def decorated(test: Callable[..., Any]) -> Callable[..., Any]:
        async def asynchronous(**fixtures: Any) -> None:
            with _told() as row:
                for name, values in filled:
                    with row(name):
                        await test(**fixtures, **values)

        def plain(**fixtures: Any) -> None:
            with _told() as row:
                for name, values in filled:
                    with row(name):
                        test(**fixtures, **values)

        made: Any = functools.wraps(test)(asynchronous if inspect.iscoroutinefunction(test) else plain)
        signature = inspect.signature(test)
        left = [parameter for name, parameter in signature.parameters.items() if name not in wanted]
        made.__signature__ = signature.replace(parameters=left)
        return made

    return decorated


def _filled(
    wanted: Sequence[str], rows: Iterable[Any], ids: Callable[[Any], Any] | Iterable[str] | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    given = None if ids is None or callable(ids) else list(ids)
    for position, row in enumerate(rows):
        parameters = pytest.param(*row) if len(wanted) > 1 and isinstance(row, tuple | list) else pytest.param(row)
        if hasattr(row, "marks"):
            parameters = row
        if parameters.marks:
            raise TypeError(f"a row of a table has no marks of its own: {parameters.marks!r}")
        values = dict(zip(wanted, parameters.values, strict=True))
        shown = (
            given[position] if given else "-".join(str(ids(one) if callable(ids) else one) for one in values.values())
        )
        yield parameters.id or f"{shown:.200}", values


@contextmanager
def _told() -> Iterator[Callable[[str], Any]]:
    failed: list[BaseException] = []

    @contextmanager
    def row(name: str) -> Iterator[None]:
        forget_learned()
        try:
            yield
        except (Exception, pytest.fail.Exception) as error:
            error.add_note(f"in the row {name}")
            failed.append(error)

    yield row
    if failed:
        raise BaseExceptionGroup(f"rows that failed: {[error.__notes__[-1] for error in failed]}", failed)
