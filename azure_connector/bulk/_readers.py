"""Files as record batches: parquet, arrow, CSV, JSONL, OpenAI batch JSONL. Read twice: for the calls, and for OUT."""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol, cast, get_args

from azure_connector.errors import ConfigurationError

from ._arrow import RecordBatch, Schema, pa, part_of_pyarrow

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


def format_of(path: Path, given: str | None) -> Format:
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
        raise ConfigurationError(
            f"{path.name}: the name does not say the format (known: {', '.join(_SUFFIXES)}).",
            hint=f"Say it with --format {'|'.join(get_args(Format))}.",
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
    if not path.is_file():
        what = "is no file" if path.exists() else "does not exist"
        raise ConfigurationError(f"The input {path} {what}.")
    kind = format_of(path, given)
    try:
        if kind == "parquet":
            return _Parquet(path)
        if kind == "arrow":
            return _Arrow(path)
        _refuse_bom(path)
        if kind in ("csv", "tsv"):
            return _Csv(path, "\t" if kind == "tsv" else ",")
        return _openai_lines(path) if kind == "openai" or _is_openai(path) else _Jsonl(path)
    except (pa.ArrowException, OSError) as error:
        raise broken(path, error) from None


def broken(path: Path, error: Exception) -> ConfigurationError:
    """What is said about a file that cannot be read; never its content."""
    if isinstance(error, UnicodeDecodeError):
        return ConfigurationError(
            f"{path} cannot be read: it is not UTF-8 (byte {error.start}).",
            hint="Write it as UTF-8, of what it is, for instance:\n"
            f"iconv -f WINDOWS-1252 -t UTF-8 '{path}' > 'clean{path.suffix}'",
        )
    if isinstance(error, pa.ArrowInvalid):
        said = "it is broken, or of another format than its name or --format says"
    elif isinstance(error, OSError) and error.strerror:
        said = error.strerror
    else:
        said = type(error).__name__
    return ConfigurationError(f"{path} cannot be read: {said}.")


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
        _refuse_twins(path, self.schema.names)
        file.close()

    def batches(self) -> Iterator[RecordBatch]:
        try:
            with part_of_pyarrow("parquet").ParquetFile(self._path) as file:
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
        _refuse_twins(path, self.schema.names)

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


class _Csv:
    """Every column as text, as it stands: a leading zero is not lost on the way."""

    lines = False

    def __init__(self, path: Path, delimiter: str) -> None:
        self._path, self._delimiter = path, delimiter
        csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
        lines = self._lines()
        names = next(lines, None)
        if delimiter == "," and names and len(names) == 1 and ";" in names[0]:
            self._delimiter = ";"  # as spreadsheets write it where the comma is the decimal sign
            lines = self._lines()
            names = next(lines, None)
        if not names:
            raise ConfigurationError(f"{path} is empty: a CSV file begins with the names of its columns.")
        _refuse_twins(path, names)
        self._names = names
        self.schema = pa.schema([(name, pa.string()) for name in names])
        self.rows = sum(1 for _ in lines)

    def _lines(self) -> Iterator[list[str]]:
        with self._path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, delimiter=self._delimiter, strict=True)
            width = 0
            try:
                for values in reader:
                    if not values:  # an empty line
                        continue
                    width = width or len(values)
                    if len(values) != width:
                        told = f"line {reader.line_num} has {len(values)} fields, the first one {width}"
                        raise ConfigurationError(f"{self._path} is broken: {told}.")
                    yield values
            except csv.Error as error:
                told = f"line {reader.line_num}: {error}"
                raise ConfigurationError(f"{self._path} is broken: {told}.") from None
            except UnicodeDecodeError as error:
                raise broken(self._path, error) from None

    def batches(self) -> Iterator[RecordBatch]:
        lines = self._lines()
        next(lines)
        for chunk in _chunks(lines):
            columns = [pa.array(column, pa.string()) for column in zip(*chunk, strict=True)]
            yield pa.RecordBatch.from_arrays(columns, schema=self.schema)


