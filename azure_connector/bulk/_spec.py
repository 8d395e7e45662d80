"""What is to be done with each row, as data: frozen, picklable, without a secret."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from azure_connector.errors import ConfigurationError

from ._schema import OutputSchema
from ._settings import canonical, check_params, check_settings, flat_params
from ._template import Template

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["CompleteSpec", "EmbedSpec", "JobSpec"]

Prompt = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, kw_only=True)
class JobSpec:
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
        check_params(self.params, self._reserved())

    def _reserved(self) -> dict[str, str]:
        """Parameters that cannot be set, and why."""
        own = dict.fromkeys(("model", "messages", "input", "prompt"), "the job itself decides it")
        whole = dict.fromkeys(("stream", "stream_options"), "a row's answer comes as a whole")
        setting = "it is no part of the body; as a setting it goes into the environment or the TOML file"
        return own | whole | {"n": "a row has one answer", "timeout": setting}

    @property
    def body_params(self) -> dict[str, object]:
        """The parameters as they stand in each request's body."""
        return flat_params(self.params)

    @property
    def fingerprint(self) -> str:
        """A hash of all that decides a row's result; equal jobs go on with each other's journals."""
        return hashlib.sha256(canonical(self.described()).encode()).hexdigest()

    def described(self) -> dict[str, Any]:
        """What decides a row's result, as plain values; settings only decide where it is asked for."""
        described = {"kind": type(self).__name__, "model": self.model, "params": dict(self.params)}
        return described | {"prefix": self.prefix}


@dataclass(frozen=True, kw_only=True)
class CompleteSpec(JobSpec):
    """What `Complete` says."""

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
        elif iscoroutinefunction(self.prompt):
            raise ConfigurationError("prompt must be a plain function of the row, no coroutine function.")
        if self.max_tokens is not None and self.max_tokens < 1:
            raise ConfigurationError(f"max_tokens must be 1 or more, not {self.max_tokens}.")
        if self.schema is not None:
            OutputSchema.read(self.schema)
        if self.is_lines and (self.system is not None or self.schema is not None):
            raise ConfigurationError("system and schema need a prompt or a column of messages.")

    def _reserved(self) -> dict[str, str]:
        own = {"response_format": "schema decides it"} if self.schema is not None else {}
        limit = "max_tokens is given already"
        own |= {} if self.max_tokens is None else {"max_tokens": limit, "max_completion_tokens": limit}
        return super()._reserved() | own

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
class EmbedSpec(JobSpec):
    """What `Embed` says."""

    column: str
    dimensions: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dimensions is not None and self.dimensions < 1:
            raise ConfigurationError(f"dimensions must be 1 or more, not {self.dimensions}.")

    def _reserved(self) -> dict[str, str]:
        own = {} if self.dimensions is None else {"dimensions": "dimensions is given already"}
        return super()._reserved() | own | {"encoding_format": "the output is a column of numbers"}

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
