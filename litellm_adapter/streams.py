"""Streams on their way to LiteLLM: errors translated, connections released; the connector closes what is dropped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import openai
from litellm.types.utils import ModelResponseStream

from .call_args import CallArguments
from .chunks import Chunks
from .errors import raise_translated

__all__ = ["AsyncChunks", "SyncChunks"]


class SyncChunks(Iterator[ModelResponseStream]):
    """A sync stream for LiteLLM's wrapper.

    Args:
        stream: the SDK's stream of JSON events, already open.
        call: the call.
        chunks: what turns them into LiteLLM's.
    """

    def __init__(self, stream: Any, call: CallArguments, chunks: Chunks) -> None:
        self._stream, self.call, self.chunks = stream, call, chunks
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
        self._stream.close()


class AsyncChunks(AsyncIterator[ModelResponseStream]):
    """An async stream for LiteLLM's wrapper.

    Args:
        stream: the SDK's stream of JSON events; None to open it when it is first read.
        call: the call.
        chunks: what turns them into LiteLLM's.
        opens: opens the stream.
    """

    def __init__(
        self, stream: Any, call: CallArguments, chunks: Chunks, opens: Callable[[], Awaitable[Any]] | None = None
    ) -> None:
        self._stream, self.call, self.chunks, self._opens = stream, call, chunks, opens
        self._events: AsyncIterator[Any] | None = None

    async def __anext__(self) -> ModelResponseStream:
        try:
            if self._events is None:
                if self._opens is not None:
                    self._stream = await self._opens()
                self._events = aiter(self._stream)
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
        if self._stream is not None:
            await self._stream.close()
