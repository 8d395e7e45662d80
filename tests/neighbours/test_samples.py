"""What holds for all the neighbours' samples."""

from __future__ import annotations

from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "samples" / "neighbours"
PAGE = Path(__file__).parents[2] / "docs" / "neighbours.md"
# The server's own class and database serve OpenAI as well: they are not what makes it run on Azure.
CHATKIT = {"chatkit_base": 150, "chatkit_store": 80}
FILES = sorted(SAMPLES.glob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_sample_is_short_and_told_of(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= CHATKIT.get(file.stem, 40)
    assert f"samples/neighbours/{file.name}" in PAGE.read_text(encoding="utf-8")
