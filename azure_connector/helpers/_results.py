"""What helpers give back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from ..replies import AzureInfo

__all__ = [
    "EmbedManyResult",
    "EmbedResult",
    "NoObjectError",
    "ObjectResult",
    "Step",
    "TextResult",
    "ToolCall",
    "Usage",
]

Shape = TypeVar("Shape")


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or several requests."""

    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        """Input and output."""
        return self.input_tokens + self.output_tokens

    def plus(self, reported: Mapping[str, Any] | None) -> Usage:
        """With the usage that one more reply reports, where it does."""
        more = reported or {}
        return Usage(
            self.input_tokens + int(more.get("prompt_tokens") or 0),
            self.output_tokens + int(more.get("completion_tokens") or 0),
        )


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model called.

    Attributes:
        id: names the call in its result.
        name: the tool.
        arguments: what it was called with; `{"_raw_arguments": text}` where that could not be read.
        result: what it gave back, as the model sees it; None where the caller executes it.
        is_error: the tool failed, or was not called because its arguments were no good.
    """

    id: str
    name: str
    arguments: Mapping[str, Any]
    result: str | None = None
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One request to the model, with the tools that were run for it.

    Attributes:
        text: what the model said.
        finish_reason: `stop`, `length`, `tool_calls` or `content_filter`.
        tool_calls: the tools that it called.
        reasoning: its visible thoughts, where it gives any.
        usage: tokens of this request.
    """

    text: str
    finish_reason: str
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class TextResult:
    """A text, whole.

    Attributes:
        text: the last answer.
        finish_reason: why it ended: `tool_calls` where tools are left to the caller, or `max_steps` was reached.
        usage: tokens of all requests.
        steps: the requests in their order.
        messages: the conversation, to go on with: give it as `messages=` with what follows.
        info: where the last answer came from; see `azure_info`.
    """

    text: str
    finish_reason: str
    usage: Usage
    steps: tuple[Step, ...]
    messages: list[Any] = field(repr=False)
    info: AzureInfo | None = field(default=None, repr=False)

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools of the last request: those that the caller is to execute."""
        return self.steps[-1].tool_calls

    @property
    def reasoning(self) -> str:
        """The model's visible thoughts, where it gives any."""
        return "".join(step.reasoning for step in self.steps)


@dataclass(frozen=True, slots=True)
class ObjectResult(Generic[Shape]):
    """An object, validated.

    Attributes:
        object: an instance of the schema.
        raw_text: the JSON that it was made from.
        finish_reason, usage, info: as in `TextResult`.
    """

    object: Shape
    raw_text: str
    finish_reason: str
    usage: Usage
    info: AzureInfo | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class EmbedResult:
    """A vector, and the tokens of its text."""

    embedding: list[float] = field(repr=False)
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class EmbedManyResult:
    """Vectors in the order of their texts, and the tokens of all of them."""

    embeddings: list[list[float]] = field(repr=False)
    usage: Usage = Usage()


class NoObjectError(ValueError):
    """The model gave no object: it refused.

    Attributes:
        text: what it said instead.
    """

    def __init__(self, text: str) -> None:
        super().__init__(f"The model gave no object: {text}" if text else "The model gave no object and no reason.")
        self.text = text
