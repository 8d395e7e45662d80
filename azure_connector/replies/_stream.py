"""The stream objects that callers hold: of the SDK's own classes, over a feed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import openai

from ._feeds import AsyncFeed, Feed, Progress
from ._info import attach

__all__ = ["AsyncHeldStream", "HeldStream"]


class HeldStream(openai.Stream[Any]):
    """A stream of this package's sync client; `azure_info(stream)` tells where it comes from.

    Args:
        response: the SDK's, for callers who look at it.
        body: what the feed closes.
        progress, pull: as `Feed` has them.
    """

    def __init__(self, response: Any, body: Any, progress: Progress, pull: Callable[[], list[Any]]) -> None:
        self.response = response
        self._feed = Feed(body, progress, pull)
        self._iterator = self._feed.items()
        attach(self, progress.info)

    def __iter__(self) -> Iterator[Any]:
        return self._iterator

    def prime(self, seconds: float | None = None) -> None:
        """As `Feed.prime`."""
        self._feed.prime(seconds)


class AsyncHeldStream(openai.AsyncStream[Any]):
    """As `HeldStream`, of the async client."""

    def __init__(self, response: Any, body: Any, progress: Progress, pull: Callable[[], Awaitable[list[Any]]]) -> None:
        self.response = response
        self._feed = AsyncFeed(body, progress, pull)
        self._iterator = self._feed.items()
        attach(self, progress.info)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._iterator

    async def prime(self) -> None:
        """As `Feed.prime`."""
        await self._feed.prime()

    async def close(self) -> None:
        """Releases the connection; what is unread is dropped."""
        await self.response.aclose()
