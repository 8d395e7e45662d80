"""Microsoft's Agent Framework on the connector."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import openai
import pytest

from azure_connector import AsyncAzureConnector
from azure_connector.emulator import Emulator
from tests.neighbours.stock import stock_async_client
from tests.support.frameworks import needed

frameworks = needed("agent_framework.openai")


async def test_both_clients_call_the_tool_and_stream(
    azure: Emulator, sample: Callable[[str], ModuleType], capsys: Any
) -> None:
    await sample("neighbours/agent_framework_agent").main()
    shown = capsys.readouterr().out.splitlines()
    assert [line.count("Oslo: 21 degrees and sunny") for line in shown] == [1, 1]
    assert [seen.operation for seen in azure.requests] == ["/chat/completions"] * 2 + ["/responses"] * 2


async def test_stock_fails_on_a_temperature_that_the_connector_leaves_out(azure: Emulator) -> None:
    from agent_framework import Agent
    from agent_framework.exceptions import ChatClientException
    from agent_framework.openai import OpenAIChatCompletionClient

    async def ask(client: openai.AsyncOpenAI, model: str) -> str:
        agent = Agent(OpenAIChatCompletionClient(model=model, async_client=client))
        return (await agent.run("Say hello to Oslo", options={"temperature": 0.2})).text

    async with stock_async_client(azure) as stock:
        with pytest.raises(ChatClientException, match="temperature"):
            await ask(stock, "team")
    async with AsyncAzureConnector(deployment_mapping={"gpt-5": "team"}) as connector:
        assert await ask(connector, "gpt-5") == "hello to Oslo"
    assert "temperature" not in azure.requests.last.body
