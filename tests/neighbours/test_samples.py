"""What holds for all the neighbours' samples."""

from __future__ import annotations

from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "samples" / "neighbours"
PAGE = Path(__file__).parents[2] / "docs" / "neighbours.md"
STORE = "chatkit_store"  # the server's own database, not what makes it run on Azure
FILES = sorted(file for file in SAMPLES.glob("*.py") if file.stem != STORE)


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_sample_is_short_and_told_of(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 40
    assert f"samples/neighbours/{file.name}" in PAGE.read_text(encoding="utf-8")
