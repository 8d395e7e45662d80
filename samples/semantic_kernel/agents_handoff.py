"""A front desk hands the question to the agent that can answer it."""

import asyncio

from local_azure import MODEL, azure
from semantic_kernel.agents import ChatCompletionAgent, HandoffOrchestration, OrchestrationHandoffs
from semantic_kernel.agents.runtime import InProcessRuntime

from sk_azure_plugin import AzureConnectorChatCompletion


async def main() -> None:
    async with AzureConnectorChatCompletion(model=MODEL) as service:
        desk = ChatCompletionAgent(service=service, name="desk", description="Front desk", instructions="Hand over.")
        billing = ChatCompletionAgent(service=service, name="billing", description="Invoices", instructions="Answer.")
        handoffs = OrchestrationHandoffs().add("desk", "billing", "Transfer questions about an invoice to billing")
        orchestration = HandoffOrchestration(members=[desk, billing], handoffs=handoffs)

        runtime = InProcessRuntime()
        runtime.start()
        result = await orchestration.invoke(task="Transfer me to billing: my invoice is wrong", runtime=runtime)
        print("handled:", await result.get())
        await runtime.stop_when_idle()


if __name__ == "__main__":
    with azure():
        asyncio.run(main())
