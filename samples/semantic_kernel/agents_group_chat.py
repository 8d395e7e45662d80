"""Two agents talk in turn."""

import asyncio

from local_azure import MODEL, azure
from semantic_kernel.agents import ChatCompletionAgent, GroupChatOrchestration, RoundRobinGroupChatManager
from semantic_kernel.agents.runtime import InProcessRuntime

from sk_azure_plugin import AzureConnectorChatCompletion


async def main() -> None:
    async with AzureConnectorChatCompletion(model=MODEL) as service:
        writer = ChatCompletionAgent(service=service, name="writer", description="Writes", instructions="Write.")
        critic = ChatCompletionAgent(
            service=service, name="critic", description="Criticizes", instructions="Criticize."
        )
        manager = RoundRobinGroupChatManager(max_rounds=2)
        orchestration = GroupChatOrchestration(members=[writer, critic], manager=manager)

        runtime = InProcessRuntime()
        runtime.start()
        result = await orchestration.invoke(task="Write one slogan for Oslo", runtime=runtime)
        print(await result.get())
        await runtime.stop_when_idle()


if __name__ == "__main__":
    with azure():
        asyncio.run(main())
