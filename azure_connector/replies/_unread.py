"""Replies that the caller reads himself (`with_streaming_response`): what breaks them on the way is a typed error."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any, cast

import openai

from ..errors import PartialReply
from ..transport import http_library
from ._chat_stream import StreamErrorFactory

__all__ = ["unwatch", "watch_unread"]

_library: Any = http_library()

_MOST = 1024 * 1024  # bytes of text that are kept for the error of a reply that breaks
_WAYS = ("iter_raw", "iter_bytes", "aiter_raw", "aiter_bytes")


class _Watch:
    """One reply. It is not held from here: who drops it gives its connection back.

    Args:
        response: the HTTP library's.
        failure: makes the exception for a reply that broke.
    """

    def __init__(self, response: Any, failure: StreamErrorFactory) -> None:
        self._known: weakref.ref[Any] = weakref.ref(response)
        self._failure = failure
        kind = response.headers.get("content-type", "").lower()
        self._keeps = any(word in kind for word in ("text/", "json"))
        self._arrived = bytearray()

    def error(self, cause: Exception) -> Exception:
        """The typed error, with the text that had arrived."""
        so_far = PartialReply(bytes(self._arrived).decode("utf-8", "replace"))
        return self._failure(so_far, self._known(), begun=True, cause=cause)

    def read(self, way: str, *args: object, **how: object) -> Iterator[bytes]:
        response: Any = self._known()
        try:
            for piece in getattr(cast("Any", type(response)), way)(response, *args, **how):
                self._note(way, piece)
                yield piece
        except _library.RequestError as broken:
            raise self.error(broken) from broken

    async def aread(self, way: str, *args: object, **how: object) -> AsyncIterator[bytes]:
        response: Any = self._known()
        try:
            async for piece in getattr(cast("Any", type(response)), way)(response, *args, **how):
                self._note(way, piece)
                yield piece
        except _library.RequestError as broken:
            raise self.error(broken) from broken

    def _note(self, way: str, piece: bytes) -> None:
        if self._keeps and way.endswith("bytes") and len(self._arrived) + len(piece) <= _MOST:
            self._arrived += piece


def watch_unread(reply: Any, failure: StreamErrorFactory, unreadable: Callable[[Exception], Exception | None]) -> None:
    """Has a reply of the SDK's raise typed errors while it is read, and where its `parse()` finds no answer.

    Args:
        reply: the SDK's `APIResponse` or `AsyncAPIResponse`.
        failure: makes the exception for a reply that broke.
        unreadable: makes the exception for what `parse()` raised; None where that is to be raised as it is.
    """
    response = reply.http_response
    watch = _Watch(response, failure)
    for way in _WAYS:
        setattr(response, way, partial(watch.aread if way.startswith("a") else watch.read, way))
    parse = _aparse if inspect.iscoroutinefunction(cast("Any", type(reply)).parse) else _parse
    reply.parse = partial(parse, weakref.ref(reply), unreadable)


def unwatch(response: object) -> None:
    """Leaves a reply to a stream, which makes errors of its own."""
    for way in _WAYS:
        response.__dict__.pop(way, None)


def _parse(known: weakref.ref[Any], unreadable: Callable[[Exception], Exception | None], **how: object) -> Any:
    reply: Any = known()
    try:
        return cast("Any", type(reply)).parse(reply, **how)
    except Exception as failed:  # noqa: BLE001  # `unreadable` knows which ones are the reply's
        raise _typed(failed, unreadable) from failed.__cause__


async def _aparse(known: weakref.ref[Any], unreadable: Callable[[Exception], Exception | None], **how: object) -> Any:
    reply: Any = known()
    try:
        return await cast("Any", type(reply)).parse(reply, **how)
    except Exception as failed:  # noqa: BLE001  # `unreadable` knows which ones are the reply's
        raise _typed(failed, unreadable) from failed.__cause__


def _typed(failed: Exception, unreadable: Callable[[Exception], Exception | None]) -> Exception:
    return failed if isinstance(failed, openai.OpenAIError) else unreadable(failed) or failed
