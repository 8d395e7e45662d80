"""What a model is asked, in terms that both chat APIs share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Ask", "Thought", "ToolCall", "ToolSpec", "Turn"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that was made, or is to be made.

    Attributes:
        name: the tool's name.
        arguments: JSON text, or a custom tool's plain input.
        call_id: the call's id; empty while it is only planned.
        custom: it is a custom tool's, with free text for input.
        endless: its schema wanted more than the model can say, so that the arguments are cut off.
    """

    name: str
    arguments: str
    call_id: str = ""
    custom: bool = False
    endless: bool = False


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool on offer: a function with a JSON schema, or a custom tool (`custom`)."""

    name: str
    description: str = ""
    parameters: Any = None
    custom: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One message.

    Attributes:
        role: who speaks; developer counts as system.
        text: all its text.
        attachments: what else it holds, in words: `an image`, `a file (report.pdf)`.
        calls: tool calls that the assistant made here.
        call_id: the call that a tool's turn answers.
    """

    role: Literal["system", "user", "assistant", "tool"]
    text: str = ""
    attachments: tuple[str, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """A whole request to a model.

    Attributes:
        turns: the conversation.
        tools: the tools on offer.
        choice: `auto`, `none`, `required`, or the name of the tool to call.
        parallel: whether several calls may be made at once.
        output: None for text, else the JSON schema of the answer; an empty schema is any JSON object.
        room: tokens that the reply may have.
    """

    turns: tuple[Turn, ...]
    tools: tuple[ToolSpec, ...] = ()
    choice: str = "auto"
    parallel: bool = True
    output: Any = None
    room: int = 16_384
    named: bool = False
    """`choice` is a tool's name."""


@dataclass(frozen=True, slots=True)
class Thought:
    """The model's reply: a text, or calls; `endless` when the schema wanted more than the model can say."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    endless: bool = False
