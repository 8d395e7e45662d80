"""Streams on their way to LiteLLM: errors translated, connections released, also when nobody reads to the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
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
        self._stream, self._call, self.chunks = stream, call, chunks
        self._events = iter(stream)

    def __iter__(self) -> Iterator[ModelResponseStream]:
        return self

    def __next__(self) -> ModelResponseStream:
        try:
            for event in self._events:
                if (chunk := self.chunks.feed(event)) is not None:
                    return chunk
        except openai.OpenAIError as error:
            raise_translated(error, self._call.provider, self._call.model)
        if (last := self.chunks.finish()) is not None:
            return last
        raise StopIteration

    def close(self) -> None:
        """Releases the connection; what is unread is dropped."""
        self._stream.close()

    def __del__(self) -> None:
        with suppress(Exception):  # at the interpreter's end anything may be gone
            self.close()


class AsyncChunks(AsyncIterator[ModelResponseStream]):
    """An async stream for LiteLLM's wrapper.

    Args:
        stream: the SDK's stream of JSON events, or what opens one when it is first read.
        call: the call.
        chunks: what turns them into LiteLLM's.
    """

    def __init__(
        self, stream: openai.AsyncStream[object] | Callable[[], Awaitable[Any]], call: CallArguments, chunks: Chunks
    ) -> None:
        self._open: Callable[[], Awaitable[Any]] | None = None
        self._stream: Any = None
        if isinstance(stream, openai.AsyncStream):
            self._stream = stream
        else:
            self._open = stream
        self._call, self.chunks = call, chunks
        self._events: AsyncIterator[Any] | None = None
        self._closed = False

    def __aiter__(self) -> AsyncIterator[ModelResponseStream]:
        return self

    async def __anext__(self) -> ModelResponseStream:
        try:
            async for event in self._events or await self._begin():
                if (chunk := self.chunks.feed(event)) is not None:
                    return chunk
        except openai.OpenAIError as error:
            await self.aclose()
            raise_translated(error, self._call.provider, self._call.model)
        except BaseException:  # a cancelled reader, too, must not keep the connection
            await self.aclose()
            raise
        await self.aclose()  # the connection has gone back by itself, and closing twice does nothing
        if (last := self.chunks.finish()) is not None:
            return last
        raise StopAsyncIteration

    async def _begin(self) -> AsyncIterator[Any]:
        if self._open is not None:
            self._stream = await self._open()
        self._events = aiter(self._stream)
        return self._events

    async def aclose(self) -> None:
        """Releases the connection; what is unread is dropped."""
        self._closed = True
        if self._stream is not None:
            await self._stream.close()

    def __del__(self) -> None:
        if self._closed or self._stream is None:
            return
        with suppress(Exception):  # without a running loop the connection went with its own
            task = asyncio.get_running_loop().create_task(self._stream.close())
            _closing.add(task)
            task.add_done_callback(_closing.discard)


_closing: set[asyncio.Task[None]] = set()