class _Jsonl:
    lines = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rows = 0
        schemas: list[Schema] = []
        for chunk in _chunks(_objects(path)):
            self.rows += len(chunk)
            schemas.append(self._typed(chunk, None).schema)
        try:
            self.schema = pa.unify_schemas(schemas, promote_options="permissive") if schemas else pa.schema([])
        except pa.ArrowException:
            raise ConfigurationError(f"{path}: {_mixed(schemas)}") from None
        self.schema = pa.schema([_no_null(field) for field in self.schema])

    def _typed(self, chunk: list[dict[str, Any]], schema: Schema | None) -> RecordBatch:
        names = list(dict.fromkeys(name for row in chunk for name in row)) if schema is None else schema.names
        columns: list[Any] = []
        for name in names:
            values = [row.get(name) for row in chunk]
            try:
                columns.append(pa.array(values, None if schema is None else schema.field(name).type))
            except (pa.ArrowException, UnicodeEncodeError, OverflowError):
                raise ConfigurationError(
                    f"{self._path}: the column {name!r} holds values of different kinds, or text that is no UTF-8.",
                    hint="Give every line the same kind of value there, or write the table as parquet.",
                ) from None
        return (
            pa.RecordBatch.from_arrays(columns, names)
            if schema is None
            else pa.RecordBatch.from_arrays(columns, schema=schema)
        )

    def batches(self) -> Iterator[RecordBatch]:
        for chunk in _chunks(_objects(self._path)):
            yield self._typed(chunk, self.schema)


class _Lines:
    """The lines of an OpenAI batch file."""

    lines = True
    schema = pa.schema(
        [("custom_id", pa.string()), ("method", pa.string()), ("url", pa.string()), ("body", pa.string())]
    )

    def __init__(self, path: Path, rows: int) -> None:
        self._path, self.rows = path, rows

    def batches(self) -> Iterator[RecordBatch]:
        for chunk in _chunks(_objects(self._path)):
            bodies = [json.dumps(row.get("body"), ensure_ascii=False) for row in chunk]
            columns = [[row.get(name) for row in chunk] for name in ("custom_id", "method", "url")]
            arrays = [pa.array(column, pa.string()) for column in [*columns, bodies]]
            yield pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def _openai_lines(path: Path) -> _Lines:
    """Checks the whole file: ids are unique, and each line has one and a body.

    Raises:
        ConfigurationError: it names the first line that is wrong.
    """
    seen: set[str] = set()
    number = 0
    for number, row in enumerate(_objects(path), 1):
        identity = row.get("custom_id")
        if not isinstance(identity, str) or not identity:
            raise ConfigurationError(f"{path}: request {number} has no custom_id, which batch files need.")
        if identity in seen:
            raise ConfigurationError(
                f"{path}: request {number} has a custom_id that another one has: duplicate_custom_id."
            )
        if not isinstance(row.get("body"), dict):
            raise ConfigurationError(f"{path}: request {number} has no body, which batch files need.")
        for name in ("method", "url"):
            if not isinstance(row.get(name, ""), str):
                raise ConfigurationError(f"{path}: request {number}: {name} must be text.")
        seen.add(identity)
    return _Lines(path, number)


def _is_openai(path: Path) -> bool:
    first = next(_objects(path), None)
    return first is not None and "custom_id" in first and isinstance(first.get("body"), dict)


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    """Each line's object."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row: Any = json.loads(line)
            except UnicodeDecodeError as error:
                raise broken(path, error) from None
            except (ValueError, RecursionError):
                raise ConfigurationError(f"{path} is broken: line {number} is no JSON.") from None
            if not isinstance(row, dict):
                raise ConfigurationError(f"{path} is broken: line {number} is no JSON object.")
            yield cast("dict[str, Any]", row)


def _mixed(schemas: Iterable[Schema]) -> str:
    kinds: dict[str, set[str]] = {}
    for schema in schemas:
        for field in schema:
            kinds.setdefault(field.name, set()).add(str(field.type))
    name = next((name for name, found in kinds.items() if len(found - {"null"}) > 1), "?")
    return f"the column {name!r} holds values of different kinds: {', '.join(sorted(kinds.get(name, ())))}."


def _no_null(field: Any) -> Any:
    # A column without any value: no format but JSON has one without a type.
    return field.with_type(pa.string()) if field.type == pa.null() else field


def _chunks(rows: Iterable[object]) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _BATCH:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _refuse_bom(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(b"\xef\xbb\xbf"):
        raise ConfigurationError(
            f"{path} begins with a byte order mark (BOM): it would be a part of the first name, and Azure's batch "
            "files must not have one.",
            hint=f"Write it without: tail -c +4 '{path}' > 'clean{path.suffix}'",
        )
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigurationError(
            f"{path} is UTF-16 (by its byte order mark).",
            hint=f"Write it as UTF-8: iconv -f UTF-16 -t UTF-8 '{path}' > 'clean{path.suffix}'",
        )


def _refuse_twins(path: Path, names: list[str]) -> None:
    twins = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twins:
        raise ConfigurationError(f"{path} has two columns {twins[0]!r}; give each its own name.")
