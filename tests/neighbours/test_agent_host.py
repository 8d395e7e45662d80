"""The agent host: its provider from a table, tools as `input_schema`, over the Responses API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import openai
import pytest

from azure_connector.emulator import Emulator

Load = Callable[[str], ModuleType]


async def test_the_provider_of_the_table_answers_with_its_tool(azure: Emulator, sample: Load, capsys: Any) -> None:
    await sample("agent_host/host").main(["How is the weather in Oslo?"])
    call, answer = capsys.readouterr().out.splitlines()
    assert call == '  get_weather({"city":"Oslo"}) -> Oslo: 21 degrees and sunny'
    assert "Oslo: 21 degrees and sunny" in answer
    assert [seen.operation for seen in azure.requests] == ["/responses"] * 2
    sent = azure.requests.last.body["tools"][0]
    assert (sent["type"], sent["name"], "parameters" in sent, "input_schema" in sent) == (
        "function",
        "get_weather",
        True,
        False,
    )


async def test_a_table_may_map_models_to_deployments(azure: Emulator, sample: Load, tmp_path: Path) -> None:
    config = tmp_path / "host.toml"
    config.write_text(
        '[[providers]]\nname = "azure-openai"\n\n[providers.config]\n'
        f'azure_endpoint = "{azure.endpoint}"\napi_key = "{azure.api_key}"\ndefault_model = "gpt-5"\n\n'
        '[providers.config.deployment_mapping]\n"gpt-5" = "team"\n'
    )
    await sample("agent_host/host").main(["Say hello", "--config", str(config)])
    assert azure.requests.last.body["model"] == "team"


async def test_another_provider_of_the_table(azure: Emulator, sample: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "unused")
    host = sample("agent_host/host")
    client, model = host.provider(Path(str(host.__file__)).with_name("host.toml"), "openai")
    assert (type(client), model) == (openai.AsyncOpenAI, "gpt-5")
    with pytest.raises(SystemExit, match=r"no provider called 'other', only azure-openai, openai"):
        host.provider(Path(str(host.__file__)).with_name("host.toml"), "other")


async def test_stock_sends_input_schema_as_it_is_and_is_refused(azure: Emulator, sample: Load) -> None:
    stock = openai.AsyncAzureOpenAI(
        azure_endpoint=azure.endpoint, api_key=azure.api_key, api_version="2025-04-01-preview"
    )
    async with stock:
        with pytest.raises(openai.BadRequestError, match="tools"):
            await sample("agent_host/host").run(stock, "gpt-5", "How is the weather in Oslo?")
