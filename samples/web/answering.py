"""The loop that streams an answer and calls the tools that it asks for."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import openai

from azure_connector import AzureErrorDetails, AzureInfo, azure_info

from .agents import Agent
from .asking import Asked
from .history import with_short_ids
from .listing import Model
from .protocol import Happening
from .providers import Provider
from .words import KNOWN, CutOff, trouble

__all__ = ["answer"]

ROUNDS = 6
logger = logging.getLogger(__name__)


@dataclass
class Turn:
    """One reply of the model while it arrives."""

    text: str = ""
    calls: dict[Any, dict[str, str]] = field(default_factory=dict)
    usage: Any = None
    finish: str | None = None

    def take(self, chunk: Any) -> list[Happening]:
        """Adds a chunk; returns what the page should see of it."""
        self.usage = getattr(chunk, "usage", None) or self.usage
        if not chunk.choices:
            return []
        choice, found = chunk.choices[0], []
        self.finish = choice.finish_reason or self.finish
        delta = choice.delta
        if reasoning := getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None):
            found.append(("reasoning", {"text": _sendable(reasoning)}))
        if text := _sendable(delta.content or getattr(delta, "refusal", None)):
            self.text += text
            found.append(("text", {"text": text}))
        for part in delta.tool_calls or ():
            self._add(part)
        return found

    def _add(self, part: Any) -> None:
        # Some servers send whole calls without an index.
        key = part.index if part.index is not None else part.id or len(self.calls)
        call = self.calls.setdefault(key, {"id": "", "name": "", "arguments": ""})
        call["id"] = part.id or call["id"] or f"call_{uuid4().hex}"
        if part.function is not None:
            call["name"] += part.function.name or ""
            call["arguments"] += _sendable(part.function.arguments)

    def message(self) -> dict[str, Any]:
        """The reply as a message of the conversation."""
        calls = [
            {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": call["arguments"]}}
            for call in self.calls.values()
        ]
        return {"role": "assistant", "content": self.text or None, **({"tool_calls": calls} if calls else {})}


def _sendable(text: str | None) -> str:
    """Text without halves of character pairs, which no event could hold."""
    return (text or "").encode(errors="replace").decode()


@dataclass
class Run:
    """One answer, which may take several turns.

    Attributes:
        theirs: the tools that the client carries out; a call of one ends the run.
    """

    agent: Agent
    provider: Provider
    model: Model
    asked: Asked
    usage: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = f"{self.agent.instructions}\n\n{self.asked.context}".strip()
        told = self.asked.messages if self.provider.long_ids else with_short_ids(self.asked.messages)
        self.history = [{"role": "system", "content": known}, *told]
        self.theirs = {tool["function"]["name"] for tool in self.asked.tools} - {*self.agent.names}
        self.usage = {
            "provider": self.provider.id,
            "model": self.model.id,
            "input_tokens": 0,
            "output_tokens": 0,
        }

    def body(self, number: int) -> dict[str, Any]:
        """What the model is asked in a turn; in the last one it must answer without calling anything."""
        own = self.agent.tools()
        tools = [*own, *(tool for tool in self.asked.tools if tool["function"]["name"] in self.theirs)]
        body = {
            **self.asked.parameters,
            "model": self.model.asked or self.model.id,
            "messages": self.history,
            "stream_options": {"include_usage": True},
        }
        if not tools:
            for name in ("tool_choice", "parallel_tool_calls"):
                body.pop(name, None)
            return body
        if number:
            body.pop("tool_choice", None)  # a forced call is forced once
        return {**body, "tools": tools, **({"tool_choice": "none"} if number == ROUNDS - 1 else {})}

    def count(self, usage: Any) -> None:
        if usage is not None:
            self.usage["input_tokens"] += usage.prompt_tokens or 0
            self.usage["output_tokens"] += usage.completion_tokens or 0


async def answer(agent: Agent, provider: Provider, model: Model, asked: Asked) -> AsyncGenerator[Happening]:
    """What happens in one answer; whatever goes wrong is a happening, too. `done` or `error` is always the last."""
    run, turn = Run(agent, provider, model, asked), Turn()
    try:
        for number in range(ROUNDS):
            turn = Turn()
            yield "turn", {"number": number}
            async with aclosing(_stream(run, number, turn)) as happenings:
                async for happening in happenings:
                    yield happening
            run.history.append(turn.message())
            for call in turn.calls.values():
                yield "tool_call", dict(call)
            own = [call for call in turn.calls.values() if call["name"] not in run.theirs]
            for call in own:
                result = agent.call(call["name"], call["arguments"])
                yield "tool_result", {"id": call["id"], "name": call["name"], "result": result}
                run.history.append({"role": "tool", "tool_call_id": call["id"], "content": result})
            if not turn.calls or len(own) < len(turn.calls):
                break
        yield "done", {"finish_reason": turn.finish, "usage": run.usage}
    except Exception as error:  # a page that gets no last word waits for ever
        if not isinstance(error, KNOWN):
            logger.exception("%s: an unknown error", provider.name)
        yield "error", asdict(trouble(error, provider.name, provider.remedy))


async def _stream(run: Run, number: int, turn: Turn) -> AsyncGenerator[Happening]:
    stream: Any = await run.provider.stream(run.body(number))
    begun = False
    try:
        async for chunk in stream:
            begun = True
            for happening in turn.take(chunk):
                yield happening
        run.count(turn.usage)
        if turn.finish is None or _invented(stream):
            raise CutOff
        if (info := _info(stream)) is not None:
            yield "route", info
    except (openai.OpenAIError, httpx.HTTPError) as error:
        # The connector's own errors say more than that.
        if begun and not isinstance(error, AzureErrorDetails):
            raise CutOff from error
        raise
    finally:
        close = getattr(stream, "close", None) or getattr(stream, "aclose", None)
        if close is not None:
            await close()


def _invented(stream: Any) -> bool:
    """Whether LiteLLM made up the finish reason of a stream that had none, which its wrapper remembers.

    Not for Gemini, whose every chunk is a `stop` to LiteLLM: there only a broken connection is seen.
    """
    names = ("received_finish_reason", "intermittent_finish_reason")
    return hasattr(stream, names[0]) and not any(getattr(stream, name, None) for name in names)


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
