"""`ConnectorLLM`: LiteLLM's custom provider over the connector."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import openai
from litellm import EmbeddingResponse, ModelResponse
from litellm.llms.custom_llm import CustomLLM
from litellm.types.utils import ModelResponseStream
from openai.types import CreateEmbeddingResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from azure_connector import azure_info

from .connectors import Connectors
from .errors import translated
from .replies import Chunks, completion_reply, embedding_reply

__all__ = ["ConnectorLLM"]

_CHAT = "/chat/completions"


class ConnectorLLM(CustomLLM):
    """Serves one prefix.

    Args:
        prefix: what stands before the slash in a model's name.
        settings: the connector's settings for calls that bring none of their own.
    """

    def __init__(self, prefix: str, settings: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.prefix = prefix
        self._connectors = Connectors(settings or {})

    def completion(self, model: str, messages: list[Any], **call: Any) -> ModelResponse:  # pyright: ignore[reportIncompatibleMethodOverride]  # LiteLLM passes everything by keyword
        body, options = _request(model, messages, call, stream=False)
        with translated(self.prefix, model):
            reply = self._connectors.sync(call).post(_CHAT, body=body, cast_to=ChatCompletion, options=options)
            return completion_reply(reply, call["model_response"])

    async def acompletion(self, model: str, messages: list[Any], **call: Any) -> ModelResponse:  # pyright: ignore[reportIncompatibleMethodOverride]  # LiteLLM passes everything by keyword
        body, options = _request(model, messages, call, stream=False)
        with translated(self.prefix, model):
            client = self._connectors.asynchronous(call)
            reply = await client.post(_CHAT, body=body, cast_to=ChatCompletion, options=options)
            return completion_reply(reply, call["model_response"])

    def streaming(self, model: str, messages: list[Any], **call: Any) -> Iterator[ModelResponseStream]:  # pyright: ignore[reportIncompatibleMethodOverride]  # LiteLLM passes everything by keyword
        body, options = _request(model, messages, call, stream=True)
        with translated(self.prefix, model):
            stream = self._connectors.sync(call).post(
                _CHAT,
                body=body,
                cast_to=ChatCompletion,
                options=options,
                stream=True,
                stream_cls=openai.Stream[ChatCompletionChunk],
            )
        return self._chunks(stream, model)

    def _chunks(self, stream: Any, model: str) -> Iterator[ModelResponseStream]:
        chunks = Chunks(azure_info(stream))
        with translated(self.prefix, model), stream:
            for chunk in stream:
                yield from chunks.feed(chunk)
            yield from chunks.finish()

    async def astreaming(self, model: str, messages: list[Any], **call: Any) -> AsyncIterator[ModelResponseStream]:  # pyright: ignore[reportIncompatibleMethodOverride]  # LiteLLM passes everything by keyword
        body, options = _request(model, messages, call, stream=True)
        with translated(self.prefix, model):
            stream = await self._connectors.asynchronous(call).post(
                _CHAT,
                body=body,
                cast_to=ChatCompletion,
                options=options,
                stream=True,
                stream_cls=openai.AsyncStream[ChatCompletionChunk],
            )
            chunks = Chunks(azure_info(stream))
            async with stream:
                async for chunk in stream:
                    for piece in chunks.feed(chunk):
                        yield piece
                for piece in chunks.finish():
                    yield piece

    def embedding(self, model: str, input: list[Any], **call: Any) -> EmbeddingResponse:  # noqa: A002  # LiteLLM's name
        body = {**call.get("optional_params", {}), "model": model, "input": input}
        with translated(self.prefix, model):
            client = self._connectors.sync(call)
            reply = client.post("/embeddings", body=body, cast_to=CreateEmbeddingResponse)
            return embedding_reply(reply, call["model_response"])

    async def aembedding(self, model: str, input: list[Any], **call: Any) -> EmbeddingResponse:  # noqa: A002  # LiteLLM's name
        body = {**call.get("optional_params", {}), "model": model, "input": input}
        with translated(self.prefix, model):
            client = self._connectors.asynchronous(call)
            reply = await client.post("/embeddings", body=body, cast_to=CreateEmbeddingResponse)
            return embedding_reply(reply, call["model_response"])


def _request(model: str, messages: list[Any], call: dict[str, Any], *, stream: bool) -> tuple[dict[str, Any], Any]:
    """The body for the wire, and the SDK's request options."""
    params = dict(call.get("optional_params") or {})
    for taken in ("stream", "max_retries"):
        params.pop(taken, None)
    extra = params.pop("extra_body", None) or {}
    body = {"model": model, "messages": messages, **params, **extra}
    if stream:
        body["stream"] = True
    options: dict[str, Any] = {}
    if call.get("headers"):
        options["headers"] = call["headers"]
    if call.get("timeout") is not None:
        options["timeout"] = call["timeout"]
    return body, options
