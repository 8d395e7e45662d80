"""Streams on their way to LiteLLM: errors translated, connections released, also when nobody reads to the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import openai
from litellm.types.utils import ModelResponseStream

from .asking import Ask
from .errors import raise_translated
from .pieces import Pieces

__all__ = ["AsyncPieces", "SyncPieces"]


class SyncPieces(Iterator[ModelResponseStream]):
    """A sync stream for LiteLLM's wrapper.

    Args:
        stream: the SDK's stream of JSON chunks, already open.
        ask: the call.
        pieces: what turns chunks into pieces.
    """

    def __init__(self, stream: Any, ask: Ask, pieces: Pieces) -> None:
        self._stream, self._ask, self._pieces = stream, ask, pieces
        self._chunks = iter(stream)

    def __iter__(self) -> Iterator[ModelResponseStream]:
        return self

    def __next__(self) -> ModelResponseStream:
        try:
            for chunk in self._chunks:
                if (piece := self._pieces.feed(chunk)) is not None:
                    return piece
        except openai.OpenAIError as error:
            raise_translated(error, self._ask.provider, self._ask.model)
        if (last := self._pieces.finish()) is not None:
            return last
        raise StopIteration

    def close(self) -> None:
        """Releases the connection; what is unread is dropped."""
        self._stream.close()

    def __del__(self) -> None:
        with suppress(Exception):  # at the interpreter's end anything may be gone
            self.close()


class AsyncPieces(AsyncIterator[ModelResponseStream]):
    """An async stream for LiteLLM's wrapper.

    Args:
        stream: the SDK's stream of JSON chunks, or what opens one when it is first read.
        ask: the call.
        pieces: what turns chunks into pieces.
    """

    def __init__(
        self, stream: openai.AsyncStream[object] | Callable[[], Awaitable[Any]], ask: Ask, pieces: Pieces
    ) -> None:
        self._open: Callable[[], Awaitable[Any]] | None = None
        self._stream: Any = None
        if isinstance(stream, openai.AsyncStream):
            self._stream = stream
        else:
            self._open = stream
        self._ask, self.pieces = ask, pieces
        self._chunks: AsyncIterator[Any] | None = None
        self._closed = False

    def __aiter__(self) -> AsyncIterator[ModelResponseStream]:
        return self

    async def __anext__(self) -> ModelResponseStream:
        try:
            async for chunk in self._chunks or await self._begin():
                if (piece := self.pieces.feed(chunk)) is not None:
                    return piece
        except openai.OpenAIError as error:
            await self.aclose()
            raise_translated(error, self._ask.provider, self._ask.model)
        except BaseException:  # a cancelled reader, too, must not keep the connection
            await self.aclose()
            raise
        await self.aclose()  # the connection has gone back by itself, and closing twice does nothing
        if (last := self.pieces.finish()) is not None:
            return last
        raise StopAsyncIteration

    async def _begin(self) -> AsyncIterator[Any]:
        if self._open is not None:
            self._stream = await self._open()
        self._chunks = aiter(self._stream)
        return self._chunks

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
