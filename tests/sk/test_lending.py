"""Who closes what: a service its own connector, and nobody the one that he was lent."""

from __future__ import annotations

from copy import copy, deepcopy
from typing import Any

import pytest
from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings
from semantic_kernel.contents import ChatHistory

from azure_connector import AsyncAzureConnector
from azure_connector.emulator import Emulator
from sk_azure_plugin import AzureConnectorChatCompletion, AzureConnectorTextEmbedding


def history() -> ChatHistory:
    made = ChatHistory()
    made.add_user_message("Hi")
    return made


@pytest.mark.parametrize("name", ["connector", "async_client"])
@pytest.mark.parametrize("copied", [lambda service: service, copy, deepcopy], ids=["itself", "copy", "deepcopy"])
async def test_a_connector_that_was_lent_stays_open(azure: Emulator, name: str, copied: Any) -> None:
    async with AsyncAzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as shared:
        stream = await shared.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "Count to 5"}], stream=True
        )
        chat = copied(AzureConnectorChatCompletion(model="gpt-4o", **{name: shared}))
        embedding = copied(AzureConnectorTextEmbedding(model="text-embedding-3-small", **{name: shared}))
        async with chat, embedding:
            await chat.get_chat_message_content(history(), AzureChatPromptExecutionSettings())
        assert [chunk async for chunk in stream], "what the owner reads goes on"
        era = shared._pools.era
    assert (era, shared._pools.era) == (0, 1)


async def test_a_connector_of_the_services_own_is_closed(azure: Emulator) -> None:
    service = AzureConnectorChatCompletion(model="gpt-4o", endpoint=azure.endpoint, api_key=azure.api_key)
    async with service:
        await service.get_chat_message_content(history(), AzureChatPromptExecutionSettings())
    assert service.client._pools.era == 1
