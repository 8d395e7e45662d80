"""The HTTP clients below the SDK's: httpx's own, which keep to a clock, read replies within their size, and send
straight to their transport.

Between `send()` and the transport, httpx looks for authentication, redirects, event hooks and cookies, which costs more
than our whole part of a call. For requests that ask for none of it that is known beforehand: what would happen is done
here at once. Whoever put something of their own in the place of httpx's methods (instrumentation) sees every request.
"""

from __future__ import annotations

import logging
import os
import types
import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import nullcontext, suppress
from datetime import timedelta
from functools import lru_cache
from time import perf_counter
from typing import Any

import openai

from .._utils import renew_after_fork, spawn
from ._library import http_library
from ._network import (
    AsyncNetwork,
    AsyncStream,
    Clock,
    Network,
    Stream,
    current,
    drop,
    install,
    leave_to_the_parent,
    note_protocol,
)
from ._refusals import aread_refusal, read_refusal

__all__ = ["LARGEST", "AsyncClient", "SyncClient", "TooLargeError", "check_size", "is_counted", "is_whole"]

LARGEST = 256 * 1024 * 1024
"""Bytes of a JSON reply, decompressed: beyond it is a fault or an attack, never an answer."""

_library: Any = http_library()
_log = logging.getLogger(_library.__name__)


class TooLargeError(ValueError):
    """A reply of JSON, or one event of a stream, is larger than any answer can be."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} of more than {LARGEST // 1024**2} MB")


def check_size(size: int) -> None:
    """Counts a reply while it is read.

    Raises:
        TooLargeError: it is of more than `LARGEST`.
    """
    if size > LARGEST:
        raise TooLargeError("a reply")


def is_counted(request: Any, length: bytes | str, *, encoded: bool) -> bool:
    """Whether a reply must be counted: JSON whose size is not known. Files and sound may have any size.

    Args:
        request: what it is the reply to.
        length: the reply's `content-length`, empty where there is none.
        encoded: it has a `content-encoding`.
    """
    if length.isdigit() and int(length) <= LARGEST and not encoded:
        return False
    return request.headers.get("accept", "application/json") == "application/json"


def is_whole(kind: str, accept: str) -> bool:
    """Whether a reply that somebody reads piece by piece is no stream: JSON or a web page, where events or JSON were
    asked for. Then all waiting for it has one limit, instead of each piece: what drips does not outlast it.

    Args:
        kind: the reply's content type.
        accept: what was asked for.
    """
    kind = kind.lower()
    if accept in ("application/json", "text/event-stream"):
        return not kind.startswith("text/event-stream")
    # Sound comes as it is made; a file may be of any kind and size.
    return accept == "application/octet-stream" and kind.startswith(("application/json", "text/html"))


def _clock_for(request: Any) -> Clock:
    """The clock for one request: its own timeout, and the deadline of whoever waits already."""
    outer = current()
    limits: dict[str, float | None] = request.extensions.get("timeout") or {}
    at_hand = isinstance(request.stream, _library.ByteStream)
    return Clock(limits.get("read"), None if outer is None else outer.deadline, exchange=True, joins=at_hand)


_STREAMS = (Stream, AsyncStream)


class _TimedBody:
    """A streamed body each piece of which has its time, by the clock of the request.

    Args:
        response: what it is the body of.
        head: its headers, by their names in lower case.
        began: when its request was sent, by `perf_counter`.
        clock: the request's; what the body is read from minds it, where that is a stream of ours.
    """

    def __init__(self, response: Any, head: Mapping[bytes, bytes], began: float, clock: Clock) -> None:
        self._response: Any = weakref.proxy(response)  # which holds this body
        self._stream, self._began, self._clock = response.stream, began, clock
        accept = response.request.headers.get("accept", "application/json")
        self._whole = is_whole(head.get(b"content-type", b"").decode("latin-1"), accept)
        connection = response.extensions.get("network_stream")
        if isinstance(connection, _STREAMS):
            connection.body = clock

    def _ends(self) -> None:
        with suppress(ReferenceError):
            self._response.elapsed = timedelta(seconds=perf_counter() - self._began)


class _Body(_TimedBody, _library.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        clock = self._clock
        clock.end = None  # until the connection is waited for
        for piece in self._stream:
            if self._whole:
                clock.spend()
            yield piece
            clock.end = None

    def close(self) -> None:
        self._ends()
        self._stream.close()


class _AsyncBody(_TimedBody, _library.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        clock = self._clock
        clock.end = None
        async for piece in self._stream:
            if self._whole:
                clock.spend()
            yield piece
            clock.end = None

    async def aclose(self) -> None:
        self._ends()
        await self._stream.aclose()


def _is_counted(response: Any, head: Mapping[bytes, bytes]) -> bool:
    return is_counted(response.request, head.get(b"content-length", b""), encoded=b"content-encoding" in head)


def _read_whole(response: Any, head: Mapping[bytes, bytes]) -> None:
    """Reads a reply to its end.

    Raises:
        TooLargeError: it is JSON of more than `LARGEST`.
    """
    try:
        if _is_counted(response, head):
            response.iter_bytes = _counted(response.iter_bytes)
        response.read()
    except BaseException:
        response.close()
        raise
    response.__dict__.pop("iter_bytes", None)


async def _aread_whole(response: Any, head: Mapping[bytes, bytes]) -> None:
    """As `_read_whole`."""
    if response.is_closed:
        return  # our own transport has read it
    try:
        if _is_counted(response, head):
            response.aiter_bytes = _acounted(response.aiter_bytes)
        await response.aread()
    except BaseException:
        await response.aclose()
        raise
    response.__dict__.pop("aiter_bytes", None)


def _counted(pieces: Any) -> Any:
    def counting(*args: Any) -> Iterator[bytes]:
        size = 0
        for piece in pieces(*args):
            check_size(size := size + len(piece))
            yield piece

    return counting


def _acounted(pieces: Any) -> Any:
    async def counting(*args: Any) -> AsyncIterator[bytes]:
        size = 0
        async for piece in pieces(*args):
            check_size(size := size + len(piece))
            yield piece

    return counting


def transports_of(client: Any) -> list[Any]:
    """Everything that an httpx client sends with, as far as it is found: its transport, and one for each proxy."""
    found = (getattr(client, "_transport", None), *getattr(client, "_mounts", {}).values())
    return [each for each in found if each is not None]


@lru_cache(maxsize=16)
def _is_the_librarys(method: object) -> bool:
    """Whether nobody has put a function of their own in the place of a method of httpx's."""
    return type(method) is types.FunctionType and method.__code__.co_filename.startswith(
        os.path.dirname(_library.__file__)  # noqa: PTH120  # compared with another such text
    )


