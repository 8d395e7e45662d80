"""Telling LiteLLM about the provider, once."""

from __future__ import annotations

from typing import Any, Unpack, cast

import litellm

from azure_connector.settings import RegisterArguments, show_settings
from azure_connector.transport import ForkLock

from .provider import ConnectorLLM
from .setup import forget, install, remove_hooks
from .unpublished import custom_llm_setup

__all__ = ["ConnectorLLM", "handler", "register", "unregister"]

PREFIX = "azure_connector"
_lock = ForkLock()

handler = ConnectorLLM(PREFIX)
"""For the Proxy: `custom_provider_map: [{provider: azure_connector, custom_handler: litellm_adapter.handler}]`."""


def register(prefix: str = PREFIX, **settings: Unpack[RegisterArguments]) -> ConnectorLLM:
    """Makes `litellm.completion(model="azure_connector/…")` go through the connector.

    It may be called again: file and environment are read anew, and nothing else changes.

    Args:
        prefix: what stands before the slash; several prefixes may have settings of their own.
        settings: any setting of the connector; what is left open comes from its file and the environment.

    Returns:
        The provider: a new one where the settings are others than before.

    Raises:
        ConfigurationError: the settings contradict each other, or one of them is unknown.
        ValueError: the prefix belongs to one of LiteLLM's own providers, or is none.
    """
    _check(prefix)
    with _lock:
        former = next((entry for entry in litellm.custom_provider_map if entry["provider"] == prefix), None)
        provider = _provider(prefix, cast("dict[str, Any]", settings), former["custom_handler"] if former else None)
        install(provider.prefix, provider.connectors)
        others = [entry for entry in litellm.custom_provider_map if entry["provider"] != prefix]
        litellm.custom_provider_map = [*others, {"provider": prefix, "custom_handler": provider}]
        custom_llm_setup()
    return provider


show_settings(register)


def _provider(prefix: str, settings: dict[str, Any], former: object) -> ConnectorLLM:
    if isinstance(former, ConnectorLLM) and former.connectors.given == settings:
        return former
    return handler if prefix == PREFIX and not settings else ConnectorLLM(prefix, settings)


def _check(prefix: str) -> None:
    # LiteLLM keeps the names of custom providers, also after their map was emptied.
    custom = {entry["provider"] for entry in litellm.custom_provider_map}.union(litellm._custom_providers)
    taken = {getattr(provider, "value", provider) for provider in litellm.provider_list} - custom
    if not prefix or "/" in prefix or prefix in taken:
        why = "is LiteLLM's own" if prefix in taken else "must be a word without a slash"
        example = PREFIX if prefix != PREFIX else f"my_{PREFIX}"
        raise ValueError(f"The prefix {prefix!r} {why}: choose another one, such as {example!r}.")


def unregister(prefix: str = PREFIX) -> None:
    """Takes a prefix back and closes its connectors; unknown ones are left alone."""
    with _lock:
        mine = [entry for entry in litellm.custom_provider_map if entry["provider"] == prefix]
        litellm.custom_provider_map = [entry for entry in litellm.custom_provider_map if entry["provider"] != prefix]
        if not mine and prefix not in litellm._custom_providers:
            return
        for names in (litellm.provider_list, litellm._custom_providers):
            names[:] = [name for name in names if name != prefix]
        forget(prefix)
        if not any(isinstance(entry["custom_handler"], ConnectorLLM) for entry in litellm.custom_provider_map):
            remove_hooks()
    for entry in mine:
        if isinstance(entry["custom_handler"], ConnectorLLM):
            entry["custom_handler"].close()
