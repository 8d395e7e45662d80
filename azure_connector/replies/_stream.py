"""The stream objects that callers hold, of the SDK's own classes, and what stands between them and a reply's body.

A source does not refer to the stream object, so a caller who drops that, say by leaving a loop over it, frees the
connection at once: the SDK's own streams are a cycle of references and hold theirs until the collector comes by.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from time import monotonic
from typing import Any, Protocol

import openai

from .._utils import as_object
from ..errors import AzureErrorDetails
from ..transport import body_deadline
from ._info import AzureInfo, attach

__all__ = ["AsyncConnectorStream", "AsyncStreamSource", "ConnectorStream", "Progress", "StreamSource"]


class Progress(Protocol):
    """How far a stream has come.

    Attributes:
        info: where the reply comes from.
        begun: something worth reading was delivered; from then on the stream is never asked for again.
        ended: nothing more will come: read to the end, or broken.
        error: what ended the stream early; raised after the items before it.
    """

    info: AzureInfo
    begun: bool
    ended: bool
    error: Exception | None

    def broken(self, cause: Exception | None = None) -> Exception:
        """The exception for a stream that broke by `cause`."""
        ...


class StreamSource:
    """Items from a sync body.

    Args:
        response: the reply, closed when the stream has ended or nobody wants it any more.
        progress: what `pull` keeps up to date.
        pull: reads on and gives the items that are ready; it never raises an exception of the transport.
    """

    def __init__(self, response: Any, progress: Progress, pull: Callable[[], list[Any]]) -> None:
        self._response, self._progress, self._pull = response, progress, pull
        self._ready: list[Any] = []

    def wait_for_first_chunk(self, seconds: float | None = None) -> None:
        """Reads until there is something to deliver, so that an early failure can still be answered elsewhere.

        Args:
            seconds: how long that may take.

        Raises:
            TimeoutError: it takes longer.
            Exception: what broke the stream before anything was delivered.
        """
        end = None if seconds is None else monotonic() + seconds
        try:
            with body_deadline(seconds):
                while not self._progress.begun and not self._progress.ended:
                    if end is not None and monotonic() > end:
                        raise TimeoutError("the stream had nothing to deliver before the deadline")
                    self._ready += self._pull()
        except BaseException:  # whoever stops here, an interrupt too, has no stream that could be closed
            self._response.close()
            raise
        if self._progress.error is not None and not self._progress.begun:
            self._response.close()
            raise self._progress.error

    @property
    def id(self) -> str | None:
        """The id of what waits to be read."""
        return _id_of(self._ready)

    def items(self) -> Iterator[Any]:
        """Everything, in order; raises what ended the stream early."""
        progress, pull = self._progress, self._pull
        try:
            ready, self._ready = self._ready, []
            yield from ready
            while not progress.ended:
                yield from pull()
            if progress.error is not None:
                raise _told(progress, progress.error)
        finally:
            self._response.close()

    def __del__(self) -> None:
        # A stream that nobody began to read: `items` has no say then.
        with suppress(Exception):  # at the interpreter's end anything may be gone
            self._response.close()


class AsyncStreamSource:
    """As `StreamSource`, for the event loop that it is made on."""

    def __init__(self, response: Any, progress: Progress, pull: Callable[[], Awaitable[list[Any]]]) -> None:
        self._response, self._progress, self._pull = response, progress, pull
        self._ready: list[Any] = []
        self._loop = asyncio.get_running_loop()

    async def wait_for_first_chunk(self) -> None:
        """As `StreamSource.wait_for_first_chunk`."""
        try:
            while not self._progress.begun and not self._progress.ended:
                self._ready += await self._pull()
        except BaseException:  # as above, and cancellation
            await self._response.aclose()
            raise
        if self._progress.error is not None and not self._progress.begun:
            await self._response.aclose()
            raise self._progress.error

    @property
    def id(self) -> str | None:
        """As `StreamSource.id`."""
        return _id_of(self._ready)

    async def items(self) -> AsyncIterator[Any]:
        """As `StreamSource.items`."""
        progress, pull = self._progress, self._pull
        try:
            ready, self._ready = self._ready, []
            for item in ready:
                yield item
            while not progress.ended:
                for item in await pull():
                    yield item
            if progress.error is not None:
                raise _told(progress, progress.error)
        finally:
            await self._response.aclose()

    def __del__(self) -> None:
        with suppress(Exception):  # at the interpreter's end anything may be gone, and the loop may close at any time
            if not self._response.is_closed and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(_close, self._loop, self._response)


def _id_of(waiting: list[Any]) -> str | None:
    found = (as_object(one).get("id") or getattr(one, "id", None) for one in waiting)
    return next((identity for identity in found if isinstance(identity, str)), None)


def _told(progress: Progress, error: Exception) -> Exception:
    """The error as the caller gets it: typed, also where it would be answered elsewhere otherwise, and with the
    attempts that led to the stream, which are known only once it has begun.
    """
    if not isinstance(error, openai.OpenAIError):
        error = progress.broken(error)
    if isinstance(error, AzureErrorDetails):
        error.attempts = error.attempts or progress.info.attempts
    return error


def _close(loop: asyncio.AbstractEventLoop, response: object) -> None:
    task = loop.create_task(_closed(response))
    _closing.add(task)
    task.add_done_callback(_closing.discard)


async def _closed(response: Any) -> None:
    with suppress(Exception):  # nobody waits for this task, and a connection that is lost is closed as well
        await response.aclose()


_closing: set[asyncio.Task[None]] = set()


class ConnectorStream(openai.Stream[Any]):
    """A stream of this package's sync client; `azure_info(stream)` tells where it comes from.

    Args:
        response: the SDK's, for callers who look at it.
        body: what the feed closes.
        progress, pull: as `StreamSource` has them.
    """

    def __init__(self, response: Any, body: object, progress: Progress, pull: Callable[[], list[Any]]) -> None:
        self.response = response
        self._source = StreamSource(body, progress, pull)
        self._iterator = self._source.items()
        attach(self, progress.info)

    def __iter__(self) -> Iterator[Any]:
        return self._iterator

    def wait_for_first_chunk(self, seconds: float | None = None) -> None:
        """As `StreamSource.wait_for_first_chunk`."""
        self._source.wait_for_first_chunk(seconds)

    @property
    def id(self) -> str | None:
        """The reply's id, from when something waits to be read until it is read."""
        return self._source.id


class AsyncConnectorStream(openai.AsyncStream[Any]):
    """As `ConnectorStream`, of the async client."""

    def __init__(
        self, response: Any, body: object, progress: Progress, pull: Callable[[], Awaitable[list[Any]]]
    ) -> None:
        self.response = response
        self._source = AsyncStreamSource(body, progress, pull)
        self._iterator = self._source.items()
        attach(self, progress.info)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._iterator

    async def wait_for_first_chunk(self) -> None:
        """As `StreamSource.wait_for_first_chunk`."""
        await self._source.wait_for_first_chunk()

    @property
    def id(self) -> str | None:
        """As `ConnectorStream.id`."""
        return self._source.id

    async def close(self) -> None:
        """Releases the connection; what is unread is dropped."""
        await self.response.aclose()
