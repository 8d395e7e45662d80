"""Reading JSON values of unknown shape without a cast at every step."""

from __future__ import annotations

from typing import Any, cast

__all__ = ["Json", "is_object", "items_of", "object_of", "text_of"]

Json = dict[str, Any]


def is_object(value: Any) -> bool:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def object_of(value: Any) -> Json:
    """The object itself, or an empty one when the value is something else."""
    return cast(Json, value) if isinstance(value, dict) else {}


def items_of(value: Any) -> list[Any]:
    """The array itself, or an empty one when the value is something else."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def text_of(value: Any) -> str:
    """The string itself, or an empty one when the value is something else."""
    return value if isinstance(value, str) else ""
