"""The two clients, the flow of a call, and what sends it: the only room that puts the others together.

What stands behind a client is loaded with the first one, and here when it is first asked for (PEP 562), so that
importing the client's class costs little more than the SDK.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._client import AsyncAzureConnector, AzureConnector
from ._client import connector_over as connector_over
from ._explanation import ExplainedTarget, Explanation

if TYPE_CHECKING:
    from ._pool import ConnectorPool
    from ._state import ConnectorState

__all__ = ["AsyncAzureConnector", "AzureConnector", "ConnectorPool", "ConnectorState", "ExplainedTarget"]
__all__ += ["Explanation"]

_LATER = {"ConnectorPool": "_pool", "ConnectorState": "_state"}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
