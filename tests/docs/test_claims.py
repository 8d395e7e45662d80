"""Sentences about a default, an order, a retry, a log line or an error, each with the tests that hold it.

`claims.toml` has them. A sentence that is changed on its page must be changed there too, and whoever changes it looks
at its tests again.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache

import pytest

from tests.support.named import missing

from .blocks import ROOT

CLAIMS: dict[str, dict[str, list[str]]] = tomllib.loads((ROOT / "tests" / "docs" / "claims.toml").read_text("utf-8"))


# A point of links, under a name or alone.
LINKS = re.compile(r"[A-Z][^:\[]{0,40}: \[.*|\[.*")


@cache
def words_of(page: str) -> str:
    """A page in one line, so that a sentence is found wherever it is broken."""
    return " ".join((ROOT / page).read_text(encoding="utf-8").split())


def sentences(page: str) -> list[str]:
    """What a page's lists and tables promise: each part of a list's point, and each row of a table."""
    found: list[str] = []
    for block in (ROOT / page).read_text(encoding="utf-8").split("\n\n"):
        if block.startswith("|"):
            found += block.splitlines()[2:]
        elif block.startswith("- "):
            for point in re.split(r"\n- ", block.removeprefix("- ")):
                found += re.split(r"(?<=[.;]) (?![^(]*\))", " ".join(point.split()))
    return found


@pytest.mark.parametrize("page", CLAIMS)
def test_each_sentence_stands_on_its_page_and_its_tests_exist(page: str) -> None:
    gone = [sentence for sentence in CLAIMS[page] if " ".join(sentence.split()) not in words_of(page)]
    assert gone == [], f"{page} does not say these any more"
    assert missing(named for proofs in CLAIMS[page].values() for named in proofs) == []
    assert all(CLAIMS[page].values()), "a claim without a test"


def test_each_sentence_of_the_readmes_lists_has_its_tests() -> None:
    held = [" ".join(claim.split()) for claim in CLAIMS["README.md"]]
    # The list of pages promises nothing but that they are there: tests/docs/test_pages.py follows its links.
    told = [one for one in sentences("README.md") if not LINKS.fullmatch(one)]
    assert len(told) >= 20
    open_ones = [one for one in told if not any(claim in one or one.rstrip(".;") in claim for claim in held)]
    assert open_ones == [], "each needs an entry in claims.toml, with the tests that hold it"


def test_the_pages_that_promise_most_are_there() -> None:
    assert set(CLAIMS) >= {"README.md", "docs/reliability.md", "docs/in-production.md", "docs/concepts.md"}
    assert sum(map(len, CLAIMS.values())) >= 90
