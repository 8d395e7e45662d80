"""OAuth2 client credentials through an API Management gateway, streamed, with a tool that reads files.

    python samples/gateway/ask.py "What is in notes.txt?"

Set AZURE_OPENAI_ENDPOINT to the gateway's address (https://GATEWAY.azure-api.net/PATH), AZURE_TENANT_ID,
AZURE_CLIENT_ID and AZURE_CLIENT_SECRET to the application's, and AZURE_APIM_SUBSCRIPTION_KEY to the subscription's key.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from azure_connector.query import (
    AssistantMessage,
    QueryConnectionError,
    QueryOptions,
    ResultMessage,
    TextDelta,
    ToolUseBlock,
    query,
)


def read_file(path: str, cwd: Path) -> str:
    """Reads a text file.

    Args:
        path: the file, below the working directory.
    """
    file = (cwd / path).resolve()
    if not file.is_relative_to(cwd.resolve()):
        raise PermissionError(f"{path} lies outside of the working directory")
    return file.read_text(encoding="utf-8")


async def main(prompt: str, options: QueryOptions) -> None:
    try:
        async for message in query(prompt, replace(options, deltas=True)):
            match message:
                case TextDelta(text=text):
                    print(text, end="", flush=True)
                case AssistantMessage(content=blocks):
                    for block in blocks:
                        if isinstance(block, ToolUseBlock):
                            print(f"[{block.name} {dict(block.input)}]")
                case ResultMessage(usage=usage, turns=turns):
                    print(f"\n{usage.input_tokens} + {usage.output_tokens} tokens in {turns} requests")
    except QueryConnectionError as error:
        print(f"\nNo connection: {error}")


if __name__ == "__main__":
    asyncio.run(
        main(
            " ".join(sys.argv[1:]) or "What is in notes.txt?",
            QueryOptions(tools=[read_file], cwd=Path.cwd()),
        )
    )
