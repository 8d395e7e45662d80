"""Discovery through the other two doors."""

from __future__ import annotations

from typing import Any

from azure_connector.emulator import Emulator

MODELS = {"gpt-5": "blue-chat", "gpt-4o": "house", "gpt-5-mini": "tiny", "o4-mini": "thinker"}


def named(azure: Emulator) -> list[str]:
    return [seen.deployment for seen in azure.requests if seen.operation == "/chat/completions"]


async def test_semantic_kernel(azure: Emulator, settings: dict[str, Any]) -> None:
    from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings
    from semantic_kernel.contents import ChatHistory

    from azure_connector import AsyncAzureConnector
    from sk_azure_plugin import AzureConnectorChatCompletion, AzureConnectorTextEmbedding

    history = ChatHistory()
    history.add_user_message("Hello")
    async with AsyncAzureConnector(**settings) as client:
        for model in MODELS:
            service = AzureConnectorChatCompletion(model=model, connector=client)
            assert await service.get_chat_message_content(history, AzureChatPromptExecutionSettings())
        embedding = AzureConnectorTextEmbedding(model="text-embedding-3-small", connector=client)
        assert len(await embedding.generate_embeddings(["hello"])) == 1
    assert named(azure) == list(MODELS.values())
    assert azure.requests.last.deployment == "vectors"


async def test_litellm(azure: Emulator, settings: dict[str, Any]) -> None:
    import litellm

    import litellm_adapter

    litellm_adapter.register(prefix="discovering", **settings)
    try:
        for model in MODELS:
            assert litellm.completion(model=f"discovering/{model}", messages=[{"role": "user", "content": "Hello"}])
        assert await litellm.acompletion(model="discovering/gpt-5", messages=[{"role": "user", "content": "Hello"}])
        litellm.embedding(model="discovering/text-embedding-3-small", input=["hello"])
    finally:
        litellm_adapter.unregister("discovering")
    assert named(azure) == [*MODELS.values(), "blue-chat"]
    assert azure.requests.last.deployment == "vectors"
