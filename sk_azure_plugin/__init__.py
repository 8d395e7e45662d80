"""Semantic Kernel services over the Azure connector: replace one constructor, keep everything else.

from sk_azure_plugin import AzureConnectorChatCompletion

kernel.add_service(AzureConnectorChatCompletion(model="gpt-5"))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .chat import AzureConnectorChatCompletion
    from .embedding import AzureConnectorTextEmbedding

_HOME = {"AzureConnectorChatCompletion": "chat", "AzureConnectorTextEmbedding": "embedding"}

__all__ = ["AzureConnectorChatCompletion", "AzureConnectorTextEmbedding"]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from azure_connector.errors import import_part

    needs = f"{name} needs Semantic Kernel"
    module = import_part(f"{__name__}.{home}", needs, package="semantic_kernel", extra="sk")
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*(name for name in globals() if name.startswith("__")), *__all__]
