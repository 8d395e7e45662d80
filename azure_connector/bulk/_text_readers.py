"""Files of text as record batches: CSV, JSONL, OpenAI batch JSONL."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from azure_connector.errors import ConfigurationError

from ._arrow import RecordBatch, Schema, pa
from ._file_faults import broken, refuse_twins

__all__ = ["Csv", "Jsonl", "is_openai", "openai_lines"]

_BATCH = 1000


class Csv:
    """Every column as text, as it stands: a leading zero is not lost on the way."""

    lines = False

    def __init__(self, path: Path, delimiter: str) -> None:
        self._path, self._delimiter = path, delimiter
        csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
        lines = self._lines()
        names = next(lines, None)
        other = _other_delimiter(names) if delimiter == "," else None
        if other is not None:
            self._delimiter = other
            lines = self._lines()
            names = next(lines, None)
        if not names:
            raise ConfigurationError(f"{path} is empty: a CSV file begins with the names of its columns.")
        refuse_twins(path, names)
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


def _other_delimiter(names: list[str] | None) -> str | None:
    """What divides a first line that has no comma: spreadsheets take a semicolon where that is the decimal sign."""
    return next((mark for mark in ";\t|" if mark in names[0]), None) if names and len(names) == 1 else None


class Jsonl:
    lines = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rows = 0
        schemas: list[Schema] = []
        for chunk in _chunks(_objects(path)):
            self.rows += len(chunk)
            schemas.append(self._typed(chunk, None).schema)
        if not schemas:
            raise ConfigurationError(f"{path} is empty: it has no rows, so no columns either.")
        try:
            self.schema = pa.unify_schemas(schemas, promote_options="permissive")
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
                self._refuse_mixed(name, values)
            except OverflowError:
                raise ConfigurationError(f"{self._path}: the column {name!r} holds a number beyond 64 bits.") from None
            except (pa.ArrowException, UnicodeEncodeError):
                raise ConfigurationError(
                    f"{self._path}: the column {name!r} holds values of different kinds, or text that is no UTF-8.",
                    hint="Give every line the same kind of value there, or write the table as parquet.",
                ) from None
        return (
            pa.RecordBatch.from_arrays(columns, names)
            if schema is None
            else pa.RecordBatch.from_arrays(columns, schema=schema)
        )

    def _refuse_mixed(self, name: str, values: Iterable[object]) -> None:
        """Arrow makes 1.0 of a true among numbers."""
        kinds = {type(value) for value in values}
        if bool in kinds and kinds & {int, float}:
            raise ConfigurationError(f"{self._path}: the column {name!r} holds both true or false and numbers.")

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


def openai_lines(path: Path) -> _Lines:
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


def is_openai(path: Path) -> bool:
    first = next(_objects(path), None)
    return first is not None and "custom_id" in first and isinstance(first.get("body"), dict)


_EACH_LINE = "Each line is an object of its own. Out of an array they are made by: jq -c '.[]' IN.json > rows.jsonl"


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
                raise ConfigurationError(f"{path} is broken: line {number} is no JSON.", hint=_EACH_LINE) from None
            if not isinstance(row, dict):
                raise ConfigurationError(f"{path} is broken: line {number} is no JSON object.", hint=_EACH_LINE)
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
