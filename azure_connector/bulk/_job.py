"""The jobs: `Complete` and `Embed`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from azure_connector.client import AsyncAzureConnector

from ._arrow import RecordBatch, Schema
from ._results import output_schema
from ._rows import rows_of
from ._spec import CompleteSpec, EmbedSpec, JobSpec
from ._stream import stream

__all__ = ["Complete", "Embed", "Job"]


@dataclass(frozen=True, kw_only=True)
class Job(JobSpec):
    """What every job can do."""

    def output_schema(self, schema: Schema) -> Schema:
        """The schema of the output: the input's columns, and those that this job adds.

        Args:
            schema: the input's.

        Raises:
            ConfigurationError: a column of the job is missing, or one that it adds is there already.
        """
        rows_of(self).check(schema)
        return output_schema(self, schema)

    def stream(
        self,
        batches: Iterable[RecordBatch],
        *,
        concurrency: int | None = None,
        share: float | None = None,
        client: AsyncAzureConnector | None = None,
    ) -> Iterator[RecordBatch]:
        """Works through record batches: one comes out for each that goes in, in their order.

        Rows of several batches are under way at once, so that no batch waits for its slowest row alone. What one row
        did wrong stands in its `error_code` and `error`.

        Args:
            batches: the input, all of one schema.
            concurrency: calls at once; by default 128, and 16 for embeddings, which send many rows a call.
            share: which part of the quota is this process's; by default all, or what `redis_url` gives it.
            client: the connector to use; by default the process's own, made from `settings`.

        Raises:
            ConfigurationError: the job does not fit the input.
            openai.OpenAIError: what every row would meet: 401, 403, no such deployment.
        """
        return stream(self, batches, concurrency=concurrency, share=share, client=client)

    def __call__(self, batch: RecordBatch) -> RecordBatch:
        """Works through one record batch; `stream` is faster over several."""
        return next(iter(self.stream([batch])))


@dataclass(frozen=True, kw_only=True)
class Complete(CompleteSpec, Job):
    """A chat completion for each row.

    Args:
        model, params, prefix, settings: see `Job`.
        prompt: a template over columns (`Classify: {text}`), or a function of the row, as a mapping, that returns the
            text or the messages.
        messages: instead, a column that holds the messages: lists of role and content, or their JSON.
        system: the system message before the prompt.
        max_tokens: the limit of output tokens; quotas count it before the answer is there.
        schema: the output's JSON Schema, or a Pydantic class.

    Without prompt and messages the input's rows are requests of their own: the lines of an OpenAI batch file.

    Raises:
        ConfigurationError: an argument contradicts another one, cannot be used or is a secret.
    """


@dataclass(frozen=True, kw_only=True)
class Embed(EmbedSpec, Job):
    """An embedding for each row.

    Args:
        model, params, prefix, settings: see `Job`.
        column: the column with the texts.
        dimensions: how many numbers an embedding shall have; the model's own by default.

    Raises:
        ConfigurationError: an argument cannot be used or is a secret.
    """