class _Direct:
    """What both clients share: which requests go straight to the transport, and what httpx would do with the reply."""

    def transport_for(self, request: Any, how: Mapping[str, object]) -> Any:
        """The transport for a request for which httpx would do nothing else; None where it would.

        Args:
            request: the request.
            how: what `send()` was told beside it.
        """
        own: Any = self
        kind: Any = _library.Client if isinstance(self, _library.Client) else _library.AsyncClient
        try:
            plain = (
                how == _NO_REDIRECTS
                and own._auth is None
                and not own._event_hooks["request"]
                and not own._event_hooks["response"]
                and not own.is_closed
                and _is_the_librarys(kind.send)
                and _is_the_librarys(kind._send_single_request)
                and not request.url.userinfo
            )
            if not plain:
                return None
            return own._transport_for_url(request.url) if own._mounts else own._transport
        except AttributeError:  # an httpx of another make: it sends as it does
            return None

    def arrived(self, response: Any, request: Any, *, direct: bool) -> dict[bytes, bytes]:
        """The head of a reply, with which was done what httpx does with every response."""
        connection = response.extensions.get("network_stream")
        if getattr(connection, "protocol", self) is None:
            note_protocol(connection, transports_of(self))
        # In one pass: each look-up in httpx's headers walks the whole list.
        head = {name.lower(): value for name, value in response.headers.raw}
        if b"".join((*head, *head.values())).isascii():
            response.headers.encoding = "ascii"  # which httpx would find out by trying each of them
        if not direct:
            return head
        response.request = request
        if b"set-cookie" in head:
            own: Any = self
            own.cookies.extract_cookies(response)
        if _log.isEnabledFor(logging.INFO):
            status = response.http_version, response.status_code, response.reason_phrase
            _log.info('HTTP Request: %s %s "%s %d %s"', request.method, request.url, *status)
        return head


