"""OUT: checked before the first call, put together from the journal, there as a whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shlex
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azure_connector.errors import ConfigurationError

from ._arrow import RecordBatch, Schema, pa
from ._file_faults import refuse_address
from ._job import Embed
from ._journal import Journal
from ._readers import Format, Source, format_of
from ._results import Result, output_schema, with_results
from ._writers import write_partial

if TYPE_CHECKING:
    from ._job import Job

__all__ = ["assemble", "check_target", "finished_before"]

_FINISHED = "finished"


def check_target(job: Job, source: Source, source_path: Path, target: Path) -> Format:
    """The output's format.

    Raises:
        ConfigurationError: it cannot be written, or is the input.
    """
    refuse_address(target, "The output")
    if target.is_dir():
        raise ConfigurationError(f"The output {target} is a folder. Name a file in it.")
    kind = format_of(target, None, is_input=False)
    if source.lines and kind == "jsonl" and getattr(job, "is_lines", False):
        kind = "openai"
    if target.resolve() == source_path.resolve() or (target.exists() and target.samefile(source_path)):
        raise ConfigurationError("OUT is IN: the input is never overwritten. Name another OUT.")
    folder = _place(target).parent
    if not folder.is_dir():
        raise ConfigurationError(f"The folder {folder} does not exist.", hint=f"mkdir -p '{folder}'")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigurationError(f"The folder {folder} cannot be written to: {error.strerror}.") from None
    return kind


def _place(target: Path) -> Path:
    """Where the output is written: a link stays, and what it points to is written."""
    return target.resolve() if target.is_symlink() else target


def finished_before(journal: Journal, target: Path) -> bool:
    """Whether an earlier run has written the output.

    Raises:
        ConfigurationError: there is an output, and it is not this journal's.
    """
    known = journal.get(_FINISHED)
    if not target.exists():
        return False
    if known is None or known != _fingerprint(target):
        raise ConfigurationError(
            f"The output {target} exists, and is not what this run wrote.", hint="Name another OUT, or move it away."
        )
    return True


def assemble(
    job: Job,
    schema: Schema,
    batches: Iterable[tuple[int, RecordBatch]],
    kind: Format,
    journal: Journal,
    target: Path,
) -> None:
    """Writes the output from the input and the journal, in the input's order.

    Args:
        job: the job.
        schema: the input's.
        batches: the input, each batch with the number of its first row.
        kind: the output's format.
        journal: has a result for every row.
        target: where.
    """
    width = journal.widest() // 4 if isinstance(job, Embed) and kind in ("parquet", "arrow") else 0
    made = _fixed(output_schema(job, schema), job, width)
    rows = (_cast(batch, made) for batch in _joined(job, batches, journal))
    place = _place(target)
    try:
        partial = write_partial(place, kind, made, rows)
    except (OSError, pa.ArrowException) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise ConfigurationError(
            f"The output {target} cannot be written: {said}.",
            hint="Every row is done and kept: the same command only writes it. To write it elsewhere, name another OUT "
            f"and --journal {shlex.quote(str(journal.path))}",
        ) from error
    journal.put(_FINISHED, _fingerprint(partial))
    partial.replace(place)
    _sync_folder(place.parent)


def _joined(job: Job, batches: Iterable[tuple[int, RecordBatch]], journal: Journal) -> Iterator[RecordBatch]:
    results = journal.results()
    for first, batch in batches:
        mine: list[Result] = []
        for row in range(first, first + batch.num_rows):
            result = next(results, None)
            if result is None or result.row != row:
                raise RuntimeError(f"the journal {journal.path} lacks row {row}")
            mine.append(result)
        yield with_results(job, batch, mine)


def _fixed(schema: Schema, job: Job, width: int) -> Schema:
    """Embeddings of one length as lists of that length, which vector stores read."""
    if not width:
        return schema
    at = schema.get_field_index(f"{job.prefix}embedding")
    return schema.set(at, pa.field(schema.field(at).name, pa.list_(pa.float32(), width)))


def _cast(batch: RecordBatch, schema: Schema) -> RecordBatch:
    return batch if batch.schema.equals(schema) else batch.cast(schema)


def _fingerprint(path: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return {"size": path.stat().st_size, "sha256": digest.hexdigest()}


def _sync_folder(folder: Path) -> None:
    """Makes the rename last; where folders cannot be opened (Windows), the system does it in its own time."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
