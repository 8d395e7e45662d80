"""Ask one question."""

import asyncio

from local_azure import MODEL, azure
from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings
from semantic_kernel.contents import ChatHistory

from sk_azure_plugin import AzureConnectorChatCompletion


async def main() -> None:
    async with AzureConnectorChatCompletion(model=MODEL) as service:
        history = ChatHistory(system_message="Answer in one sentence.")
        history.add_user_message("Say hello to Oslo")
        answer = await service.get_chat_message_content(history, AzureChatPromptExecutionSettings())
        print(answer)


if __name__ == "__main__":
    with azure():
        asyncio.run(main())
