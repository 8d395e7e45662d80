"""What LiteLLM says of a model: its parameters, and its capabilities and prices after the price list was replaced."""

from __future__ import annotations

from functools import wraps
from typing import Any

from ..connectors import connectors_for
from ..prices import base_of, refill
from .patching import Patch

__all__ = ["PATCHES"]


def _make_lookup(found: Any) -> Any:
    @wraps(found)
    def get_model_cost_key(potential_key: Any, *args: Any, **kwargs: Any) -> Any:
        refill()
        return found(potential_key, *args, **kwargs)

    return get_model_cost_key


def _make_parameters(found: Any) -> Any:
    @wraps(found)
    def get_supported_openai_params(model: Any, custom_llm_provider: Any = None, *args: Any, **kwargs: Any) -> Any:
        prefix, _, name = str(model).rpartition("/")
        if connectors_for(prefix := custom_llm_provider or prefix) is None:
            return found(model, custom_llm_provider, *args, **kwargs)
        return found(base_of(prefix, name, kwargs.pop("base_model", None)), "azure", *args, **kwargs)

    return get_supported_openai_params


PATCHES = tuple(Patch("litellm.utils", name, _make_lookup) for name in ("get_model_cost_key", "_get_model_cost_key"))
PATCHES += tuple(
    Patch(holder, "get_supported_openai_params", _make_parameters) for holder in ("litellm.utils", "litellm")
)
