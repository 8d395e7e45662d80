"""Texts to embed, packed into calls, and the vectors of their replies. Pure."""

from __future__ import annotations

import base64
from array import array
from collections.abc import Iterable, Iterator
from typing import Any

from azure_connector._utils import estimated_tokens
from azure_connector.errors import ConfigurationError
from azure_connector.requests import embedding_batches

from ._arrow import RecordBatch, Schema
from ._cells import InvalidRowError, checked_text, iterate_rows
from ._results import Result
from ._spec import EmbedSpec
from ._template import nearest_columns
from ._verdicts import NO_ANSWER
from ._work import EMBEDDINGS, Wanted, Work, failed

__all__ = ["EmbedRows"]

PACK_INPUTS, PACK_TOKENS = 256, 50_000
"""A pack of texts to embed: far below the service's limits, so that a small quota can serve it."""


class EmbedRows:
    """Embeddings, many texts a call."""

    def __init__(self, job: EmbedSpec, pack: int = PACK_INPUTS) -> None:
        self._job, self._pack = job, pack
        self._common: dict[str, Any] = {"model": job.model, **job.body_params, "encoding_format": "base64"}
        if job.dimensions is not None:
            self._common["dimensions"] = job.dimensions

    @property
    def shared(self) -> frozenset[str]:
        return frozenset(self._common)

    def check(self, schema: Schema) -> None:
        if self._job.column not in schema.names:
            raise ConfigurationError(f"--column names {nearest_columns(self._job.column, schema.names)}")

    def read_batch(self, first: int, batch: RecordBatch, wanted: Wanted) -> tuple[list[Work], list[Result]]:
        rows: list[int] = []
        texts: list[str] = []
        results: list[Result] = []
        for row, values in iterate_rows(batch, (self._job.column,), first):
            if not wanted(row):
                continue
            try:
                texts.append(checked_text(values[self._job.column]))
                rows.append(row)
            except InvalidRowError as error:
                results.append(failed(row, error.error))
        return list(self._packs(rows, texts)), results

    def _packs(self, rows: list[int], texts: list[str]) -> Iterator[Work]:
        at = 0
        for pack in embedding_batches(texts, max_inputs=self._pack, max_tokens=PACK_TOKENS):
            sizes = tuple(len(text) for text in pack)
            body = {**self._common, "input": pack}
            yield Work(tuple(rows[at : at + len(pack)]), body, estimated_tokens(sum(sizes)), EMBEDDINGS, sizes=sizes)
            at += len(pack)

    def read_reply(self, work: Work, reply: Any) -> list[Result]:
        spent = reply.usage.prompt_tokens if reply.usage is not None else 0
        vectors = {int(one.index): one.embedding for one in reply.data}
        results: list[Result] = []
        for index, (row, tokens) in enumerate(zip(work.rows, apportion(spent, work.sizes), strict=True)):
            vector = vectors.get(index)
            if vector is None:
                results.append(failed(row, NO_ANSWER, work.attempts))
            else:
                results.append(Result(row, as_float32(vector), None, tokens, 0, work.attempts))
        return results


def as_float32(vector: Any) -> bytes:
    """An embedding's float32 bytes: base64 as asked for, or the numbers of a service that knows no base64."""
    if isinstance(vector, str):
        return base64.b64decode(vector)
    return array("f", vector).tobytes()


def apportion(total: int, sizes: Iterable[int]) -> list[int]:
    """A whole number shared out by sizes; the parts' sum is the whole."""
    weights = list(sizes)
    whole = sum(weights) or 1
    shares: list[int] = []
    given = passed = 0
    for weight in weights:
        passed += weight
        upto = round(total * passed / whole)
        shares.append(upto - given)
        given = upto
    return shares
