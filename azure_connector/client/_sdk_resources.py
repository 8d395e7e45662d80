"""The SDK's resources whose `create()` compares a body with its declared types, which takes longer than the whole call.

The comparison renames and formats what is no JSON yet: files, dates, models, iterators. JSON it leaves as it is, so a
body of plain JSON is posted without it. Instrumentation and tests put something of their own in the place of the SDK's
`create`, and must see every call: then it is called as ever.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openai
from openai import AsyncStream, NotGiven, Omit, Stream
from openai.resources.chat import AsyncChat, AsyncCompletions, Chat, Completions
from openai.resources.responses import AsyncResponses, Responses
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent

from .._utils import plain_copy
from ..requests import HELPER_HEADER, with_readable_tools

if TYPE_CHECKING:
    from ._create_types import (
        AsyncChatCreate,
        AsyncResponsesCreate,
        ChatCreate,
        ResponsesCreate,
    )

    # One by one: mypy takes a pair for variables, and every base that is one for `Any`.
    _ChatTypes = ChatCreate
    _ResponsesTypes = ResponsesCreate
    _AsyncChatTypes = AsyncChatCreate
    _AsyncResponsesTypes = AsyncResponsesCreate
else:
    _ChatTypes, _ResponsesTypes = Completions, Responses
    _AsyncChatTypes, _AsyncResponsesTypes = AsyncCompletions, AsyncResponses

__all__ = [
    "AsyncConnectorChat",
    "AsyncConnectorResponses",
    "ConnectorChat",
    "ConnectorResponses",
]

_SDK = str(Path(openai.__file__).parent)
# What `create` calls the options of a request, and what `post` calls them.
_OPTIONS = {"extra_headers": "headers", "extra_query": "params", "extra_body": "extra_json", "timeout": "timeout"}


@dataclass(frozen=True, slots=True)
class _Operation:
    """What the SDK's `create` says of every request."""

    path: str
    reply: Any
    stream: Any
    required: frozenset[str]

    def post(self, create: object, arguments: Mapping[str, object]) -> dict[str, Any] | None:
        """How the SDK's `create` would post these arguments; None where only it can tell, or somebody watches it."""
        known = _is_the_sdks(create) and self.required.issubset(arguments) and _parameters(create).issuperset(arguments)
        if not known:
            return None
        body: dict[str, Any] = {}
        options: dict[str, Any] = {}
        try:
            for name, value in arguments.items():
                if name in _OPTIONS:
                    if name == "timeout" or value is not None:
                        options[_OPTIONS[name]] = value
                elif not isinstance(value, NotGiven | Omit):
                    body[name] = plain_copy(value)
        except (TypeError, RecursionError):
            return None
        if isinstance(options.get("timeout"), NotGiven):
            del options["timeout"]
        how = {"cast_to": self.reply, "stream": body.get("stream") or False, "stream_cls": self.stream}
        return {"path": self.path, "body": body, "options": options, **how}


_NEEDS_MESSAGES = frozenset({"messages", "model"})
_CHAT = _Operation("/chat/completions", ChatCompletion, Stream[ChatCompletionChunk], _NEEDS_MESSAGES)
_ASYNC_CHAT = _Operation("/chat/completions", ChatCompletion, AsyncStream[ChatCompletionChunk], _NEEDS_MESSAGES)
_RESPONSES = _Operation("/responses", Response, Stream[ResponseStreamEvent], frozenset())
_ASYNC_RESPONSES = _Operation("/responses", Response, AsyncStream[ResponseStreamEvent], frozenset())


def _is_the_sdks(create: object) -> bool:
    # Not by isinstance: a wrapper that OpenTelemetry puts around a function says that it is one.
    return type(create) is types.FunctionType and create.__code__.co_filename.startswith(_SDK)


@lru_cache(maxsize=8)
def _parameters(create: Any) -> frozenset[str]:
    return frozenset(inspect.signature(create).parameters) - {"self"}


