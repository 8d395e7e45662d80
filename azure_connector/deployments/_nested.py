"""Deployments' names at dotted paths in a body: reading them, and putting others in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

__all__ = ["names_at", "replace_names"]


def names_at(body: object, path: str) -> Iterator[str]:
    """The names that stand at a path.

    Args:
        body: plain JSON.
        path: dotted; `[]` behind a name: in each entry of that list, `*`: in each value of the table.
    """
    found: list[str] = []

    def keep(name: str) -> str:
        found.append(name)
        return name

    replace_names(body, path, keep)
    yield from found


def replace_names(body: object, path: str, rename: Callable[[str], str]) -> Any:
    """The body with other names at a path; the same object where nothing changes.

    Args:
        body: plain JSON; it is not changed.
        path: as for `names_at`.
        rename: the new name for each.
    """
    return _replace(body, path.replace("[]", ".[]").split("."), rename)


def _replace(value: object, steps: list[str], rename: Callable[[str], str]) -> Any:
    if not steps:
        return rename(value) if isinstance(value, str) and value else value
    step, rest = steps[0], steps[1:]
    if step == "[]":
        if not isinstance(value, list | tuple):
            return value
        entries = cast("list[Any]", value)
        changed = [_replace(entry, rest, rename) for entry in entries]
        return entries if all(new is old for new, old in zip(changed, entries, strict=True)) else changed
    if not isinstance(value, Mapping):
        return value
    table = cast("Mapping[str, Any]", value)
    keys = list(table) if step == "*" else [step] if step in table else []
    new = {key: _replace(table[key], rest, rename) for key in keys}
    return table if all(new[key] is table[key] for key in keys) else {**table, **new}
