"""One request that was sent: how its reply is read, whichever way the caller asked for it.

A reply reaches the caller by one of four ways: whole, streamed, raw (`with_raw_response`) or raw and unread
(`with_streaming_response`). All of them end in `Call.parsed` or `Call.receive`, which mend the wire's JSON and build
the SDK's own objects from it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import openai
import pydantic
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from .._utils._json import Json, as_object, parse_json
from ..tools import NameMap, normalize_item
from ._chat_stream import AsyncConnectorStream, ConnectorStream, Failure, Reader
from ._info import AzureInfo, attach
from ._response_stream import Watch, watched

__all__ = ["RAW_RESPONSE_HEADER", "Call"]

# The SDK's marker for `with_raw_response` ("true") and `with_streaming_response` ("stream"); it travels as a header.
RAW_RESPONSE_HEADER = "X-Stainless-Raw-Response"


def build_chunk(body: Json) -> ChatCompletionChunk:
    """A chunk as the SDK would make it; validation is twenty times quicker than its lenient construction."""
    try:
        # `model_validate` asks first how it is to be done, which takes a fifth of the time.
        return ChatCompletionChunk.__pydantic_validator__.validate_python(body)
    except pydantic.ValidationError:
        return ChatCompletionChunk.construct(None, **body)


def build_completion(body: Json) -> ChatCompletion:
    """A completion as the SDK would make it, also where Azure's JSON breaks the declared types."""
    try:
        return ChatCompletion.model_validate(body)
    except pydantic.ValidationError:
        return ChatCompletion.construct(None, **body)


class JsonReply(Json):
    """A reply or a chunk as JSON, mended: what `cast_to=object` asks for. `azure_info` knows it."""


