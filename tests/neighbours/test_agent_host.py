"""The agent host: its provider from a table, by name, tools as `input_schema`, streamed over the Responses API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import openai
import pytest

from azure_connector.emulator import Emulator

Load = Callable[[str], ModuleType]
HOST = Path(__file__).parents[2] / "samples" / "agent_host"

# As published for a host of this kind: settings below the mapping are meant for the provider, and taken for that.
PUBLISHED = """
[[providers]]
name = "azure-openai"
[providers.config]
azure_endpoint = "{endpoint}"

# Authentication (use one of these)
api_key = "{key}"
# use_default_credential = true

api_version = "2025-04-01-preview"

[providers.config.deployment_mapping]
"gpt-5" = "team"
"gpt-5-codex" = "coder"

default_deployment = "gpt-4o"
default_model = "gpt-5"

max_tokens = 4096
temperature = 0.7
"""


@pytest.fixture
def config(azure: Emulator, tmp_path: Path) -> Path:
    file = tmp_path / "host.toml"
    file.write_text(PUBLISHED.format(endpoint=azure.endpoint, key=azure.api_key))
    return file


def test_it_stays_short() -> None:
    assert len((HOST / "host.py").read_text(encoding="utf-8").splitlines()) <= 120


async def test_the_provider_of_the_table_answers_with_its_tool(azure: Emulator, sample: Load, capsys: Any) -> None:
    await sample("agent_host/host").main(["How is the weather in Oslo?"])
    call, answer = capsys.readouterr().out.splitlines()
    assert call == '  get_weather({"city":"Oslo"}) -> Oslo: 21 degrees and sunny'
    assert "Oslo: 21 degrees and sunny" in answer
    assert [seen.operation for seen in azure.requests] == ["/responses"] * 2
    assert all(seen.body["stream"] for seen in azure.requests)
    sent = azure.requests.last.body["tools"][0]
    assert (sent["type"], sent["name"], "parameters" in sent, "input_schema" in sent) == (
        "function",
        "get_weather",
        True,
        False,
    )


async def test_the_published_table_is_read_as_it_stands(azure: Emulator, sample: Load, config: Path) -> None:
    async with sample("agent_host/host").Session(config, {}) as session:
        for model, deployment in {"gpt-5": "team", "gpt-5-codex": "coder", "claude-opus-4-1": "gpt-4o"}.items():
            assert "Hello" in await session.send_message("Say Hello there", provider="azure-openai", model=model)
            assert azure.requests.last.body["model"] == deployment
        await session.send_message("Say hello")
    assert azure.requests.last.body["model"] == "team"
    assert {seen.query["api-version"] for seen in azure.requests} == {"2025-04-01-preview"}
    assert azure.requests[0].body["max_output_tokens"] == 4096


@pytest.mark.parametrize("table", ["[provider.config]", "[providers.config]"])
async def test_a_single_provider_without_a_name(azure: Emulator, sample: Load, tmp_path: Path, table: str) -> None:
    config = tmp_path / "host.toml"
    config.write_text(f'{table}\nazure_endpoint = "{azure.endpoint}"\napi_key = "{azure.api_key}"\n')
    async with sample("agent_host/host").Session(config, {}) as session:
        assert "hello" in await session.send_message("Say hello", provider="azure-openai", model="team")


async def test_the_conversation_goes_on_and_arrives_in_pieces(azure: Emulator, sample: Load, config: Path) -> None:
    host = sample("agent_host/host")
    async with host.Session(config, {"get_weather": lambda city: f"{city}: 5 degrees"}) as session:
        told: list[tuple[str, ...]] = []
        asked: dict[str, Any] = {"tools": [host.WEATHER], "on_call": lambda *call: told.append(call)}
        first = [piece async for piece in session.stream_message("How is the weather in Oslo?", **asked)]
        await session.send_message("Say thanks", tools=[host.WEATHER])
    assert told == [("get_weather", '{"city":"Oslo"}', "Oslo: 5 degrees")]
    assert len(first) > 3
    assert "Oslo: 5 degrees" in "".join(first)
    kinds = [item.get("type", item.get("role")) for item in azure.requests.last.body["input"]]
    assert kinds[-1] in {"user", "message"}
    assert {"function_call", "function_call_output"} <= set(kinds)


@pytest.mark.parametrize("functions", [{}, {"get_weather": lambda town: town}], ids=["unknown", "wrong arguments"])
async def test_what_a_tool_does_wrong_is_told_to_the_model(
    azure: Emulator, sample: Load, config: Path, functions: Any
) -> None:
    host = sample("agent_host/host")
    async with host.Session(config, functions) as session:
        assert await session.send_message("How is the weather in Oslo?", tools=[host.WEATHER])
    (result,) = [one for one in azure.requests.last.body["input"] if one.get("type") == "function_call_output"]
    assert "Error" in result["output"]


async def test_another_provider_of_the_table(azure: Emulator, sample: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "unused")
    async with sample("agent_host/host").Session(HOST / "host.toml", {}) as session:
        client, model = await session.provider("openai")
        assert (type(client), model) == (openai.AsyncOpenAI, "gpt-5")
        assert (await session.provider("openai"))[0] is client
        with pytest.raises(LookupError, match=r"no provider called 'other', only azure-openai, openai"):
            await session.provider("other")


async def test_another_provider_answers(azure: Emulator, sample: Load, tmp_path: Path) -> None:
    config = tmp_path / "host.toml"
    config.write_text(
        f'[[providers]]\nname = "stock"\n[providers.config]\nbase_url = "{azure.endpoint}/openai/v1"\n'
        f'api_key = "{azure.api_key}"\ndefault_model = "team"\n'
    )
    async with sample("agent_host/host").Session(config, {}) as session:
        assert "hello" in await session.send_message("Say hello", provider="stock")
    assert azure.requests.last.body["model"] == "team"


async def test_stock_sends_input_schema_as_it_is_and_is_refused(azure: Emulator, sample: Load) -> None:
    stock = openai.AsyncAzureOpenAI(
        azure_endpoint=azure.endpoint, api_key=azure.api_key, api_version="2025-04-01-preview"
    )
    async with stock:
        with pytest.raises(openai.BadRequestError, match="tools"):
            await stock.responses.create(model="gpt-5", input="Hi", tools=[sample("agent_host/host").WEATHER])
