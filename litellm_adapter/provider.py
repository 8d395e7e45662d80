"""`ConnectorLLM`: LiteLLM's custom provider over the connector."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator, Mapping
from typing import Any

import openai
from litellm import CustomStreamWrapper, EmbeddingResponse, ModelResponse
from litellm.llms.custom_llm import CustomLLM
from litellm.types.utils import ImageResponse, ModelResponseStream
from openai.types import CreateEmbeddingResponse, ImagesResponse
from openai.types.chat import ChatCompletion

from .asking import Ask, carried_for, chat_ask, embedding_ask, image_ask
from .connectors import Connectors
from .errors import translated
from .installing import ensure
from .pieces import Pieces
from .prices import note_served
from .replies import completion_reply, embedding_reply, headers_of, image_reply
from .streams import AsyncPieces, SyncPieces
from .wrapper import EagerWrapper

__all__ = ["ConnectorLLM"]


class ConnectorLLM(CustomLLM):
    """Serves one prefix.

    Args:
        prefix: what stands before the slash in a model's name.
        settings: the connector's settings for calls that bring none of their own.
        limit: how many connectors are kept for calls that bring their own.
    """

    def __init__(self, prefix: str, settings: Mapping[str, Any] | None = None, *, limit: int = 64) -> None:
        super().__init__()
        self.prefix = prefix
        self.connectors = Connectors(settings or {}, limit)

    def __repr__(self) -> str:
        return f"ConnectorLLM({self.prefix!r})"

    # LiteLLM passes everything by keyword, and its own providers override these methods with other parameters too.

    def completion(self, model: str, messages: list[Any], **call: Any) -> ModelResponse:  # pyright: ignore[reportIncompatibleMethodOverride]  # see above
        ask = chat_ask(self.prefix, model, messages, call, stream=False)
        reply = self._send(ask, ChatCompletion)
        note_served(ask, reply.model)
        return completion_reply(reply, call["model_response"])

    async def acompletion(self, model: str, messages: list[Any], **call: Any) -> ModelResponse:  # pyright: ignore[reportIncompatibleMethodOverride]  # see above
        ask = chat_ask(self.prefix, model, messages, call, stream=False)
        reply = await self._asend(ask, ChatCompletion)
        note_served(ask, reply.model)
        return completion_reply(reply, call["model_response"])

    def streaming(self, model: str, messages: list[Any], **call: Any) -> Iterator[ModelResponseStream]:  # pyright: ignore[reportIncompatibleMethodOverride]  # see above
        """Opens the stream before it returns, so that errors come at the call."""
        ask = chat_ask(self.prefix, model, messages, call, stream=True)
        stream = self._send(ask, object, stream=True, stream_cls=openai.Stream[object])
        return SyncPieces(stream, ask, _pieces(ask, ask.model))

    def astreaming(  # pyright: ignore[reportIncompatibleMethodOverride]  # see above
        self, model: str, messages: list[Any], **call: Any
    ) -> AsyncPieces | Coroutine[Any, Any, CustomStreamWrapper]:
        """Opens the stream at the call where the pre-call hook prepared that, else when it is first read."""
        ask = chat_ask(self.prefix, model, messages, call, stream=True)
        if (call.get("optional_params") or {}).get("stream") is True:
            return AsyncPieces(lambda: self._aopen(ask), ask, _pieces(ask, ask.model))
        return self._eager(ask, call)

    async def _eager(self, ask: Ask, call: Mapping[str, Any]) -> CustomStreamWrapper:
        """What LiteLLM's own providers return: a wrapper around a stream that is open."""
        logging = call["logging_obj"]
        stream = await self._aopen(ask)
        if (carried := carried_for(call)) is not None:
            # From here on LiteLLM shall see an ordinary stream.
            carried.arguments["stream"] = True
        logging.stream = logging.model_call_details["stream"] = True
        return EagerWrapper(
            completion_stream=AsyncPieces(stream, ask, _pieces(ask)),
            model=ask.model,
            custom_llm_provider=ask.provider,
            logging_obj=logging,
            _response_headers=headers_of(stream),
        )

    def embedding(self, model: str, input: list[Any], **call: Any) -> EmbeddingResponse:  # noqa: A002  # pyright: ignore[reportIncompatibleMethodOverride]  # LiteLLM's name; see above
        ask = embedding_ask(self.prefix, model, input, call)
        return embedding_reply(self._send(ask, CreateEmbeddingResponse), call["model_response"])

    async def aembedding(self, model: str, input: list[Any], **call: Any) -> EmbeddingResponse:  # noqa: A002  # pyright: ignore[reportIncompatibleMethodOverride]  # LiteLLM's name; see above
        ask = embedding_ask(self.prefix, model, input, call)
        return embedding_reply(await self._asend(ask, CreateEmbeddingResponse), call["model_response"])

    def image_generation(self, model: str, prompt: str, **call: Any) -> ImageResponse:  # pyright: ignore[reportIncompatibleMethodOverride]  # see above
        ask = image_ask(self.prefix, model, prompt, call)
        return image_reply(self._send(ask, ImagesResponse), call["model_response"])

    async def aimage_generation(self, model: str, prompt: str, **call: Any) -> ImageResponse:  # pyright: ignore[reportIncompatibleMethodOverride]  # see above
        ask = image_ask(self.prefix, model, prompt, call)
        return image_reply(await self._asend(ask, ImagesResponse), call["model_response"])

    def _send(self, ask: Ask, cast_to: Any, **how: Any) -> Any:
        with translated(ask.provider, ask.model):
            ensure(ask.provider, self.connectors)
            client: Any = self.connectors.sync(ask)
            return client.post(ask.operation, body=ask.body, cast_to=cast_to, options=ask.options, **how)

    async def _asend(self, ask: Ask, cast_to: Any, **how: Any) -> Any:
        with translated(ask.provider, ask.model):
            ensure(ask.provider, self.connectors)
            client: Any = self.connectors.asynchronous(ask)
            return await client.post(ask.operation, body=ask.body, cast_to=cast_to, options=ask.options, **how)

    async def _aopen(self, ask: Ask) -> Any:
        return await self._asend(ask, object, stream=True, stream_cls=openai.AsyncStream[object])

    def close(self) -> None:
        """Closes every connector; the next call makes new ones, from settings that are read anew."""
        self.connectors.close()

    async def aclose(self) -> None:
        """As `close`, waiting until all are closed."""
        await self.connectors.aclose()


def _pieces(ask: Ask, first_model: str | None = None) -> Pieces:
    return Pieces(first_model, served=lambda model: note_served(ask, model))
