"""Streams on their way to LiteLLM: errors translated, connections released; the connector closes what is dropped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import openai
from litellm.types.utils import ModelResponseStream

from .call_args import CallArguments
from .chunks import Chunks
from .errors import raise_translated
from .prices import note_served

__all__ = ["AsyncChunks", "SyncChunks"]


class SyncChunks(Iterator[ModelResponseStream]):
    """A sync stream for LiteLLM's wrapper.

    Args:
        stream: the SDK's stream of JSON events, already open.
        call: the call.
    """

    def __init__(self, stream: Any, call: CallArguments) -> None:
        self.stream, self.call = stream, call
        self.chunks = Chunks(partial(note_served, call))
        self._events = iter(stream)

    def __next__(self) -> ModelResponseStream:
        try:
            for event in self._events:
                if (chunk := self.chunks.feed(event)) is not None:
                    return chunk
        except openai.OpenAIError as error:
            raise_translated(error, self.call.provider, self.call.model)
        if (last := self.chunks.finish()) is not None:
            return last
        raise StopIteration

    def close(self) -> None:
        """Releases the connection; what is unread is dropped."""
        self.stream.close()


class AsyncChunks(AsyncIterator[ModelResponseStream]):
    """An async stream for LiteLLM's wrapper.

    Args:
        stream: the SDK's stream of JSON events, already open.
        call: the call.
    """

    def __init__(self, stream: Any, call: CallArguments) -> None:
        self.stream, self.call = stream, call
        self.chunks = Chunks(partial(note_served, call))
        self._events = aiter(stream)

    async def __anext__(self) -> ModelResponseStream:
        try:
            async for event in self._events:
                if (chunk := self.chunks.feed(event)) is not None:
                    return chunk
        except openai.OpenAIError as error:
            await self.aclose()
            raise_translated(error, self.call.provider, self.call.model)
        except BaseException:  # a cancelled reader, too, must not keep the connection
            await self.aclose()
            raise
        await self.aclose()  # the connection has gone back by itself, and closing twice does nothing
        if (last := self.chunks.finish()) is not None:
            return last
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Releases the connection; what is unread is dropped."""
        await self.stream.close()