class Call:
    """How the reply to one request is read.

    Args:
        info: filled with what the reply reports.
        asynchronous: whether streams are for `async for`.
        failure: makes the exception for a stream that broke.
        post_parser: what the SDK itself wants done with the finished object (`.parse()` uses it), or None.
        names: the names of a native Responses request's tools; None where it had none.
        watch: what is to be watched in a stream that the SDK itself reads.

    Attributes:
        understood: the body was read; what is raised from then on is about what it says.
        cast_to: what the SDK parses the reply into.
        as_json: the caller wants JSON, not the SDK's objects.
    """

    understood = False
    cast_to: Any = None
    as_json = False

    def __init__(
        self,
        info: AzureInfo,
        *,
        asynchronous: bool,
        failure: Failure,
        post_parser: Callable[[Any], Any] | None,
        names: NameMap | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.info = info
        self._watch = watch or Watch()
        self._names = names
        self._asynchronous = asynchronous
        self._failure = failure
        self._post_parser = post_parser

    def takes(self, response: Any) -> bool:
        """Whether this call reads the reply itself; raw replies are the SDK's to wrap."""
        self.info.raw_headers = response.headers
        return RAW_RESPONSE_HEADER not in response.request.headers and self.reads_json

    reads_json = False

    def receive(self, response: Any) -> Any:
        """Reads a reply that nobody wants raw."""
        raise NotImplementedError

    def parsed(self, value: Any) -> Any:
        """Finishes what the SDK has parsed: a stream, a JSON value or an object of the SDK's."""
        if isinstance(value, openai.Stream | openai.AsyncStream):
            self.info.raw_headers = value.response.headers
            value = watched(value, self.info, self._watch, self._failure)
        elif isinstance(value, str) and isinstance(self.cast_to, type) and issubclass(self.cast_to, openai.BaseModel):
            raise ValueError("the body is no JSON")  # the SDK hands out the text of a web page as if it were a reply
        else:
            if self._names is not None:
                normalize_output(value, self._names)
            if isinstance(usage := getattr(value, "usage", None), pydantic.BaseModel):
                self.info.usage = usage.model_dump()
            if self.as_json and (found := as_object(value)):
                value = JsonReply(found)
        attach(value, self.info)
        return self._post(value)

    def _post(self, value: Any) -> Any:
        self.understood = True
        return value if self._post_parser is None else self._post_parser(value)


def normalize_output(reply: Any, names: NameMap) -> None:
    """Puts names and arguments of a native Responses reply's tool calls right, on the SDK's own objects."""
    for index, item in enumerate(getattr(reply, "output", None) or ()):
        if getattr(item, "type", None) in ("function_call", "custom_tool_call"):
            found = item.to_dict(mode="json")
            for key, value in normalize_item(found, names, index=index).items():
                if found.get(key) != value:
                    setattr(item, key, value)


class ChatCall(Call):
    """A call whose caller expects a chat completion or its chunks.

    Args:
        streamed: whether the caller asked for a stream.
        mend: completes a whole reply's JSON.
        mend_chunk: one event's JSON to the chunks that it becomes.
        close: the chunks that stand at the end of a stream.
        as_chunks: splits a whole completion into chunks, where the caller streams but the model does not; else None.
    """

    reads_json = True

    def __init__(
        self,
        info: AzureInfo,
        *,
        asynchronous: bool,
        failure: Failure,
        post_parser: Callable[[Any], Any] | None,
        streamed: bool,
        mend: Callable[[Json], Json],
        mend_chunk: Callable[[Json], list[Json]],
        close: Callable[[], list[Json]],
        as_chunks: Callable[[Json], list[Json]] | None,
    ) -> None:
        super().__init__(info, asynchronous=asynchronous, failure=failure, post_parser=post_parser)
        self._streamed = streamed
        self._mend, self._mend_chunk, self._close, self._as_chunks = mend, mend_chunk, close, as_chunks

    def receive(self, response: Any) -> Any:
        if self._streamed and self._as_chunks is None:
            return self._post(self._open(response))
        return self._whole(parse_json(response.content), response)  # a ValueError is the flow's to understand

    def parsed(self, value: Any) -> Any:
        if isinstance(value, openai.Stream | openai.AsyncStream):
            self.info.raw_headers = value.response.headers
            return self._post(self._open(value.response))
        return self._whole(value, None)

    def _whole(self, body: Any, response: Any) -> Any:
        found = as_object(body)
        if "choices" not in found and "output" not in found:
            raise ValueError("the body holds no answer")
        completion = self._mend(found)
        if self._streamed and self._as_chunks is not None:
            return self._post(self._replay(completion, response))
        built = JsonReply(completion) if self.as_json else build_completion(completion)
        attach(built, self.info)
        if self.info.request_id:
            object.__setattr__(built, "_request_id", self.info.request_id)  # where the SDK keeps it
        return self._post(built)

    def _open(self, response: Any) -> ConnectorStream | AsyncConnectorStream:
        build = JsonReply if self.as_json else build_chunk
        reader = Reader(
            self.info, response, mend=self._mend_chunk, close=self._close, build=build, failure=self._failure
        )
        return (AsyncConnectorStream if self._asynchronous else ConnectorStream)(response, reader)

    def _replay(self, completion: Json, response: Any) -> ConnectorStream | AsyncConnectorStream:
        """A whole reply as a stream, for a model that cannot stream."""
        assert self._as_chunks is not None
        lines = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in self._as_chunks(completion))
        body = _Bytes(lines + b"data: [DONE]\n\n", response)
        build = JsonReply if self.as_json else build_chunk
        reader = Reader(self.info, body, mend=lambda chunk: [chunk], close=list, build=build, failure=self._failure)
        return (AsyncConnectorStream if self._asynchronous else ConnectorStream)(body, reader)


class _Bytes:
    """Stands for a response whose body is already here."""

    stream = None

    def __init__(self, body: bytes, response: Any) -> None:
        self._body = body
        self._response = response

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)

    def iter_bytes(self) -> Any:
        yield self._body

    async def aiter_bytes(self) -> Any:
        yield self._body

    def close(self) -> None:
        """Nothing is open."""

    async def aclose(self) -> None:
        """Nothing is open."""
