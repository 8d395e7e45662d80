"""Replies in LiteLLM's types, with nothing of what Azure sent lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litellm import EmbeddingResponse, ModelResponse
from litellm.types.utils import ImageResponse

from azure_connector import azure_info

from .call_args import CallArguments
from .prices import base_of, note_served
from .unpublished import convert_to_model_response_object, image_cost

__all__ = ["as_json", "completion_reply", "converted", "embedding_reply", "headers_of", "image_reply"]


def headers_of(reply: Any) -> dict[str, str]:
    """The reply's headers; none where a client of the caller's own answered."""
    if hasattr(reply, "parse"):  # a raw reply
        return dict(reply.headers)
    try:
        return dict(azure_info(reply).headers)
    except LookupError:
        return {}


def completion_reply(call: CallArguments, reply: Mapping[str, Any], into: ModelResponse) -> Any:
    """A whole completion, as LiteLLM's own Azure provider gives it."""
    note_served(call, reply.get("model"))
    for choice in reply["choices"]:
        choice["message"] = {"role": None, "content": None, "refusal": None, **choice["message"]}
    made = converted(as_json(reply), into, "completion", headers_of(reply))
    for choice, given in zip(made.choices, reply["choices"], strict=False):
        if items := given["message"].get("reasoning_items"):
            choice.message.reasoning_items = items  # declared by LiteLLM's message, and not copied by LiteLLM
    return made


def embedding_reply(_: CallArguments, reply: Mapping[str, object], into: EmbeddingResponse) -> Any:
    """An embedding reply."""
    return converted(as_json(reply), into, "embedding", headers_of(reply))


def image_reply(call: CallArguments, reply: object, into: ImageResponse) -> Any:
    """An image reply, with its price where that goes by tokens."""
    made = converted(as_json(reply), into, "image_generation", headers_of(reply))
    base = base_of(call.provider, call.model, call.base_model)
    if made.usage is not None and base.startswith("gpt-image"):
        made._hidden_params["response_cost"] = image_cost(model=base, image_response=made, custom_llm_provider="azure")
    return made


def as_json(reply: Any) -> dict[str, Any]:
    """A reply as a dictionary of its own."""
    return dict(reply) if isinstance(reply, Mapping) else reply.model_dump(exclude_unset=True, warnings=False)


def converted(reply: dict[str, Any], into: object, kind: object, headers: dict[str, str]) -> Any:
    """A reply in LiteLLM's type.

    Args:
        reply: its JSON.
        into: an empty object of the type.
        kind: LiteLLM's word for it.
        headers: the reply's.
    """
    return convert_to_model_response_object(
        response_object=reply,
        model_response_object=into,
        response_type=kind,
        hidden_params={"headers": headers},
        _response_headers=headers,
    )
