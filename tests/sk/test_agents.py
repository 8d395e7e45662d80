"""Agents and orchestrations of Semantic Kernel on our service, over HTTP."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from semantic_kernel import Kernel
from semantic_kernel.agents import (
    AgentGroupChat,
    AgentRegistry,
    AzureResponsesAgent,
    ChatCompletionAgent,
    ChatHistoryAgentThread,
    ConcurrentOrchestration,
    GroupChatOrchestration,
    HandoffOrchestration,
    MagenticOrchestration,
    OpenAIResponsesAgent,
    OrchestrationHandoffs,
    RoundRobinGroupChatManager,
    SequentialOrchestration,
    StandardMagenticManager,
)
from semantic_kernel.agents.runtime import InProcessRuntime
from semantic_kernel.agents.strategies import DefaultTerminationStrategy
from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings
from semantic_kernel.contents import ChatHistorySummarizationReducer, ChatHistoryTruncationReducer
from semantic_kernel.functions import KernelArguments

from azure_connector.emulator import Emulator, Reply
from sk_azure_plugin import AzureConnectorChatCompletion
from tests.sk.saying import NEEDS_AGENTS, Weather, chunk, history, stream
from tests.support.waiting import PATIENCE

pytestmark = NEEDS_AGENTS
PLAIN = AzureChatPromptExecutionSettings()


def said(text: str) -> Reply:
    return stream(chunk(role="assistant", content=text), chunk("stop"))


def agent(service: Any, name: str, instructions: str = "Answer briefly.", **more: Any) -> ChatCompletionAgent:
    return ChatCompletionAgent(service=service, name=name, instructions=instructions, description=instructions, **more)


@pytest_asyncio.fixture
async def runtime() -> AsyncIterator[InProcessRuntime]:
    runtime = InProcessRuntime()
    runtime.start()
    yield runtime
    await runtime.stop_when_idle()


async def outcome(orchestration: Any, task: str, runtime: InProcessRuntime) -> Any:
    result = await orchestration.invoke(task=task, runtime=runtime)
    return await result.get(timeout=PATIENCE)


# One agent.


async def test_an_agent_keeps_a_thread_and_calls_its_plugin(
    azure: Emulator, service: AzureConnectorChatCompletion, weather: Weather
) -> None:
    expert = agent(service, "expert", plugins=[weather])
    answer = await expert.get_response(messages="What is the weather in Oslo?")
    assert "21 degrees in Oslo" in str(answer)
    again = await expert.get_response(messages="Say goodbye", thread=answer.thread)
    assert again.thread is answer.thread
    roles = [message["role"] for message in azure.requests.last.body["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user"]
    assert weather.asked == ["Oslo"]


async def test_an_agent_streams_over_its_plugin(
    azure: Emulator, service: AzureConnectorChatCompletion, weather: Weather
) -> None:
    expert, thread = agent(service, "expert", plugins=[weather]), ChatHistoryAgentThread()
    pieces = [str(piece) async for piece in expert.invoke_stream("What is the weather in Oslo?", thread=thread)]
    assert "21 degrees in Oslo" in "".join(pieces)
    assert len(pieces) > 3
    assert all(request.body["stream"] for request in azure.requests)
    assert [message.role.value for message in thread._chat_history.messages][:1] == ["user"]


async def test_agents_talk_in_a_group_chat(azure: Emulator, service: AzureConnectorChatCompletion) -> None:
    members: Any = [agent(service, "writer"), agent(service, "critic")]
    chat = AgentGroupChat(agents=members, termination_strategy=DefaultTerminationStrategy(maximum_iterations=2))
    await chat.add_chat_message("Say hello")
    heard = [message async for message in chat.invoke()]
    assert [message.name for message in heard] == ["writer", "critic"]
    assert azure.requests.last.body["messages"][-1]["name"] == "writer"


# Orchestrations, which always stream.


async def test_sequential(azure: Emulator, service: Any, runtime: InProcessRuntime) -> None:
    azure.script(said("A draft."), said("A polished text."))
    orchestration = SequentialOrchestration(members=[agent(service, "writer"), agent(service, "editor")])
    assert str(await outcome(orchestration, "Write", runtime)) == "A polished text."
    assert "A draft." in azure.requests.last.body["messages"][-1]["content"]


async def test_concurrent(azure: Emulator, service: Any, runtime: InProcessRuntime) -> None:
    orchestration = ConcurrentOrchestration(members=[agent(service, "one"), agent(service, "two")])
    answers = await outcome(orchestration, "Say yes", runtime)
    assert [str(answer) for answer in answers] == ["yes", "yes"]
    assert len(azure.requests) == 2


async def test_group_chat(azure: Emulator, service: Any, runtime: InProcessRuntime) -> None:
    azure.script(said("First."), said("Second."))
    orchestration = GroupChatOrchestration(
        members=[agent(service, "one"), agent(service, "two")], manager=RoundRobinGroupChatManager(max_rounds=2)
    )
    assert str(await outcome(orchestration, "Discuss", runtime)) == "Second."
    assert len(azure.requests) == 2


async def test_handoff(azure: Emulator, service: Any, runtime: InProcessRuntime, weather: Weather) -> None:
    desk, expert = agent(service, "desk"), agent(service, "expert", plugins=[weather])
    handoffs = OrchestrationHandoffs().add("desk", "expert", "Transfer questions about the weather to the expert")
    asked = {
        "index": 0,
        "id": "c1",
        "type": "function",
        "function": {"name": "Handoff-transfer_to_expert", "arguments": "{}"},
    }
    done = {
        "index": 0,
        "id": "c2",
        "type": "function",
        "function": {"name": "Handoff-complete_task", "arguments": '{"task_summary": "told"}'},
    }
    azure.script(
        stream(chunk(role="assistant", tool_calls=[asked]), chunk("tool_calls")),
        stream(chunk(role="assistant", tool_calls=[done]), chunk("tool_calls")),
    )
    orchestration = HandoffOrchestration(members=[desk, expert], handoffs=handoffs)
    await outcome(orchestration, "What is the weather in Oslo?", runtime)
    first, second = azure.requests
    assert "Handoff-transfer_to_expert" in [tool["function"]["name"] for tool in first.body["tools"]]
    assert "Weather-get_weather" in [tool["function"]["name"] for tool in second.body["tools"]]


async def test_magentic(azure: Emulator, service: Any, runtime: InProcessRuntime) -> None:
    def ledger(*, done: bool) -> Reply:
        flags = {"is_request_satisfied": done, "is_in_loop": False, "is_progress_being_made": True}
        items: dict[str, Any] = {name: {"reason": "so", "answer": flag} for name, flag in flags.items()}
        items["next_speaker"] = {"reason": "so", "answer": "researcher"}
        items["instruction_or_question"] = {"reason": "so", "answer": "Find it."}
        return whole_reply(json.dumps(items))

    def whole_reply(text: str) -> Reply:
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        return Reply(body={"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})

    manager = AzureConnectorChatCompletion(model="gpt-4.1", connector=service.client)
    azure.script(
        whole_reply("facts"),
        whole_reply("plan"),
        ledger(done=False),
        ledger(done=True),
        whole_reply("The final answer."),
        deployment="gpt-4.1",
    )
    azure.script(said("Found."), deployment="gpt-4o")
    orchestration = MagenticOrchestration(
        members=[agent(service, "researcher")], manager=StandardMagenticManager(chat_completion_service=manager)
    )
    assert str(await outcome(orchestration, "Research", runtime)) == "The final answer."
    schemas = [request.body.get("response_format") for request in azure.requests]
    assert any(schema and schema["json_schema"]["name"] == "ProgressLedger" for schema in schemas)


# Prompts, templates and declarations.


@pytest.mark.parametrize(
    ("template", "format_"),
    [
        ("Say {{$word}}", "semantic-kernel"),
        ("Say {{word}}", "handlebars"),
        ("Say {{ word }}", "jinja2"),
        ('<message role="system">Be brief.</message><message role="user">Say {{word}}</message>', "handlebars"),
    ],
)
async def test_prompt_functions_in_every_template_language(
    azure: Emulator, kernel: Kernel, template: str, format_: Any
) -> None:
    function = kernel.add_function(
        plugin_name="words",
        function_name="say",
        prompt=template,
        template_format=format_,
        prompt_execution_settings=AzureChatPromptExecutionSettings(max_tokens=20),
    )
    assert str(await kernel.invoke(function, KernelArguments(word="hello"))) == "hello"
    assert azure.requests.last.body["messages"][-1] == {"role": "user", "content": "Say hello"}
    assert azure.requests.last.body["max_tokens"] == 20
    streamed = [str(piece[0]) async for piece in kernel.invoke_stream(function, KernelArguments(word="hello"))]
    assert "".join(streamed) == "hello"


async def test_a_prompt_of_yaml_chooses_its_service_by_id(azure: Emulator, service: Any) -> None:
    from semantic_kernel.functions import KernelFunctionFromPrompt

    kernel = Kernel()
    kernel.add_service(service)
    kernel.add_service(AzureConnectorChatCompletion("other", model="gpt-5-mini", connector=service.client))
    text = """
