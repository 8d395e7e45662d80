"""Replies in LiteLLM's types, with nothing of what Azure sent lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from litellm import EmbeddingResponse, ModelResponse
from litellm.litellm_core_utils.llm_response_utils.convert_dict_to_response import convert_to_model_response_object
from litellm.types.utils import ImageResponse, ModelResponseStream
from openai.types import CreateEmbeddingResponse, ImagesResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from azure_connector import azure_info

__all__ = ["Pieces", "completion_reply", "embedding_reply", "headers_of", "image_reply"]


def headers_of(reply: Any) -> dict[str, str]:
    """The reply's headers; none where a client of the caller's own answered."""
    try:
        return dict(azure_info(reply).headers)
    except LookupError:
        return {}


def completion_reply(reply: ChatCompletion, into: ModelResponse) -> Any:
    """A whole completion, as LiteLLM's own Azure provider gives it."""
    return _converted(reply, into, "completion")


def embedding_reply(reply: CreateEmbeddingResponse, into: EmbeddingResponse) -> Any:
    """An embedding reply."""
    return _converted(reply, into, "embedding")


def image_reply(reply: ImagesResponse, into: ImageResponse) -> Any:
    """An image reply."""
    return _converted(reply, into, "image_generation")


def _converted(reply: Any, into: Any, kind: Any) -> Any:
    headers = headers_of(reply)
    return convert_to_model_response_object(
        response_object=reply.model_dump(),
        model_response_object=into,
        response_type=kind,
        hidden_params={"headers": headers},
        _response_headers=headers,
    )


class Pieces:
    """A stream's chunks in LiteLLM's own type and order.

    LiteLLM stops reading a custom provider's stream at the first finish: what comes after it (the usage, late verdicts
    of the content filter) is passed on before, or would be lost and the usage estimated. Azure's first chunk, without
    choices, is merged into the next one.

    Args:
        first_model: what the first chunk names as its model. LiteLLM's wrapper ends a stream with chunks of its own
            that name the model as asked for, and a rebuilt reply takes the name that differs from the first chunk's.

    Attributes:
        model: the model that the service named.
        fingerprint: the service's fingerprint.
    """

    def __init__(self, first_model: str | None = None) -> None:
        self.model: str | None = None
        self.fingerprint: str | None = None
        self._first_model = first_model
        self._finish: ModelResponseStream | None = None
        self._merged: dict[str, Any] = {}

    def feed(self, chunk: ChatCompletionChunk) -> Iterator[ModelResponseStream]:
        """The pieces to pass on for a chunk that arrived."""
        fields = chunk.model_dump()
        if not chunk.choices and chunk.usage is None:
            extra = chunk.model_extra or {}
            self._merged |= {name: value for name, value in extra.items() if value is not None}
            return
        self.model, self.fingerprint = chunk.model or self.model, chunk.system_fingerprint or self.fingerprint
        fields |= self._merged
        self._merged = {}
        if self._first_model is not None:
            fields["model"], self._first_model = self._first_model, None
        if chunk.usage is None:
            del fields["usage"]  # LiteLLM's type takes a usage of None for one
        piece = ModelResponseStream(**fields)
        if all(choice.finish_reason is None for choice in chunk.choices):
            yield piece
        elif self._finish is None:
            self._finish = piece

    def finish(self) -> Iterator[ModelResponseStream]:
        """The held finish, last of all."""
        if self._finish is not None:
            yield self._finish
