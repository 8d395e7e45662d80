"""What a prefix needs of LiteLLM beside its provider: the hooks, and prices."""

from __future__ import annotations

from azure_connector import ConfigurationError

from .connectors import Connectors
from .hooks import async_calls, audio, model_info, responses, streams, sync_calls
from .prices import add_prices, forget_prices, refill

__all__ = ["ensure_installed", "forget", "install", "remove_hooks"]

_PATCHES = (*sync_calls.PATCHES, *streams.PATCHES, *model_info.PATCHES, *responses.PATCHES, *audio.PATCHES)
_installed: set[str] = set()


def install(prefix: str, connectors: Connectors) -> None:
    """Puts the hooks in, adds the prices, and reads the settings anew.

    Raises:
        ConfigurationError: the settings that were given at registration cannot be used.
    """
    try:
        connectors.refresh()
        settings = connectors.settings
    except ConfigurationError:
        if connectors.given:
            raise
        settings = None  # the environment may be completed before the first call, which tells what is missing
    async_calls.put()
    for patch in _PATCHES:
        patch.put()
    add_prices(prefix, settings)
    _installed.add(prefix)


def ensure_installed(prefix: str, connectors: Connectors) -> None:
    """As `install`, for a provider that is called without registration: the Proxy sets its own map and callbacks."""
    if prefix not in _installed:
        install(prefix, connectors)
        return
    refill()
    async_calls.put()


def forget(prefix: str) -> None:
    """Takes the prices out again."""
    _installed.discard(prefix)
    forget_prices(prefix)


def remove_hooks() -> None:
    """Takes every hook out again."""
    async_calls.take_out()
    for patch in _PATCHES:
        patch.take_out()
