"""Telling LiteLLM about the provider, once."""

from __future__ import annotations

import threading
from typing import Any

import litellm
from litellm.utils import custom_llm_setup

from .provider import ConnectorLLM

__all__ = ["handler", "register", "unregister"]

PREFIX = "azure_connector"
_lock = threading.Lock()

handler = ConnectorLLM(PREFIX)
"""For the Proxy: `custom_provider_map: [{provider: azure_connector, custom_handler: litellm_adapter.handler}]`."""


def register(prefix: str = PREFIX, **settings: Any) -> ConnectorLLM:
    """Makes `litellm.completion(model="azure_connector/…")` go through the connector. May be called again.

    Args:
        prefix: what stands before the slash; several prefixes may have settings of their own.
        settings: any setting of the connector; what is left open comes from its file and the environment.

    Returns:
        The provider.
    """
    provider = handler if prefix == PREFIX and not settings else ConnectorLLM(prefix, settings)
    with _lock:
        others = [entry for entry in litellm.custom_provider_map if entry["provider"] != prefix]
        litellm.custom_provider_map = [*others, {"provider": prefix, "custom_handler": provider}]
        custom_llm_setup()
    return provider


def unregister(prefix: str = PREFIX) -> None:
    """Takes a prefix back; unknown ones are left alone."""
    with _lock:
        litellm.custom_provider_map = [entry for entry in litellm.custom_provider_map if entry["provider"] != prefix]
        for names in (litellm.provider_list, litellm._custom_providers):
            while prefix in names:
                names.remove(prefix)
