"""Two agents answer the same question at once."""

import asyncio

from local_azure import MODEL, azure
from semantic_kernel.agents import ChatCompletionAgent, ConcurrentOrchestration
from semantic_kernel.agents.runtime import InProcessRuntime

from sk_azure_plugin import AzureConnectorChatCompletion


async def main() -> None:
    async with AzureConnectorChatCompletion(model=MODEL) as service:
        names = ("physicist", "chemist")
        members = [ChatCompletionAgent(service=service, name=n, instructions=f"You are a {n}.") for n in names]
        orchestration = ConcurrentOrchestration(members=members)

        runtime = InProcessRuntime()
        runtime.start()
        result = await orchestration.invoke(task="Say what temperature is", runtime=runtime)
        for answer in await result.get():
            print(f"{answer.name}: {answer}")
        await runtime.stop_when_idle()


if __name__ == "__main__":
    with azure():
        asyncio.run(main())
