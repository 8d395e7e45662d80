"""Right uses: no type checker complains of any line. `test_types.py` has them read by pyright and by mypy."""

from __future__ import annotations

from typing import Any

import openai
from azure.identity import DefaultAzureCredential
from azure.identity.aio import DefaultAzureCredential as AsyncDefaultAzureCredential
from openai import NOT_GIVEN, AsyncStream, Stream
from openai.resources.realtime.realtime import RealtimeConnectionManager
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ParsedChatCompletion
from openai.types.responses import ParsedResponse, Response
from pydantic import BaseModel, SecretStr

import litellm_adapter
from azure_connector import AsyncAzureConnector, AzureConnector, ConnectorSettings, azure_info
from sk_azure_plugin import AzureConnectorChatCompletion, AzureConnectorTextEmbedding


def get_weather(city: str) -> str:
    return city


async def token() -> str:
    return "token"


ENDPOINT = "https://r.openai.azure.com"
MESSAGES: list[Any] = [{"role": "user", "content": "Hello"}]
DEFINITION: dict[str, Any] = {"type": "function", "name": "get_weather", "parameters": {}}


def constructors() -> None:
    AzureConnector()
    AzureConnector(azure_endpoint=ENDPOINT, api_key="k", api_version="2024-10-21")
    AzureConnector(azure_endpoint=None, api_key=None, organization=None, admin_api_key=None, workload_identity=None)
    AzureConnector(base_url=f"{ENDPOINT}/openai/v1", azure_ad_token=SecretStr("t"), timeout=openai.Timeout(3))
    AzureConnector(endpoint=ENDPOINT, ad_token_provider=lambda: "token", azure_deployment="chat")
    AzureConnector(
        credential=DefaultAzureCredential(), deployment_mapping={"gpt-5": ["a", {"deployment": "b", "weight": 2}]}
    )
    AzureConnector(resource_name="r", websocket_base_url="wss://r.openai.azure.com/openai/v1", webhook_secret="whsec_x")
    AzureConnector(
        settings=ConnectorSettings(max_attempts=3), timeout=NOT_GIVEN, max_retries=2, default_query={"a": "b"}
    )
    AzureConnector(resources={"west": {"azure_endpoint": ENDPOINT, "api_key": "k"}}, trusted_hosts=["a"])
    AsyncAzureConnector(credential=AsyncDefaultAzureCredential(), azure_ad_token_provider=token, api_key=token)
    litellm_adapter.register("azure_mine", azure_endpoint=ENDPOINT, timeout=30, deployment_name="d")
    AzureConnectorChatCompletion(deployment_name="d", endpoint=ENDPOINT, max_attempts=3)
    AzureConnectorTextEmbedding(
        model="text-embedding-3-small", connector=AsyncAzureConnector(), env_file_encoding="utf-8"
    )


def is_an_azure_openai(client: AzureConnector) -> openai.OpenAI:
    copied: AzureConnector = client.with_options(timeout=3, deployment_name="d", tenant_id="t")
    return copied.copy(base_url=client.base_url, max_retries=0, set_default_headers={})


def calls(client: AzureConnector) -> None:
    reply: ChatCompletion = client.chat.completions.create(model="gpt-5", messages=MESSAGES, tools=[get_weather])
    reply = client.chat.completions.create(
        model="gpt-5", messages=[{"role": "user", "content": "Hello"}], temperature=NOT_GIVEN or 0.5, stop=["a"]
    )
    client.chat.completions.create(
        model="gpt-5",
        messages=MESSAGES,
        tools=[get_weather, DEFINITION, {"type": "function", "function": {"name": "x", "parameters": {}}}],
        tool_choice="auto",
        extra_headers={"a": "b"},
        timeout=3,
    )
    stream: Stream[ChatCompletionChunk] = client.chat.completions.create(model="m", messages=MESSAGES, stream=True)
    print(azure_info(reply), [chunk.choices for chunk in stream])
    response: Response = client.responses.create(model="gpt-5", input="Hello", tools=[get_weather], store=False)
    print(response.output_text)
    manager: RealtimeConnectionManager = client.realtime.connect(model="gpt-realtime", extra_query={})
    with manager as connection:
        connection.response.create()


class City(BaseModel):
    name: str


def parsed(client: AzureConnector) -> City | None:
    reply: ParsedChatCompletion[City] = client.chat.completions.parse(
        model="gpt-5", messages=MESSAGES, tools=[get_weather, City, DEFINITION], response_format=City, temperature=0
    )
    plain: ParsedChatCompletion[None] = client.chat.completions.parse(model="m", messages=MESSAGES)
    with client.chat.completions.stream(
        model="m", messages=MESSAGES, tools=[get_weather], response_format=City
    ) as stream:
        last: City | None = stream.get_final_completion().choices[0].message.parsed
    with client.responses.stream(model="m", input="Hello", tools=[get_weather], text_format=City) as events:
        print(plain, last, events.get_final_response().output_parsed, client.responses.stream(response_id="resp_1"))
    response: ParsedResponse[City] = client.responses.parse(
        model="m", input="Hello", tools=[get_weather], text_format=City, store=False
    )
    return reply.choices[0].message.parsed or response.output_parsed


async def asynchronous(client: AsyncAzureConnector) -> None:
    reply: ChatCompletion = await client.chat.completions.create(model="m", messages=MESSAGES, tools=[get_weather])
    stream: AsyncStream[ChatCompletionChunk] = await client.chat.completions.create(
        model="m", messages=MESSAGES, stream=True, tools=[get_weather]
    )
    parsed: ParsedChatCompletion[City] = await client.chat.completions.parse(
        model="m", messages=MESSAGES, tools=[get_weather], response_format=City
    )
    async with client.chat.completions.stream(model="m", messages=MESSAGES, tools=[get_weather]) as events:
        print(parsed, (await events.get_final_completion()).choices)
    async with client.responses.stream(model="m", input="Hello", tools=[get_weather]) as others:
        print(await others.get_final_response())
    read: ParsedResponse[City] = await client.responses.parse(model="m", input="Hello", tools=[City], text_format=City)
    print(read.output_parsed)
    async with client.realtime.connect(model="gpt-realtime") as connection:
        await connection.response.create()
    print(reply, [chunk async for chunk in stream])
