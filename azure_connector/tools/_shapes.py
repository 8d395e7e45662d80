"""JSON objects in the forms in which callers hold them: dictionaries, other mappings, the SDK's models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, cast

__all__ = ["Json", "as_object", "as_text", "list_index", "type_name"]

Json: TypeAlias = dict[str, Any]


def as_object(value: object) -> Json | None:
    """The JSON object that a value stands for, or None where it stands for none.

    A dictionary is returned itself; other mappings are copied; a Pydantic model (the SDK's reply types, MCP's tools)
    is dumped with the fields that were set.
    """
    if isinstance(value, dict):
        return cast("Json", value)
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Any]", value))
    dump = getattr(value, "model_dump", None)
    if dump is None or isinstance(value, type):
        return None
    return as_object(dump(mode="json", by_alias=True, exclude_unset=True))


def as_text(value: object) -> str:
    """A string as it is, and an empty one for anything else."""
    return value if isinstance(value, str) else ""


def list_index(value: object) -> int | None:
    """A list position as services write it: a number, or its digits; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and len(value) < 10 and value.isascii() and value.isdigit() else None


def type_name(value: Any) -> str:
    """A value's type in an error's words."""
    return "None" if value is None else type(value).__name__
