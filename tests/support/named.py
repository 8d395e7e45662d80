"""Tests that a table names, as `folder/test_file::test_name` below `tests/`."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

__all__ = ["missing"]

TESTS = Path(__file__).parents[1]


@cache
def _named_in(path: str) -> frozenset[str]:
    """The names of the tests that pytest collects from a file, also those of its classes."""
    file = TESTS / path
    if not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    functions = [node for body in bodies for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


def missing(named: Iterable[str]) -> list[str]:
    """Those of the names that no test has."""
    pairs = [(one, one.partition("::")) for one in named]
    return sorted({one for one, (file, _, test) in pairs if test not in _named_in(f"{file}.py")})
