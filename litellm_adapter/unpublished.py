"""LiteLLM's names that it does not publish, each with a way to do without it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import litellm

__all__ = ["LITELLM_PARAMETERS", "audio_seconds", "client", "convert_to_model_response_object", "custom_llm_setup"]
__all__ += ["image_cost", "subtitle_seconds"]


def _found(module: str, name: str, otherwise: object) -> Any:
    try:
        return getattr(import_module(module), name, otherwise)
    except ImportError:
        return otherwise


def _convert(*, response_object: Any, model_response_object: Any, hidden_params: Any, **_: object) -> Any:
    """What LiteLLM's types make of a reply by themselves; rate limits then stand only among the headers."""
    made = type(model_response_object)(**response_object)
    made._hidden_params.update(hidden_params)
    return made


def _cost(*, model: str, image_response: object, **_: object) -> float:
    """The price by image, which LiteLLM publishes."""
    how: dict[str, Any] = {"custom_llm_provider": "azure", "call_type": "image_generation"}
    return litellm.completion_cost(image_response, model=f"azure/{model}", **how)


def _seconds(file: object) -> float | None:
    """A transcription is then priced only where its reply tells how long the sound is."""


_CONVERTS = "litellm.litellm_core_utils.llm_response_utils.convert_dict_to_response"
LITELLM_PARAMETERS: frozenset[str] = frozenset(_found("litellm.types.utils", "all_litellm_params", ()))
"""What a call's arguments hold beside the provider's parameters."""
audio_seconds = _found("litellm.litellm_core_utils.audio_utils.utils", "calculate_request_duration", _seconds)
client = _found("litellm.utils", "client", lambda function: function)
"""Makes a function an entry point; without it there are no callbacks, retries and caches."""
convert_to_model_response_object = _found(_CONVERTS, "convert_to_model_response_object", _convert)
custom_llm_setup = _found("litellm.utils", "custom_llm_setup", lambda: None)
"""LiteLLM does this itself before the first call."""
image_cost = _found("litellm.llms.openai.image_generation.cost_calculator", "cost_calculator", _cost)
"""The price of a gpt-image reply by its tokens."""
subtitle_seconds = _found("litellm.utils", "extract_duration_from_srt_or_vtt", _seconds)
