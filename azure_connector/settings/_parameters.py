"""The parameters of calls, which may have the names of settings, or look like them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

__all__ = ["parameters_of"]

_TYPES: Mapping[str, tuple[str, str]] = {
    "/chat/completions": ("chat.completion_create_params", "CompletionCreateParamsBase"),
    "/responses": ("responses.response_create_params", "ResponseCreateParamsBase"),
    "/embeddings": ("embedding_create_params", "EmbeddingCreateParams"),
    "/images/generations": ("image_generate_params", "ImageGenerateParamsBase"),
    "/images/edits": ("image_edit_params", "ImageEditParamsBase"),
    "/audio/transcriptions": ("audio.transcription_create_params", "TranscriptionCreateParamsBase"),
    "/audio/speech": ("audio.speech_create_params", "SpeechCreateParams"),
}


@cache
def parameters_of(operation: str) -> frozenset[str]:
    """The parameters that the SDK declares for an operation, without `stream` where that chooses the reply's type.

    Args:
        operation: the SDK's path; for one that is not in the table there are none.
    """
    if operation not in _TYPES:
        return frozenset()
    module, name = _TYPES[operation]
    return frozenset(getattr(import_module(f"openai.types.{module}"), name).__annotations__)
