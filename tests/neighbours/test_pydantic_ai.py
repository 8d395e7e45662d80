"""pydantic-ai on the connector."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from azure_connector import AsyncAzureConnector
from azure_connector.emulator import Emulator
from tests.neighbours.stock import stock_async_client
from tests.support.frameworks import needed

frameworks = needed("pydantic_ai.models.openai")


async def test_streams_the_answer_of_a_tool_and_gives_objects(
    azure: Emulator, sample: Callable[[str], ModuleType], capsys: Any
) -> None:
    await sample("neighbours/pydantic_ai_agent").main()
    shown = capsys.readouterr().out.splitlines()
    assert "Oslo: 21 degrees and sunny" in shown[0]
    assert shown[1] == "city='Oslo' country='Norway'"


async def test_stock_takes_its_rules_from_the_deployments_name(azure: Emulator) -> None:
    from pydantic_ai import Agent, ModelHTTPError
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.azure import AzureProvider
    from pydantic_ai.providers.openai import OpenAIProvider

    cool: Any = {"temperature": 0.2}
    async with stock_async_client(azure) as stock:
        model = OpenAIChatModel("team", provider=AzureProvider(openai_client=stock))
        with pytest.raises(ModelHTTPError, match="temperature"):
            await Agent(model, model_settings=cool).run("Say hello to Oslo")
    async with AsyncAzureConnector(deployment_mapping={"team": {"deployment": "team", "model": "gpt-5"}}) as connector:
        model = OpenAIChatModel("team", provider=OpenAIProvider(openai_client=connector))
        assert (await Agent(model, model_settings=cool).run("Say hello to Oslo")).output == "hello to Oslo"
    assert "temperature" not in azure.requests.last.body
