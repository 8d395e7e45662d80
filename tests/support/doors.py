"""The same chat through every door: the client itself, Semantic Kernel, LiteLLM."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import azure_connector as ac
from azure_connector.emulator import Emulator
from tests.support.asking import HELLO

DOORS = ("client", "sk", "litellm")


def ask(door: str, azure: Emulator, model: str, *, settings: dict[str, Any] | None = None, **parameters: Any) -> Any:
    """Asks for one word, as each door's own users would.

    Args:
        door: one of `DOORS`; skips the test where what it needs is not installed.
        azure: the resource.
        model: the model's name.
        settings: the connector's settings beside endpoint and key.
        parameters: of the request.
    """
    return {"client": _client, "sk": _semantic_kernel, "litellm": _litellm}[door](
        azure, model, settings or {}, parameters
    )


def _client(azure: Emulator, model: str, settings: dict[str, Any], parameters: dict[str, Any]) -> Any:
    with ac.AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key, **settings) as client:
        return client.chat.completions.create(model=model, **{"messages": HELLO, **parameters})


def _semantic_kernel(azure: Emulator, model: str, settings: dict[str, Any], parameters: dict[str, Any]) -> Any:
    pytest.importorskip("semantic_kernel")
    from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings
    from semantic_kernel.contents import ChatHistory

    from sk_azure_plugin import AzureConnectorChatCompletion

    async def run() -> Any:
        service = AzureConnectorChatCompletion(model=model, endpoint=azure.endpoint, api_key=azure.api_key, **settings)
        history = ChatHistory()
        history.add_user_message("Hello")
        try:
            return await service.get_chat_message_content(history, AzureChatPromptExecutionSettings(**parameters))
        finally:
            await service.client.close()

    return asyncio.run(run())


def _litellm(azure: Emulator, model: str, settings: dict[str, Any], parameters: dict[str, Any]) -> Any:
    litellm = pytest.importorskip("litellm")
    import litellm_adapter

    litellm.suppress_debug_info = True
    litellm_adapter.register("door", azure_endpoint=azure.endpoint, api_key=azure.api_key, **settings)
    try:
        return litellm.completion(model=f"door/{model}", **{"messages": HELLO, **parameters})
    finally:
        litellm_adapter.unregister("door")
