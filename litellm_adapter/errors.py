"""The connector's errors as LiteLLM's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import litellm
import openai

__all__ = ["translated"]


@contextmanager
def translated(prefix: str, model: str) -> Iterator[None]:
    """Raises LiteLLM's exception for the SDK's, by LiteLLM's own table for Azure."""
    try:
        yield
    except openai.OpenAIError as error:
        try:
            litellm.exception_type(model=model, original_exception=error, custom_llm_provider="azure")
        except openai.OpenAIError as mapped:
            if hasattr(mapped, "llm_provider"):
                mapped.llm_provider = prefix  # pyright: ignore[reportAttributeAccessIssue]  # LiteLLM's own attribute
            raise mapped from error
        raise
