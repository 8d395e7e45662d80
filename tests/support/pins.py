"""What `make renew` makes of the pins: newer ones, and what changed.

It reads a `pip freeze --all` from its standard input, and the pins' file by name; with `--write` it changes that file.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

__all__ = ["changes", "merged", "pins_of"]

# What an environment has without being asked: the pins leave it alone.
_TOOL = "pip"


def pins_of(text: str) -> dict[str, str]:
    """The version of each package that a file or a freeze pins, by the package's normal name."""
    found = (line.partition("==") for line in text.splitlines() if "==" in line and not line.startswith("#"))
    return {re.sub(r"[-_.]+", "-", name.strip()).lower(): version.strip() for name, _, version in found}


def merged(text: str, frozen: str) -> str:
    """The pins' file with what was installed.

    What was not installed keeps its pin: it is for another Python or another system.

    Args:
        text: the file as it is; its comments stay on top.
        frozen: what `pip freeze` says of an environment with newer versions.
    """
    pins = pins_of(text) | {name: version for name, version in pins_of(frozen).items() if name != _TOOL}
    comments = [line for line in text.splitlines() if line.startswith("#")]
    return "\n".join([*comments, *(f"{name}=={pins[name]}" for name in sorted(pins))]) + "\n"


def changes(text: str, frozen: str) -> list[str]:
    """A line for each pin that changes, comes, or stands without having been installed."""
    old, new = pins_of(text), pins_of(merged(text, frozen))
    installed = pins_of(frozen)
    lines = [f"{name} {old.get(name, '(none)')} -> {new[name]}" for name in sorted(new) if old.get(name) != new[name]]
    return lines + [f"{name} {old[name]} stays: not installed here" for name in sorted(old) if name not in installed]


def main(name: str, *flags: str) -> None:
    """Says what changes, and writes it where asked to."""
    file, frozen = Path(name), sys.stdin.read()
    text = file.read_text(encoding="utf-8")
    print("\n".join(changes(text, frozen)) or "no pin changes")
    if "--write" in flags:
        file.write_text(merged(text, frozen), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
