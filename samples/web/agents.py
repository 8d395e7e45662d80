"""The agents: instructions, tools, and the loop that streams an answer and calls the tools it asks for."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from openai import OpenAIError

from azure_connector import AzureInfo, azure_info

from .listing import Unavailable
from .providers import Provider

__all__ = ["AGENTS", "Agent", "answer"]

Event = tuple[str, dict[str, Any]]
ROUNDS = 5


def weather(city: str) -> dict[str, Any]:
    """Tells today's weather in a city."""
    return {"city": city, "degrees": 8 + sum(map(ord, city)) % 18, "sky": "sunny"}


def distance(origin: str, destination: str) -> dict[str, Any]:
    """Tells the distance between two cities."""
    kilometres = 40 * (1 + abs(sum(map(ord, origin)) - sum(map(ord, destination))) % 50)
    return {"from": origin, "to": destination, "kilometres": kilometres}


@dataclass(frozen=True)
class Agent:
    """Instructions and the functions that the model may call."""

    id: str
    name: str
    instructions: str
    functions: tuple[Callable[..., Any], ...] = ()
    hint: str = ""

    def tools(self) -> list[dict[str, Any]]:
        """In the Chat Completions form, which every provider takes. (The connector would take the functions.)"""
        return [
            {
                "type": "function",
                "function": {
                    "name": function.__name__,
                    "description": function.__doc__,
                    "parameters": {
                        "type": "object",
                        "properties": {name: {"type": "string"} for name in _parameters(function)},
                        "required": _parameters(function),
                    },
                },
            }
            for function in self.functions
        ]

    def call(self, name: str, arguments: str) -> str:
        """What a tool gives, as JSON; a wrong call is told to the model, which then may mend it."""
        function = next((one for one in self.functions if one.__name__ == name), None)
        try:
            if function is None:
                raise ValueError(f"there is no tool {name!r}")
            return json.dumps(function(**json.loads(arguments)))
        except (TypeError, ValueError) as error:
            return json.dumps({"error": str(error)})


def _parameters(function: Callable[..., Any]) -> list[str]:
    return [name for name in function.__annotations__ if name != "return"]


AGENTS = {
    agent.id: agent
    for agent in (
        Agent("assistant", "Assistant", "Answer briefly.", hint="Count to 20"),
        Agent(
            "travel",
            "Travel (has tools)",
            "You help travellers. Use the tools.",
            (weather, distance),
            hint="How is the weather in Bergen?",
        ),
    )
}


@dataclass
class Turn:
    """One reply of the model while it arrives."""

    text: str = ""
    calls: dict[int, dict[str, str]] = field(default_factory=dict)
    usage: Any = None
    finish: str | None = None

    def take(self, chunk: Any) -> list[Event]:
        """Adds a chunk; returns what the page should see of it."""
        self.usage = getattr(chunk, "usage", None) or self.usage
        if not chunk.choices:
            return []
        choice, events = chunk.choices[0], []
        self.finish = choice.finish_reason or self.finish
        delta = choice.delta
        if reasoning := getattr(delta, "reasoning_content", None):
            events.append(("reasoning", {"text": reasoning}))
        if delta.content:
            self.text += delta.content
            events.append(("text", {"text": delta.content}))
        for part in delta.tool_calls or ():
            call = self.calls.setdefault(part.index, {"id": "", "name": "", "arguments": ""})
            call["id"] = part.id or call["id"]
            call["name"] += part.function.name or ""
            call["arguments"] += part.function.arguments or ""
        return events

    def message(self) -> dict[str, Any]:
        """The reply as a message of the conversation."""
        calls = [
            {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": call["arguments"]}}
            for call in self.calls.values()
        ]
        return {"role": "assistant", "content": self.text or None, **({"tool_calls": calls} if calls else {})}


async def answer(agent: Agent, provider: Provider, model: str, messages: list[dict[str, Any]]) -> AsyncIterator[Event]:
    """The events of one answer; whatever goes wrong is an event, too.

    Args:
        messages: the conversation so far, the last one the user's.
    """
    history: list[dict[str, Any]] = [{"role": "system", "content": agent.instructions}, *messages]
    tokens = {"input": 0, "output": 0}
    try:
        for _ in range(ROUNDS):
            turn = Turn()
            async for event in _stream(agent, provider, model, history, turn):
                yield event
            _count(tokens, turn.usage)
            history.append(turn.message())
            for call in turn.calls.values():
                yield "tool_call", dict(call)
                result = agent.call(call["name"], call["arguments"])
                yield "tool_result", {"id": call["id"], "name": call["name"], "result": result}
                history.append({"role": "tool", "tool_call_id": call["id"], "content": result})
            if not turn.calls:
                break
        yield "done", {"tokens": tokens, "finish_reason": turn.finish}
    except Unavailable as error:
        yield "error", {"type": "Unavailable", "message": str(error), "hint": "", "attempts": []}
    except OpenAIError as error:
        yield "error", _described(error)


async def _stream(
    agent: Agent, provider: Provider, model: str, history: list[dict[str, Any]], turn: Turn
) -> AsyncIterator[Event]:
    body: dict[str, Any] = {"model": model, "messages": history, "stream_options": {"include_usage": True}}
    if agent.functions:
        body["tools"] = agent.tools()
    stream: Any = await provider.stream(body)
    try:
        async for chunk in stream:
            for event in turn.take(chunk):
                yield event
        if (info := _info(stream)) is not None:
            yield "route", info
    finally:
        close = getattr(stream, "close", None) or getattr(stream, "aclose", None)
        if close is not None:
            await close()


def _info(stream: Any) -> dict[str, Any] | None:
    """Which deployment answered, and what was tried before; None for other providers."""
    try:
        info: AzureInfo = azure_info(stream)
    except LookupError:
        return None
    return {
        "deployment": info.deployment,
        "resource": info.resource,
        "served_model": info.served_model,
        "region": info.region,
        "request_id": info.request_id,
        "attempts": [str(attempt) for attempt in info.attempts],
        "changes": list(info.changes),
        "filtered": info.filtered,
    }


def _count(tokens: dict[str, int], usage: Any) -> None:
    if usage is not None:
        tokens["input"] += usage.prompt_tokens or 0
        tokens["output"] += usage.completion_tokens or 0


def _described(error: OpenAIError) -> dict[str, Any]:
    hint = str(getattr(error, "hint", ""))
    message = str(error).split("\nTried:")[0].replace(hint, "").strip() if hint else str(error)
    return {
        "type": type(error).__name__,
        "message": message,
        "hint": hint,
        "attempts": [str(attempt) for attempt in getattr(error, "attempts", ())],
    }
