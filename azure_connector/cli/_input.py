"""Texts from files and from stdin: UTF-8, or one line that says what they are instead."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .._utils import as_object, object_or_none
from ._running import fail

__all__ = ["as_text", "lines_of", "no_person", "read_json", "read_text", "stdin_text"]

_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\f\v\b\x1b")


def no_person() -> bool:
    """Whether stdin is something else than a terminal."""
    return sys.stdin is None or not sys.stdin.isatty()


def stdin_text() -> str:
    """All that a pipe or a file brings; nothing where a person sits there. Ends the command where it is no text."""
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    return as_text(sys.stdin.buffer.read(), "stdin", sys.stdin.encoding)


def read_text(path: str | Path, what: str) -> str:
    """A file's text. Ends the command where it cannot be read or is no text.

    Args:
        path: the file.
        what: what it is to the user, such as `--schema`.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        fail(f"{what}: {path} cannot be read: {error.strerror}.")
    return as_text(data, f"{what}: {path}")


def as_text(data: bytes, what: str, encoding: str = "utf-8") -> str:
    """Bytes as text. Ends the command where they are none, and says what they may be.

    Args:
        data: the bytes; a byte order mark is taken away.
        what: where they come from.
        encoding: the terminal's, for what is no UTF-8.
    """
    if not (utf_16 := data.startswith((b"\xff\xfe", b"\xfe\xff"))) and not _CONTROLS.isdisjoint(data):
        hint = " Images and PDF go by: azure-connector chat --attach FILE" if what == "stdin" else ""
        fail(f"{what} is binary, not text.{hint}")
    try:
        return data.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        if encoding.lower().replace("_", "-") not in ("utf-8", "ascii"):
            return data.decode(encoding, "replace")
        line = data.count(b"\n", 0, error.start) + 1
        fail(
            f"{what} is no UTF-8: byte 0x{data[error.start]:02x} in line {line}. "
            "If it is Latin-1, convert it first: iconv -f latin1 -t utf-8"
        )


def read_json(path: str | Path, what: str) -> dict[str, Any]:
    """A file's JSON object. Ends the command where it is none."""
    try:
        value: object = json.loads(read_text(path, what))
    except ValueError as error:
        fail(f"{what}: {path} is no JSON: {error}.")
    if (found := object_or_none(value)) is None:
        fail(f"{what}: {path} is no JSON object.")
    return found


def lines_of(path: str, what: str, fields: Sequence[str]) -> list[str]:
    """The texts of a file, one a line; empty lines are left out. Ends the command where it cannot be read.

    Args:
        path: the file, or `-` for stdin.
        what: what it is to the user, such as `--file`.
        fields: where the text of a line of JSON stands; the first one that is there. Lines are JSON where the file's
            name ends in `.jsonl`, or where all of them are objects or strings of JSON.
    """
    text = stdin_text() if path == "-" else read_text(path, what)
    lines = [line for line in text.splitlines() if line.strip()]
    named = path.lower().endswith((".jsonl", ".ndjson"))
    read = [_value(line) for line in lines]
    if not named and not all(isinstance(value, dict | str) for value in read):
        return lines
    return [_text(value, f"{what}: {path}, line {number}", fields) for number, value in enumerate(read, 1)]


def _value(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _text(value: object, what: str, fields: Sequence[str]) -> str:
    if isinstance(value, str):
        return value
    found = next((text for name in fields if isinstance(text := as_object(value).get(name), str)), None)
    if found is None:
        fail(f"{what}: no JSON string, and no object with {' or '.join(fields)}.")
    return found
