"""Files as record batches: parquet, arrow, CSV, JSONL, OpenAI batch JSONL. Read twice: for the calls, and for OUT."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol, cast, get_args

from azure_connector.errors import ConfigurationError

from ._arrow import RecordBatch, Schema, pa, part_of_pyarrow
from ._file_faults import broken, refuse_address, refuse_folder, refuse_foreign_bytes, refuse_packed, refuse_twins
from ._text_readers import Csv, Jsonl, is_openai, openai_lines

__all__ = ["Format", "Source", "fingerprint", "format_of", "open_source"]

Format = Literal["parquet", "arrow", "csv", "tsv", "jsonl", "openai"]

_SUFFIXES: Mapping[str, Format] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
_BATCH = 1000
_MEBIBYTE = 1 << 20


class Source(Protocol):
    """An input.

    Attributes:
        schema: its columns.
        rows: how many rows it has.
        lines: whether its rows are requests of their own.
    """

    schema: Schema
    rows: int
    lines: bool

    def batches(self) -> Iterator[RecordBatch]:
        """The rows, from the first one on.

        Raises:
            ConfigurationError: the file is broken.
        """
        ...


def format_of(path: Path, given: str | None, *, is_input: bool = True) -> Format:
    """A file's format, by its name or as the user says.

    Raises:
        ConfigurationError: neither says it.
    """
    if given is not None:
        if given not in get_args(Format):
            raise ConfigurationError(f"--format is one of {', '.join(get_args(Format))}, not {given!r}.")
        return cast("Format", given)
    found = _SUFFIXES.get(path.suffix.lower())
    if found is None:
        refuse_packed(path, path.suffix)
        raise ConfigurationError(
            f"{path.name}: the name does not say the format (known: {', '.join(_SUFFIXES)}).",
            hint=f"Say it with --format {'|'.join(get_args(Format))}." if is_input else "Name OUT by its format.",
        )
    return found


def open_source(path: Path, given: str | None = None) -> Source:
    """Opens an input; text is read through once, for its rows and its faults.

    Args:
        path: the file.
        given: its format, over its name's.

    Raises:
        ConfigurationError: there is no such file, or it is broken.
    """
    refuse_address(path, "The input")
    refuse_folder(path)
    if not path.is_file():
        what = "is no file" if path.exists() else "does not exist"
        raise ConfigurationError(f"The input {path} {what}.")
    kind = format_of(path, given)
    try:
        if kind == "parquet":
            return _Parquet(path)
        if kind == "arrow":
            return _Arrow(path)
        refuse_foreign_bytes(path)
        if kind in ("csv", "tsv"):
            return Csv(path, "\t" if kind == "tsv" else ",")
        return openai_lines(path) if kind == "openai" or is_openai(path) else Jsonl(path)
    except (pa.ArrowException, OSError) as error:
        raise broken(path, error) from None


def fingerprint(path: Path, source: Source, limit: int | None) -> dict[str, Any]:
    """What tells an input from another one, without reading all of it."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = hashlib.sha256(file.read(_MEBIBYTE)).hexdigest()
        file.seek(max(0, size - _MEBIBYTE))
        tail = hashlib.sha256(file.read(_MEBIBYTE)).hexdigest()
    schema = hashlib.sha256(str(source.schema.remove_metadata()).encode()).hexdigest()
    return {"rows": source.rows, "size": size, "head": head, "tail": tail, "schema": schema, "limit": limit}


class _Parquet:
    lines = False

    def __init__(self, path: Path) -> None:
        self._path = path
        file = part_of_pyarrow("parquet").ParquetFile(path)
        self.schema, self.rows = file.schema_arrow, file.metadata.num_rows
        refuse_twins(path, self.schema.names)
        file.close()

    def batches(self) -> Iterator[RecordBatch]:
        try:
            # A piece at a time: by default a whole row group is held, which may be all of the file.
            how = {"pre_buffer": False, "buffer_size": _MEBIBYTE}
            with part_of_pyarrow("parquet").ParquetFile(self._path, **how) as file:
                yield from file.iter_batches(batch_size=_BATCH)
        except (pa.ArrowException, OSError) as error:
            raise broken(self._path, error) from None


class _Arrow:
    lines = False

    def __init__(self, path: Path) -> None:
        self._path = path
        with pa.memory_map(str(path)) as mapped:
            reader = self._reader(mapped)
            self.schema = reader.schema
            self.rows = sum(batch.num_rows for batch in _batches_of(reader))
        refuse_twins(path, self.schema.names)

    @staticmethod
    def _reader(mapped: Any) -> Any:
        ipc = part_of_pyarrow("ipc")
        try:
            return ipc.open_file(mapped)
        except pa.ArrowInvalid:
            mapped.seek(0)
            return ipc.open_stream(mapped)

    def batches(self) -> Iterator[RecordBatch]:
        try:
            with pa.memory_map(str(self._path)) as mapped:
                for batch in _batches_of(self._reader(mapped)):
                    for start in range(0, batch.num_rows, _BATCH):
                        yield batch.slice(start, _BATCH)
        except (pa.ArrowException, OSError) as error:
            raise broken(self._path, error) from None


def _batches_of(reader: Any) -> Iterator[RecordBatch]:
    if hasattr(reader, "num_record_batches"):
        return (reader.get_batch(index) for index in range(reader.num_record_batches))
    return iter(reader)
