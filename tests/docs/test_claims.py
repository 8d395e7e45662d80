"""Sentences about a default, an order, a retry, a log line or an error, each with the tests that hold it.

`claims.toml` has them. A sentence that is changed on its page must be changed there too, and whoever changes it looks
at its tests again.
"""

from __future__ import annotations

import ast
import tomllib
from functools import cache

import pytest

from .blocks import ROOT

CLAIMS: dict[str, dict[str, list[str]]] = tomllib.loads((ROOT / "tests" / "docs" / "claims.toml").read_text("utf-8"))


@cache
def words_of(page: str) -> str:
    """A page in one line, so that a sentence is found wherever it is broken."""
    return " ".join((ROOT / page).read_text(encoding="utf-8").split())


@cache
def named_in(path: str) -> frozenset[str]:
    """The names of the tests that pytest collects from a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


@pytest.mark.parametrize("page", CLAIMS)
def test_each_sentence_stands_on_its_page_and_its_tests_exist(page: str) -> None:
    gone = [sentence for sentence in CLAIMS[page] if " ".join(sentence.split()) not in words_of(page)]
    assert gone == [], f"{page} does not say these any more"
    missing = [
        named
        for proofs in CLAIMS[page].values()
        for named in proofs
        if (found := named.partition("::"))[2] not in named_in(f"tests/{found[0]}.py")
    ]
    assert missing == []
    assert all(CLAIMS[page].values()), "a claim without a test"


def test_the_pages_that_promise_most_are_there() -> None:
    assert set(CLAIMS) >= {"README.md", "docs/reliability.md", "docs/in-production.md", "docs/concepts.md"}
    assert sum(map(len, CLAIMS.values())) >= 90
