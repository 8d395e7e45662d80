"""An agent on the Responses API: the connector is its client."""

import asyncio

from local_azure import MODEL, azure
from semantic_kernel.agents import OpenAIResponsesAgent

from azure_connector import AsyncAzureConnector


async def main() -> None:
    async with AsyncAzureConnector() as connector:
        agent = OpenAIResponsesAgent(ai_model_id=MODEL, client=connector, name="greeter")
        print(await agent.get_response("Say hello to Oslo"))


if __name__ == "__main__":
    with azure():
        asyncio.run(main())
