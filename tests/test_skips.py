"""CI fails where a test is skipped for a reason that nobody has written down."""

from __future__ import annotations

import pytest

from tests.support import skips
from tests.support.programs import Launcher

pytest_plugins = ["pytester"]

RUN = """
import pytest


def test_skipped():
    pytest.skip({reason!r})


def test_not(): ...
"""
MISSING = "could not import 'agents': No module named 'agents'"


def test_a_reason_that_nobody_knows_is_told():
    assert skips.unknown(["node is not installed", "I felt like it"]) == ["I felt like it"]
    assert skips.unknown([MISSING]) == [MISSING]
    assert skips.unknown([MISSING], matrix=True) == []
    assert skips.summary(["node is not installed"] * 2) == ["2 skipped: node is not installed [with node]"]
    assert "NOT KNOWN" in skips.summary(["I felt like it"])[0]


@pytest.mark.parametrize(
    ("reason", "options", "ends"),
    [("node is not installed", [], 0), ("I felt like it", [], 1), (MISSING, [], 1), (MISSING, ["--matrix"], 0)],
)
def test_a_run_that_skips_for_it_fails(
    pytester: pytest.Pytester, great_launcher: Launcher, reason: str, options: list[str], ends: int
):
    pytester.makepyfile(RUN.format(reason=reason))
    plugins = ("-p", "tests.support.skips", "-p", "no:cacheprovider", "-p", "no:asyncio")
    # Not in this process: pytest would take back what was imported meanwhile, and libraries would be there twice.
    done = great_launcher.run(*plugins, *options, program="pytest")
    assert done.returncode == ends
    assert f"1 skipped: {reason}" in done.stdout
