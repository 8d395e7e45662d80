"""Let the model call a Python function."""

import asyncio
from typing import Annotated

from local_azure import MODEL, azure
from semantic_kernel import Kernel
from semantic_kernel.connectors.ai.function_choice_behavior import FunctionChoiceBehavior
from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings
from semantic_kernel.contents import ChatHistory
from semantic_kernel.functions import kernel_function

from sk_azure_plugin import AzureConnectorChatCompletion


class Weather:
    @kernel_function(description="Get the weather in a city")
    def get_weather(self, city: Annotated[str, "the city"]) -> str:
        return f"Sunny, 21 degrees in {city}"


async def main() -> None:
    async with AzureConnectorChatCompletion(model=MODEL) as service:
        kernel = Kernel()
        kernel.add_plugin(Weather(), "weather")
        history = ChatHistory()
        history.add_user_message("What is the weather in Oslo?")
        settings = AzureChatPromptExecutionSettings(function_choice_behavior=FunctionChoiceBehavior.Auto())
        answer = await service.get_chat_message_content(history, settings, kernel=kernel)
        print(answer)
        print("tokens of both calls:", answer.metadata["total_usage"].completion_tokens)


if __name__ == "__main__":
    with azure():
        asyncio.run(main())