# `create` goes by `super()`, not by a function that serves all four: a mock in the class's place does not bind itself.
class _Completions(_ChatTypes):
    if not TYPE_CHECKING:  # for type checkers the overloads of `_create_types` stand

        @wraps(Completions.create)
        def create(self, **arguments):
            request = _CHAT.post(Completions.create, arguments)
            return super().create(**arguments) if request is None else self._client.post(**request)

        @wraps(Completions.parse)
        def parse(self, **arguments):
            return super().parse(**with_readable_tools(arguments, "chat"))

        @wraps(Completions.stream)
        def stream(self, **arguments):
            return super().stream(**with_readable_tools(arguments, "chat"))


class _AsyncCompletions(_AsyncChatTypes):
    if not TYPE_CHECKING:

        @wraps(AsyncCompletions.create)
        async def create(self, **arguments):
            request = _ASYNC_CHAT.post(AsyncCompletions.create, arguments)
            return await (super().create(**arguments) if request is None else self._client.post(**request))

        @wraps(AsyncCompletions.parse)
        async def parse(self, **arguments):
            return await super().parse(**with_readable_tools(arguments, "chat"))

        @wraps(AsyncCompletions.stream)
        def stream(self, **arguments):
            return super().stream(**with_readable_tools(arguments, "chat"))


def _connected(client: Any, connect: Any, arguments: Any, options: Any, *, asynchronous: bool) -> Any:
    from ._web_sockets import connect_socket  # few processes open a WebSocket

    return connect_socket(client, connect, arguments, options, operation="/responses", asynchronous=asynchronous)


def _parsing(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `responses.stream()`, marked as the SDK marks chat's where it will parse the answer."""
    if isinstance(arguments.get("text_format", NotGiven()), NotGiven | Omit):
        return arguments
    return {**arguments, "extra_headers": {HELPER_HEADER: "responses.stream", **(arguments.get("extra_headers") or {})}}


class ConnectorChat(Chat):
    """The SDK's chat resource; `completions.create()` posts plain JSON as it is."""

    @cached_property
    def completions(self) -> ChatCreate:  # pyright: ignore[reportIncompatibleMethodOverride]  # a cached_property too
        """The SDK's chat completions."""
        return _Completions(self._client)


class AsyncConnectorChat(AsyncChat):
    """The SDK's chat resource; `completions.create()` posts plain JSON as it is."""

    @cached_property
    def completions(self) -> AsyncChatCreate:  # pyright: ignore[reportIncompatibleMethodOverride]  # as above
        """The SDK's chat completions."""
        return _AsyncCompletions(self._client)


class ConnectorResponses(_ResponsesTypes):
    """The SDK's responses resource; `create()` posts plain JSON as it is, `connect()` knows deployments."""

    if not TYPE_CHECKING:

        def connect(self, *arguments, **options):
            """As the SDK's own; the models of its events become deployments of the default resource."""
            return _connected(self._client, super().connect, arguments, options, asynchronous=False)

        @wraps(Responses.parse)
        def parse(self, **arguments):
            return super().parse(**with_readable_tools(arguments, "responses"))

        @wraps(Responses.stream)
        def stream(self, **arguments):
            return super().stream(**with_readable_tools(_parsing(arguments), "responses"))

        @wraps(Responses.create)
        def create(self, **arguments):
            request = _RESPONSES.post(Responses.create, arguments)
            return super().create(**arguments) if request is None else self._client.post(**request)


class AsyncConnectorResponses(_AsyncResponsesTypes):
    """The SDK's responses resource; `create()` posts plain JSON as it is, `connect()` knows deployments."""

    if not TYPE_CHECKING:

        def connect(self, *arguments, **options):
            """As `ConnectorResponses.connect`."""
            return _connected(self._client, super().connect, arguments, options, asynchronous=True)

        @wraps(AsyncResponses.parse)
        async def parse(self, **arguments):
            return await super().parse(**with_readable_tools(arguments, "responses"))

        @wraps(AsyncResponses.stream)
        def stream(self, **arguments):
            return super().stream(**with_readable_tools(_parsing(arguments), "responses"))

        @wraps(AsyncResponses.create)
        async def create(self, **arguments):
            request = _ASYNC_RESPONSES.post(AsyncResponses.create, arguments)
            return await (super().create(**arguments) if request is None else self._client.post(**request))
