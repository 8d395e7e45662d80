"""What Semantic Kernel's own suites hold its Azure and OpenAI services to, held for ours.

The SDK's `create` is replaced, as there: the exact keyword arguments are part of the contract, since instrumentation
wraps it too.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from unittest.mock import AsyncMock, MagicMock, call, patch

import httpx
import openai
import pytest
from openai import AsyncAzureOpenAI, AsyncStream
from openai.resources.chat.completions import AsyncCompletions
from openai.resources.embeddings import AsyncEmbeddings
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from semantic_kernel import Kernel
from semantic_kernel.connectors.ai.chat_completion_client_base import ChatCompletionClientBase
from semantic_kernel.connectors.ai.embedding_generator_base import EmbeddingGeneratorBase
from semantic_kernel.connectors.ai.function_choice_behavior import FunctionChoiceBehavior
from semantic_kernel.connectors.ai.open_ai import (
    AzureChatCompletion,
    AzureChatPromptExecutionSettings,
    AzureTextEmbedding,
    OpenAIChatPromptExecutionSettings,
)
from semantic_kernel.connectors.ai.open_ai.exceptions.content_filter_ai_exception import (
    ContentFilterAIException,
    ContentFilterResultSeverity,
)
from semantic_kernel.connectors.ai.prompt_execution_settings import PromptExecutionSettings
from semantic_kernel.const import USER_AGENT
from semantic_kernel.contents import ChatHistory, FunctionCallContent, FunctionResultContent, TextContent
from semantic_kernel.exceptions.service_exceptions import (
    ServiceInitializationError,
    ServiceInvalidExecutionSettingsError,
    ServiceInvalidResponseError,
    ServiceResponseException,
)
from semantic_kernel.filters.filter_types import FilterTypes
from semantic_kernel.functions import KernelArguments, kernel_function

from sk_azure_plugin import AzureConnectorChatCompletion, AzureConnectorTextEmbedding

ENVIRONMENT = {
    "AZURE_OPENAI_CHAT_DEPLOYMENT_NAME": "chat-deployment",
    "AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME": "embedding-deployment",
    "AZURE_OPENAI_API_KEY": "planted-secret",
    "AZURE_OPENAI_ENDPOINT": "https://one.example.com",
    "AZURE_OPENAI_BASE_URL": "https://two.example.com",
    "AZURE_OPENAI_API_VERSION": "2024-10-21",
}
TOOL_CALL = {"id": "call_1", "type": "function", "function": {"name": "desk-look_up", "arguments": '{"key": "value"}'}}
SOURCES = {"data_sources": [{"type": "azure_search", "parameters": {"endpoint": "https://search.example.com"}}]}


class Desk:
    @kernel_function(name="look_up")
    def look_up(self, key: str) -> str:
        return f"found {key}"


@pytest.fixture(autouse=True)
def environment(bare_machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def kernel() -> Kernel:
    return Kernel()


@pytest.fixture
def create() -> Iterator[AsyncMock]:
    with patch.object(AsyncCompletions, "create", new_callable=AsyncMock) as create:
        yield create


@pytest.fixture
def asked() -> ChatHistory:
    asked = ChatHistory()
    asked.add_user_message("hello world")
    return asked


def answer(**message: Any) -> ChatCompletion:
    said = {"role": "assistant", "content": None} | (message or {"content": "test"})
    return ChatCompletion.model_validate(
        {
            "id": "id",
            "object": "chat.completion",
            "created": 0,
            "model": "m",
            "choices": [{"index": 0, "finish_reason": "stop", "message": said}],
        }
    )


def answered(*deltas: dict[str, Any] | None) -> MagicMock:
    """A stream of chunks; None is one without choices."""
    chunks = [
        ChatCompletionChunk.model_validate(
            {
                "id": "id",
                "object": "chat.completion.chunk",
                "created": 0,
                "model": "m",
                "choices": [] if delta is None else [{"index": 0, "finish_reason": "stop", "delta": delta}],
            }
        )
        for delta in deltas or ({"role": "assistant", "content": "test"},)
    ]
    stream = MagicMock(spec=AsyncStream)
    stream.__aiter__.return_value = chunks
    return stream


# Construction.


@pytest.mark.parametrize(
    ("own", "theirs"),
    [(AzureConnectorChatCompletion, AzureChatCompletion), (AzureConnectorTextEmbedding, AzureTextEmbedding)],
)
def test_the_constructors_take_sks_arguments_by_place_and_by_name(own: Any, theirs: Any) -> None:
    expected = list(inspect.signature(theirs.__init__).parameters)
    shown = list(inspect.signature(own.__init__).parameters)
    assert shown[: len(expected) + 2] == [*expected, "model", "connector"]
    # Pydantic would show the fields, which no caller gives, as required.
    asked = inspect.signature(own).parameters
    assert asked.keys() >= {"max_attempts", "tenant_id", "deployment_mapping"}
    assert asked.keys().isdisjoint({"ai_model_id", "client", "settings", "prompt_tokens"})
    assert all(one.default is not inspect.Parameter.empty for one in asked.values())


def test_the_environment_makes_a_service() -> None:
    service = AzureConnectorChatCompletion(service_id="test", default_headers={"x-unit-test": "guid"})
    assert (service.ai_model_id, service.service_id) == ("chat-deployment", "test")
    assert isinstance(service, ChatCompletionClientBase)
    assert service.get_prompt_execution_settings_class() is AzureChatPromptExecutionSettings
    assert service.client.default_headers["x-unit-test"] == "guid"
    assert AzureConnectorChatCompletion().service_id == "chat-deployment"


def test_a_client_of_another_kind_is_taken_as_it_is() -> None:
    client = MagicMock(spec=AsyncAzureOpenAI)
    service = AzureConnectorChatCompletion(async_client=client)
    assert service.client is client
    assert service.ai_model_id == "chat-deployment"


@pytest.mark.parametrize("cls", [AzureConnectorChatCompletion, AzureConnectorTextEmbedding])
def test_no_deployment_is_an_error(cls: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_OPENAI_CHAT_DEPLOYMENT_NAME", "AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME"):
        monkeypatch.delenv(name)
    with pytest.raises(ServiceInitializationError, match="_DEPLOYMENT_NAME"):
        cls(env_file_path="missing.env")


def test_a_chosen_default_model_stands_for_a_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_OPENAI_CHAT_DEPLOYMENT_NAME")
    assert AzureConnectorChatCompletion(deployment_mapping={"gpt-5": "prod"}).ai_model_id == "gpt-5"
    monkeypatch.setenv("AZURE_OPENAI_MODEL", "gpt-4.1")
    assert AzureConnectorChatCompletion().ai_model_id == "gpt-4.1"


@pytest.mark.parametrize("cls", [AzureConnectorChatCompletion, AzureConnectorTextEmbedding])
def test_no_endpoint_is_an_error(cls: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_OPENAI_ENDPOINT")
    monkeypatch.delenv("AZURE_OPENAI_BASE_URL")
    with pytest.raises(ServiceInitializationError, match="AZURE_OPENAI_ENDPOINT"):
        cls(env_file_path="missing.env")


@pytest.mark.parametrize("cls", [AzureConnectorChatCompletion, AzureConnectorTextEmbedding])
def test_http_to_a_foreign_host_is_an_error(cls: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "http://test.example.com")
    with pytest.raises(ServiceInitializationError, match="https"):
        cls()


@pytest.mark.parametrize("cls", [AzureConnectorChatCompletion, AzureConnectorTextEmbedding])
def test_a_service_goes_through_a_dictionary_and_back_without_its_secrets(cls: Any) -> None:
    service = cls.from_dict(
        {
            "service_id": "mine",
            "deployment_name": "deployed",
            "endpoint": "https://mine.example.com",
            "api_key": "planted-secret",
            "api_version": "2024-10-21",
            "default_headers": {"x-test": "test", "api-key": "planted-secret"},
        }
    )
    assert type(service) is cls
    shown = service.to_dict()
    assert (shown["ai_model_id"], shown["api_version"]) == ("deployed", "2024-10-21")
    assert shown["base_url"].startswith("https://mine.example.com")
    assert shown["default_headers"] == {"x-test": "test"}
    assert USER_AGENT not in shown["default_headers"]
    assert "planted-secret" not in repr(shown)
    again = cls.from_dict(shown)
    assert again.to_dict() == shown
    assert again.service_id == "mine"


def test_a_service_and_its_kernel_can_be_copied(kernel: Kernel) -> None:
    service = AzureConnectorChatCompletion()
    kernel.add_service(service)
    assert deepcopy(service).client is service.client
    assert kernel.clone().get_service(service.service_id).ai_model_id == "chat-deployment"


def test_a_connector_and_settings_contradict_each_other() -> None:
    connector = AzureConnectorChatCompletion().client
    with pytest.raises(ServiceInitializationError, match="api_key"):
        AzureConnectorChatCompletion(connector=connector, api_key="other")
    named = AzureConnectorChatCompletion(connector=connector, deployment_name="other")
    assert named.client.explain("other").targets[0].deployment == "other"


# Plain answers.


@pytest.mark.parametrize("settings", [AzureChatPromptExecutionSettings, OpenAIChatPromptExecutionSettings])
@pytest.mark.parametrize(
    "options", [{}, {"logit_bias": {"1": -100}}, {"stop": ["!"]}, {"extra_body": SOURCES}], ids=str
)
async def test_create_gets_the_settings_and_no_more(
    create: AsyncMock, kernel: Kernel, asked: ChatHistory, settings: Any, options: dict[str, Any]
) -> None:
    create.return_value = answer()
    service = AzureConnectorChatCompletion()
    await service.get_chat_message_contents(
        chat_history=asked, settings=settings(service_id="test", **options), kernel=kernel
    )
    create.assert_awaited_once_with(
        model="chat-deployment", stream=False, messages=[{"role": "user", "content": "hello world"}], **options
    )


async def test_plain_settings_are_taken(create: AsyncMock, asked: ChatHistory) -> None:
    create.return_value = answer()
    service = AzureConnectorChatCompletion()
    await service.get_chat_message_content(asked, PromptExecutionSettings(service_id="test"))
    create.assert_awaited_once_with(
        model="chat-deployment", stream=False, messages=service._prepare_chat_history_for_request(asked)
    )


@pytest.mark.parametrize("as_text", [False, True])
async def test_an_answer_over_own_data_is_call_result_and_text(
    create: AsyncMock, asked: ChatHistory, as_text: bool
) -> None:
    context = '{"citations": {"content": "cited"}, "intent": "query"}'
    create.return_value = answer(content="test", context=context if as_text else json.loads(context))
    service = AzureConnectorChatCompletion()
    (message,) = await service.get_chat_message_contents(asked, AzureChatPromptExecutionSettings(extra_body=SOURCES))
    kinds = [type(item) for item in message.items]
    assert kinds == [FunctionCallContent, FunctionResultContent, TextContent]
    parts = service.split_message(message)
    assert [type(part.items[0]) for part in parts] == kinds
    assert service.split_message(parts[0]) == [parts[0]]


async def test_a_context_that_is_no_object_is_left_out(create: AsyncMock, asked: ChatHistory) -> None:
    create.return_value = answer(content="test", context="not a dictionary")
    message = await AzureConnectorChatCompletion().get_chat_message_content(asked, AzureChatPromptExecutionSettings())
    assert [type(item) for item in message.items] == [TextContent]


async def test_the_older_functions_are_sent_and_called(create: AsyncMock, asked: ChatHistory) -> None:
    create.return_value = answer(function_call={"name": "test", "arguments": "{}"})
    functions = [{"name": "test", "description": "d"}]
    settings = AzureChatPromptExecutionSettings(function_call="test", functions=functions)
    message = await AzureConnectorChatCompletion().get_chat_message_content(asked, settings)
    assert isinstance(message.items[0], FunctionCallContent)
    assert create.await_args is not None
    assert create.await_args.kwargs["functions"] == functions
    assert create.await_args.kwargs["function_call"] == "test"


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("parallel", [{}, {"parallel_tool_calls": False}], ids=str)
async def test_tool_schemas(
    create: AsyncMock, kernel: Kernel, asked: ChatHistory, streamed: bool, parallel: dict[str, Any]
) -> None:
    kernel.add_plugin(Desk(), "desk")
    settings = AzureChatPromptExecutionSettings(function_choice_behavior=FunctionChoiceBehavior.Auto(), **parallel)
    service = AzureConnectorChatCompletion()
    create.return_value = answered() if streamed else answer()
    if streamed:
        [_ async for _ in service.get_streaming_chat_message_contents(asked, settings, kernel=kernel)]
    else:
        await service.get_chat_message_contents(asked, settings, kernel=kernel, arguments=KernelArguments())
    create.assert_awaited_once_with(
        model="chat-deployment",
        stream=streamed,
        messages=[{"role": "user", "content": "hello world"}],
        tools=[
            {
                "type": "function",
                "function": {
                    "name": "desk-look_up",
                    "description": "",
                    "parameters": {
                        "type": "object",
                        "properties": {"key": {"type": "string"}},
                        "required": ["key"],
                    },
                },
            }
        ],
        tool_choice="auto",
        **parallel,
        **({"stream_options": {"include_usage": True}} if streamed else {}),
    )


async def test_without_functions_no_tool_parameter_is_sent(
    create: AsyncMock, kernel: Kernel, asked: ChatHistory
) -> None:
    create.return_value = answer()
    settings = AzureChatPromptExecutionSettings(function_choice_behavior=FunctionChoiceBehavior.Auto())
    await AzureConnectorChatCompletion().get_chat_message_contents(asked, settings, kernel=kernel)
    create.assert_awaited_once_with(
        model="chat-deployment", stream=False, messages=[{"role": "user", "content": "hello world"}]
    )


@pytest.mark.parametrize("streamed", [False, True])
async def test_the_loops_call_six_times(create: AsyncMock, kernel: Kernel, asked: ChatHistory, streamed: bool) -> None:
    kernel.add_plugin(Desk(), "desk")
    settings = OpenAIChatPromptExecutionSettings(function_choice_behavior="auto")
    service = AzureConnectorChatCompletion()
    if streamed:
        create.side_effect = lambda **_: answered({"role": "assistant", "tool_calls": [{"index": 0, **TOOL_CALL}]})
        [_ async for _ in service.get_streaming_chat_message_contents(asked, settings, kernel=kernel)]
    else:
        create.side_effect = lambda **_: answer(tool_calls=[TOOL_CALL])
        await service.get_chat_message_contents(asked, settings, kernel=kernel)
    assert create.await_count == 6


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_filter_ends_the_loop(create: AsyncMock, kernel: Kernel, asked: ChatHistory, streamed: bool) -> None:
    kernel.add_plugin(Desk(), "desk")

    @kernel.filter(FilterTypes.AUTO_FUNCTION_INVOCATION)
    async def end(context: Any, next: Any) -> None:
        await next(context)
        context.terminate = True

    settings = OpenAIChatPromptExecutionSettings(function_choice_behavior="auto")
    service = AzureConnectorChatCompletion()
    if streamed:
        create.return_value = answered({"role": "assistant", "tool_calls": [{"index": 0, **TOOL_CALL}]})
        [_ async for _ in service.get_streaming_chat_message_contents(asked, settings, kernel=kernel)]
    else:
        create.return_value = answer(tool_calls=[TOOL_CALL])
        (result,) = await service.get_chat_message_contents(asked, settings, kernel=kernel)
        assert str(result.items[0].result) == "found value"
    assert create.await_count == 1


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("settings", "with_kernel"),
    [
        ({"function_choice_behavior": FunctionChoiceBehavior.Auto()}, False),
        ({"function_choice_behavior": FunctionChoiceBehavior.Auto(auto_invoke=False)}, False),
        ({"function_choice_behavior": FunctionChoiceBehavior.Auto(), "number_of_responses": 2}, True),
    ],
    ids=["no kernel", "no kernel, not invoked", "two answers"],
)
async def test_function_calling_has_conditions(
    create: AsyncMock, kernel: Kernel, asked: ChatHistory, settings: Any, with_kernel: bool, streamed: bool
) -> None:
    service, options = AzureConnectorChatCompletion(), {"kernel": kernel} if with_kernel else {}
    prepared = AzureChatPromptExecutionSettings(**settings)
    reason = "number_of_responses" if with_kernel else r"The kernel is required for function calls\."

    async def ask() -> None:
        if streamed:
            [_ async for _ in service.get_streaming_chat_message_contents(asked, prepared, **options)]
        else:
            await service.get_chat_message_contents(asked, prepared, **options)

    with pytest.raises(ServiceInvalidExecutionSettingsError, match=reason):
        await ask()
    create.assert_not_awaited()


# Streams and texts.


async def test_streams_always_ask_for_usage_and_skip_empty_chunks(create: AsyncMock, asked: ChatHistory) -> None:
    create.return_value = answered(None, {"role": "assistant", "content": "test"})
    service = AzureConnectorChatCompletion()
    parts = [
        part async for part in service.get_streaming_chat_message_content(asked, AzureChatPromptExecutionSettings())
    ]
    assert [str(part) for part in parts] == ["test"]
    create.assert_awaited_once_with(
        model="chat-deployment",
        stream=True,
        stream_options={"include_usage": True},
        messages=[{"role": "user", "content": "hello world"}],
    )


async def test_an_answer_that_is_no_stream_is_an_error(create: AsyncMock, asked: ChatHistory) -> None:
    create.return_value = answer()
    service = AzureConnectorChatCompletion()
    with pytest.raises(ServiceInvalidResponseError):
        [_ async for _ in service.get_streaming_chat_message_contents(asked, AzureChatPromptExecutionSettings())]


async def test_texts_are_asked_as_one_user_message(create: AsyncMock) -> None:
    create.return_value = answer()
    service = AzureConnectorChatCompletion()
    (text,) = await service.get_text_contents(prompt="test", settings=OpenAIChatPromptExecutionSettings())
    assert text.text == "test"
    create.assert_awaited_once_with(
        model="chat-deployment", stream=False, messages=[{"role": "user", "content": "test"}]
    )
    create.reset_mock()
    create.return_value = answered()
    settings = OpenAIChatPromptExecutionSettings(messages=[{"role": "system", "content": "first"}])
    assert [part async for part in service.get_streaming_text_contents(prompt="test", settings=settings)]
    create.assert_awaited_once_with(
        model="chat-deployment",
        stream=True,
        messages=[{"role": "system", "content": "first"}, {"role": "user", "content": "test"}],
    )


# Errors.


def refusal(**body: Any) -> openai.BadRequestError:
    response = httpx.Response(400, request=httpx.Request("POST", "https://one.example.com"))
    return openai.BadRequestError("refused", response=response, body=body)


@pytest.mark.parametrize("code", [{"code": "ResponsibleAIPolicyViolation"}, {}, {"code": "SomethingNew"}], ids=str)
async def test_a_filtered_prompt_is_a_content_filter_exception(
    create: AsyncMock, asked: ChatHistory, code: dict[str, str]
) -> None:
    verdicts = {"hate": {"filtered": True, "severity": "high"}, "violence": {"filtered": False, "severity": "safe"}}
    create.side_effect = refusal(
        param="prompt", code="content_filter", innererror=code | {"content_filter_result": verdicts}
    )
    with pytest.raises(ContentFilterAIException, match="service encountered a content error") as caught:
        await AzureConnectorChatCompletion().get_chat_message_content(asked, AzureChatPromptExecutionSettings())
    assert caught.value.param == "prompt"
    assert caught.value.content_filter_result["hate"].filtered
    assert caught.value.content_filter_result["hate"].severity is ContentFilterResultSeverity.HIGH
    assert not caught.value.content_filter_result["violence"].filtered


@pytest.mark.parametrize("error", [refusal(), RuntimeError("anything")], ids=["400", "anything"])
async def test_other_errors_are_response_exceptions(create: AsyncMock, asked: ChatHistory, error: Exception) -> None:
    create.side_effect = error
    with pytest.raises(ServiceResponseException, match="service failed to complete the prompt") as caught:
        await AzureConnectorChatCompletion().get_chat_message_content(asked, AzureChatPromptExecutionSettings())
    assert caught.value.__cause__ is error


# Embeddings.


def test_the_environment_makes_an_embedding_service() -> None:
    service = AzureConnectorTextEmbedding(default_headers={"x-test": "test"})
    assert service.ai_model_id == "embedding-deployment"
    assert isinstance(service, EmbeddingGeneratorBase)
    assert isinstance(service, AzureTextEmbedding)
    assert service.client.default_headers["x-test"] == "test"


async def test_embeddings_are_asked_in_batches_of_the_given_size() -> None:
    with patch.object(AsyncEmbeddings, "create", new_callable=AsyncMock) as create:
        service = AzureConnectorTextEmbedding()
        await service.generate_embeddings(["one", "two"], dimensions=256)
        create.assert_awaited_once_with(input=["one", "two"], model="embedding-deployment", dimensions=256)
        create.reset_mock()
        texts: Any = list(range(5))
        await service.generate_embeddings(texts, batch_size=3)
        create.assert_has_awaits(
            [
                call(model="embedding-deployment", input=[0, 1, 2]),
                call(model="embedding-deployment", input=[3, 4]),
            ]
        )
