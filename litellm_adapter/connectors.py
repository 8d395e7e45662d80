"""Which connector serves a call: one for each distinct identity, kept for the next call."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from azure_connector import AsyncAzureConnector, AzureConnector

__all__ = ["Connectors"]

# LiteLLM's name -> the connector's setting, for what a call or a router's deployment may bring.
_SETTINGS = {
    "api_version": "api_version",
    "azure_ad_token": "azure_ad_token",
    "azure_ad_token_provider": "azure_ad_token_provider",
    "tenant_id": "tenant_id",
    "client_id": "client_id",
    "client_secret": "client_secret",
}


class Connectors:
    """The connectors of one prefix.

    Args:
        settings: for calls that bring none of their own.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = dict(settings)
        self._sync: dict[Any, AzureConnector] = {}
        self._async: dict[Any, AsyncAzureConnector] = {}
        self._lock = threading.Lock()

    def sync(self, call: Mapping[str, Any]) -> AzureConnector:
        """The connector for a sync call."""
        own = _own_settings(call)
        key = tuple(sorted(own.items(), key=str))
        with self._lock:
            if key not in self._sync:
                self._sync[key] = AzureConnector(**{**self._settings, **own})
            return self._sync[key]

    def asynchronous(self, call: Mapping[str, Any]) -> AsyncAzureConnector:
        """The connector for an async call; it keeps connections for each event loop."""
        own = _own_settings(call)
        key = tuple(sorted(own.items(), key=str))
        with self._lock:
            if key not in self._async:
                self._async[key] = AsyncAzureConnector(**{**self._settings, **own})
            return self._async[key]


def _own_settings(call: Mapping[str, Any]) -> dict[str, Any]:
    own = {"azure_endpoint": call.get("api_base"), "api_key": call.get("api_key")}
    params = call.get("litellm_params") or {}
    own |= {setting: params.get(name) for name, setting in _SETTINGS.items()}
    return {name: value for name, value in own.items() if value}
