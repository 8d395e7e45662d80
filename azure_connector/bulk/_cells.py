"""A row's cells as text and messages, or the reason why no request can be made of them. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, cast

from ._arrow import RecordBatch, plain_values
from ._template import Template
from ._verdicts import RowError

__all__ = ["InvalidRowError", "checked_text", "fill", "iterate_rows", "read_messages", "size_of"]

MAX_CHARACTERS = 10_485_760
"""Characters in one message (the service's own limit for a string)."""

NULL = RowError("null_input", "a cell that the request needs is null")
EMPTY = RowError("empty_input", "the text is empty")
NOT_TEXT = RowError("not_text", "a cell that should be text is something else")
TOO_LONG = RowError("context_length", f"the prompt is longer than {MAX_CHARACTERS:,} characters")
NO_FORMAT = RowError("bad_template", "a cell does not fit the format that the template gives it")
NO_MESSAGES = RowError("bad_messages", "the cell holds no list of messages with role and content")


class InvalidRowError(Exception):
    """A row that no request can be made of."""

    def __init__(self, error: RowError) -> None:
        super().__init__(error.code)
        self.error = error


def fill(template: Template, values: Mapping[str, object]) -> str:
    """The text of a template for one row.

    Raises:
        InvalidRowError: a cell is null, is no text or number, or does not fit its format.
    """
    used = [values[name] for name in template.columns]
    for value in used:
        if value is None or (isinstance(value, float) and math.isnan(value)):
            raise InvalidRowError(NULL)
        if isinstance(value, bytes | list | dict):
            raise InvalidRowError(NOT_TEXT)
    if used and not any(not isinstance(value, str) or value.strip() for value in used):
        raise InvalidRowError(EMPTY)
    if sum(len(value) for value in used if isinstance(value, str)) > MAX_CHARACTERS:
        raise InvalidRowError(TOO_LONG)
    try:
        return template.fill(values)
    except (ValueError, TypeError, OverflowError, MemoryError):
        raise InvalidRowError(NO_FORMAT) from None


def checked_text(value: object) -> str:
    """A cell's text.

    Raises:
        InvalidRowError: it is null, no text, empty or too long.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        raise InvalidRowError(NULL)
    if not isinstance(value, str):
        raise InvalidRowError(NOT_TEXT)
    if not value.strip():
        raise InvalidRowError(EMPTY)
    if len(value) > MAX_CHARACTERS:
        raise InvalidRowError(TOO_LONG)
    return value


def read_messages(cell: object) -> list[dict[str, Any]]:
    """The messages of a cell: a list of structs, or its JSON.

    Raises:
        InvalidRowError: they are none.
    """
    if cell is None:
        raise InvalidRowError(NULL)
    if isinstance(cell, str):
        if not cell.strip():
            raise InvalidRowError(EMPTY)
        try:
            cell = json.loads(cell)
        except (ValueError, RecursionError):
            raise InvalidRowError(NO_MESSAGES) from None
    if not isinstance(cell, list) or not cell:
        raise InvalidRowError(NO_MESSAGES)
    messages: list[dict[str, Any]] = []
    for entry in cast("list[Any]", cell):
        if not isinstance(entry, Mapping):
            raise InvalidRowError(NO_MESSAGES)
        given = cast("Mapping[str, Any]", entry)
        # A struct of Arrow has every field in every message.
        message = {name: value for name, value in given.items() if value is not None}
        if not isinstance(message.get("role"), str) or not ({"content", "tool_calls"} & message.keys()):
            raise InvalidRowError(NO_MESSAGES)
        if size_of(message.get("content")) > MAX_CHARACTERS:
            raise InvalidRowError(TOO_LONG)
        messages.append(message)
    return messages


def size_of(content: object) -> int:
    return len(content) if isinstance(content, str) else len(str(content))


def iterate_rows(
    batch: RecordBatch, columns: tuple[str, ...] | None, first: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each row's number, and its values as Python objects: of these columns, or of all."""
    wanted = batch if columns is None else batch.select(list(columns))
    if not wanted.num_columns:
        return ((first + row, {}) for row in range(batch.num_rows))
    names: list[str] = wanted.schema.names
    rows = zip(*(plain_values(column) for column in wanted.columns), strict=True)
    return enumerate((dict(zip(names, values, strict=True)) for values in rows), first)
