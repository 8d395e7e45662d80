"""Replies in LiteLLM's types, with nothing of what Azure sent lost."""

from __future__ import annotations

from typing import Any

from litellm import EmbeddingResponse, ModelResponse
from litellm.litellm_core_utils.llm_response_utils.convert_dict_to_response import convert_to_model_response_object
from litellm.types.utils import ImageResponse
from openai.types import CreateEmbeddingResponse, ImagesResponse
from openai.types.chat import ChatCompletion

from azure_connector import azure_info

__all__ = ["completion_reply", "embedding_reply", "headers_of", "image_reply"]


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
