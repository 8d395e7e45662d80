"""A stream for Semantic Kernel: errors in the middle become its own, and the connection is released in every case."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from openai import AsyncStream

__all__ = ["ServiceStream"]


class ServiceStream(AsyncStream[Any]):
    """SK checks for the SDK's stream type and iterates once; it neither translates errors nor closes what it leaves.

    Args:
        stream: the SDK's stream.
        failed: makes SK's exception of one that broke the stream.
    """

    def __init__(self, stream: Any, failed: Callable[[Exception], Exception]) -> None:
        self._stream = stream
        # No part of this object may be held by the iterator: SK leaves streams to reference counting.
        self._iterator = _chunks(stream, failed)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._iterator

    async def close(self) -> None:
        """Releases the connection; what is unread is dropped."""
        await self._stream.close()


async def _chunks(stream: Any, failed: Callable[[Exception], Exception]) -> AsyncIterator[Any]:
    try:
        async for chunk in stream:
            yield chunk
    except Exception as error:  # SK's contract: whatever a service raises is one of its own exceptions
        raise failed(error) from error
    finally:
        await stream.close()
