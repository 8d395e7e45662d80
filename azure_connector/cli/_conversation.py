"""A conversation with a model: history, tools that are run, and what it costs. Knows nothing of the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .._utils import as_list, as_object
from ..helpers import Gathered, Steps, ToolCall
from ..tools import Toolbox, ToolOutcome
from ._cost import Cost, estimated_usage, price_of, text_of
from ._prices import PriceList

if TYPE_CHECKING:
    from ..client import AzureConnector
    from ..replies import AzureInfo

__all__ = ["Called", "Conversation", "Returned", "Text", "Turn", "told_content"]

_ROUNDS = 10  # of tool calls within one answer


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Called:
    """The model calls a tool."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Returned:
    """What the tool gave back."""

    name: str
    result: str


Event = Text | Called | Returned


@dataclass(slots=True)
class Turn:
    """How the last answer went.

    Attributes:
        text: the whole answer.
        info: where it came from; None before the first reply.
        finish_reason: why it ended; None where it was cut off.
        seconds: how long it took in all; `first` until the first text.
        cost: what its requests have used; with tools there are several.
    """

    text: str = ""
    info: AzureInfo | None = None
    finish_reason: str | None = None
    seconds: float = 0.0
    first: float | None = None
    cost: Cost = field(default_factory=Cost)


class Conversation:
    """A conversation.

    Args:
        client: the connector.
        model: as a call names it.
        system: the system message, or None.
        tools: functions by name.
        prices: what tokens cost.
        parameters: further parameters of each request.
        messages: how it began, where it goes on.
    """

    def __init__(
        self,
        client: AzureConnector,
        model: str,
        *,
        system: str | None = None,
        tools: Mapping[str, Callable[..., Any]] | None = None,
        prices: PriceList | None = None,
        parameters: Mapping[str, Any] | None = None,
        messages: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._client = client
        self.model = model
        self.tools = dict(tools or {})
        self._toolbox = Toolbox(list(self.tools.values()))
        self._parameters = dict(parameters or {})
        self.prices = prices or PriceList()
        self.cost = Cost()
        self.turn = Turn()
        self.messages: list[dict[str, Any]] = [dict(message) for message in messages]
        if system:
            self.set_system(system)

    def set_system(self, text: str | None) -> None:
        """Replaces the system message."""
        self.messages = [message for message in self.messages if message["role"] != "system"]
        if text:
            self.messages.insert(0, {"role": "system", "content": text})

    def clear(self) -> None:
        """Forgets everything but the system message."""
        self.messages = [message for message in self.messages if message["role"] == "system"]

    def ask(self, content: str | list[dict[str, Any]]) -> Generator[Event]:
        """Asks, and gives the answer piece by piece; tools are run on the way.

        Args:
            content: a text, or parts of which some are images or files.

        When it is closed or interrupted in between, what had arrived stays in the history, so that the conversation
        can go on.

        Raises:
            openai.OpenAIError: the call failed; the question is taken back.
        """
        kept = len(self.messages)
        self.messages.append({"role": "user", "content": content})
        self.turn = Turn()
        began = time.perf_counter()
        try:
            steps = Steps(self.messages, self._toolbox, _ROUNDS)
            while calls := (yield from self._round(steps, began)):
                steps.add((yield from self._run(calls)))
        except (KeyboardInterrupt, GeneratorExit):
            self._cut_off(kept)
            raise
        except Exception:  # whatever went wrong, the question can be asked again
            del self.messages[kept:]
            raise
        finally:
            self.turn.seconds = time.perf_counter() - began

    def _round(self, steps: Steps, began: float) -> Generator[Event, None, list[ToolCall]]:
        create: Any = self._client.chat.completions.create  # dictionaries of the wire's form are no TypedDicts
        request = steps.request(self._parameters, stream=True)
        stream = create(model=self.model, **request)
        gathered = Gathered(stream)
        before = len(self.turn.text)
        try:
            with closing(stream):
                self.turn.info = gathered.info
                for chunk in stream:
                    if piece := gathered.take(chunk):
                        if self.turn.first is None:
                            self.turn.first = time.perf_counter() - began
                        self.turn.text += piece
                        yield Text(piece)
        except BaseException:  # stopped or broken: what has been generated is billed all the same
            self._count(estimated_usage(request["messages"], self.turn.text[before:]), stopped=True)
            raise
        completion = gathered.completion()
        choice = as_object(next(iter(as_list(completion["choices"])), None))
        self.turn.finish_reason = choice.get("finish_reason")
        self._count(as_object(completion["usage"]))
        return steps.take(completion, gathered.info)

    def _count(self, usage: dict[str, Any], *, stopped: bool = False) -> None:
        price = price_of(self.prices, self.turn.info, self.model)
        for cost in (self.turn.cost, self.cost):
            cost.add(usage, price, stopped=stopped)

    def _run(self, calls: Sequence[ToolCall]) -> Generator[Event, None, list[ToolOutcome]]:
        outcomes: list[ToolOutcome] = []
        for call in calls:
            yield Called(call.name, call.arguments)
            outcome = self._toolbox.run(call.name, call.arguments)
            if outcome.is_error:  # seen by a person, too
                outcome = replace(outcome, content=f"Error: {outcome.content}")
            yield Returned(call.name, outcome.content)
            outcomes.append(outcome)
        return outcomes

    def _cut_off(self, kept: int) -> None:
        """After an interruption: the text so far counts as the answer; calls without results are forgotten."""
        del self.messages[kept + 1 :]
        if self.turn.text:
            self.messages.append({"role": "assistant", "content": self.turn.text})
        else:
            del self.messages[kept:]


def told_content(content: object) -> str:
    """A message's content for people: its texts, and what else is in it by name."""
    parts = as_list(content)
    files = [str(as_object(part.get("file")).get("filename") or part["type"]) for part in map(as_object, parts)]
    others = [name for name in files if name != "text"]
    return text_of(content) + (f" [with {', '.join(others)}]" if others else "")
