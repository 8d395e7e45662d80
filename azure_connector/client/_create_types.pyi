"""What type checkers see of `create()`, `parse()` and `stream()`: the SDK's own, and tools in every shape that we take.

Nothing of it runs. The last two overloads of each `create()` are the SDK's own tables, so that what a newer SDK has
more is taken too.
"""

# `stop` is a Sequence here, and the SDK's tables overlap ours while ours are of the same version:
# What an answer is parsed into is the class that is given, or nothing, as the SDK has it (a type variable's default).
# pyright: reportIncompatibleMethodOverride=false, reportOverlappingOverload=false, reportInvalidTypeVarUse=false

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal, TypedDict, Unpack, overload

from openai import AsyncStream, Omit, Stream, Timeout
from openai.lib.streaming.chat import AsyncChatCompletionStreamManager, ChatCompletionStreamManager
from openai.lib.streaming.responses import AsyncResponseStreamManager, ResponseStreamManager
from openai.resources.chat import AsyncCompletions, Completions
from openai.resources.responses import AsyncResponses, Responses
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessageParam, ParsedChatCompletion
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming,
    CompletionCreateParamsStreaming,
    ResponseFormat,
)
from openai.types.responses import ParsedResponse, Response, ResponseInputParam, ResponseStreamEvent
from openai.types.responses.response_create_params import (
    ResponseCreateParamsNonStreaming,
    ResponseCreateParamsStreaming,
)
from typing_extensions import TypeVar

from ._create_options import (
    ChatOptions,
    ChatParseOptions,
    ResponseOptions,
    ResponseParseOptions,
    ResponseStreamOptions,
)

__all__ = ["AsyncChatCreate", "AsyncResponsesCreate", "ChatCreate", "ResponsesCreate", "Tool"]

Tool = Callable[..., object] | Mapping[str, object]
"""A Python function, or a definition in any API's shape."""

# The class that an answer is parsed into; the SDK parses nothing where there is none.
_Format = TypeVar("_Format", default=None)

_Tools = Iterable[Tool] | Omit
_Messages = Iterable[ChatCompletionMessageParam]
_Input = str | ResponseInputParam | Omit

class _Request(TypedDict, total=False):
    extra_headers: Mapping[str, str | Omit] | None
    extra_query: Mapping[str, object] | None
    extra_body: object | None
    timeout: float | Timeout | None

class _Chat(CompletionCreateParamsNonStreaming, _Request): ...
class _ChatStream(CompletionCreateParamsStreaming, _Request): ...
class _Response(ResponseCreateParamsNonStreaming, _Request): ...
class _ResponseStream(ResponseCreateParamsStreaming, _Request): ...

class ChatCreate(Completions):
    """The SDK's Completions, which takes more kinds of tools."""

    @overload
    def create(
        self,
        *,
        messages: _Messages,
        model: str,
        stream: Literal[False] | Omit | None = ...,
        tools: _Tools = ...,
        **options: Unpack[ChatOptions],
    ) -> ChatCompletion: ...
    @overload
    def create(
        self,
        *,
        messages: _Messages,
        model: str,
        stream: Literal[True],
        tools: _Tools = ...,
        **options: Unpack[ChatOptions],
    ) -> Stream[ChatCompletionChunk]: ...
    @overload
    def create(
        self,
        *,
        messages: _Messages,
        model: str,
        stream: bool,
        tools: _Tools = ...,
        **options: Unpack[ChatOptions],
    ) -> ChatCompletion | Stream[ChatCompletionChunk]: ...
    @overload
    def create(self, **body: Unpack[_Chat]) -> ChatCompletion: ...
    @overload
    def create(self, **body: Unpack[_ChatStream]) -> Stream[ChatCompletionChunk]: ...
    def parse(
        self,
        *,
        messages: _Messages,
        model: str,
        response_format: type[_Format] | Omit = ...,
        tools: _Tools = ...,
        **options: Unpack[ChatParseOptions],
    ) -> ParsedChatCompletion[_Format]: ...
    def stream(
        self,
        *,
        messages: _Messages,
        model: str,
        response_format: ResponseFormat | type[_Format] | Omit = ...,
        tools: _Tools = ...,
        **options: Unpack[ChatParseOptions],
    ) -> ChatCompletionStreamManager[_Format]: ...

