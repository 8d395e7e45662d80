"""JSON from the wire and from callers, told apart without trusting it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

__all__ = [
    "ARRAY",
    "OBJECT",
    "Json",
    "as_list",
    "as_object",
    "as_text",
    "list_index",
    "mapping_or_none",
    "object_or_none",
    "parse_json",
    "plain_copy",
    "type_name",
]

Json: TypeAlias = dict[str, Any]
# A type checker narrows nothing by these, so that no `cast`, which is a call, is needed where every chunk comes by.
OBJECT = cast("Any", dict)
ARRAY = cast("Any", list)


def as_object(value: object) -> Json:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]  # as `OBJECT`


def as_list(value: object) -> list[Any]:
    """The value if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]  # as above


def mapping_or_none(value: object) -> Mapping[str, Any] | None:
    """The value if it is a mapping of any class, else None."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else None


def object_or_none(value: object) -> Json | None:
    """The JSON object that a caller's value stands for, or None where it stands for none.

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
    return object_or_none(dump(mode="json", by_alias=True, exclude_unset=True))


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
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


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
