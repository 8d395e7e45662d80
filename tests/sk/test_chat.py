"""Chat, stream and function calling over HTTP: what reaches the wire, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel
from semantic_kernel import Kernel
from semantic_kernel.connectors.ai.function_choice_behavior import FunctionChoiceBehavior
from semantic_kernel.connectors.ai.open_ai import (
    AzureChatCompletion,
    AzureChatPromptExecutionSettings,
    OpenAIChatPromptExecutionSettings,
    OpenAITextPromptExecutionSettings,
)
from semantic_kernel.connectors.ai.prompt_execution_settings import PromptExecutionSettings
from semantic_kernel.contents import ChatHistory

from azure_connector.emulator import Emulator
from sk_azure_plugin import AzureConnectorChatCompletion
from tests.sk.saying import Weather, call, chunk, completion, gathered, history, stream, streamed_call, whole

AUTO = FunctionChoiceBehavior.Auto()


async def test_a_question_is_one_request(azure: Emulator, service: AzureConnectorChatCompletion) -> None:
    answer = await service.get_chat_message_content(history("Say hello"), AzureChatPromptExecutionSettings())
    assert isinstance(service, AzureChatCompletion)
    assert str(answer) == "hello"
    (request,) = azure.requests
    assert request.url == "/openai/v1/chat/completions"
    assert request.headers["api-key"] == azure.api_key
    assert request.body == {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "Say hello"}],
        "stream": False,
    }


async def test_a_stream_asks_for_usage_and_adds_up(azure: Emulator, service: AzureConnectorChatCompletion) -> None:
    asked = service.get_streaming_chat_message_content(history("Say one two three"), AzureChatPromptExecutionSettings())
    parts = await gathered(asked)
    assert len(parts) > 3
    message = whole(parts)
    assert str(message) == "one two three"
    assert message.metadata["usage"].completion_tokens > 0
    assert azure.requests.last.body["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_function_is_called_and_its_result_answered(
    azure: Emulator, service: AzureConnectorChatCompletion, kernel: Kernel, weather: Weather, streamed: bool
) -> None:
    settings = AzureChatPromptExecutionSettings(function_choice_behavior=AUTO)
    asked = history("What is the weather in Oslo?")
    if streamed:
        answer: Any = whole(await gathered(service.get_streaming_chat_message_content(asked, settings, kernel=kernel)))
    else:
        answer = await service.get_chat_message_content(asked, settings, kernel=kernel)
    assert weather.asked == ["Oslo"]
    assert "21 degrees in Oslo" in str(answer)
    first, second = azure.requests
    assert first.body["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "weather-get_weather",
                "description": "Get the weather in a city",
                "parameters": {
                    "type": "object",
                    "properties": {"city": {"type": "string", "description": "the city"}},
                    "required": ["city"],
                },
            },
        }
    ]
    assert first.body["tool_choice"] == "auto"
    _, asking, result = second.body["messages"]
    (made,) = asking["tool_calls"]
    assert made["function"] == {"name": "weather-get_weather", "arguments": '{"city":"Oslo"}'}
    assert result == {"role": "tool", "tool_call_id": made["id"], "content": "Sunny, 21 degrees in Oslo"}


async def test_functions_are_called_in_parallel(
    azure: Emulator, service: AzureConnectorChatCompletion, kernel: Kernel, weather: Weather
) -> None:
    settings = AzureChatPromptExecutionSettings(function_choice_behavior=AUTO)
    await service.get_chat_message_content(history("Weather in Oslo and weather in Rome?"), settings, kernel=kernel)
    assert sorted(weather.asked) == ["Oslo", "Rome"]
    assert [message["role"] for message in azure.requests.last.body["messages"]] == [
        "user",
        "assistant",
        "tool",
        "tool",
    ]


@pytest.mark.parametrize(
    "settings",
    [
        AzureChatPromptExecutionSettings(max_tokens=50, temperature=0.5, number_of_responses=2, stop=["END"]),
        OpenAIChatPromptExecutionSettings(max_tokens=50, temperature=0.5, number_of_responses=2, stop=["END"]),
        OpenAITextPromptExecutionSettings(max_tokens=50, temperature=0.5, number_of_responses=2, stop=["END"]),
        PromptExecutionSettings(max_tokens=50, temperature=0.5, number_of_responses=2, stop=["END"]),
    ],
    ids=lambda settings: type(settings).__name__,
)
@pytest.mark.parametrize("streamed", [False, True])
async def test_settings_of_every_class_reach_the_wire(
    azure: Emulator, service: AzureConnectorChatCompletion, settings: PromptExecutionSettings, streamed: bool
) -> None:
    before = settings.model_dump()
    if streamed:
        await gathered(service.get_streaming_chat_message_content(history("Hi"), settings))
    else:
        assert len(await service.get_chat_message_contents(history("Hi"), settings)) == 2
    body = azure.requests.last.body
    assert {name: body[name] for name in ("max_tokens", "temperature", "n", "stop")} == {
        "max_tokens": 50,
        "temperature": 0.5,
        "n": 2,
        "stop": ["END"],
    }
    assert settings.model_dump() == before  # the user's object is not touched


@pytest.mark.parametrize("attempts", [1, 2])
async def test_a_stream_that_runs_out_of_attempts_ends_with_an_answer(
    azure: Emulator, service: AzureConnectorChatCompletion, kernel: Kernel, attempts: int
) -> None:
    behavior = FunctionChoiceBehavior.Auto(maximum_auto_invoke_attempts=attempts)
    settings = AzureChatPromptExecutionSettings(function_choice_behavior=behavior)
    azure.script(*[streamed_call('{"city": "Oslo"}', identity=f"call_{n}") for n in range(attempts)])
    azure.script(stream(chunk(content="It is sunny."), chunk("stop")))
    parts = await gathered(service.get_streaming_chat_message_content(history("Weather?"), settings, kernel=kernel))
    assert str(whole(parts)) == "It is sunny."
    assert len(azure.requests) == attempts + 1
    last = azure.requests.last.body
    assert not {"tools", "tool_choice", "parallel_tool_calls"} & last.keys()
    assert behavior.maximum_auto_invoke_attempts == attempts


async def test_the_plain_loop_ends_after_its_attempts_with_a_call_without_tools(
    azure: Emulator, service: AzureConnectorChatCompletion, kernel: Kernel
) -> None:
    azure.script(*[completion("tool_calls", tool_calls=[call("{}", identity=f"call_{n}")]) for n in range(5)])
    settings = AzureChatPromptExecutionSettings(function_choice_behavior=AUTO)
    await service.get_chat_message_content(history("Weather?"), settings, kernel=kernel)
    assert len(azure.requests) == 6
    assert "tools" not in azure.requests.last.body


async def test_a_model_named_per_call_is_asked_and_its_parts_add_up(
    azure: Emulator, service: AzureConnectorChatCompletion, kernel: Kernel
) -> None:
    settings = AzureChatPromptExecutionSettings(ai_model_id="gpt-4.1", function_choice_behavior=AUTO)
    asked = service.get_streaming_chat_message_content(history("Weather in Oslo?"), settings, kernel=kernel)
    message = whole(await gathered(asked))
    assert {request.body["model"] for request in azure.requests} == {"gpt-4.1"}
    assert message.ai_model_id == service.ai_model_id
    assert message.metadata["deployment"] == "gpt-4.1"


class Answer(BaseModel):
    city: str
    degrees: int


async def test_structured_output_is_sent_as_a_schema(azure: Emulator, service: AzureConnectorChatCompletion) -> None:
    settings = AzureChatPromptExecutionSettings(response_format=Answer)
    answer = await service.get_chat_message_content(history("Oslo has 21 degrees"), settings)
    assert Answer.model_validate_json(str(answer)).city == "Oslo"
    sent = azure.requests.last.body["response_format"]
    assert (sent["type"], sent["json_schema"]["strict"]) == ("json_schema", True)


async def test_text_completion_is_asked_of_the_chat_model(
    azure: Emulator, service: AzureConnectorChatCompletion
) -> None:
    settings = OpenAIChatPromptExecutionSettings()
    (text,) = await service.get_text_contents("Say hello", settings)
    assert text.text == "hello"
    parts = [part[0].text async for part in service.get_streaming_text_contents("Say hello", settings)]
    assert "".join(parts) == "hello"
    assert azure.requests[0].body["messages"] == [{"role": "user", "content": "Say hello"}]


async def test_a_responses_only_model_calls_functions(
    azure: Emulator, service: AzureConnectorChatCompletion, kernel: Kernel, weather: Weather
) -> None:
    settings = AzureChatPromptExecutionSettings(ai_model_id="gpt-5-pro", function_choice_behavior=AUTO)
    answer = await service.get_chat_message_content(history("What is the weather in Oslo?"), settings, kernel=kernel)
    assert weather.asked == ["Oslo"]
    assert "21 degrees" in str(answer)
    assert {request.operation for request in azure.requests} == {"/responses"}


async def test_the_developer_role_stands_for_the_system_role(
    azure: Emulator,
) -> None:
    service = AzureConnectorChatCompletion(
        model="gpt-5", endpoint=azure.endpoint, api_key=azure.api_key, instruction_role="developer"
    )
    asked = ChatHistory(system_message="Be brief.")
    asked.add_user_message("Hi")
    await service.get_chat_message_content(asked, AzureChatPromptExecutionSettings())
    assert [message["role"] for message in azure.requests.last.body["messages"]] == ["developer", "user"]
    await service.client.close()
