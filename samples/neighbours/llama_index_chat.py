"""LlamaIndex: `OpenAILike` with the connector's two clients."""

from __future__ import annotations

import asyncio

from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike

from azure_connector import AsyncAzureConnector, AzureConnector


async def main() -> None:
    async with AsyncAzureConnector() as asynchronous:
        with AzureConnector() as client:
            llm = OpenAILike(
                model="gpt-5",
                api_key="unused",  # LlamaIndex demands one; the connector holds the credential
                is_chat_model=True,
                is_function_calling_model=True,
                openai_client=client,
                async_openai_client=asynchronous,
            )
            for chunk in llm.stream_chat([ChatMessage("Say hello to Oslo")]):
                print(chunk.delta, end="", flush=True)
            print()
            print((await llm.achat([ChatMessage("What is 6 * 7?")])).message.content)


if __name__ == "__main__":
    asyncio.run(main())
