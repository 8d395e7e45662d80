"""pydantic-ai: the connector as the provider's client, with a tool, typed output and streaming."""

from __future__ import annotations

import asyncio

from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from azure_connector import AsyncAzureConnector


class City(BaseModel):
    """A city and its country."""

    city: str
    country: str


async def main() -> None:
    async with AsyncAzureConnector() as client:
        model = OpenAIChatModel("gpt-5", provider=OpenAIProvider(openai_client=client))
        agent = Agent(model, instructions="Answer briefly.")

        @agent.tool_plain
        def weather(city: str) -> str:
            """Tells the weather in a city."""
            return f"{city}: 21 degrees and sunny"

        async with agent.run_stream("How is the weather in Oslo?") as run:
            async for delta in run.stream_text(delta=True):
                print(delta, end="", flush=True)
        print()
        print((await Agent(model, output_type=City).run("The city is Oslo, the country is Norway")).output)


if __name__ == "__main__":
    asyncio.run(main())
