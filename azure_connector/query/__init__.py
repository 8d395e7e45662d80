"""One question, answered as typed messages while it is being answered, tools included.

from ..query import AssistantMessage, QueryOptions, TextBlock, query

async for message in query("What is in notes.txt?", QueryOptions(tools=[read_file], cwd="/data")):
    if isinstance(message, AssistantMessage):
        for block in message.content:
            if isinstance(block, TextBlock):
                print(block.text, end="")
"""

from __future__ import annotations

from .asking import query
from .messages import (
    AssistantMessage,
    Message,
    QueryConnectionError,
    ResultMessage,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
    Usage,
    UserMessage,
)
from .options import QueryOptions

__all__ = [
    "AssistantMessage",
    "Message",
    "QueryConnectionError",
    "QueryOptions",
    "ResultMessage",
    "TextBlock",
    "ToolResultBlock",
    "ToolUseBlock",
    "Usage",
    "UserMessage",
    "query",
]
