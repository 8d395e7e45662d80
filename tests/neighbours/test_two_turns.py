"""Two turns with tools on reasoning models, over the Responses API: items of the first turn are replayed in the second.

The emulator is strict about replayed items: ids, reasoning without its content, `status`, annotations.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.emulator import Deployment, Emulator

MODELS = ("gpt-5-mini", "gpt-5.1", "o4-mini", "house")
WEATHER = "Get the weather in Oslo"
AGAIN = "Get the weather in Bergen"


@pytest.fixture(scope="module")
def resource() -> Iterator[Emulator]:
    with Emulator([*map(Deployment, MODELS[:3]), Deployment("house", "gpt-5-mini")]) as azure:
        yield azure


@pytest.fixture
def azure(resource: Emulator) -> Emulator:
    resource.clear()
    return resource


def options(azure: Emulator) -> dict[str, Any]:
    return {"azure_endpoint": azure.endpoint, "api_key": azure.api_key}


def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return f"{city}: 21 degrees and sunny"


def check(azure: Emulator, model: str, *, refused: int = 0) -> None:
    """Every turn called the tool over the Responses API; a model of which nothing is known may teach its rules."""
    statuses = [request.status for request in azure.requests]
    assert {request.operation for request in azure.requests} == {"/responses"}
    assert statuses.count(200) >= 4
    assert statuses.count(400) <= (3 if model == "house" else refused)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("encrypted", [True, False])
async def test_pydantic_ai(azure: Emulator, model: str, encrypted: bool) -> None:
    pytest.importorskip("pydantic_ai")
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    settings: Any = {"openai_store": False, "openai_reasoning_effort": "low", "openai_reasoning_summary": "auto"}
    if encrypted:
        settings["extra_body"] = {"include": ["reasoning.encrypted_content"]}
    async with AsyncAzureConnector(**options(azure)) as client:
        agent = Agent(
            OpenAIResponsesModel(model, provider=OpenAIProvider(openai_client=client)), model_settings=settings
        )
        agent.tool_plain(get_weather)
        first = await agent.run(WEATHER)
        second = await agent.run(AGAIN, message_history=first.all_messages())
    assert "sunny" in first.output
    assert "sunny" in second.output
    check(azure, model)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("encrypted", [True, False])
async def test_agents_sdk(azure: Emulator, model: str, encrypted: bool) -> None:
    pytest.importorskip("agents")
    from agents import Agent, ModelSettings, OpenAIResponsesModel, RunConfig, Runner, function_tool

    include: Any = ["reasoning.encrypted_content"] if encrypted else None
    settings = ModelSettings(store=False, response_include=include)
    async with AsyncAzureConnector(**options(azure)) as client:
        responses = OpenAIResponsesModel(model=model, openai_client=client)
        config = RunConfig(model=responses, model_settings=settings, tracing_disabled=True)
        agent = Agent("Guide", tools=[function_tool(get_weather)])
        first = await Runner.run(agent, WEATHER, run_config=config)
        talk: Any = [*first.to_input_list(), {"role": "user", "content": AGAIN}]
        second = await Runner.run(agent, talk, run_config=config)
    assert "sunny" in str(first.final_output)
    assert "sunny" in str(second.final_output)
    check(azure, model)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("encrypted", [True, False])
def test_langchain(azure: Emulator, model: str, encrypted: bool) -> None:
    pytest.importorskip("langchain_openai")
    from langchain_core.messages import HumanMessage, ToolMessage
    from langchain_core.tools import tool
    from langchain_openai import ChatOpenAI

    more: dict[str, Any] = {"include": ["reasoning.encrypted_content"]} if encrypted else {}
    with AzureConnector(**options(azure)) as client:
        chat = ChatOpenAI(
            model=model, api_key="unused", client=client.chat.completions, root_client=client,
            use_responses_api=True, store=False, output_version="responses/v1", **more,
        ).bind_tools([tool(get_weather)])  # fmt: skip
        talk: list[Any] = []
        for question in (WEATHER, AGAIN):
            talk.append(HumanMessage(question))
            answer = chat.invoke(talk)
            talk.append(answer)
            assert answer.tool_calls
            talk += [ToolMessage(get_weather(**call["args"]), tool_call_id=call["id"]) for call in answer.tool_calls]
            talk.append(chat.invoke(talk))
            assert "sunny" in talk[-1].text
    check(azure, model)
