"""What neighbours ask beside chat: compaction, images by a tool, realtime; the deployments on the wire."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.emulator import Deployment, Emulator, Reply
from tests.support.frameworks import needed

frameworks = needed("agents")

HEADER = "x-ms-oai-image-generation-deployment"
MAPPING = {"gpt-5": "team", "gpt-image-1": "pictures", "gpt-realtime": "voice"}
COMPACTED = {
    "id": "resp_c",
    "object": "response.compaction",
    "created_at": 1,
    "output": [{"id": "cmp_1", "type": "compaction", "encrypted_content": "sealed"}],
    "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2},
}
ANSWER = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "status": "completed",
    "model": "gpt-5",
    "tools": [],
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "output": [
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "A fjord", "annotations": []}],
        }
    ],
    "usage": {
        "input_tokens": 1,
        "output_tokens": 1,
        "total_tokens": 2,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    },
}


async def test_the_agents_sdks_compaction_session(azure: Emulator) -> None:
    from agents import Agent, OpenAIResponsesModel, RunConfig, Runner, SQLiteSession
    from agents.memory import OpenAIResponsesCompactionSession

    azure.script(Reply(body=COMPACTED), path="/openai/v1/responses/compact")
    async with AsyncAzureConnector(deployment_mapping=MAPPING) as client:
        below = SQLiteSession(uuid.uuid4().hex)
        session = OpenAIResponsesCompactionSession(
            "s", below, client=client, model="gpt-5", compaction_mode="input", should_trigger_compaction=lambda _: True
        )
        model = OpenAIResponsesModel("gpt-5", client)
        config = RunConfig(model=model, tracing_disabled=True)
        await Runner.run(Agent("Guide"), "Say hello to Oslo", run_config=config, session=session)
        kept = await below.get_items()
    asked, compacted = azure.requests
    assert (asked.path, compacted.path) == ("/openai/v1/responses", "/openai/v1/responses/compact")
    assert asked.body["model"] == compacted.body["model"] == "team"
    assert [item.get("type") for item in kept] == ["compaction"]


async def _agents(client: AsyncAzureConnector) -> None:
    from agents import Agent, ImageGenerationTool, OpenAIResponsesModel, RunConfig, Runner

    tool = ImageGenerationTool({"type": "image_generation", "model": "gpt-image-1"})
    config = RunConfig(model=OpenAIResponsesModel("gpt-5", client), tracing_disabled=True)
    await Runner.run(Agent("Painter", tools=[tool]), "Paint a fjord", run_config=config)


async def _langchain(client: AsyncAzureConnector) -> None:
    from langchain_openai import ChatOpenAI

    with AzureConnector(deployment_mapping=MAPPING) as sync:
        how: dict[str, Any] = {"client": sync.chat.completions, "root_client": sync, "root_async_client": client}
        model = ChatOpenAI(
            model="gpt-5", api_key="unused", async_client=client.chat.completions, use_responses_api=True, **how
        )
        await model.bind_tools([{"type": "image_generation", "model": "gpt-image-1"}]).ainvoke("Paint a fjord")


async def _pydantic_ai(client: AsyncAzureConnector) -> None:
    from pydantic_ai import Agent as PydanticAgent
    from pydantic_ai.models.openai import OpenAIResponsesModel as Model
    from pydantic_ai.models.openai import OpenAIResponsesModelSettings
    from pydantic_ai.providers.openai import OpenAIProvider

    tool = {"type": "image_generation", "model": "gpt-image-1"}
    settings = OpenAIResponsesModelSettings(openai_native_tools=[tool])
    await PydanticAgent(Model("gpt-5", provider=OpenAIProvider(openai_client=client)), model_settings=settings).run(
        "Paint a fjord"
    )


async def _agent_framework(client: AsyncAzureConnector) -> None:
    from agent_framework import Agent as FrameworkAgent
    from agent_framework.openai import OpenAIChatClient

    tool = OpenAIChatClient.get_image_generation_tool(model="gpt-image-1")
    await FrameworkAgent(OpenAIChatClient(model="gpt-5", async_client=client), "Paint.", tools=[tool]).run("A fjord")


@pytest.mark.parametrize("run", [_agents, _langchain, _pydantic_ai, _agent_framework])
async def test_the_image_tool_gets_its_deployment(azure: Emulator, run: Any) -> None:
    azure.script(Reply(body=ANSWER))
    async with AsyncAzureConnector(deployment_mapping=MAPPING) as client:
        await run(client)
    sent = azure.requests.last
    assert sent.path == "/openai/v1/responses"
    assert sent.body["model"] == "team"
    assert sent.headers[HEADER] == "pictures"


async def test_realtime_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    from agents.realtime import RealtimeAgent, RealtimeRunner

    with Emulator([Deployment("voice", "gpt-realtime")]) as azure:
        options = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key, "deployment_mapping": MAPPING}
        async with AsyncAzureConnector(**options) as client:
            runner = RealtimeRunner(RealtimeAgent(name="Guide"))
            url = f"{client.websocket_base_url}/realtime?model={client.realtime_deployment('gpt-realtime')}"
            settings = {"output_modalities": ["text"]}
            config = {"url": url, "headers": client.auth_headers, "initial_model_settings": settings}
            session = await runner.run(model_config=config)
            async with session:
                await session.send_message("Say hello to Oslo")
                async for event in session:
                    if event.type in ("agent_end", "error"):
                        break
        assert event.type == "agent_end", event
        assert azure.requests.last.url == "/openai/v1/realtime?model=voice"
        assert azure.requests.last.headers["api-key"] == azure.api_key
