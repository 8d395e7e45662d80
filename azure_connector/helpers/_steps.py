"""A text on its way: what is asked, which tools run, and when it ends. Sends nothing and runs nothing itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from .._utils import Json, as_list, as_object
from ..replies import AzureInfo, azure_info
from ..requests import chunks_as_completion
from ..tools import Toolbox, ToolOutcome, read_arguments
from ._results import Step, TextResult, ToolCall, Usage

_CUT = frozenset({"length", "content_filter"})

__all__ = ["Gathered", "Steps", "conversation", "text_of"]


def conversation(prompt: str | None, system: str | None, messages: Sequence[object] | None) -> list[Any]:
    """The messages of a request: the system's, then those that are given, then the prompt.

    Raises:
        ValueError: there is neither a prompt nor a message.
    """
    if not prompt and not messages:
        raise ValueError("Nothing is asked: pass prompt=, messages= or both.")
    first: list[Any] = [{"role": "system", "content": system}] if system else []
    last: list[Any] = [{"role": "user", "content": prompt}] if prompt else []
    return [*first, *(messages or ()), *last]


def text_of(chunk: Any) -> str:
    """The text that a chunk adds to the first choice."""
    deltas = (choice.delta for choice in chunk.choices if choice.delta is not None and not choice.index)
    return "".join(delta.content or delta.refusal or "" for delta in deltas)


class Gathered:
    """The chunks of a stream, put together at its end.

    Args:
        stream: the SDK's, whose `azure_info` fills up while it is read.
    """

    def __init__(self, stream: object) -> None:
        self.info = azure_info(stream)
        self._chunks: list[Json] = []

    def take(self, chunk: Any) -> str:
        """Keeps a chunk; gives its text."""
        self._chunks.append(chunk.to_dict(mode="json"))
        return text_of(chunk)

    def completion(self) -> Json:
        """The completion that they amount to."""
        return chunks_as_completion(self._chunks)


@dataclass
class Steps:
    """The requests for one text, in their order.

    Args:
        messages: the conversation; answers and results of tools are added to it.
        toolbox: the tools.
        max_steps: requests to the model, at most.
        on_step: is told each request that has ended, with the results of its tools.
    """

    messages: list[Any]
    toolbox: Toolbox
    max_steps: int = 8
    on_step: Callable[[Step], object] | None = None
    steps: list[Step] = field(default_factory=list[Step])
    usage: Usage = field(default_factory=Usage)
    info: AzureInfo | None = None

    def request(self, parameters: Mapping[str, object], *, stream: bool = False) -> dict[str, Any]:
        """The arguments of the next request but its model."""
        tools: dict[str, Any] = {"tools": self.toolbox.definitions} if self.toolbox.definitions else {}
        streamed: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
        return {**tools, **parameters, **streamed, "messages": list(self.messages)}

    def take(self, completion: Mapping[str, object], info: AzureInfo) -> list[ToolCall]:
        """Takes an answer in; gives the calls to run, none where the text ends here."""
        choice = as_object(next(iter(as_list(completion.get("choices"))), None))
        message, finish = as_object(choice.get("message")), str(choice.get("finish_reason") or "stop")
        calls = _calls(message, cut=finish != "tool_calls")
        used = Usage().plus(as_object(completion.get("usage")))
        self.usage = self.usage.plus(as_object(completion.get("usage")))
        self.info = info
        text = str(message.get("content") or message.get("refusal") or "")
        self.messages.append(_kept(message))
        self.steps.append(Step(text, finish, tuple(calls), str(message.get("reasoning_content") or ""), used))
        runs = calls and finish not in _CUT and self.toolbox.executes(call.name for call in calls)
        if runs and len(self.steps) < self.max_steps:
            return calls
        self._tell()
        return []

    def add(self, outcomes: Sequence[ToolOutcome]) -> tuple[ToolCall, ...]:
        """Takes the results of the calls in, in their order; gives the calls with them."""
        step = self.steps[-1]
        done = tuple(
            ToolCall(call.id, call.name, call.arguments, outcome.content, outcome.is_error)
            for call, outcome in zip(step.tool_calls, outcomes, strict=True)
        )
        self.steps[-1] = Step(step.text, step.finish_reason, done, step.reasoning, step.usage)
        self.messages += [{"role": "tool", "tool_call_id": call.id, "content": call.result} for call in done]
        self._tell()
        return done

    def _tell(self) -> None:
        if self.on_step is not None:
            self.on_step(self.steps[-1])

    def result(self) -> TextResult:
        """The text so far."""
        last = self.steps[-1]
        return TextResult(last.text, last.finish_reason, self.usage, tuple(self.steps), self.messages, self.info)


def _calls(message: Json, *, cut: bool) -> list[ToolCall]:
    """The calls of a message; arguments that were cut off are never completed."""
    found: list[ToolCall] = []
    for call in map(as_object, as_list(message.get("tool_calls"))):
        if custom := as_object(call.get("custom")):
            arguments: Any = {"input": custom.get("input")}
            name = custom.get("name")
        else:
            function = as_object(call.get("function"))
            arguments = json.loads(read_arguments(function.get("arguments"), cut=cut).text)
            name = function.get("name")
        found.append(ToolCall(str(call.get("id") or ""), str(name or ""), cast("Json", arguments)))
    return found


def _kept(message: Json) -> Json:
    """The message as the next request shows it to the model."""
    kept = {name: value for name, value in message.items() if value is not None and name != "parsed"}
    return kept if "content" in kept or "tool_calls" in kept else {**kept, "content": ""}
