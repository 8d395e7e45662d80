"""Show the model an image and a document."""

import asyncio
import base64

from local_azure import MODEL, azure
from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings
from semantic_kernel.contents import ChatHistory, ChatMessageContent, ImageContent, TextContent
from semantic_kernel.contents.binary_content import BinaryContent
from semantic_kernel.contents.utils.author_role import AuthorRole

from sk_azure_plugin import AzureConnectorChatCompletion

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def main() -> None:
    async with AzureConnectorChatCompletion(model=MODEL) as service:
        items = [
            TextContent(text="What do these show?"),
            ImageContent(data=PIXEL, mime_type="image/png"),
            BinaryContent(data=b"%PDF-1.4 ...", mime_type="application/pdf"),
        ]
        history = ChatHistory(messages=[ChatMessageContent(role=AuthorRole.USER, items=items)])
        print(await service.get_chat_message_content(history, AzureChatPromptExecutionSettings()))


if __name__ == "__main__":
    with azure():
        asyncio.run(main())
