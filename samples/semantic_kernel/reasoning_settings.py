"""Say how hard a reasoning model shall think, and see what was changed so that the request fits it."""

import asyncio

from local_azure import MODEL, azure
from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings
from semantic_kernel.contents import ChatHistory

from sk_azure_plugin import AzureConnectorChatCompletion


async def main() -> None:
    async with AzureConnectorChatCompletion(model=MODEL) as service:
        history = ChatHistory()
        history.add_user_message("Say hello")
        settings = AzureChatPromptExecutionSettings(
            reasoning_effort="minimal", verbosity="low", max_tokens=500, temperature=0.2
        )
        answer = await service.get_chat_message_content(history, settings)
        print(answer)
        for change in answer.metadata["changes"]:
            print("changed:", change)


if __name__ == "__main__":
    with azure():
        asyncio.run(main())
