"""From rows to requests, and from replies to results. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from azure_connector._utils import estimated_tokens
from azure_connector.errors import ConfigurationError

from ._arrow import RecordBatch, Schema
from ._cells import InvalidRowError, checked_text, fill, iterate_rows, read_messages, size_of
from ._results import Result
from ._schema import OutputSchema, SchemaMismatchError
from ._spec import CompleteSpec, EmbedSpec
from ._template import Template, nearest_columns
from ._verdicts import NO_ANSWER, RowError
from ._work import Wanted, Work, failed

if TYPE_CHECKING:
    from ._spec import JobSpec

__all__ = ["OUTPUT_GUESS", "CompleteRows", "Rows", "rows_of"]

_FRAME, _START = 4, 3  # tokens around each message, and before the answer (OpenAI's cookbook on counting tokens)
OUTPUT_GUESS = 256  # tokens of an answer whose limit nobody named

FILTERED = RowError("content_filter", "the content filter cut the answer off")
REFUSED = RowError("refusal", "the model refused to answer")
NOT_JSON = RowError("invalid_json", "the answer is no JSON of the schema, also after a repair")
CUT_OFF = RowError("invalid_json", "the answer was cut off at its limit of tokens, so it is no JSON of the schema")


class Rows(Protocol):
    """How one job reads rows and replies."""

    @property
    def shared(self) -> frozenset[str]:
        """The parameters that are the same for every row."""
        ...

    def check(self, schema: Schema) -> None:
        """Refuses an input that lacks a column.

        Raises:
            ConfigurationError: it names the columns that there are.
        """
        ...

    def read_batch(self, first: int, batch: RecordBatch, wanted: Wanted) -> tuple[list[Work], list[Result]]:
        """The calls for a batch's rows, and the results of rows that need none.

        Args:
            first: the number of the batch's first row.
            batch: the rows.
            wanted: whether a row is still to be done.
        """
        ...

    def read_reply(self, work: Work, reply: object) -> list[Result]:
        """The results of a call's rows."""
        ...


def rows_of(job: JobSpec, *, single: bool = False) -> Rows:
    """The reader of a job's rows.

    Args:
        job: the job.
        single: a call for each row, also for embeddings.
    """
    if isinstance(job, EmbedSpec):
        from ._embedding import EmbedRows

        return EmbedRows(job, 1) if single else EmbedRows(job)
    if isinstance(job, CompleteSpec):
        if job.is_lines:
            from ._lines import LineRows

            return LineRows(job)
        return CompleteRows(job)
    raise TypeError(f"{type(job).__name__} is no job: use Complete or Embed")


class CompleteRows:
    """A chat completion for each row."""

    def __init__(self, job: CompleteSpec) -> None:
        self._job = job
        self._template = Template.parse(job.prompt) if isinstance(job.prompt, str) else None
        self._schema = None if job.schema is None else OutputSchema.read(job.schema)
        self._system = [{"role": "system", "content": job.system}] if job.system else []
        self._common: dict[str, Any] = {"model": job.model, **job.body_params}
        if job.max_tokens is not None:
            self._common["max_tokens"] = job.max_tokens
        if self._schema is not None:
            self._common["response_format"] = self._schema.response_format

    @property
    def shared(self) -> frozenset[str]:
        return frozenset({*self._common, "max_completion_tokens"})

    @cached_property
    def _limit(self) -> int:
        names = ("max_completion_tokens", "max_tokens")
        return next((int(self._common[name]) for name in names if self._common.get(name)), OUTPUT_GUESS)

    def check(self, schema: Schema) -> None:
        names: list[str] = schema.names
        if self._template is not None:
            self._template.check(names)
        if self._job.messages is not None and self._job.messages not in names:
            raise ConfigurationError(f"--messages names {nearest_columns(self._job.messages, names)}")

    def read_batch(self, first: int, batch: RecordBatch, wanted: Wanted) -> tuple[list[Work], list[Result]]:
        works: list[Work] = []
        results: list[Result] = []
        for row, values in iterate_rows(batch, self._columns, first):
            if not wanted(row):
                continue
            try:
                works.append(self._work(row, values))
            except InvalidRowError as error:
                results.append(failed(row, error.error))
        return works, results

    @property
    def _columns(self) -> tuple[str, ...] | None:
        if self._job.messages is not None:
            return (self._job.messages,)
        return None if self._template is None else self._template.columns

    def _work(self, row: int, values: Mapping[str, object]) -> Work:
        messages = self._messages(values)
        size = sum(size_of(message.get("content")) for message in messages)
        tokens = estimated_tokens(size) + _FRAME * len(messages) + _START + self._limit
        return Work((row,), {**self._common, "messages": messages}, tokens)

    def _messages(self, values: Mapping[str, object]) -> list[dict[str, Any]]:
        if self._job.messages is not None:
            return read_messages(values[self._job.messages])
        if self._template is not None:
            asked: Any = fill(self._template, values)
        else:
            assert callable(self._job.prompt)
            try:
                asked = self._job.prompt(values)
            except Exception as error:  # noqa: BLE001  # the function is the user's
                said = RowError("prompt_failed", f"the prompt's function raised {type(error).__name__}")
                raise InvalidRowError(said) from None
        if not isinstance(asked, str):
            return [*self._system, *read_messages(asked)]
        return [*self._system, {"role": "user", "content": checked_text(asked)}]

    def read_reply(self, work: Work, reply: Any) -> list[Result]:
        usage = reply.usage
        choice = reply.choices[0] if reply.choices else None
        message = None if choice is None else choice.message
        result = Result(
            work.rows[0],
            None if message is None else message.content,
            None if choice is None else choice.finish_reason,
            0 if usage is None else usage.prompt_tokens,
            0 if usage is None else usage.completion_tokens,
            work.attempts,
        )
        error = self._fault(result, None if message is None else message.refusal)
        if error is not None:
            result.error_code, result.error = error.code, error.text
        return [result]

    def _fault(self, result: Result, refusal: str | None) -> RowError | None:
        if result.finish_reason == "content_filter":
            return FILTERED
        if refusal:
            return REFUSED
        if result.output is None:
            return NO_ANSWER
        if self._schema is None:
            return None
        cut_off = result.finish_reason == "length"
        try:
            result.output = self._schema.normalize(str(result.output), cut_off=cut_off)
        except SchemaMismatchError:
            return CUT_OFF if cut_off else NOT_JSON
        return None
