"""Record batches into a file, whole or not at all: a temporary name, fsync, rename."""

from __future__ import annotations

import base64
import contextlib
import csv
import io
import json
import math
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from azure_connector.errors import ConfigurationError

from ._arrow import RecordBatch, Schema, pa, part_of_pyarrow, plain_values, retyped
from ._cells import iterate_rows
from ._readers import Format

__all__ = ["check_writable", "partial_name", "write_partial"]


def partial_name(target: Path) -> Path:
    """The name under which a file is written."""
    return target.with_name(f".{target.name}.partial")


def check_writable(kind: Format, schema: Schema) -> None:
    """Refuses columns that a format cannot hold: found out after the last call, that would be dear.

    Raises:
        ConfigurationError: it names the column.
    """
    for field in schema:
        try:
            _WRITERS[kind](io.BytesIO(), pa.schema([field])).finish()
        except pa.ArrowException:
            raise ConfigurationError(
                f"{kind} cannot hold the column {field.name!r}, which is of the type {field.type}.",
                hint="Name an OUT of another format (.arrow, .jsonl), or leave the column out of the input.",
            ) from None


def write_partial(target: Path, kind: Format, schema: Schema, batches: Iterable[RecordBatch]) -> Path:
    """Writes all batches beside the target, to disk; who calls it renames.

    Args:
        target: the file that shall be there in the end.
        kind: its format.
        schema: the batches' schema.
        batches: what to write.

    Raises:
        OSError: the disk is full, or the folder cannot be written to.
    """
    path = partial_name(target)
    try:
        with path.open("wb") as file:
            writer = _WRITERS[kind](file, schema)
            try:
                for batch in batches:
                    writer.write(batch)
                writer.finish()
            except BaseException:
                writer.abandon()
                raise
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


class _Writer(ABC):
    def __init__(self, file: Any, schema: Schema) -> None:
        self._file, self._schema = file, schema

    @abstractmethod
    def write(self, batch: RecordBatch) -> None:
        """Adds rows."""

    def finish(self) -> None:  # noqa: B027  # most formats have no end of their own
        """Ends the file."""

    def abandon(self) -> None:  # noqa: B027  # as above
        """Lets go of a file that will not be finished."""


class _Parquet(_Writer):
    def __init__(self, file: object, schema: Schema) -> None:
        super().__init__(file, schema)
        self._writer = part_of_pyarrow("parquet").ParquetWriter(file, schema)
        self._waiting: list[RecordBatch] = []
        self._bytes = 0

    def write(self, batch: RecordBatch) -> None:
        self._waiting.append(batch)
        self._bytes += batch.nbytes
        if self._bytes >= 64 << 20 or sum(one.num_rows for one in self._waiting) >= 100_000:
            self._group()

    def _group(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting, self._schema))
        self._waiting, self._bytes = [], 0

    def finish(self) -> None:
        self._group()
        self._writer.close()

    def abandon(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._writer.close()


class _Arrow(_Writer):
    def __init__(self, file: object, schema: Schema) -> None:
        # A file has one dictionary for a column, and each part of an input its own.
        plain = retyped(pa.struct(list(schema)), pa.types.is_dictionary, _values)
        super().__init__(file, pa.schema(list(plain), metadata=schema.metadata))
        self._writer = part_of_pyarrow("ipc").new_file(file, self._schema)

    def write(self, batch: RecordBatch) -> None:
        self._writer.write_batch(batch if batch.schema.equals(self._schema) else batch.cast(self._schema))

    def finish(self) -> None:
        self._writer.close()

    def abandon(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._writer.close()


def _values(kind: Any) -> object:
    return kind.value_type


class _Text(_Writer):
    """Lines of text, into a file of bytes that stays open."""

    def line(self, text: str) -> None:
        """Writes one line."""
        self._file.write(text.encode("utf-8", "replace") + b"\n")


class _Csv(_Text):
    delimiter = ","

    def __init__(self, file: object, schema: Schema) -> None:
        super().__init__(file, schema)
        self._rows = csv.writer(self, delimiter=self.delimiter, lineterminator="\n")  # pyright: ignore[reportArgumentType]: it needs write() of text only
        self._rows.writerow(schema.names)

    def write(self, batch: RecordBatch | str) -> Any:
        """Takes a batch; the CSV writer beneath comes back with its text."""
        if isinstance(batch, str):
            return self._file.write(batch.encode("utf-8", "replace"))
        columns = [[_cell(value) for value in plain_values(column)] for column in batch.columns]
        return self._rows.writerows(zip(*columns, strict=True))


class _Tsv(_Csv):
    delimiter = "\t"


class _Jsonl(_Text):
    def write(self, batch: RecordBatch) -> None:
        for _, row in iterate_rows(batch, None, 0):
            self.line(_json(row))


class _OpenAI(_Text):
    """The lines of a batch's output: `custom_id`, `response`, `error`."""

    def write(self, batch: RecordBatch) -> None:
        names = [name for name in batch.schema.names if name.endswith(("output", "error_code", "error"))][-3:]
        output, code, error = (batch.column(name).to_pylist() for name in names)
        for row, identity in enumerate(batch.column("custom_id").to_pylist()):
            response = None if output[row] is None else json.loads(output[row])
            fault = None if code[row] is None or response is not None else {"code": code[row], "message": error[row]}
            made = {"id": f"batch_req_{row}", "custom_id": identity, "response": response, "error": fault}
            self.line(json.dumps(made, ensure_ascii=False))


_WRITERS: dict[Format, type[_Writer]] = {
    "parquet": _Parquet,
    "arrow": _Arrow,
    "csv": _Csv,
    "tsv": _Tsv,
    "jsonl": _Jsonl,
    "openai": _OpenAI,
}


def _cell(value: object) -> Any:
    """A value for a CSV cell: nested ones as JSON, bytes in base64."""
    if isinstance(value, list | dict | tuple):
        return _json(cast("object", value))
    return _plain(value) if isinstance(value, bytes) else value


def _json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=_plain, allow_nan=False)
    except ValueError:  # JSON has no NaN, and no infinity
        return json.dumps(_finite(value), ensure_ascii=False, default=_plain)


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in cast("dict[str, object]", value).items()}
    return [_finite(one) for one in cast("list[object]", value)] if isinstance(value, list | tuple) else value


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    isoformat = getattr(value, "isoformat", None)
    return str(value) if isoformat is None else isoformat()
