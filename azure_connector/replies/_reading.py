"""How the reply to a chat request becomes what the caller expects, whichever API and whichever way it comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .._utils._json import Json
from ..requests._call_options import Asked
from ..requests.responses_api import ResponseStream, completion_as_chunks, to_chat
from ..tools import NameMap
from ._chat_stream import Failure
from ._info import AzureInfo
from ._normalize import ChunkMender, mend_completion
from ._reader import ChatCall

__all__ = ["Reading", "chat_call"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What must be known to read a reply.

    Attributes:
        moved: the request went to the Responses API.
        names: the request's tool names; None where it had no tools.
        as_function_call: the caller asked with the older `functions`.
        deliver_as_stream: the model does not stream, but the caller does.
        include_usage: the caller wants the usage at the end of the stream.
        on_model: is told the model that the service reports.
    """

    moved: bool
    names: NameMap | None
    as_function_call: bool
    deliver_as_stream: bool
    include_usage: bool
    on_model: Callable[[str], None] | None


def chat_call(
    reading: Reading,
    info: AzureInfo,
    asked: Asked,
    *,
    asynchronous: bool,
    failure: Failure,
    parser: Callable[[Any], Any] | None,
) -> ChatCall:
    """The call that reads the reply to a chat request.

    Args:
        reading: what the request was like.
        info: filled by the reply.
        asked: what the caller asked for.
        asynchronous: whether streams are for `async for`.
        failure: makes the exception for a stream that breaks.
        parser: what the SDK wants done with the finished object.
    """
    mender = ChunkMender(info, reading.names, as_function_call=reading.as_function_call)

    def mend(body: Json) -> Json:
        whole = to_chat(body, model=info.model, origin=info.resource) if reading.moved else body
        mended = mend_completion(whole, info, reading.names, as_function_call=reading.as_function_call)
        if reading.on_model is not None and info.reported_model:
            reading.on_model(info.reported_model)
        return mended

    def as_chunks(whole: Json) -> list[Json]:
        return completion_as_chunks(whole, include_usage=reading.include_usage)

    mend_chunk, close = mender.mend, _nothing
    if reading.moved:
        events = ResponseStream(model=info.model, include_usage=reading.include_usage, origin=info.resource)
        mend_chunk = _through(events.feed, mender)
        close = lambda: [chunk for late in events.finish() for chunk in mender.mend(late)]  # noqa: E731
    return ChatCall(
        info,
        asynchronous=asynchronous,
        failure=failure,
        post_parser=parser,
        streamed=asked.stream,
        mend=mend,
        mend_chunk=mend_chunk,
        close=close,
        as_chunks=as_chunks if reading.deliver_as_stream else None,
    )


def _nothing() -> list[Json]:
    return []


def _through(feed: Callable[[Json], list[Json]], mender: ChunkMender) -> Callable[[Json], list[Json]]:
    def mend(event: Json) -> list[Json]:
        return [chunk for translated in feed(event) for chunk in mender.mend(translated)]

    return mend
