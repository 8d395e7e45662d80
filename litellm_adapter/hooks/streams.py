"""Streams as LiteLLM's own providers have them: where it calls a custom provider, and where it translates itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from ..connectors import connectors_for
from .patching import Patch

__all__ = ["PATCHES"]


def _make(found: Callable[..., object]) -> object:
    @wraps(found)
    def complete(call: Any, *args: object, **kwargs: object) -> object:
        if call.stream is True and connectors_for(call.custom_llm_provider) is not None:
            # LiteLLM picks the handler by truth, but wraps what it returns only where `stream is True`: so errors come
            # at the call, where retries and fallbacks are.
            call = replace(call, stream=1, optional_params={**call.optional_params, "stream": 1})
        return found(call, *args, **kwargs)

    return complete


def _make_bridged(found: Callable[..., object]) -> object:
    def apply_post_stream_processing(stream: Any, model: str, custom_llm_provider: str) -> object:
        if connectors_for(custom_llm_provider) is not None:
            # These chunks are LiteLLM's own translation of the Responses API's events: read as a custom provider's,
            # they would lose usage and reasoning.
            stream.custom_llm_provider = "azure"
        return found(stream, model, custom_llm_provider)

    return apply_post_stream_processing


_BRIDGE = "litellm.completion_extras.litellm_responses_transformation.handler:ResponsesToCompletionBridgeHandler"
_CALL = Patch("litellm.main", "_complete_custom_providers", _make)
PATCHES = (_CALL, Patch(_BRIDGE, "_apply_post_stream_processing", _make_bridged))
