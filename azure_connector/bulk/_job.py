"""What is to be done with each row: `Complete` and `Embed`. Frozen, picklable, without a secret."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from azure_connector.errors import ConfigurationError

from ._schema import OutputSchema
from ._settings import canonical, check_settings
from ._template import Template

if TYPE_CHECKING:
    from pydantic import BaseModel

    from azure_connector import AsyncAzureConnector

    from ._arrow import RecordBatch, Schema

__all__ = ["Complete", "Embed", "Job"]

Prompt = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, kw_only=True)
class Job:
    """What `Complete` and `Embed` have in common.

    Attributes:
        model: the model, as a call would name it.
        params: further parameters of each call, e.g. `{"temperature": 0}`.
        prefix: before the name of each column that is added.
        settings: settings of the connector that are no secret, e.g. `{"azure_endpoint": "…"}`; what they leave out is
            read where the job runs, from the environment and the files there.
    """

    model: str
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    prefix: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        if not self.model:
            raise ConfigurationError("A job needs a model: the name that a call would use, e.g. gpt-4o-mini.")
        check_settings(self.settings)
        reserved = {"model", "messages", "input", "stream", "n", "prompt"} & self.params.keys()
        if reserved:
            raise ConfigurationError(f"params: {min(reserved)!r} cannot be set, the job itself decides it.")

    @property
    def fingerprint(self) -> str:
        """A hash of all that decides a row's result; equal jobs go on with each other's journals."""
        return hashlib.sha256(canonical(self.described()).encode()).hexdigest()

    def described(self) -> dict[str, Any]:
        """What decides a row's result, as plain values; settings only decide where it is asked for."""
        described = {"kind": type(self).__name__, "model": self.model, "params": dict(self.params)}
        return described | {"prefix": self.prefix}

    def output_schema(self, schema: Schema) -> Schema:
        """The schema of the output: the input's columns, and those that this job adds.

        Args:
            schema: the input's.

        Raises:
            ConfigurationError: a column of the job is missing, or one that it adds is there already.
        """
        from ._results import output_schema
        from ._rows import rows_of

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
        from ._stream import stream

        return stream(self, batches, concurrency=concurrency, share=share, client=client)

    def __call__(self, batch: RecordBatch) -> RecordBatch:
        """Works through one record batch; `stream` is faster over several."""
        return next(iter(self.stream([batch])))


@dataclass(frozen=True, kw_only=True)
class Complete(Job):
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

    prompt: str | Prompt | None = None
    messages: str | None = None
    system: str | None = None
    max_tokens: int | None = None
    schema: Mapping[str, Any] | type[BaseModel] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.prompt is not None and self.messages is not None:
            raise ConfigurationError("prompt and messages exclude each other: give one of them.")
        if self.messages is not None and self.system is not None:
            raise ConfigurationError("system goes with prompt; a column of messages holds its own system message.")
        if isinstance(self.prompt, str):
            Template.parse(self.prompt)
        if self.max_tokens is not None and self.max_tokens < 1:
            raise ConfigurationError(f"max_tokens must be 1 or more, not {self.max_tokens}.")
        if self.schema is not None:
            OutputSchema.read(self.schema)
        if self.is_lines and (self.system is not None or self.schema is not None):
            raise ConfigurationError("system and schema need a prompt or a column of messages.")

    @property
    def is_lines(self) -> bool:
        """Whether the rows are requests of their own."""
        return self.prompt is None and self.messages is None

    def described(self) -> dict[str, Any]:
        """The job as plain values, without secrets."""
        prompt = self.prompt if self.prompt is None or isinstance(self.prompt, str) else _function(self.prompt)
        own = {"prompt": prompt, "messages": self.messages, "system": self.system, "max_tokens": self.max_tokens}
        schema = None if self.schema is None else OutputSchema.read(self.schema).response_format
        return super().described() | own | {"schema": schema}


@dataclass(frozen=True, kw_only=True)
class Embed(Job):
    """An embedding for each row.

    Args:
        model, params, prefix, settings: see `Job`.
        column: the column with the texts.
        dimensions: how many numbers an embedding shall have; the model's own by default.

    Raises:
        ConfigurationError: an argument cannot be used or is a secret.
    """

    column: str
    dimensions: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dimensions is not None and self.dimensions < 1:
            raise ConfigurationError(f"dimensions must be 1 or more, not {self.dimensions}.")
        if "encoding_format" in self.params:
            raise ConfigurationError("params: encoding_format cannot be set, the output is a column of numbers.")

    def described(self) -> dict[str, Any]:
        """The job as plain values, without secrets."""
        return super().described() | {"column": self.column, "dimensions": self.dimensions}


def _function(function: Prompt) -> str:
    """A function's identity: its name and its code, so that a changed one is another job."""
    name = f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', type(function).__name__)}"
    code = getattr(function, "__code__", None)
    if code is None:
        return name
    made = code.co_code + canonical([str(one) for one in code.co_consts if isinstance(one, str | int)]).encode()
    return f"{name}#{hashlib.sha256(made).hexdigest()[:16]}"
