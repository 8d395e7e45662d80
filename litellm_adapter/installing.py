"""What a prefix needs of LiteLLM beside its provider: the hook, and prices."""

from __future__ import annotations

import litellm

from azure_connector import ConfigurationError

from .connectors import Connectors
from .hook import hook
from .prices import add_mapped, add_prices, forget_prices

__all__ = ["ensure", "forget", "install"]

_priced: set[str] = set()


def install(prefix: str, connectors: Connectors) -> None:
    """Adds the hook and the prices, and reads the settings anew.

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
    if hook not in litellm.callbacks:
        litellm.callbacks.append(hook)
    add_prices(prefix)
    if settings is not None:
        add_mapped(prefix, settings)
    _priced.add(prefix)


def ensure(prefix: str, connectors: Connectors) -> None:
    """As `install`, for a provider that is called without registration: the Proxy sets its own map and callbacks."""
    if prefix not in _priced:
        install(prefix, connectors)
    elif hook not in litellm.callbacks:
        litellm.callbacks.append(hook)


def forget(prefix: str) -> None:
    """Takes the prices out again."""
    _priced.discard(prefix)
    forget_prices(prefix)
