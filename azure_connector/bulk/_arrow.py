"""pyarrow, which this room stands on, as one untyped name: it ships no types of its own."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, cast

from azure_connector._utils import install_hint

__all__ = ["Array", "RecordBatch", "Schema", "pa", "part_of_pyarrow", "plain_values", "retyped"]

RecordBatch = Any
Schema = Any
Array = Any


def part_of_pyarrow(name: str = "") -> Any:
    """A module of pyarrow.

    Raises:
        ImportError: it is not installed; it says what to run.
    """
    try:
        return import_module(f"pyarrow.{name}" if name else "pyarrow")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "pyarrow":
            raise
        raise ImportError(f"azure_connector.bulk needs pyarrow: {install_hint('bulk')}", name="pyarrow") from None


pa: Any = part_of_pyarrow()


def plain_values(column: Array) -> list[object]:
    """A column as Python values; times that Python's own cannot hold (nanoseconds, far years) as text."""
    if column.type != pa.time64("ns"):
        try:
            return column.to_pylist()
        except (pa.ArrowException, ValueError, OverflowError, LookupError):
            pass
    try:
        return column.cast(retyped(column.type, pa.types.is_temporal, _text)).to_pylist()
    except pa.ArrowException:  # a time zone that nobody knows
        return column.cast(retyped(column.type, pa.types.is_temporal, _number)).to_pylist()


def retyped(kind: object, wanted: Callable[[object], bool], instead: Callable[[Any], object]) -> Any:
    """A type with some of the types in it replaced, at any depth.

    Args:
        kind: the type.
        wanted: whether a type is to be replaced.
        instead: what stands in its place.
    """
    types, given = pa.types, cast("Any", kind)
    if wanted(kind):
        return instead(kind)
    if types.is_struct(kind):
        return pa.struct([one.with_type(retyped(one.type, wanted, instead)) for one in given])
    if types.is_map(kind):
        return pa.map_(retyped(given.key_type, wanted, instead), retyped(given.item_type, wanted, instead))
    if types.is_fixed_size_list(kind):
        return pa.list_(retyped(given.value_type, wanted, instead), given.list_size)
    if types.is_list(kind) or types.is_large_list(kind):
        make = pa.list_ if types.is_list(kind) else pa.large_list
        return make(given.value_field.with_type(retyped(given.value_type, wanted, instead)))
    return kind


def _text(kind: object) -> object:
    return pa.string()


def _number(kind: object) -> object:
    return pa.int64()
