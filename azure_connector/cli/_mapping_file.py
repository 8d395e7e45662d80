"""Adding to the `deployment_mapping` of a TOML file without touching the rest of it: comments and order stay.

The text is edited line by line, and what comes out is parsed again: unless it says exactly what it should, nothing is
written.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from ..errors import ConfigurationError
from ..settings import PROVIDER_NAME

__all__ = ["difference", "with_mapping"]

_HEADER = re.compile(r"^\s*\[(?P<many>\[)?\s*(?P<name>[^\[\]]+?)\s*\](?(many)\])\s*(#.*)?$")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_NAME = "deployment_mapping"

Mapped = Mapping[str, str | list[str]]


def with_mapping(text: str, added: Mapped) -> str:
    """The text of a TOML file with further entries in its mapping.

    Args:
        text: the file as it is; empty for a new one.
        added: model -> deployment or deployments; models that the mapping has already are left alone.

    Raises:
        ConfigurationError: the file is no TOML, or is written in a way that cannot be edited safely.
    """
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"The file is not TOML: {error}.") from None
    path, index = _home(before)
    wanted = _expected(before, path, index, added)
    lines = [f"{_key(model)} = {_value(names)}" for model, names in added.items()]
    edited = _edit(text, path, index, lines)
    try:
        sound = tomllib.loads(edited) == wanted
    except tomllib.TOMLDecodeError:
        sound = False
    if not sound:
        told = "\n".join(lines)
        raise ConfigurationError(
            f"The file's {_NAME} is written in a way that cannot be edited safely. Nothing was changed.",
            hint=f"Add these lines to it:\n{told}",
        )
    return edited


def difference(before: str, after: str, name: str) -> str:
    """What changes, as a unified diff."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm="", n=2)
    return "\n".join(lines)


def _home(data: Mapping[str, object]) -> tuple[tuple[str, ...], int]:
    """The table in which the settings stand, and which one of an array of tables it is (else -1)."""
    for table in ("providers", "provider"):
        held = data.get(table)
        if isinstance(held, list):
            for index, entry in enumerate(cast("list[Any]", held)):
                name = str(cast("dict[str, Any]", entry).get("name", "")) if isinstance(entry, dict) else ""
                if name.strip().lower().replace("_", "-") == PROVIDER_NAME and "config" in entry:
                    return (table, "config"), index
        elif isinstance(held, dict) and "config" in held:
            return (table, "config"), -1
    return (), -1


def _expected(data: Mapping[str, object], path: tuple[str, ...], index: int, added: Mapped) -> dict[str, Any]:
    whole = cast("dict[str, Any]", json.loads(json.dumps(data, default=str)))
    if json.loads(json.dumps(whole)) != data:
        # Dates do not survive JSON; a file that has them is compared as it was parsed.
        whole = _copy(data)
    at: Any = whole
    for part in path:
        at = at[part]
        if isinstance(at, list):
            at = cast("list[Any]", at)[index]
    at[_NAME] = {**at.get(_NAME, {}), **added}
    return whole


def _copy(value: object) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in cast("dict[str, Any]", value).items()}
    return [_copy(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value


def _edit(text: str, path: tuple[str, ...], index: int, added: list[str]) -> str:
    lines = text.splitlines()
    own, table = ".".join(path), ".".join((*path, _NAME))
    headers = _headers(lines, path, index)
    if (start := next((at for at, name in headers if name == table), None)) is not None:
        return _joined(lines, _end(lines, start, headers), added)
    begin = next((at for at, name in headers if name == own), -1) if path else -1
    stop = _end(lines, begin, headers) if headers or path else len(lines)
    for at in range(begin + 1, min(stop, len(lines))):
        if re.match(rf"\s*{_NAME}\s*=\s*\{{", lines[at]):
            return _inline(lines, at, added)
    if path:
        return _joined(lines, stop, ["", f"[{table}]", *added])
    return _joined(lines, len(lines), [*([""] if lines else []), f"[{table}]", *added])


def _headers(lines: list[str], path: tuple[str, ...], index: int) -> list[tuple[int, str]]:
    """Every table's heading with its line; those of other entries of an array of tables get a name that fits none."""
    found: list[tuple[int, str]] = []
    entry = -1
    for at, line in enumerate(lines):
        if header := _HEADER.match(line):
            name = ".".join(part.strip().strip("\"'") for part in header["name"].split("."))
            entry += bool(header["many"]) and bool(path) and name == path[0]
            elsewhere = bool(path) and index >= 0 and entry != index
            found.append((at, f"{name} of another entry" if elsewhere else name))
    return found


def _end(lines: list[str], start: int, headers: list[tuple[int, str]]) -> int:
    """The line after the last one of a table that holds something."""
    end = next((at for at, _ in headers if at > start), len(lines))
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def _inline(lines: list[str], at: int, added: list[str]) -> str:
    """Adds to `deployment_mapping = { … }` on one line."""
    head, brace, tail = lines[at].rpartition("}")
    entries = ", ".join(added)
    inside = head.rstrip()
    joined = f"{inside} {entries} " if inside.endswith("{") else f"{inside}, {entries} "
    return _joined([*lines[:at], joined + brace + tail, *lines[at + 1 :]], len(lines), [])


def _joined(lines: list[str], at: int, added: list[str]) -> str:
    return "\n".join([*lines[:at], *added, *lines[at:]]) + "\n"


def _key(model: str) -> str:
    return model if _BARE.fullmatch(model) else json.dumps(model)


def _value(names: str | list[str]) -> str:
    # JSON's strings are TOML's, but for characters beyond the basic plane, which ensure_ascii would write as pairs.
    return json.dumps(names, ensure_ascii=False)


def read_text(path: Path) -> str:
    """A TOML file's text; empty where there is no file.

    Raises:
        ConfigurationError: it is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8, which TOML demands.") from None
