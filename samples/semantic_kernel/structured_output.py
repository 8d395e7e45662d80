"""Get an answer as an object."""

import asyncio

from local_azure import MODEL, azure
from pydantic import BaseModel
from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings
from semantic_kernel.contents import ChatHistory

from sk_azure_plugin import AzureConnectorChatCompletion


class City(BaseModel):
    name: str
    inhabitants: int


async def main() -> None:
    async with AzureConnectorChatCompletion(model=MODEL) as service:
        history = ChatHistory()
        history.add_user_message("Oslo has 717710 inhabitants.")
        settings = AzureChatPromptExecutionSettings(response_format=City)
        answer = await service.get_chat_message_content(history, settings)
        print(repr(City.model_validate_json(str(answer))))


if __name__ == "__main__":
    with azure():
        asyncio.run(main())
