"""JSON from the wire, told apart without trusting it."""

from __future__ import annotations

import json
from typing import Any, cast

__all__ = ["Json", "as_list", "as_object", "parse_json", "plain_copy"]

Json = dict[str, Any]


def as_object(value: object) -> Json:
    """The value if it is a JSON object, else an empty one."""
    return cast(Json, value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """The value if it is a JSON array, else an empty one."""
    return cast(list[Any], value) if isinstance(value, list) else []


def parse_json(data: bytes) -> object:
    """The value of a JSON text.

    The SDK brings a parser that takes a third of the time; what it refuses and Python's own takes (half of a surrogate
    pair, NaN) is read as ever.

    Raises:
        ValueError: it is no JSON.
    """
    if _quick is not None:
        try:
            return _quick(data)
        except ValueError:
            pass
    return json.loads(data)


_LEAVES = frozenset({str, int, float, bool, type(None)})


def plain_copy(value: Any) -> Any:
    """A copy of a value of plain JSON: of Python's own types, not of classes derived from them.

    Raises:
        TypeError: something in it is of another type.
        RecursionError: it contains itself.
    """
    kind: type[Any] = type(value)  # pyright: ignore[reportUnknownVariableType]  # it may be anything
    if kind in _LEAVES:
        return value
    if kind is list:
        return [one if type(one) in _LEAVES else plain_copy(one) for one in value]
    if kind is dict:
        return {name: one if type(one) in _LEAVES else plain_copy(one) for name, one in value.items()}
    raise TypeError(f"{kind.__name__} is not plain JSON")


try:
    from jiter import from_json as _quick
except ImportError:  # an SDK that has replaced it
    _quick = None
