"""Reading JSON values of unknown shape without a cast at every step."""

from __future__ import annotations

from collections.abc import Container
from typing import Any, cast

__all__ = ["Json", "among", "is_object", "items_of", "object_of", "text_of", "whole"]

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


def among(value: Any, choices: Container[str]) -> bool:
    """Whether a JSON value is one of these words; lists and objects are none, and cannot be looked up in a set."""
    return isinstance(value, str) and value in choices


def whole(value: Any, default: int) -> int:
    """The integer itself, or the default when the value is something else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else default
