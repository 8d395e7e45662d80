"""Print an answer while it comes."""

import asyncio

from local_azure import MODEL, azure
from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings
from semantic_kernel.contents import ChatHistory

from sk_azure_plugin import AzureConnectorChatCompletion


async def main() -> None:
    async with AzureConnectorChatCompletion(model=MODEL) as service:
        history = ChatHistory()
        history.add_user_message("Tell me about Bergen")
        async for part in service.get_streaming_chat_message_content(history, AzureChatPromptExecutionSettings()):
            print(part, end="", flush=True)
        print()


if __name__ == "__main__":
    with azure():
        asyncio.run(main())
