"""A row's result, and the results of a batch as columns. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure_connector.errors import ConfigurationError

from ._arrow import Array, RecordBatch, Schema, pa

if TYPE_CHECKING:
    from ._spec import JobSpec

__all__ = ["ADDED", "Result", "added_fields", "output_schema", "with_results"]

ADDED = ("finish_reason", "input_tokens", "output_tokens", "attempts", "error_code", "error")
"""The columns after `output` or `embedding`, in order."""


@dataclass(slots=True)
class Result:
    """What became of one row.

    Attributes:
        row: its number in the input, from 0.
        output: the text; for an embedding its float32 bytes, for a line of a batch file its response as JSON.
        finish_reason: as the service told it.
        input_tokens, output_tokens: what it used; of a packed request its part.
        attempts: requests that were sent for it.
        error_code, error: what went wrong, None when nothing did. Never the row's text.
    """

    row: int
    output: str | bytes | None = None
    finish_reason: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    attempts: int = 0
    error_code: str | None = None
    error: str | None = None


def added_fields(job: JobSpec) -> list[Any]:
    """The columns that a job adds, in order: strings, int64 and list<float32> only, which every engine takes."""
    from ._spec import EmbedSpec

    embeds = isinstance(job, EmbedSpec)
    first = pa.field("embedding", pa.list_(pa.float32())) if embeds else pa.field("output", pa.string())
    kinds = {
        name: pa.int64() if name in ("input_tokens", "output_tokens", "attempts") else pa.string() for name in ADDED
    }
    fields = [first, *(pa.field(name, kind) for name, kind in kinds.items())]
    return [field.with_name(f"{job.prefix}{field.name}") for field in fields]


def output_schema(job: JobSpec, schema: Schema) -> Schema:
    """The input's columns and the added ones.

    Raises:
        ConfigurationError: two have the same name.
    """
    fields = added_fields(job)
    clash = [field.name for field in fields if field.name in schema.names]
    if clash:
        raise ConfigurationError(
            f"The input has a column {clash[0]!r} already, and the job adds one of that name.",
            hint="Choose a prefix for what is added: --prefix new_ (prefix= in Python).",
        )
    return pa.schema([*schema, *fields], metadata=schema.metadata)


def with_results(job: JobSpec, batch: RecordBatch, results: Sequence[Result]) -> RecordBatch:
    """A batch with the columns of its rows' results.

    Args:
        results: one for each row, in their order.
    """
    fields = added_fields(job)
    columns = [_embeddings(results) if fields[0].type == pa.list_(pa.float32()) else _texts(results)]
    columns += [
        pa.array([getattr(one, name) for one in results], field.type)
        for name, field in zip(ADDED, fields[1:], strict=True)
    ]
    schema = pa.schema([*batch.schema, *fields], metadata=batch.schema.metadata)
    return pa.RecordBatch.from_arrays([*batch.columns, *columns], schema=schema)


def _texts(results: Sequence[Result]) -> Array:
    return pa.array([one.output for one in results], pa.string())


def _embeddings(results: Sequence[Result]) -> Array:
    """Bytes straight into Arrow's buffers, without a Python number."""
    vectors = [one.output if isinstance(one.output, bytes) else None for one in results]
    offsets, total = [0], 0
    for vector in vectors:
        total += 0 if vector is None else len(vector) // 4
        offsets.append(total)
    data = pa.py_buffer(b"".join(vector for vector in vectors if vector is not None))
    values = pa.Array.from_buffers(pa.float32(), total, [None, data])
    mask = pa.array([vector is None for vector in vectors], pa.bool_())
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values, mask=mask)
