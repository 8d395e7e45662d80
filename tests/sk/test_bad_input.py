"""Bad input: what Semantic Kernel's users expect from SK, or better, and never an AttributeError."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import AnyUrl, ValidationError
from pydantic_core import Url
from semantic_kernel import Kernel
from semantic_kernel.connectors.ai.function_choice_behavior import FunctionChoiceBehavior
from semantic_kernel.connectors.ai.open_ai import (
    AzureChatCompletion,
    AzureChatPromptExecutionSettings,
    AzureTextEmbedding,
)
from semantic_kernel.contents import ChatHistory, ChatMessageContent, FunctionCallContent, TextContent
from semantic_kernel.contents.utils.author_role import AuthorRole
from semantic_kernel.exceptions.service_exceptions import (
    ServiceInitializationError,
    ServiceInvalidExecutionSettingsError,
    ServiceInvalidRequestError,
    ServiceResponseException,
)
from semantic_kernel.functions import kernel_function

from azure_connector import ConfigurationError, EndpointUnreachableError
from azure_connector.emulator import Emulator
from azure_connector.tools import RAW_ARGUMENTS
from sk_azure_plugin import AzureConnectorChatCompletion, AzureConnectorTextEmbedding
from sk_azure_plugin import history as history_module
from tests.sk.saying import call, call_delta, chunk, completion, history, stream, streamed_call, whole

AUTO = AzureChatPromptExecutionSettings(function_choice_behavior=FunctionChoiceBehavior.Auto())
NONE = AzureChatPromptExecutionSettings()


class Trouble:
    @kernel_function(name="fails")
    def fails(self) -> str:
        raise RuntimeError("the disk is full")

    @kernel_function(name="odd")
    def odd(self) -> Any:
        return {"when": object(), 1: {2, 3}}

    @kernel_function(name="nothing")
    def nothing(self) -> None:
        return None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("trouble-fails", "the disk is full"),
        ("trouble-odd", "object at"),
        ("trouble-nothing", "None"),
        ("no-such", "not"),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
async def test_what_a_function_does_wrong_is_told_to_the_model(
    azure: Emulator, service: Any, kernel: Kernel, name: str, said: str, streamed: bool
) -> None:
    kernel.add_plugin(Trouble(), "trouble")
    if streamed:
        azure.script(streamed_call("{}", name=name))
        answer: Any = [p async for p in service.get_streaming_chat_message_content(history("Do"), AUTO, kernel=kernel)]
    else:
        azure.script(completion("tool_calls", tool_calls=[call("{}", name=name)]))
        answer = await service.get_chat_message_content(history("Do"), AUTO, kernel=kernel)
    assert answer
    *_, asked, told = azure.requests.last.body["messages"]
    assert told["tool_call_id"] == asked["tool_calls"][0]["id"]
    assert said in told["content"]


@pytest.mark.parametrize("streamed", [False, True])
async def test_auto_invocation_without_a_kernel(azure: Emulator, service: Any, streamed: bool) -> None:
    async def ask() -> None:
        if streamed:
            whole([part async for part in service.get_streaming_chat_message_content(history("Hi"), AUTO)])
        else:
            await service.get_chat_message_content(history("Hi"), AUTO)

    with pytest.raises(ServiceInvalidExecutionSettingsError, match="The kernel is required"):
        await ask()
    assert len(azure.requests) == 0


async def test_an_empty_history_is_refused_by_the_service(azure: Emulator, service: Any) -> None:
    with pytest.raises(ServiceResponseException):
        await service.get_chat_message_content(ChatHistory(), NONE)


async def test_histories_that_end_anywhere(azure: Emulator, service: Any) -> None:
    asked = history("Hi")
    asked.add_assistant_message("Well, ")
    assert await service.get_chat_message_content(asked, NONE)
    unanswered = FunctionCallContent(id="call_1", name="weather-get_weather", arguments={"city": "Oslo"})
    asked.add_message(ChatMessageContent(role=AuthorRole.ASSISTANT, items=[unanswered]))
    assert await service.get_chat_message_content(asked, NONE)
    *_, made, result = azure.requests.last.body["messages"]
    assert json.loads(made["tool_calls"][0]["function"]["arguments"]) == {"city": "Oslo"}
    assert result["tool_call_id"] == "call_1"


async def test_messages_without_items_are_empty(azure: Emulator, service: Any) -> None:
    asked = ChatHistory(messages=[ChatMessageContent(role=AuthorRole.ASSISTANT, items=[])])
    asked.add_user_message("Hi")
    assert await service.get_chat_message_content(asked, NONE)
    assert azure.requests.last.body["messages"][0] == {"role": "assistant", "content": ""}


async def test_a_tool_message_without_a_result(azure: Emulator, service: Any) -> None:
    asked = ChatHistory(messages=[ChatMessageContent(role=AuthorRole.TOOL, items=[TextContent(text="?")])])
    with pytest.raises(ServiceInvalidRequestError, match="FunctionResultContent"):
        await service.get_chat_message_content(asked, NONE)


async def test_an_endpoint_that_is_not_there() -> None:
    service = AzureConnectorChatCompletion(
        model="gpt-4o", endpoint="http://127.0.0.1:9", api_key="k" * 32, max_attempts=1
    )
    with pytest.raises(ServiceResponseException, match=r"127\.0\.0\.1:9") as caught:
        await service.get_chat_message_content(history("Hi"), NONE)
    assert isinstance(caught.value.__cause__, EndpointUnreachableError)
    await service.client.close()


@pytest.mark.parametrize(
    "arguments",
    [
        {"endpoint": "not a url"},
        {"endpoint": "https://a.example.com", "api_key": "k" * 32, "nonsense": 1},
        {"endpoint": "https://a.example.com", "deployment_mapping": "no mapping"},
    ],
    ids=["endpoint", "unknown setting", "mapping"],
)
def test_settings_that_cannot_be_used(arguments: dict[str, Any]) -> None:
    with pytest.raises(ServiceInitializationError) as caught:
        AzureConnectorChatCompletion(model="gpt-4o", **arguments)
    assert isinstance(caught.value.__cause__, ConfigurationError)
    assert "k" * 32 not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("endpoint", 5),
        ("endpoint", 0),
        ("endpoint", True),
        ("endpoint", ["https://a.example.com"]),
        ("endpoint", Path("/a")),
        ("base_url", 5),
        ("base_url", {}),
        ("api_version", 2024),
        ("token_endpoint", 5),
        ("api_key", 5),
        ("deployment_name", 5),
        ("env_file_encoding", None),
        ("default_headers", 5),
        ("default_headers", ["x-a"]),
        ("default_headers", {"x-a": 5}),
    ],
)
@pytest.mark.parametrize("cls", [AzureConnectorChatCompletion, AzureConnectorTextEmbedding])
def test_arguments_of_another_type_are_refused_as_stock_refuses_them(cls: Any, name: str, value: Any) -> None:
    given = {"deployment_name": "d", "endpoint": "https://a.example.com", "api_key": "k" * 32}
    if name == "env_file_encoding":  # None is no value: the control
        assert cls(**given, env_file_encoding=value)
        return
    stock = AzureChatCompletion if cls is AzureConnectorChatCompletion else AzureTextEmbedding
    with pytest.raises((ServiceInitializationError, ValidationError)):
        stock(**given | {name: value})
    with pytest.raises(ServiceInitializationError):
        cls(**given | {name: value})


def test_the_connectors_own_name_for_the_endpoint_is_taken() -> None:
    service = AzureConnectorChatCompletion(model="d", azure_endpoint="https://a.example.com", api_key="k" * 32)
    assert str(service.client.base_url).startswith("https://a.example.com/")


@pytest.mark.parametrize("value", [Url("https://a.example.com"), AnyUrl("https://a.example.com")])
def test_pydantics_addresses_are_taken(value: Any) -> None:
    service = AzureConnectorChatCompletion(deployment_name="d", endpoint=value, api_key="k" * 32)
    assert str(service.client.base_url).startswith("https://a.example.com/")


@pytest.mark.parametrize("arguments", ["", "null", "[]", "{'city': 5", '{"city": "O', "Oslo", " {city: Oslo"])
@pytest.mark.parametrize("streamed", [False, True])
async def test_arguments_that_were_cut_off_are_never_taken_for_none(
    azure: Emulator, service: Any, kernel: Kernel, arguments: str, streamed: bool
) -> None:
    asked: list[str] = []

    class Clock:
        @kernel_function(name="tell")
        def tell(self) -> str:
            asked.append("time")
            return "noon"

    kernel.add_plugin(Clock(), "clock")
    if streamed:
        pieces = [chunk(tool_calls=[call_delta(letter)]) for letter in arguments]
        named = call_delta("", name="clock-tell", identity="c1")
        azure.script(stream(chunk(role="assistant", tool_calls=[named]), *pieces, chunk("length")))
        assert [p async for p in service.get_streaming_chat_message_content(history("Do"), AUTO, kernel=kernel)]
    else:
        azure.script(completion("length", tool_calls=[call(arguments, name="clock-tell")]))
        await service.get_chat_message_content(history("Do"), AUTO, kernel=kernel)
    assert asked == []
    assert "malformed" in azure.requests.last.body["messages"][-1]["content"]


async def test_no_answer_at_all(azure: Emulator, service: Any) -> None:
    azure.script(stream(usage=False, done=True), times=9)
    with pytest.raises(ServiceResponseException, match="no answer"):
        [part async for part in service.get_streaming_chat_message_content(history("Hi"), NONE)]


def test_the_word_for_unreadable_arguments_is_the_connectors() -> None:
    assert history_module._RAW == RAW_ARGUMENTS
