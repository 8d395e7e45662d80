"""The fenced blocks of a Markdown page, with what the HTML comments before them say.

    <!-- not run: REASON -->     the block cannot run here
    <!-- raises: CLASS -->       a Python block that ends in this error
    <!-- exits: CODE -->         a shell block whose command ends with this code
    <!-- needs: NAME, … -->     a block for packages that may not be installed; then it is not run
    <!-- environment: KIND -->   a Python block for a machine with this sign-in; a test of its own makes one

A `text` block right after a Python or shell block is its output, line by line; `…` in it stands for anything.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

__all__ = ["ROOT", "Block", "blocks_of", "compare", "installed", "pages"]

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>```+) *(?P<language>[\w+-]*)[^\n]*$")
_DIRECTIVE = re.compile(r"^ *<!-- (?P<name>not run|raises|exits|environment|needs): (?P<value>.+?) -->$")


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes:
        line: the number of its first line, for messages.
        directives: what the comment before it says, by name.
        output: the text block after it.
    """

    page: Path
    line: int
    language: str
    text: str
    directives: dict[str, str]
    output: str | None = None

    @property
    def needs(self) -> list[str]:
        """The packages that it imports and that may be missing."""
        return [name.strip() for name in self.directives.get("needs", "").split(",") if name.strip()]

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def installed(block: Block) -> bool:
    """Whether this environment has what a block needs."""
    return all(importlib.util.find_spec(name) is not None for name in block.needs)


def pages() -> list[Path]:
    """Every Markdown page that a reader meets."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "samples").rglob("*.md")]
    return sorted(page for page in found if "node_modules" not in page.parts)


def blocks_of(page: Path) -> list[Block]:
    """The page's blocks in order; a text block is attached to the block whose output it is."""
    found: list[Block] = []
    for block, follows in _fenced(page):
        if block.language == "text" and follows and found:
            found[-1] = replace(found[-1], output=block.text)
        else:
            found.append(block)
    return found


def _fenced(page: Path) -> Iterator[tuple[Block, bool]]:
    """Each block, and whether nothing but blank lines stands between it and the one before."""
    lines = iter(enumerate(page.read_text(encoding="utf-8").splitlines(), 1))
    directives: dict[str, str] = {}
    follows = False
    for number, line in lines:
        if directive := _DIRECTIVE.match(line):
            directives[directive["name"]] = directive["value"]
        elif fence := _FENCE.match(line):
            inside = list(_until(lines, fence["ticks"]))
            text = "\n".join(row.removeprefix(fence["indent"]) for row in inside) + "\n"
            yield Block(page, number, fence["language"], text, directives), follows
            directives, follows = {}, True
        elif line.strip():
            directives, follows = {}, False


def _until(lines: Iterator[tuple[int, str]], ticks: str) -> Iterator[str]:
    for _, line in lines:
        if line.strip() == ticks:
            return
        yield line


def compare(block: Block, output: str) -> None:
    """The text block after a block stands in what it wrote, line by line; `…` stands for anything."""
    if block.output is None:
        return
    rest = output
    for line in filter(None, map(str.strip, block.output.splitlines())):
        pattern = r"\s+".join(re.escape(word).replace("…", ".*?") for word in line.split())
        found = re.search(pattern, rest)
        assert found, f"{block}: the output has no line {line!r} where the page has it:\n{output}"
        rest = rest[found.end() :]
