"""One agent writes, the next one edits."""

import asyncio

from local_azure import MODEL, azure
from semantic_kernel.agents import ChatCompletionAgent, SequentialOrchestration
from semantic_kernel.agents.runtime import InProcessRuntime

from sk_azure_plugin import AzureConnectorChatCompletion


async def main() -> None:
    async with AzureConnectorChatCompletion(model=MODEL) as service:
        writer = ChatCompletionAgent(service=service, name="writer", instructions="Write a slogan.")
        editor = ChatCompletionAgent(service=service, name="editor", instructions="Make it shorter.")
        orchestration = SequentialOrchestration(members=[writer, editor])

        runtime = InProcessRuntime()
        runtime.start()
        result = await orchestration.invoke(task="Write a slogan for Oslo", runtime=runtime)
        print(await result.get())
        await runtime.stop_when_idle()


if __name__ == "__main__":
    with azure():
        asyncio.run(main())
