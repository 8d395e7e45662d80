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
    # The usage comes last, also where a verdict of the filter comes after it: a later chunk, which has none, would hide
    # it from those who add the messages up.
    usage: Any = None
    broken: Exception | None = None
    try:
        async for chunk in stream:
            if chunk.choices or chunk.usage is None:
                yield chunk
            else:
                usage = chunk
    except Exception as error:  # noqa: BLE001  # SK's contract: whatever a service raises is one of its own exceptions
        broken = error
    finally:
        await stream.close()
    if usage is not None:
        yield usage
    if broken is not None:
        raise failed(broken) from broken