class _FollowsNothing:
    """Stands before httpx's clients, which prepare a redirect's next request even where nobody follows it, and raise
    for a `location` that is no URL: the reply itself is what is judged.
    """

    def _build_redirect_request(self, request: object, response: object) -> Any:
        return None


_NO_REDIRECTS = {"follow_redirects": False}
_TIMELESS = Clock(None)  # for a transport that keeps the time itself
_NO_CLOCK = nullcontext()


class SyncClient(_Direct, _FollowsNothing, openai.DefaultHttpxClient):
    """Keeps to the clock, and has new connections in a forked child: those that it finds there are the parent's.

    Args:
        make: makes a client to take new connections from.
    """

    def __init__(self, make: Callable[[], Any], **arguments: Any) -> None:
        super().__init__(**arguments)
        self._make = make
        install(Network, transports_of(self))
        renew_after_fork(self)
        self._kept = transports_of(self)
        # Garbage in a cycle is finalized in any order, and a socket that goes before its client complains; a weak
        # reference's callback goes before them all.
        weakref.finalize(self, _close, self._kept).atexit = False

    def after_fork(self) -> None:
        """In the child: locks of the parent's pools may be held for ever, and its sockets are not ours."""
        leave_to_the_parent(self._kept)
        fresh: Any = self._make()
        install(Network, transports_of(fresh))
        mine: Any = self
        mine._transport, mine._mounts = fresh._transport, fresh._mounts
        self._kept[:] = transports_of(self)

    def send(self, request: Any, *, stream: bool = False, **how: Any) -> Any:
        clock, began = _clock_for(request), perf_counter()
        with clock:
            if (transport := self.transport_for(request, how)) is None:
                response: Any = super().send(request, stream=True, **how)
            else:
                try:
                    response = transport.handle_request(request)
                except _library.RequestError as error:
                    error.request = request
                    raise
            head = self.arrived(response, request, direct=transport is not None)
            if not response.is_success:
                read_refusal(response)
            elif not stream:
                _read_whole(response, head)
        if response.is_closed:
            response.elapsed = timedelta(seconds=perf_counter() - began)
        else:
            response.stream = _Body(response, head, began, clock)
        return response

    def __del__(self) -> None:
        # A client that nobody closed, as the SDK's own: its connections must not outlive it.
        with suppress(Exception):  # at the interpreter's end anything may be gone
            self.close()


class AsyncClient(_Direct, _FollowsNothing, openai.DefaultAsyncHttpxClient):
    """Belongs to one event loop, so to one process: in a forked child it does nothing."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._pid = os.getpid()
        self._keeps_time = getattr(self._transport, "keeps_time", False)
        if not self._keeps_time:
            install(AsyncNetwork, transports_of(self))

    async def send(self, request: Any, *, stream: bool = False, **how: Any) -> Any:
        began, clock = perf_counter(), _TIMELESS if self._keeps_time else _clock_for(request)
        request.extensions["whole"] = not stream
        with _NO_CLOCK if self._keeps_time else clock:
            if (transport := self.transport_for(request, how)) is None:
                response: Any = await super().send(request, stream=True, **how)
            else:
                try:
                    response = await transport.handle_async_request(request)
                except _library.RequestError as error:
                    error.request = request
                    raise
            head = self.arrived(response, request, direct=transport is not None)
            if not response.is_success:
                await aread_refusal(response)
            elif not stream:
                await _aread_whole(response, head)
        if response.is_closed:
            response.elapsed = timedelta(seconds=perf_counter() - began)
        else:
            response.stream = _AsyncBody(response, head, began, clock)
        return response

    async def aclose(self) -> None:
        if self._pid == os.getpid():
            await super().aclose()

    def drop(self) -> None:
        """Closes the sockets of an event loop that is closed, where nothing can be awaited any more."""
        mine: Any = self._transport
        if self._keeps_time:
            mine.drop()
        else:
            drop(transports_of(self))

    def __del__(self) -> None:
        # Only where a loop still runs can connections be closed; elsewhere they went with their loop.
        with suppress(Exception):  # at the interpreter's end anything may be gone
            if not self.is_closed and self._pid == os.getpid():
                spawn(self.aclose())


def _close(transports: list[Any]) -> None:
    for transport in transports:
        with suppress(Exception):  # a connection may be broken in any way
            transport.close()
