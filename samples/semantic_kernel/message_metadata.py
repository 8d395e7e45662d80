"""See which deployment answered, after which attempts, and what the content filter said."""

import asyncio

from local_azure import MODEL, azure
from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings
from semantic_kernel.contents import ChatHistory

from sk_azure_plugin import AzureConnectorChatCompletion


async def main() -> None:
    async with AzureConnectorChatCompletion(model=MODEL) as service:
        history = ChatHistory()
        history.add_user_message("Say hello")
        answer = await service.get_chat_message_content(history, AzureChatPromptExecutionSettings())
        for name in ("deployment", "resource", "served_model", "region", "attempts", "content_filter_results"):
            print(f"{name}: {answer.metadata.get(name)}")


if __name__ == "__main__":
    with azure():
        asyncio.run(main())
