"""Microsoft Agent Framework: a chat client on the connector, with a tool, streamed."""

from __future__ import annotations

import asyncio
from typing import Annotated

from agent_framework import Agent, tool
from agent_framework.openai import OpenAIChatClient, OpenAIChatCompletionClient

from azure_connector import AsyncAzureConnector


@tool(approval_mode="never_require")
def weather(city: Annotated[str, "The city to look at"]) -> str:
    """Tells the weather in a city."""
    return f"{city}: 21 degrees and sunny"


async def main() -> None:
    async with AsyncAzureConnector() as client:
        # Chat Completions, then Responses.
        for kind in (OpenAIChatCompletionClient, OpenAIChatClient):
            agent = Agent(kind(model="gpt-5", async_client=client), "Answer briefly.", tools=[weather])
            async for update in agent.run("How is the weather in Oslo?", stream=True):
                # At its end the Responses client sends the whole text once more, to replace what was appended.
                pieces = (part.text or "" for part in update.contents if part.merge_mode != "replace")
                print("".join(pieces), end="", flush=True)
            print(f"  [{kind.__name__}]")


if __name__ == "__main__":
    asyncio.run(main())
