"""LlamaIndex's `OpenAILike` on the connector."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import openai
import pytest

from azure_connector import AzureConnector
from azure_connector.emulator import Emulator
from tests.neighbours.stock import stock_client
from tests.support.frameworks import needed

frameworks = needed("llama_index.llms.openai_like")


async def test_streams_and_answers_asynchronously(
    azure: Emulator, sample: Callable[[str], ModuleType], capsys: Any
) -> None:
    await sample("neighbours/llama_index_chat").main()
    assert capsys.readouterr().out.splitlines() == ["hello to Oslo", "6 * 7 = 42"]


def test_stock_fails_on_the_temperature_that_llama_index_always_sends(azure: Emulator) -> None:
    from llama_index.core.llms import ChatMessage
    from llama_index.llms.openai_like import OpenAILike

    def ask(client: openai.OpenAI, model: str) -> str | None:
        llm = OpenAILike(model=model, api_key="unused", is_chat_model=True, openai_client=client)
        return llm.chat([ChatMessage("Say hello to Oslo")]).message.content

    with stock_client(azure) as stock, pytest.raises(openai.BadRequestError, match="temperature"):
        ask(stock, "team")
    with AzureConnector(deployment_mapping={"gpt-5": "team"}) as connector:
        assert ask(connector, "gpt-5") == "hello to Oslo"
    assert "temperature" not in azure.requests.last.body
