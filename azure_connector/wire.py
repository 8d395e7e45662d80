"""JSON from the wire, told apart without trusting it."""

from __future__ import annotations

from typing import Any, cast

__all__ = ["Json", "as_list", "as_object"]

Json = dict[str, Any]


def as_object(value: object) -> Json:
    """The value if it is a JSON object, else an empty one."""
    return cast(Json, value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """The value if it is a JSON array, else an empty one."""
    return cast(list[Any], value) if isinstance(value, list) else []