class ResponsesCreate(Responses):
    """The SDK's Responses, which takes more kinds of tools."""

    @overload
    def create(
        self,
        *,
        input: _Input = ...,
        model: str | Omit = ...,
        stream: Literal[False] | Omit | None = ...,
        tools: _Tools = ...,
        **options: Unpack[ResponseOptions],
    ) -> Response: ...
    @overload
    def create(
        self,
        *,
        input: _Input = ...,
        model: str | Omit = ...,
        stream: Literal[True],
        tools: _Tools = ...,
        **options: Unpack[ResponseOptions],
    ) -> Stream[ResponseStreamEvent]: ...
    @overload
    def create(
        self,
        *,
        input: _Input = ...,
        model: str | Omit = ...,
        stream: bool,
        tools: _Tools = ...,
        **options: Unpack[ResponseOptions],
    ) -> Response | Stream[ResponseStreamEvent]: ...
    @overload
    def create(self, **body: Unpack[_Response]) -> Response: ...
    @overload
    def create(self, **body: Unpack[_ResponseStream]) -> Stream[ResponseStreamEvent]: ...
    def parse(
        self,
        *,
        model: str | Omit = ...,
        text_format: type[_Format] | Omit = ...,
        stream: bool | Omit | None = ...,
        tools: _Tools = ...,
        **options: Unpack[ResponseParseOptions],
    ) -> ParsedResponse[_Format]: ...
    @overload
    def stream(
        self,
        *,
        response_id: str,
        text_format: type[_Format] | Omit = ...,
        starting_after: int | Omit = ...,
        tools: _Tools = ...,
        **options: Unpack[_Request],
    ) -> ResponseStreamManager[_Format]: ...
    @overload
    def stream(
        self,
        *,
        input: str | ResponseInputParam,
        model: str,
        text_format: type[_Format] | Omit = ...,
        tools: _Tools = ...,
        **options: Unpack[ResponseStreamOptions],
    ) -> ResponseStreamManager[_Format]: ...

class AsyncChatCreate(AsyncCompletions):
    """The SDK's AsyncCompletions, which takes more kinds of tools."""

    @overload
    async def create(
        self,
        *,
        messages: _Messages,
        model: str,
        stream: Literal[False] | Omit | None = ...,
        tools: _Tools = ...,
        **options: Unpack[ChatOptions],
    ) -> ChatCompletion: ...
    @overload
    async def create(
        self,
        *,
        messages: _Messages,
        model: str,
        stream: Literal[True],
        tools: _Tools = ...,
        **options: Unpack[ChatOptions],
    ) -> AsyncStream[ChatCompletionChunk]: ...
    @overload
    async def create(
        self,
        *,
        messages: _Messages,
        model: str,
        stream: bool,
        tools: _Tools = ...,
        **options: Unpack[ChatOptions],
    ) -> ChatCompletion | AsyncStream[ChatCompletionChunk]: ...
    @overload
    async def create(self, **body: Unpack[_Chat]) -> ChatCompletion: ...
    @overload
    async def create(self, **body: Unpack[_ChatStream]) -> AsyncStream[ChatCompletionChunk]: ...
    async def parse(
        self,
        *,
        messages: _Messages,
        model: str,
        response_format: type[_Format] | Omit = ...,
        tools: _Tools = ...,
        **options: Unpack[ChatParseOptions],
    ) -> ParsedChatCompletion[_Format]: ...
    def stream(
        self,
        *,
        messages: _Messages,
        model: str,
        response_format: ResponseFormat | type[_Format] | Omit = ...,
        tools: _Tools = ...,
        **options: Unpack[ChatParseOptions],
    ) -> AsyncChatCompletionStreamManager[_Format]: ...

class AsyncResponsesCreate(AsyncResponses):
    """The SDK's AsyncResponses, which takes more kinds of tools."""

    @overload
    async def create(
        self,
        *,
        input: _Input = ...,
        model: str | Omit = ...,
        stream: Literal[False] | Omit | None = ...,
        tools: _Tools = ...,
        **options: Unpack[ResponseOptions],
    ) -> Response: ...
    @overload
    async def create(
        self,
        *,
        input: _Input = ...,
        model: str | Omit = ...,
        stream: Literal[True],
        tools: _Tools = ...,
        **options: Unpack[ResponseOptions],
    ) -> AsyncStream[ResponseStreamEvent]: ...
    @overload
    async def create(
        self,
        *,
        input: _Input = ...,
        model: str | Omit = ...,
        stream: bool,
        tools: _Tools = ...,
        **options: Unpack[ResponseOptions],
    ) -> Response | AsyncStream[ResponseStreamEvent]: ...
    @overload
    async def create(self, **body: Unpack[_Response]) -> Response: ...
    @overload
    async def create(self, **body: Unpack[_ResponseStream]) -> AsyncStream[ResponseStreamEvent]: ...
    async def parse(
        self,
        *,
        model: str | Omit = ...,
        text_format: type[_Format] | Omit = ...,
        stream: bool | Omit | None = ...,
        tools: _Tools = ...,
        **options: Unpack[ResponseParseOptions],
    ) -> ParsedResponse[_Format]: ...
    @overload
    def stream(
        self,
        *,
        response_id: str,
        text_format: type[_Format] | Omit = ...,
        starting_after: int | Omit = ...,
        tools: _Tools = ...,
        **options: Unpack[_Request],
    ) -> AsyncResponseStreamManager[_Format]: ...
    @overload
    def stream(
        self,
        *,
        input: str | ResponseInputParam,
        model: str,
        text_format: type[_Format] | Omit = ...,
        tools: _Tools = ...,
        **options: Unpack[ResponseStreamOptions],
    ) -> AsyncResponseStreamManager[_Format]: ...
