"""Every Python block of docs/emulator.md runs."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.tables import each_row

PAGE = Path(__file__).parents[2] / "docs" / "emulator.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


@each_row("block", BLOCKS, ids=range(1, len(BLOCKS) + 1))
def test_block_runs(block: str) -> None:
    exec(compile(block, str(PAGE), "exec"), {"__name__": "docs"})


def test_the_page_names_every_fault() -> None:
    from azure_connector.emulator import faults

    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in faults.__all__ if name != "Fault" and f"`{name}(" not in text] == []
