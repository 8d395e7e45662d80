"""A conversation with a model: history, tools that are run, and what it costs. Knows nothing of the terminal."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._utils import as_object
from ..replies import azure_info
from ..tools import to_wire
from ._cost import Cost

if TYPE_CHECKING:
    from ..client import AzureConnector
    from ..replies import AzureInfo

__all__ = ["Called", "Conversation", "Returned", "Text", "Turn"]

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
    """

    text: str = ""
    info: AzureInfo | None = None
    finish_reason: str | None = None
    seconds: float = 0.0
    first: float | None = None
    usage: dict[str, Any] = field(default_factory=dict[str, Any])


class Conversation:
    """A conversation.

    Args:
        client: the connector.
        model: as a call names it.
        system: the system message, or None.
        tools: functions by name.
        price: per million input and output tokens.
    """

    def __init__(
        self,
        client: AzureConnector,
        model: str,
        *,
        system: str | None = None,
        tools: Mapping[str, Callable[..., Any]] | None = None,
        price: tuple[float, float] | None = None,
    ) -> None:
        self._client = client
        self.model = model
        self.tools = dict(tools or {})
        self.cost = Cost(price)
        self.turn = Turn()
        self.messages: list[dict[str, Any]] = []
        self.set_system(system)

    def set_system(self, text: str | None) -> None:
        """Replaces the system message."""
        self.messages = [message for message in self.messages if message["role"] != "system"]
        if text:
            self.messages.insert(0, {"role": "system", "content": text})

    def clear(self) -> None:
        """Forgets everything but the system message."""
        self.messages = [message for message in self.messages if message["role"] == "system"]

    def ask(self, text: str) -> Generator[Event]:
        """Asks, and gives the answer piece by piece; tools are run on the way.

        When it is closed or interrupted in between, what had arrived stays in the history, so that the conversation
        can go on.

        Raises:
            openai.OpenAIError: the call failed; the question is taken back.
        """
        kept = len(self.messages)
        self.messages.append({"role": "user", "content": text})
        self.turn = Turn()
        began = time.perf_counter()
        try:
            for _ in range(_ROUNDS):
                calls = yield from self._round(began)
                if not calls:
                    return
                yield from self._run(calls)
        except (KeyboardInterrupt, GeneratorExit):
            self._cut_off(kept)
            raise
        except Exception:  # whatever went wrong, the question can be asked again
            del self.messages[kept:]
            raise
        finally:
            self.turn.seconds = time.perf_counter() - began

    def _round(self, began: float) -> Generator[Event, None, list[dict[str, Any]]]:
        options: dict[str, Any] = {"tools": to_wire(list(self.tools.values()))[0]} if self.tools else {}
        options |= {"stream": True, "stream_options": {"include_usage": True}}
        create: Any = self._client.chat.completions.create  # dictionaries of the wire's form are no TypedDicts
        stream = create(model=self.model, messages=self.messages, **options)
        gathered = _Gathered()
        with closing(stream):
            self.turn.info = azure_info(stream)
            for chunk in stream:
                piece = gathered.take(chunk)
                if piece:
                    if self.turn.first is None:
                        self.turn.first = time.perf_counter() - began
                    self.turn.text += piece
                    yield Text(piece)
        self.turn.finish_reason = gathered.finish_reason
        self.turn.usage = gathered.usage
        self.cost.add(gathered.usage)
        self.messages.append(gathered.message())
        return gathered.calls

    def _run(self, calls: Iterable[dict[str, Any]]) -> Generator[Event]:
        for call in calls:
            name = str(call["function"]["name"])
            try:
                arguments = as_object(json.loads(call["function"]["arguments"] or "{}"))
            except ValueError:
                arguments = {"_raw_arguments": call["function"]["arguments"]}
            yield Called(name, arguments)
            result = self._call(name, arguments)
            yield Returned(name, result)
            self.messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})

    def _call(self, name: str, arguments: Mapping[str, Any]) -> str:
        tool = self.tools.get(name)
        if tool is None:
            return f"Error: there is no tool {name!r}."
        try:
            result = tool(**arguments)
        except Exception as error:  # noqa: BLE001  # the user's own code; the model is told
            return f"Error: {type(error).__name__}: {error}"
        return result if isinstance(result, str) else json.dumps(result, default=str)

    def _cut_off(self, kept: int) -> None:
        """After an interruption: the text so far counts as the answer; calls without results are forgotten."""
        del self.messages[kept + 1 :]
        if self.turn.text:
            self.messages.append({"role": "assistant", "content": self.turn.text})
        else:
            del self.messages[kept:]


class _Gathered:
    """What a stream's chunks come to."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._calls: dict[int, dict[str, Any]] = {}
        self.finish_reason: str | None = None
        self.usage: dict[str, Any] = {}

    def take(self, chunk: Any) -> str:
        """Adds a chunk; gives its text."""
        if chunk.usage is not None:
            self.usage = chunk.usage.model_dump(exclude_none=True)
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        self.finish_reason = choice.finish_reason or self.finish_reason
        for part in choice.delta.tool_calls or ():
            call = self._calls.setdefault(
                part.index, {"id": "", "type": "function", "function": {"name": "", "arguments": ""}}
            )
            call["id"] = part.id or call["id"]
            if part.function is not None:
                call["function"]["name"] += part.function.name or ""
                call["function"]["arguments"] += part.function.arguments or ""
        text = choice.delta.content or choice.delta.refusal or ""
        if text:
            self._text.append(text)
        return text

    @property
    def calls(self) -> list[dict[str, Any]]:
        return [self._calls[index] for index in sorted(self._calls)]

    def message(self) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self._text) or None}
        return message | ({"tool_calls": self.calls} if self._calls else {})
