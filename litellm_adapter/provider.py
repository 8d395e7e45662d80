"""`ConnectorLLM`: LiteLLM's custom provider over the connector."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import openai
from litellm import CustomStreamWrapper
from litellm.llms.custom_llm import CustomLLM

from .call_args import CHAT, CallArguments, call_arguments, chat_arguments, form_arguments
from .connectors import Connectors
from .errors import translated
from .replies import completion_reply, embedding_reply, headers_of, image_reply
from .sending import asend, send
from .setup import ensure_installed
from .stream_wrapper import StreamWrapper
from .streams import AsyncChunks, SyncChunks

__all__ = ["ConnectorLLM"]


def _pair(operation: str, names: tuple[str, ...], arguments: Callable[..., CallArguments], into: Any) -> Any:
    """A handler's method and its async twin.

    Args:
        operation: the SDK's path.
        names: the parameters that a body begins with.
        arguments: puts the call together.
        into: makes LiteLLM's reply.
    """

    def asked_of(self: ConnectorLLM, call: Mapping[str, Any]) -> CallArguments:
        return arguments(operation, self.prefix, {name: call[name] for name in names}, call)

    def plain(self: ConnectorLLM, **call: Any) -> Any:
        asked = asked_of(self, call)
        return into(asked, send(self._ready(asked), asked), call["model_response"])

    async def asynchronous(self: ConnectorLLM, **call: Any) -> Any:
        asked = asked_of(self, call)
        return into(asked, await asend(self._ready(asked), asked), call["model_response"])

    return plain, asynchronous


class ConnectorLLM(CustomLLM):
    """Serves one prefix.

    Args:
        prefix: what stands before the slash in a model's name.
        settings: the connector's settings for calls that bring none of their own.
        limit: how many connectors are kept for calls that bring their own.
    """

    def __init__(self, prefix: str, settings: Mapping[str, object] | None = None, *, limit: int = 64) -> None:
        super().__init__()
        self.prefix = prefix
        self.connectors = Connectors(settings or {}, limit)

    def __repr__(self) -> str:
        return f"ConnectorLLM({self.prefix!r})"

    # LiteLLM passes everything by keyword.
    completion, acompletion = _pair(CHAT, ("model", "messages"), chat_arguments, completion_reply)
    embedding, aembedding = _pair("/embeddings", ("model", "input"), call_arguments, embedding_reply)
    image_generation, aimage_generation = _pair("/images/generations", ("model", "prompt"), call_arguments, image_reply)
    image_edit, aimage_edit = _pair("/images/edits", ("model", "image", "prompt"), form_arguments, image_reply)

    def streaming(self, *args: Any, **call: Any) -> Any:
        """Opens the stream before it returns, so that errors come at the call."""
        asked = self._stream_asked(call)
        stream = send(self._ready(asked), asked, stream=True, stream_cls=openai.Stream[object])
        chunks = SyncChunks(stream, asked)
        return chunks if _is_plain(call) else _wrapped(chunks, call, headers_of(stream))

    def astreaming(self, *args: Any, **call: Any) -> Any:
        """Opens the stream at the call where the hook is, else when it is first read."""
        asked = self._stream_asked(call)
        return self._lazily(asked) if _is_plain(call) else self._open(asked, call)

    async def _lazily(self, asked: CallArguments) -> AsyncIterator[object]:
        async for chunk in await self._aopen(asked):
            yield chunk

    async def _open(self, asked: CallArguments, call: Mapping[str, object]) -> CustomStreamWrapper:
        chunks = await self._aopen(asked)
        return _wrapped(chunks, call, headers_of(chunks.stream))

    async def _aopen(self, asked: CallArguments) -> AsyncChunks:
        stream = await asend(self._ready(asked), asked, stream=True, stream_cls=openai.AsyncStream[object])
        return AsyncChunks(stream, asked)

    def _stream_asked(self, call: Mapping[str, Any]) -> CallArguments:
        asked = chat_arguments(CHAT, self.prefix, {name: call[name] for name in ("model", "messages")}, call)
        asked.body["stream"] = True
        return asked

    def _ready(self, asked: CallArguments) -> Connectors:
        with translated(asked.provider, asked.model):
            ensure_installed(asked.provider, self.connectors)
        return self.connectors

    def close(self) -> None:
        """Closes every connector; the next call makes new ones, from settings that are read anew."""
        self.connectors.close()

    async def aclose(self) -> None:
        """As `close`, waiting until all are closed."""
        await self.connectors.aclose()


def _is_plain(call: Mapping[str, Any]) -> bool:
    """Whether LiteLLM itself wraps the stream that it gets."""
    return (call.get("optional_params") or {}).get("stream") is True


def _wrapped(chunks: SyncChunks | AsyncChunks, call: Mapping[str, Any], headers: dict[str, str]) -> CustomStreamWrapper:
    """What LiteLLM's own providers return: a wrapper around a stream that is open."""
    asked, how = chunks.call, {"logging_obj": call["logging_obj"], "_response_headers": headers}
    return StreamWrapper(chunks, asked.model, custom_llm_provider=asked.provider, **how)
