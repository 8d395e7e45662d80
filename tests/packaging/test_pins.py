"""`make renew`: newer pins, and none that gets lost on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import pins

ROOT = Path(__file__).parents[2]
OLD = "# Why.\nasync-timeout==5.0.1\nopenai==2.54.0\npyyaml==6.0.2\n"
FROZEN = "openai==2.60.0\nPyYAML==6.0.2\nnew_one==1\npip==25.1\n"


def test_newer_ones_and_new_ones_come_in_and_the_others_stay() -> None:
    assert pins.merged(OLD, FROZEN) == "# Why.\nasync-timeout==5.0.1\nnew-one==1\nopenai==2.60.0\npyyaml==6.0.2\n"
    assert pins.changes(OLD, FROZEN) == [
        "new-one (none) -> 1",
        "openai 2.54.0 -> 2.60.0",
        "async-timeout 5.0.1 stays: not installed here",
    ]


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-proxy.txt"])
def test_the_file_is_in_the_form_that_it_writes(name: str) -> None:
    """A renewal shows what is new, and not every line."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert pins.merged(text, "") == text
