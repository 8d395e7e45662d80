"""`query`: asks, streams, calls tools, and asks again until there is an answer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import count
from typing import Any

import openai

from ..client import AsyncAzureConnector
from ..errors import ServiceUnavailableError
from ..replies import AzureInfo, azure_info
from ..tools import read_arguments
from .messages import (
    AssistantMessage,
    Message,
    QueryConnectionError,
    ResultMessage,
    StopReason,
    TextBlock,
    ToolUseBlock,
    Usage,
    UserMessage,
)
from .options import QueryOptions
from .toolbox import Toolbox

__all__ = ["query"]

_STOPS: dict[str, StopReason] = {"length": "max_tokens", "content_filter": "content_filter"}


async def query(
    prompt: str, options: QueryOptions | None = None, *, client: AsyncAzureConnector | None = None
) -> AsyncIterator[Message]:
    """Asks a model one question and yields what happens, as it happens; the last message is a `ResultMessage`.

    Args:
        prompt: the question.
        options: what it may be told; file and environment say the rest.
        client: a connector to use again, with its token and connections; the options' settings are then not read.

    Raises:
        QueryConnectionError: the service was not reached, or did not finish its answer.
        CredentialError: no token was to be had.
        openai.APIStatusError: the service refused the request; see `azure_connector.errors`.
        InvalidRequestError, ConfigurationError: options that cannot be used; nothing was sent.
    """
    options = options or QueryOptions()
    toolbox = Toolbox(options.tools, options.cwd)
    async with AsyncExitStack() as stack:
        if client is None:
            client = await stack.enter_async_context(AsyncAzureConnector(**options.connector_arguments()))
        asking = _Asking(client, options, toolbox, prompt)
        try:
            async for message in asking.messages():
                yield message
        except (openai.APIConnectionError, ServiceUnavailableError) as error:
            raise QueryConnectionError.of(error) from error


class _Turn:
    """One streamed answer, put together."""

    def __init__(self) -> None:
        self.text = ""
        self.finish = ""
        self._calls: dict[int, dict[str, str]] = {}

    def take(self, chunk: Any) -> str:
        """Takes a chunk in; gives its text."""
        text = ""
        for choice in chunk.choices:
            self.finish = choice.finish_reason or self.finish
            delta = choice.delta
            text += (delta.content or "") if delta else ""
            for part in (delta.tool_calls or ()) if delta else ():
                call = self._calls.setdefault(part.index, {"id": "", "name": "", "arguments": ""})
                call["id"] = part.id or call["id"]
                call["name"] += (part.function and part.function.name) or ""
                call["arguments"] += (part.function and part.function.arguments) or ""
        self.text += text
        return text

    def tool_uses(self) -> tuple[ToolUseBlock, ...]:
        """The calls, once the stream has ended; arguments that were cut off are never completed."""
        cut = self.finish != "tool_calls"
        for call in self._calls.values():
            call["arguments"] = read_arguments(call["arguments"], cut=cut).text
        return tuple(
            ToolUseBlock(call["id"], call["name"], json.loads(call["arguments"])) for call in self._calls.values()
        )

    def as_history(self) -> dict[str, Any]:
        """The answer as the next request shows it to the model: its arguments as it wrote them."""
        told = [
            {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": call["arguments"]}}
            for call in self._calls.values()
        ]
        return {"role": "assistant", "content": self.text or None, **({"tool_calls": told} if told else {})}


class _Asking:
    """One query on its way."""

    def __init__(self, client: AsyncAzureConnector, options: QueryOptions, toolbox: Toolbox, prompt: str) -> None:
        self._client, self._options, self._toolbox = client, options, toolbox
        self._started = time.monotonic()
        self._usage = Usage()
        system = [{"role": "system", "content": options.system_prompt}] if options.system_prompt else []
        self._history: list[Any] = [*system, {"role": "user", "content": prompt}]

    async def messages(self) -> AsyncIterator[Message]:
        for number in count(1):
            turn = _Turn()
            stream = await self._request()
            info = azure_info(stream)
            async with stream:
                async for chunk in stream:
                    if text := turn.take(chunk):
                        yield AssistantMessage((TextBlock(text),), chunk.model)
            self._usage = self._usage.plus(info.usage)
            calls = turn.tool_uses()
            if calls:
                yield AssistantMessage(calls, info.served_model or "")
            stop = self._stop(turn, calls, last=number >= self._options.max_turns)
            if stop:
                yield self._result(turn, stop, number, info)
                return
            results = await asyncio.gather(*map(self._toolbox.run, calls))
            yield UserMessage(tuple(results))
            self._history.append(turn.as_history())
            self._history += [
                {"role": "tool", "tool_call_id": result.tool_use_id, "content": result.content} for result in results
            ]

    async def _request(self) -> openai.AsyncStream[Any]:
        tools = {"tools": self._toolbox.definitions} if self._toolbox.definitions else {}
        arguments: dict[str, Any] = {**self._options.request_arguments(), **tools}
        return await self._client.chat.completions.create(
            model=self._options.model or self._client.settings.default_model,
            messages=self._history,
            stream=True,
            stream_options={"include_usage": True},
            **arguments,
        )

    def _stop(self, turn: _Turn, calls: tuple[ToolUseBlock, ...], *, last: bool) -> StopReason | None:
        """Why the query ends here; None where tools are to be called."""
        if turn.finish in _STOPS:
            return _STOPS[turn.finish]
        if not calls:
            return "end_turn"
        if not self._toolbox.executes(calls):
            return "tool_use"
        return "max_turns" if last else None

    def _result(self, turn: _Turn, stop: StopReason, turns: int, info: AzureInfo) -> ResultMessage:
        duration = time.monotonic() - self._started
        place = (info.deployment, info.resource, info.region)
        return ResultMessage(turn.text, stop, self._usage, turns, duration, *place)
