"""Replies in LiteLLM's types, with nothing of what Azure sent lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from litellm import EmbeddingResponse, ModelResponse
from litellm.litellm_core_utils.llm_response_utils.convert_dict_to_response import convert_to_model_response_object
from litellm.types.utils import ModelResponseStream
from openai.types import CreateEmbeddingResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from azure_connector import AzureInfo, azure_info

__all__ = ["Chunks", "completion_reply", "embedding_reply"]


def completion_reply(reply: ChatCompletion, into: ModelResponse) -> Any:
    """A whole completion, as LiteLLM's own Azure provider gives it."""
    headers = dict(azure_info(reply).headers)
    return convert_to_model_response_object(
        response_object=reply.model_dump(),
        model_response_object=into,
        hidden_params={"headers": headers},
        _response_headers=headers,
    )


def embedding_reply(reply: CreateEmbeddingResponse, into: EmbeddingResponse) -> Any:
    """An embedding reply."""
    headers = dict(azure_info(reply).headers)
    return convert_to_model_response_object(
        response_object=reply.model_dump(),
        model_response_object=into,
        response_type="embedding",
        hidden_params={"headers": headers},
        _response_headers=headers,
    )


class Chunks:
    """A stream's chunks in LiteLLM's type and order: the usage before the finish, or LiteLLM would estimate it.

    Args:
        info: the stream's, for the headers.
    """

    def __init__(self, info: AzureInfo) -> None:
        self._hidden = {"headers": dict(info.headers)}
        self._held: ModelResponseStream | None = None

    def feed(self, chunk: ChatCompletionChunk) -> Iterator[ModelResponseStream]:
        """The chunks to pass on for one that arrived."""
        if not chunk.choices and chunk.usage is None:
            return
        piece = ModelResponseStream(**chunk.model_dump())
        if chunk.choices and chunk.choices[0].finish_reason is not None:
            self._held = piece
            return
        yield piece

    def finish(self) -> Iterator[ModelResponseStream]:
        """The held finish, last of all."""
        if self._held is not None:
            yield self._held
