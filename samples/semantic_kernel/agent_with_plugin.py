"""An agent with a plugin, which remembers the conversation."""

import asyncio
from typing import Annotated

from local_azure import MODEL, azure
from semantic_kernel.agents import ChatCompletionAgent
from semantic_kernel.functions import kernel_function

from sk_azure_plugin import AzureConnectorChatCompletion


class Weather:
    @kernel_function(description="Get the weather in a city")
    def get_weather(self, city: Annotated[str, "the city"]) -> str:
        return f"Sunny, 21 degrees in {city}"


async def main() -> None:
    async with AzureConnectorChatCompletion(model=MODEL) as service:
        agent = ChatCompletionAgent(service=service, name="forecaster", plugins=[Weather()])
        answer = await agent.get_response("What is the weather in Oslo?")
        print(answer)
        async for part in agent.invoke_stream("Say thanks", thread=answer.thread):
            print(part, end="")
        print()


if __name__ == "__main__":
    with azure():
        asyncio.run(main())
