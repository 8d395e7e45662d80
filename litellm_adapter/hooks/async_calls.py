"""The hook before async calls, which LiteLLM offers to every logger: `async_pre_call_deployment_hook`."""

from __future__ import annotations

from typing import Any

import litellm
from litellm.integrations.custom_logger import CustomLogger

from ..connectors import prefix_of
from .preparing import prepare

__all__ = ["ConnectorHook", "hook", "put", "take_out"]


class ConnectorHook(CustomLogger):
    """Prepares async calls to the connector's prefixes, and leaves others alone.

    Attributes:
        is_connector_hook: how it is known among the callbacks, also after a reload: what loggers are told, it ignores.
    """

    is_connector_hook = True

    async def async_pre_call_deployment_hook(self, kwargs: dict[str, Any], call_type: object) -> dict[str, Any] | None:
        """The call's arguments as they go on, or None for a call that is not for the connector."""
        if prefix_of(kwargs) is None:
            return None
        prepared = dict(kwargs)
        prepare(str(getattr(call_type, "value", call_type)), prepared, prepared.get("litellm_logging_obj"))
        return prepared


hook = ConnectorHook()
"""The one that is registered."""


def put() -> None:
    """Adds the hook to LiteLLM's callbacks, once, also after this package was reloaded."""
    if hook not in litellm.callbacks:
        take_out()
        litellm.callbacks.append(hook)


def take_out() -> None:
    """Takes it out again."""
    litellm.callbacks[:] = [one for one in litellm.callbacks if not getattr(one, "is_connector_hook", False)]
