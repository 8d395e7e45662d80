"""The stacks that are compared. Each imports what it needs when it is made, so that a process holds one stack only."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from collections.abc import AsyncIterator
from typing import Any

__all__ = [
    "MODEL",
    "Aiohttp",
    "Create",
    "CreateHttpx",
    "LangChain",
    "LiteLLM",
    "OurLiteLLM",
    "OurSemanticKernel",
    "Post",
    "Raw",
    "Sdk",
    "SdkAiohttp",
    "SemanticKernel",
    "Stack",
    "SyncCreate",
    "SyncSdk",
]

KEY = "0123456789abcdef0123456789abcdef"
API_VERSION = "2024-10-21"
MODEL = "gpt-4o"


class Stack:
    """One way to call the server.

    Args:
        url: the endpoint, `http://127.0.0.1:port`.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    async def call(self, messages: list[dict[str, Any]]) -> Any:
        """One plain call."""
        raise NotImplementedError

    async def chunks(self, messages: list[dict[str, Any]]) -> AsyncIterator[Any]:
        """The chunks of one streamed call."""
        raise NotImplementedError
        yield

    async def close(self) -> None:
        """Lets go of the connections."""


class Raw(Stack):
    """The floor: asyncio's streams, bytes and a JSON parser."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def _post(self, messages: list[dict[str, Any]], **more: Any) -> Any:
        if self._free:
            reader, writer = self._free.pop()
        else:
            address = self.url.partition("://")[2].split(":")
            context = ssl.create_default_context() if self.url.startswith("https") else None
            reader, writer = await asyncio.open_connection(*address, ssl=context)
        body = json.dumps({"model": MODEL, "messages": messages, **more}).encode()
        head = f"POST /openai/v1/chat/completions HTTP/1.1\r\nhost: localhost\r\napi-key: {KEY}\r\n"
        writer.write(f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        await reader.readuntil(b"content-length: " if not more else b"chunked\r\n\r\n")
        return reader, writer

    async def call(self, messages: list[dict[str, Any]]) -> Any:
        reader, writer = await self._post(messages)
        length = int((await reader.readuntil(b"\r\n\r\n")).strip())
        reply = json.loads(await reader.readexactly(length))
        self._free.append((reader, writer))
        return reply

    async def chunks(self, messages: list[dict[str, Any]]) -> AsyncIterator[Any]:
        reader, writer = await self._post(messages, stream=True)
        rest = b""
        while not rest.endswith(b"\r\n0\r\n\r\n"):
            *lines, rest = (rest + await reader.read(65536)).split(b"\n\n\r\n")
            for line in lines:
                data = line.partition(b"data: ")[2]
                if data != b"[DONE]":
                    yield json.loads(data)
            if rest == b"0\r\n\r\n":
                break
        self._free.append((reader, writer))

    async def close(self) -> None:
        for _, writer in self._free:
            writer.close()


class Aiohttp(Stack):
    """aiohttp by hand."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._session: Any = None

    def _post(self, messages: list[dict[str, Any]], **more: Any) -> Any:
        import aiohttp

        self._session = self._session or aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        body = {"model": MODEL, "messages": messages, **more}
        return self._session.post(f"{self.url}/openai/v1/chat/completions", json=body, headers={"api-key": KEY})

    async def call(self, messages: list[dict[str, Any]]) -> Any:
        async with self._post(messages) as response:
            return json.loads(await response.read())

    async def chunks(self, messages: list[dict[str, Any]]) -> AsyncIterator[Any]:
        async with self._post(messages, stream=True) as response:
            rest = b""
            async for data in response.content.iter_any():
                *events, rest = (rest + data).split(b"\n\n")
                for event in events:
                    if event != b"data: [DONE]":
                        yield json.loads(event[6:])

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


class Sdk(Stack):
    """openai's own Azure client."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.client = self.make_client()

    def make_client(self) -> Any:
        import openai

        return openai.AsyncAzureOpenAI(azure_endpoint=self.url, api_key=KEY, api_version=API_VERSION, max_retries=0)

    async def call(self, messages: list[dict[str, Any]]) -> Any:
        return await self.client.chat.completions.create(model=MODEL, messages=messages)

    async def chunks(self, messages: list[dict[str, Any]]) -> AsyncIterator[Any]:
        async for chunk in await self.client.chat.completions.create(model=MODEL, messages=messages, stream=True):
            yield chunk

    async def close(self) -> None:
        await self.client.close()


class SdkAiohttp(Sdk):
    """openai's own Azure client over aiohttp, as its extra `aiohttp` has it."""

    def make_client(self) -> Any:
        import openai

        http = openai.DefaultAioHttpClient()
        return openai.AsyncAzureOpenAI(
            azure_endpoint=self.url, api_key=KEY, api_version=API_VERSION, max_retries=0, http_client=http
        )


