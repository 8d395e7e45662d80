"""`ConnectorLLM`: LiteLLM's custom provider over the connector."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator, Mapping
from typing import Any

import openai
from litellm import CustomStreamWrapper, EmbeddingResponse, ModelResponse
from litellm.llms.custom_llm import CustomLLM
from litellm.types.utils import ImageResponse, ModelResponseStream

from .call_args import CallArguments, call_arguments, chat_arguments, form_arguments, hook_arguments_for
from .chunks import Chunks
from .connectors import Connectors
from .errors import translated
from .prices import note_served
from .replies import completion_reply, embedding_reply, headers_of, image_reply
from .sending import asend, send
from .setup import ensure_installed
from .stream_wrapper import StreamWrapper
from .streams import AsyncChunks, SyncChunks

__all__ = ["ConnectorLLM"]


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

    # LiteLLM passes everything by keyword, and its own providers override these methods with other parameters too.

    def completion(self, model: str, messages: list[Any], **call: object) -> ModelResponse:  # pyright: ignore[reportIncompatibleMethodOverride]  # see above
        asked = chat_arguments(self.prefix, model, messages, call, stream=False)
        return _completed(asked, self._send(asked), call)

    async def acompletion(self, model: str, messages: list[Any], **call: object) -> ModelResponse:  # pyright: ignore[reportIncompatibleMethodOverride]  # see above
        asked = chat_arguments(self.prefix, model, messages, call, stream=False)
        return _completed(asked, await self._asend(asked), call)

    def streaming(  # pyright: ignore[reportIncompatibleMethodOverride]  # see above
        self, model: str, messages: list[Any], **call: Any
    ) -> Iterator[ModelResponseStream] | CustomStreamWrapper:
        """Opens the stream before it returns, so that errors come at the call."""
        asked = chat_arguments(self.prefix, model, messages, call, stream=True)
        stream = self._send(asked, stream=True, stream_cls=openai.Stream[object])
        if (call.get("optional_params") or {}).get("stream") is True:
            return SyncChunks(stream, asked, _chunks(asked, asked.model))
        return _wrapped(SyncChunks(stream, asked, _chunks(asked)), asked, call, headers_of(stream))

    def astreaming(  # pyright: ignore[reportIncompatibleMethodOverride]  # see above
        self, model: str, messages: list[Any], **call: Any
    ) -> AsyncChunks | Coroutine[Any, Any, CustomStreamWrapper]:
        """Opens the stream at the call where a hook prepared that, else when it is first read."""
        asked = chat_arguments(self.prefix, model, messages, call, stream=True)
        if (call.get("optional_params") or {}).get("stream") is True:
            return AsyncChunks(None, asked, _chunks(asked, asked.model), lambda: self._aopen(asked))
        return self._open(asked, call)

    async def _open(self, asked: CallArguments, call: Mapping[str, object]) -> CustomStreamWrapper:
        stream = await self._aopen(asked)
        return _wrapped(AsyncChunks(stream, asked, _chunks(asked)), asked, call, headers_of(stream))

    async def _aopen(self, asked: CallArguments) -> Any:
        return await self._asend(asked, stream=True, stream_cls=openai.AsyncStream[object])

    def embedding(self, model: str, input: list[Any], **call: Any) -> EmbeddingResponse:  # noqa: A002  # pyright: ignore[reportIncompatibleMethodOverride]  # LiteLLM's name; see above
        asked = call_arguments("/embeddings", self.prefix, {"model": model, "input": input}, call)
        return embedding_reply(self._send(asked), call["model_response"])

    async def aembedding(self, model: str, input: list[Any], **call: Any) -> EmbeddingResponse:  # noqa: A002  # pyright: ignore[reportIncompatibleMethodOverride]  # LiteLLM's name; see above
        asked = call_arguments("/embeddings", self.prefix, {"model": model, "input": input}, call)
        return embedding_reply(await self._asend(asked), call["model_response"])

    def image_generation(self, model: str, prompt: str, **call: Any) -> ImageResponse:  # pyright: ignore[reportIncompatibleMethodOverride]  # see above
        asked = call_arguments("/images/generations", self.prefix, {"model": model, "prompt": prompt}, call)
        return image_reply(asked, self._send(asked), call["model_response"])

    async def aimage_generation(self, model: str, prompt: str, **call: Any) -> ImageResponse:  # pyright: ignore[reportIncompatibleMethodOverride]  # see above
        asked = call_arguments("/images/generations", self.prefix, {"model": model, "prompt": prompt}, call)
        return image_reply(asked, await self._asend(asked), call["model_response"])

    def image_edit(self, model: str, image: object, prompt: str | None, **call: Any) -> ImageResponse:  # pyright: ignore[reportIncompatibleMethodOverride]  # see above
        asked = form_arguments("/images/edits", self.prefix, {"model": model, "image": image, "prompt": prompt}, call)
        return image_reply(asked, self._send(asked), call["model_response"])

    async def aimage_edit(self, model: str, image: object, prompt: str | None, **call: Any) -> ImageResponse:  # pyright: ignore[reportIncompatibleMethodOverride]  # see above
        asked = form_arguments("/images/edits", self.prefix, {"model": model, "image": image, "prompt": prompt}, call)
        return image_reply(asked, await self._asend(asked), call["model_response"])

    def _send(self, asked: CallArguments, **how: Any) -> Any:
        return send(self._ready(asked), asked, **how)

    async def _asend(self, asked: CallArguments, **how: Any) -> Any:
        return await asend(self._ready(asked), asked, **how)

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


def _completed(asked: CallArguments, reply: Any, call: Mapping[str, Any]) -> Any:
    note_served(asked, reply.get("model"))
    return completion_reply(reply, call["model_response"])


def _wrapped(
    chunks: SyncChunks | AsyncChunks, asked: CallArguments, call: Mapping[str, Any], headers: dict[str, str]
) -> CustomStreamWrapper:
    """What LiteLLM's own providers return: a wrapper around a stream that is open."""
    log = call["logging_obj"]
    if (hooked := hook_arguments_for(call)) is not None:
        # From here on LiteLLM shall see an ordinary stream.
        hooked.arguments["stream"] = True
    log.stream = log.model_call_details["stream"] = True
    return StreamWrapper(
        completion_stream=chunks,
        model=asked.model,
        custom_llm_provider=asked.provider,
        logging_obj=log,
        _response_headers=headers,
    )


def _chunks(asked: CallArguments, first_model: str | None = None) -> Chunks:
    return Chunks(first_model, served=lambda model: note_served(asked, model))
