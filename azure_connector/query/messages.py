"""What a query yields, and the one error for a connection that fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import openai

from ..errors import AzureErrorDetails, PartialReply

__all__ = [
    "AssistantMessage",
    "Message",
    "QueryConnectionError",
    "ResultMessage",
    "TextBlock",
    "ToolResultBlock",
    "ToolUseBlock",
    "Usage",
    "UserMessage",
]


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A piece of the answer, as it arrived."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolUseBlock:
    """A tool that the model calls, once its arguments are whole.

    Attributes:
        id: names the call in its result.
        name: the tool.
        input: the arguments; `{"_raw_arguments": text}` where they could not be read.
    """

    id: str
    name: str
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolResultBlock:
    """What a tool gave back.

    Attributes:
        tool_use_id: the call.
        content: the result as the model sees it.
        is_error: the tool failed, or was not called because its arguments were no good.
    """

    tool_use_id: str
    content: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class AssistantMessage:
    """What the model says: a piece of text as it arrives, or the tools that it calls."""

    content: tuple[TextBlock | ToolUseBlock, ...]
    model: str = ""


@dataclass(frozen=True, slots=True)
class UserMessage:
    """What goes back to the model: the results of its tools."""

    content: tuple[ToolResultBlock, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of all the requests of a query."""

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


StopReason = Literal["end_turn", "max_tokens", "content_filter", "tool_use", "max_turns"]


@dataclass(frozen=True, slots=True)
class ResultMessage:
    """The last message of every query that ends by itself.

    Attributes:
        text: the final answer, whole.
        stop_reason: `end_turn`; `max_tokens`, `content_filter`: the answer was cut off; `tool_use`: a tool was called
            that is only described, so that the caller executes it; `max_turns`: the model still wanted tools.
        usage: tokens of all requests.
        turns: requests to the model.
        duration: seconds.
        deployment, resource, region: where the last answer came from.
    """

    text: str
    stop_reason: StopReason
    usage: Usage
    turns: int
    duration: float
    deployment: str = ""
    resource: str = ""
    region: str | None = None


Message = AssistantMessage | UserMessage | ResultMessage


class QueryConnectionError(AzureErrorDetails, openai.APIConnectionError):
    """The service could not be reached or did not finish its answer, for whatever reason: the cause tells which.

    Attributes:
        partial: what had arrived of an answer that broke off.
    """

    partial: PartialReply = PartialReply()

    @classmethod
    def of(cls, cause: openai.APIError) -> QueryConnectionError:
        """The one class for `cause`, with what it carried."""
        error = cls(message=cause.message, request=cause.request)
        if isinstance(cause, AzureErrorDetails):
            error.hint, error.attempts = cause.hint, cause.attempts
            error.azure_request_id = cause.azure_request_id
        error.partial = getattr(cause, "partial", PartialReply())
        return error