name: say
template: Say {{$word}}
template_format: semantic-kernel
input_variables:
  - name: word
    is_required: true
execution_settings:
  other:
    reasoning_effort: minimal
    max_completion_tokens: 900
"""
    function = KernelFunctionFromPrompt.from_yaml(text)
    assert str(await kernel.invoke(function, KernelArguments(word="hello"))) == "hello"
    body = azure.requests.last.body
    assert (body["model"], body["reasoning_effort"], body["max_completion_tokens"]) == ("gpt-5-mini", "minimal", 900)


async def test_a_declared_agent(azure: Emulator, kernel: Kernel) -> None:
    text = """
type: chat_completion_agent
name: greeter
instructions: Greet in Norwegian.
"""
    greeter = await AgentRegistry.create_from_yaml(text, kernel=kernel)
    assert str(await greeter.get_response("Say hei")) == "hei"
    first = azure.requests.last.body["messages"][0]
    assert (first["role"], first["content"], first["name"]) == ("system", "Greet in Norwegian.", "greeter")


async def test_a_plugin_over_mcp(azure: Emulator, service: Any) -> None:
    from semantic_kernel.connectors.mcp import MCPStdioPlugin  # MCP's packages take as long as the rest of SK

    server = str(Path(__file__).with_name("mcp_server.py"))
    async with MCPStdioPlugin(name="clock", command=sys.executable, args=[server]) as plugin:
        answer = await agent(service, "expert", plugins=[plugin]).get_response("What is the time in Oslo?")
    assert "noon in Oslo" in str(answer)
    assert azure.requests[0].body["tools"][0]["function"]["name"] == "clock-get_time"


def test_services_are_found_by_id_and_type(service: AzureConnectorChatCompletion) -> None:
    kernel, other = Kernel(), AzureConnectorChatCompletion("other", model="gpt-5", connector=service.client)
    kernel.add_service(service)
    kernel.add_service(other)
    assert kernel.get_service("other") is other
    assert kernel.get_service(type=AzureConnectorChatCompletion) is service


# Histories and Responses.


async def test_history_reducers(azure: Emulator, service: AzureConnectorChatCompletion) -> None:
    truncated = ChatHistoryTruncationReducer(target_count=2)
    summarized = ChatHistorySummarizationReducer(service=service, target_count=2)
    for reducer in (truncated, summarized):
        for number in range(6):
            reducer.add_user_message(f"Question {number}")
            reducer.add_assistant_message(f"Answer {number}")
        await reducer.reduce()
        assert len(reducer.messages) <= 4
        assert await service.get_chat_message_content(reducer, PLAIN)
    assert len(azure.requests) == 3


@pytest.mark.parametrize("made", [OpenAIResponsesAgent, AzureResponsesAgent])
async def test_responses_agents_take_the_connector(azure: Emulator, service: Any, weather: Weather, made: Any) -> None:
    expert = made(ai_model_id="gpt-5", client=service.client, name="expert", plugins=[weather])
    answer = await expert.get_response("What is the weather in Oslo?")
    assert "21 degrees in Oslo" in str(answer)
    assert {request.url for request in azure.requests} == {"/openai/v1/responses"}
    pieces = [str(piece) async for piece in expert.invoke_stream("Say hello")]
    assert "".join(pieces) == "hello"


async def test_two_histories_at_once_stay_apart(azure: Emulator, service: AzureConnectorChatCompletion) -> None:
    words = [f"word{number}" for number in range(8)]
    answers = await asyncio.gather(*[service.get_chat_message_content(history(f"Say {word}"), PLAIN) for word in words])
    assert [str(answer) for answer in answers] == words
