"""Catch Semantic Kernel's exceptions; the connector's typed error is the cause."""

import asyncio

from local_azure import MODEL, azure
from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings
from semantic_kernel.contents import ChatHistory
from semantic_kernel.exceptions.service_exceptions import ServiceResponseException

from azure_connector import DeploymentNotFoundError
from sk_azure_plugin import AzureConnectorChatCompletion


async def main() -> None:
    print(f"{MODEL} would work; a deployment that is not there says what to do:")
    async with AzureConnectorChatCompletion(deployment_name="not-deployed") as service:
        history = ChatHistory()
        history.add_user_message("Say hello")
        try:
            await service.get_chat_message_content(history, AzureChatPromptExecutionSettings())
        except ServiceResponseException as error:
            if isinstance(error.__cause__, DeploymentNotFoundError):
                print(error.__cause__.hint)


if __name__ == "__main__":
    with azure():
        asyncio.run(main())
