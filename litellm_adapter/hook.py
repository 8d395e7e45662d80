"""The hook before async calls: it wins back what LiteLLM withholds from custom providers.

LiteLLM calls it for every async call of the process; it looks at calls to a connector's prefix and leaves others alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import litellm
from litellm.integrations.custom_logger import CustomLogger

from .asking import EMBEDDING_PARAMETERS, Carried, remember

__all__ = ["ConnectorHook", "hook"]

# What LiteLLM refuses for a custom provider unless `allowed_openai_params` names it.
_WITHHELD = ("reasoning_effort", "thinking", "verbosity")
# The call may end elsewhere, or be answered without the provider: LiteLLM must then find a plain `stream=True`.
_ELSEWHERE = (
    "complete_response",
    "context_window_fallback_dict",
    "fallbacks",
    "mock_delay",
    "mock_response",
    "mock_timeout",
    "mock_tool_calls",
    "model_list",
)


class ConnectorHook(CustomLogger):
    """Prepares async calls to the connector's prefixes."""

    async def async_pre_call_deployment_hook(self, kwargs: dict[str, Any], call_type: Any) -> dict[str, Any] | None:
        """The call's arguments as they go on, or None for a call that is not for the connector."""
        if not _is_ours(kwargs):
            return None
        prepared = dict(kwargs)
        kind = getattr(call_type, "value", call_type)
        if kind == "acompletion":
            _prepare_chat(prepared)
        elif kind == "aembedding":
            _extend(prepared, "additional_drop_params", EMBEDDING_PARAMETERS)
        remember(Carried(prepared))
        return prepared


def _is_ours(kwargs: Mapping[str, Any]) -> bool:
    # A model that was passed by position stands only in the logging object, which newer versions of LiteLLM give.
    model = kwargs.get("model") or getattr(kwargs.get("litellm_logging_obj"), "model", None) or ""
    provider = kwargs.get("custom_llm_provider") or str(model).partition("/")[0]
    for entry in litellm.custom_provider_map:
        if entry["provider"] == provider:
            # Imported late: the provider's module is loaded wherever one of its handlers is registered.
            from .provider import ConnectorLLM

            return isinstance(entry["custom_handler"], ConnectorLLM)
    return False


def _prepare_chat(kwargs: dict[str, Any]) -> None:
    _extend(kwargs, "allowed_openai_params", _WITHHELD)
    kwargs["_skip_mcp_handler"] = True
    if kwargs.get("stream") is True and _stays_here(kwargs):
        # LiteLLM picks the handler by truth, but wraps what it returns only where `stream is True`: so the provider
        # may return a stream that is open, and errors come at the call. The provider puts True back.
        kwargs["stream"] = 1


def _stays_here(kwargs: Mapping[str, Any]) -> bool:
    cached = litellm.cache is not None and kwargs.get("caching") is not False
    return not cached and not litellm.model_fallbacks and not any(kwargs.get(name) for name in _ELSEWHERE)


def _extend(kwargs: dict[str, Any], setting: str, names: tuple[str, ...]) -> None:
    wanted = [name for name in names if kwargs.get(name) is not None]
    if wanted:
        kwargs[setting] = [*(kwargs.get(setting) or ()), *wanted]


hook = ConnectorHook()
"""The one that is registered."""
