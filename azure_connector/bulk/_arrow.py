"""pyarrow, which this room stands on, as one untyped name: it ships no types of its own."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from azure_connector._utils import install_hint

__all__ = ["Array", "RecordBatch", "Schema", "pa", "part_of_pyarrow"]

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
