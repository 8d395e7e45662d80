"""LiteLLM's programs through the Azure connector: `azure_connector/` before a model's name.

import litellm, litellm_adapter

litellm_adapter.register()
litellm.completion(model="azure_connector/gpt-5", messages=[{"role": "user", "content": "Hello"}])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .provider import ConnectorLLM
    from .registration import handler, register, unregister

__all__ = ["ConnectorLLM", "handler", "register", "unregister"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from azure_connector.errors import import_part

    module = import_part(f"{__name__}.registration", f"{__name__} needs LiteLLM", package="litellm", extra="litellm")
    value = getattr(module, name)
    if name == "handler":
        # Whoever takes it by this name is the Proxy, which never calls `register`.
        module.install(value.prefix, value.connectors)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*(name for name in globals() if name.startswith("__")), *__all__]
