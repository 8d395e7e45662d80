"""What a remedy prints, done as it stands: commands in a shell, lines in files."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

__all__ = ["commands", "steps", "type_in"]

_STEP = re.compile(
    r"`(?P<command>(?:export|unset|read|az login)\b[^`]*)`"
    r"|In (?P<file>[\w./-]+)(?:, below \[(?P<table>\w+)\],)? (?P<verb>write|delete the line|rename): (?P<what>[^\n]+)"
)
_PLACEHOLDER = re.compile(r"YOUR-|RESOURCE-ID|PRINCIPAL-ID|TENANT-ID|<|\bOTHER-|=KEY\b|FILE-ID")
_BEHIND = "what is exported now:"


def steps(text: str) -> list[re.Match[str]]:
    """What there is to do, in order; where there are several ways, those of the first."""
    return list(_STEP.finditer(text.partition(" Or: ")[0]))


def commands(text: str) -> list[str]:
    """The same as text."""
    return [step[0] for step in steps(text)]


def type_in(text: str, monkeypatch: pytest.MonkeyPatch, answer: str = "") -> None:
    """Does what a remedy says, as it is printed.

    Args:
        text: the remedy.
        monkeypatch: gives the environment back afterwards.
        answer: what a command that asks for a secret is given.
    """
    assert steps(text), f"nothing to type: {text}"
    for step in steps(text):
        assert not _PLACEHOLDER.search(step[0]), f"cannot be typed as it stands: {step[0]}"
        if step["command"]:
            _run(step["command"], monkeypatch, answer)
        else:
            _edit(Path(step["file"]), step["verb"], step["what"], step["table"])


def _run(command: str, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    script = f"{command}\necho '{_BEHIND}'; /usr/bin/env -0"
    done = subprocess.run(
        ["/bin/bash", "-ec", script],
        input=f"{answer}\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    exported = done.stdout.rpartition(f"{_BEHIND}\n")[2].removesuffix("\0").split("\0")
    after = dict(line.split("=", 1) for line in exported)
    for name in set(os.environ) - set(after):
        monkeypatch.delenv(name)
    for name, value in after.items():
        if os.environ.get(name) != value and name not in ("_", "SHLVL", "PWD"):
            monkeypatch.setenv(name, value)


def _edit(path: Path, verb: str, what: str, table: str | None) -> None:
    lines = path.read_text().splitlines()
    if verb == "rename":
        old, new = what.rstrip(".").split(" -> ")
        assert any(_names(line, old) for line in lines), f"no line names {old}"
        lines = [line.replace(old, new, 1) if _names(line, old) else line for line in lines]
    elif verb == "delete the line":
        name = what.split(maxsplit=1)[0].rstrip(".,:;")
        kept = [line for line in lines if not _names(line, name)]
        assert len(kept) < len(lines), f"no line names {name}"
        lines = kept
    else:
        for new in _lines(what, table):
            name = new.partition("=")[0].strip()
            at = next((number for number, line in enumerate(lines) if _names(line, name.strip('"'))), None)
            lines = [*lines, new] if at is None else [*lines[:at], new, *lines[at + 1 :]]
    path.write_text("\n".join(lines) + "\n")


def _lines(what: str, table: str | None) -> Iterator[str]:
    """The lines to write: several stand in one of a table; a sentence may go on behind one line."""
    if table:
        yield from (line.strip() for line in re.findall(r'"[^"]+" = "[^"]+"', what))
    else:
        yield re.split(r"[.,:;]? (?=[A-Z][a-z])", what)[0].rstrip(".")


def _names(line: str, name: str) -> bool:
    return re.match(rf'\s*(?:export\s+)?"?{re.escape(name)}"?\s*=', line) is not None
