"""Record batches into a file, whole or not at all: a temporary name, fsync, rename."""

from __future__ import annotations

import csv
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ._arrow import RecordBatch, Schema, pa, part_of_pyarrow
from ._readers import Format

__all__ = ["partial_name", "write_partial"]


def partial_name(target: Path) -> Path:
    """The name under which a file is written."""
    return target.with_name(f".{target.name}.partial")


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
            for batch in batches:
                writer.write(batch)
            writer.finish()
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


class _Arrow(_Writer):
    def __init__(self, file: object, schema: Schema) -> None:
        super().__init__(file, schema)
        self._writer = part_of_pyarrow("ipc").new_file(file, schema)

    def write(self, batch: RecordBatch) -> None:
        self._writer.write_batch(batch)

    def finish(self) -> None:
        self._writer.close()


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
        columns = [[_cell(value) for value in column.to_pylist()] for column in batch.columns]
        return self._rows.writerows(zip(*columns, strict=True))


class _Tsv(_Csv):
    delimiter = "\t"


class _Jsonl(_Text):
    def write(self, batch: RecordBatch) -> None:
        for row in batch.to_pylist():
            self.line(json.dumps(row, ensure_ascii=False, default=_plain))


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
    """A value for a CSV cell: nested ones as JSON."""
    return json.dumps(value, ensure_ascii=False, default=_plain) if isinstance(value, list | dict) else value


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        import base64

        return base64.b64encode(value).decode("ascii")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