class SyncSdk(Stack):
    """openai's own sync Azure client. It holds up the loop, so that it takes no part in cases with calls at once."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.client = self.make_client()

    def make_client(self) -> Any:
        import openai

        return openai.AzureOpenAI(azure_endpoint=self.url, api_key=KEY, api_version=API_VERSION, max_retries=0)

    async def call(self, messages: list[dict[str, Any]]) -> Any:
        return self.client.chat.completions.create(model=MODEL, messages=messages)

    async def chunks(self, messages: list[dict[str, Any]]) -> AsyncIterator[Any]:
        with self.client.chat.completions.create(model=MODEL, messages=messages, stream=True) as stream:
            for chunk in stream:
                yield chunk

    async def close(self) -> None:
        self.client.close()


class SyncCreate(SyncSdk):
    """The connector's sync client."""

    def make_client(self) -> Any:
        from azure_connector import AzureConnector

        return AzureConnector(azure_endpoint=self.url, api_key=KEY, api_version=API_VERSION, max_retries=0)


class Create(Sdk):
    """The connector, by the SDK's `create()`."""

    def make_client(self) -> Any:
        from azure_connector import AsyncAzureConnector

        return AsyncAzureConnector(azure_endpoint=self.url, api_key=KEY, max_retries=0)


class CreateHttpx(Create):
    """The connector over httpx, as it is without the extra `fast`."""

    def make_client(self) -> Any:
        import openai

        from azure_connector import AsyncAzureConnector

        return AsyncAzureConnector(
            azure_endpoint=self.url, api_key=KEY, max_retries=0, http_client=openai.DefaultAsyncHttpxClient()
        )


class Post(Create):
    """The connector, by `post()` with a ready body."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        import openai
        from openai.types.chat import ChatCompletion, ChatCompletionChunk

        self._type, self._stream = ChatCompletion, openai.AsyncStream[ChatCompletionChunk]

    def _body(self, messages: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        return {"model": MODEL, "messages": messages, **more}

    async def call(self, messages: list[dict[str, Any]]) -> Any:
        return await self.client.post("/chat/completions", body=self._body(messages), cast_to=self._type)

    async def chunks(self, messages: list[dict[str, Any]]) -> AsyncIterator[Any]:
        body = self._body(messages, stream=True)
        stream = await self.client.post(
            "/chat/completions", body=body, cast_to=self._type, stream=True, stream_cls=self._stream
        )
        async for chunk in stream:
            yield chunk


class SemanticKernel(Stack):
    """Semantic Kernel's AzureChatCompletion."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings

        self.service = self.make_service()
        self._settings = AzureChatPromptExecutionSettings
        self._histories: dict[int, Any] = {}

    def make_service(self) -> Any:
        import openai
        from semantic_kernel.connectors.ai.open_ai import AzureChatCompletion

        client = openai.AsyncAzureOpenAI(azure_endpoint=self.url, api_key=KEY, api_version=API_VERSION, max_retries=0)
        return AzureChatCompletion(deployment_name=MODEL, async_client=client)

    def _history(self, messages: list[dict[str, Any]]) -> Any:
        """The conversation as SK keeps it: a program builds it once, not for each call."""
        from semantic_kernel.contents import ChatHistory

        history = self._histories.get(len(messages))
        if history is None:
            history = self._histories[len(messages)] = ChatHistory()
            for message in messages:
                history.add_message(message)
        return history

    async def call(self, messages: list[dict[str, Any]]) -> Any:
        return await self.service.get_chat_message_content(self._history(messages), self._settings())

    async def chunks(self, messages: list[dict[str, Any]]) -> AsyncIterator[Any]:
        async for chunk in self.service.get_streaming_chat_message_content(self._history(messages), self._settings()):
            yield chunk

    async def close(self) -> None:
        await self.service.client.close()


class OurSemanticKernel(SemanticKernel):
    """The connector's service for Semantic Kernel."""

    def make_service(self) -> Any:
        from sk_azure_plugin import AzureConnectorChatCompletion

        return AzureConnectorChatCompletion(deployment_name=MODEL, endpoint=self.url, api_key=KEY)


class LiteLLM(Stack):
    """LiteLLM's `azure/`."""

    prefix = "azure"

    def __init__(self, url: str) -> None:
        os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        super().__init__(url)
        import litellm

        self._litellm = litellm
        litellm.suppress_debug_info = True
        self._how = {"model": f"{self.prefix}/{MODEL}", "api_base": url, "api_key": KEY, "api_version": API_VERSION}

    async def call(self, messages: list[dict[str, Any]]) -> Any:
        return await self._litellm.acompletion(messages=messages, **self._how)

    async def chunks(self, messages: list[dict[str, Any]]) -> AsyncIterator[Any]:
        async for chunk in await self._litellm.acompletion(messages=messages, stream=True, **self._how):
            yield chunk


class OurLiteLLM(LiteLLM):
    """The connector's prefix for LiteLLM."""

    prefix = "azure_connector"

    def __init__(self, url: str) -> None:
        super().__init__(url)
        import litellm_adapter

        litellm_adapter.register(self.prefix)


class LangChain(Stack):
    """LangChain's AzureChatOpenAI."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        from langchain_openai import AzureChatOpenAI

        self._model = AzureChatOpenAI(
            azure_endpoint=url, azure_deployment=MODEL, api_key=KEY, api_version=API_VERSION, max_retries=0
        )

    async def call(self, messages: list[dict[str, Any]]) -> Any:
        return await self._model.ainvoke(messages)

    async def chunks(self, messages: list[dict[str, Any]]) -> AsyncIterator[Any]:
        async for chunk in self._model.astream(messages):
            yield chunk
