"""One request of Semantic Kernel's through the connector, by the quicker of two ways that send the same bytes."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import openai
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from azure_connector import AsyncAzureConnector

__all__ = ["ask"]

_SDK = str(Path(openai.__file__).parent)
# These are options of the SDK's call, not words of the request.
_OPTIONS = frozenset({"extra_body", "extra_headers", "extra_query", "timeout"})


async def ask(client: Any, arguments: dict[str, Any]) -> Any:
    """What `client.chat.completions.create(**arguments)` gives.

    `create` spends more time on comparing a body with its declared types than the connector on the whole call. SK's
    bodies are plain JSON already, so they are posted as they are, unless somebody watches `create`.

    Args:
        client: the connector, or a client of the user's own.
        arguments: as `create` takes them.
    """
    if not isinstance(client, AsyncAzureConnector) or not _posts(client, arguments):
        return await client.chat.completions.create(**arguments)
    if not arguments.get("stream"):
        return await client.post("/chat/completions", body=arguments, cast_to=ChatCompletion)
    return await client.post(
        "/chat/completions",
        body=arguments,
        cast_to=ChatCompletion,
        stream=True,
        stream_cls=openai.AsyncStream[ChatCompletionChunk],
    )


def _posts(client: AsyncAzureConnector, arguments: dict[str, Any]) -> bool:
    completions = client.chat.completions
    create = type(completions).create
    # Instrumentation and tests put something of their own in its place, and must see every call.
    own = isinstance(create, types.FunctionType) and create.__code__.co_filename.startswith(_SDK)
    plain = _OPTIONS.isdisjoint(arguments) and isinstance(arguments.get("response_format", {}), dict)
    return own and plain and "create" not in vars(completions)
