"""Keep a long conversation short by summarizing it."""

import asyncio

from local_azure import MODEL, azure
from semantic_kernel.contents import ChatHistorySummarizationReducer

from sk_azure_plugin import AzureConnectorChatCompletion


async def main() -> None:
    async with AzureConnectorChatCompletion(model=MODEL) as service:
        history = ChatHistorySummarizationReducer(service=service, target_count=2, threshold_count=2)
        for number in range(6):
            history.add_user_message(f"Question {number}")
            history.add_assistant_message(f"Answer {number}")
        await history.reduce()
        print(f"{len(history.messages)} messages left; the first: {history.messages[0]}")


if __name__ == "__main__":
    with azure():
        asyncio.run(main())
