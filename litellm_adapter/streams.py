"""Streams on their way to LiteLLM: errors translated, connections released, also when nobody reads to the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

from litellm import CustomStreamWrapper
from litellm.types.utils import ModelResponseStream

from .asking import Ask
from .errors import translated
from .replies import Pieces

__all__ = ["AsyncChunks", "AsyncPieces", "EagerWrapper", "SyncPieces"]

Seen = Callable[[Any], None]


class SyncPieces(Iterator[Any]):
    """A sync stream for LiteLLM's wrapper.

    Args:
        stream: the SDK's stream, already open.
        ask: the call.
        seen: told of every chunk.
    """

    def __init__(self, stream: Any, ask: Ask, seen: Seen) -> None:
        self._stream, self._ask, self._seen = stream, ask, seen
        self._pieces = self._read()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._pieces)

    def _read(self) -> Iterator[Any]:
        pieces = Pieces(self._ask.model)
        with translated(self._ask.provider, self._ask.model):
            for chunk in self._stream:
                self._seen(chunk)
                yield from pieces.feed(chunk)
            yield from pieces.finish()

    def close(self) -> None:
        """Releases the connection; what is unread is dropped."""
        self._stream.close()

    def __del__(self) -> None:
        with suppress(Exception):  # at the interpreter's end anything may be gone
            self.close()


class AsyncChunks(AsyncIterator[Any]):
    """An async stream's own chunks; args as `SyncPieces`."""

    def __init__(self, stream: Any, ask: Ask, seen: Seen) -> None:
        self.stream, self._ask, self._seen = stream, ask, seen
        self._chunks = aiter(stream)
        self._closed = False

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        try:
            with translated(self._ask.provider, self._ask.model):
                chunk = await anext(self._chunks)
        except BaseException:
            # At the end, too: the connection has gone back by itself, and closing twice does nothing.
            self._closed = True
            await self.stream.close()
            raise
        self._seen(chunk)
        return chunk

    async def aclose(self) -> None:
        """Releases the connection; what is unread is dropped."""
        self._closed = True
        await self.stream.close()

    def __del__(self) -> None:
        if self._closed:
            return
        with suppress(Exception):  # without a running loop the connection went with its own
            task = asyncio.get_running_loop().create_task(self.stream.close())
            _closing.add(task)
            task.add_done_callback(_closing.discard)


_closing: set[asyncio.Task[None]] = set()


class AsyncPieces(AsyncIterator[Any]):
    """An async stream in LiteLLM's own type and order.

    Args:
        opened: opens the stream when it is first read, or gives the one that is open.
        pieces: what turns chunks into pieces.
    """

    def __init__(self, opened: Callable[[], Awaitable[AsyncChunks]] | AsyncChunks, pieces: Pieces) -> None:
        self._opened = opened
        self._chunks = opened if isinstance(opened, AsyncChunks) else None
        self.pieces = pieces
        self._reading = self._read()

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        return await anext(self._reading)

    async def _read(self) -> AsyncIterator[Any]:
        if not isinstance(self._opened, AsyncChunks):
            self._chunks = await self._opened()
        assert self._chunks is not None
        async for chunk in self._chunks:
            for piece in self.pieces.feed(chunk):
                yield piece
        for piece in self.pieces.finish():
            yield piece

    async def aclose(self) -> None:
        """As `AsyncChunks.aclose`."""
        if self._chunks is not None:
            await self._chunks.aclose()


class EagerWrapper(CustomStreamWrapper):
    """LiteLLM's wrapper around a stream that is open; its own last chunks name the served model, too."""

    def model_response_creator(self, *args: Any, **kwargs: Any) -> ModelResponseStream:
        stream = self.completion_stream
        if isinstance(stream, AsyncPieces) and stream.pieces.model:
            self.system_fingerprint = stream.pieces.fingerprint
            made = super().model_response_creator(*args, **kwargs)
            made.model = stream.pieces.model
            return made
        return super().model_response_creator(*args, **kwargs)
