"""LangChain's `ChatOpenAI` on the connector."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import openai
import pytest

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.emulator import Emulator
from tests.neighbours.stock import VERSION
from tests.support.frameworks import needed

frameworks = needed("langchain_openai")


def test_streams_calls_tools_gives_objects_and_embeds(
    azure: Emulator, sample: Callable[[str], ModuleType], capsys: Any
) -> None:
    sample("neighbours/langchain_chat").main()
    shown = capsys.readouterr().out.splitlines()
    assert shown == ["hello to Oslo", "{'city': 'Oslo'}", "city='Oslo' country='Norway'", "1536"]
    assert {seen.status for seen in azure.requests} == {200}


async def test_the_async_side(azure: Emulator) -> None:
    from langchain_openai import ChatOpenAI

    async with AsyncAzureConnector() as connector:
        chat = connector.chat.completions
        model = ChatOpenAI(model="gpt-5", api_key="unused", async_client=chat, root_async_client=connector)
        assert (await model.ainvoke("Say hello to Oslo")).text == "hello to Oslo"
        assert "".join([chunk.text async for chunk in model.astream("Say hello to Oslo")]) == "hello to Oslo"


def test_stock_cannot_chat_with_a_model_that_speaks_only_responses(azure: Emulator) -> None:
    from langchain_openai import AzureChatOpenAI, ChatOpenAI

    place = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key, "api_version": VERSION}
    stock = AzureChatOpenAI(azure_deployment="coder", **place)
    with pytest.raises(openai.BadRequestError, match="OperationNotSupported"):
        stock.invoke("Say hello to Oslo")
    stock.root_client.close()
    mapping = {"gpt-5-codex": "coder"}
    with AzureConnector(deployment_mapping=mapping) as connector:
        chat = connector.chat.completions
        model = ChatOpenAI(model="gpt-5-codex", api_key="unused", client=chat, use_responses_api=False)
        assert model.invoke("Say hello to Oslo").text == "hello to Oslo"
    assert azure.requests.last.operation == "/responses"
