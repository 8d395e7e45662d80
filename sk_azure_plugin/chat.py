"""`AzureConnectorChatCompletion`: Semantic Kernel's Azure chat service, over the connector."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any, Unpack

from openai import AsyncOpenAI, AsyncStream
from openai.types.chat.chat_completion import ChatCompletion, Choice
from semantic_kernel.connectors.ai.open_ai.services.azure_chat_completion import AzureChatCompletion
from semantic_kernel.connectors.ai.open_ai.services.open_ai_model_types import OpenAIModelTypes
from semantic_kernel.connectors.ai.prompt_execution_settings import PromptExecutionSettings
from semantic_kernel.contents import (
    ChatHistory,
    ChatMessageContent,
    FunctionCallContent,
    ReasoningContent,
    StreamingChatMessageContent,
)
from semantic_kernel.contents.streaming_reasoning_content import StreamingReasoningContent
from semantic_kernel.exceptions.service_exceptions import ServiceInvalidResponseError

from azure_connector import AsyncAzureConnector
from azure_connector.settings import Credential, KeyProvider, Secret, TokenProvider, show_settings

from .arguments import ServiceArguments
from .failures import service_error
from .history import to_function_call, wire_messages
from .metadata import azure_metadata, with_total
from .service import ConnectorService
from .settings import allow_any_reasoning_effort, extra_arguments
from .streams import ServiceStream

__all__ = ["AzureConnectorChatCompletion"]

_TOOL_KINDS = ("function", "custom")

allow_any_reasoning_effort()


class AzureConnectorChatCompletion(ConnectorService, AzureChatCompletion):
    """Chat completion through the connector; an `AzureChatCompletion` to everyone who asks.

    Args:
        service_id: the service's id in the kernel; the model's name when omitted.
        model: the model as a call names it; the connector finds its deployment. The settings' default when omitted.
        connector: a ready connector to share.
        settings: any setting of the connector, by its name.
        api_key, deployment_name, endpoint, base_url, api_version: as in `AzureChatCompletion`, and so are `ad_token`,
            `ad_token_provider`, `token_endpoint`, `default_headers`, `async_client`, `env_file_path`,
            `env_file_encoding`, `instruction_role` and `credential`.

    Raises:
        ServiceInitializationError: the settings contradict each other, or name no endpoint or no deployment.
    """

    def __init__(
        self,
        service_id: str | None = None,
        api_key: Secret | KeyProvider | None = None,
        deployment_name: str | None = None,
        endpoint: str | None = None,
        base_url: str | None = None,
        api_version: str | None = None,
        ad_token: Secret | None = None,
        ad_token_provider: TokenProvider | None = None,
        token_endpoint: str | None = None,
        default_headers: Mapping[str, str] | None = None,
        async_client: AsyncOpenAI | None = None,
        env_file_path: str | None = None,
        env_file_encoding: str | None = None,
        instruction_role: str | None = None,
        credential: Credential | None = None,
        *,
        model: str | None = None,
        connector: AsyncAzureConnector | None = None,
        **settings: Unpack[ServiceArguments],
    ) -> None:
        self._start("default_deployment", OpenAIModelTypes.CHAT, locals())

    async def get_chat_message_contents(
        self, chat_history: ChatHistory, settings: PromptExecutionSettings, **kwargs: object
    ) -> list[ChatMessageContent]:
        """As SK has it; beside the last call's `usage` stands the `total_usage` of all calls that led there."""
        settings, before = settings or self.instantiate_prompt_execution_settings(), len(chat_history.messages)
        found = await super().get_chat_message_contents(chat_history, settings, **kwargs)
        spent = [message.metadata.get("usage") for message in [*chat_history.messages[before:], *found[:1]]]
        return [with_total(message, spent) for message in found]

    async def get_streaming_chat_message_contents(
        self, chat_history: ChatHistory, settings: PromptExecutionSettings, **kwargs: object
    ) -> AsyncGenerator[list[StreamingChatMessageContent], Any]:
        """As SK has it; where a call tells its `usage`, the `total_usage` of all calls so far stands beside it."""
        settings = _with_final_answer(settings or self.instantiate_prompt_execution_settings())
        spent: dict[int | None, Any] = {}
        async with aclosing(super().get_streaming_chat_message_contents(chat_history, settings, **kwargs)) as stream:
            async for messages in stream:
                if messages and (used := messages[0].metadata.get("usage")):
                    spent[messages[0].function_invoke_attempt] = used
                    messages = [with_total(message, spent.values()) for message in messages]  # noqa: PLW2901  # the loop in SK keeps its own
                yield messages

    async def _inner_get_streaming_chat_message_contents(
        self, chat_history: ChatHistory, settings: PromptExecutionSettings, function_invoke_attempt: int = 0
    ) -> AsyncGenerator[list[StreamingChatMessageContent], Any]:
        behavior = settings.function_choice_behavior
        if behavior and 0 < function_invoke_attempt == behavior.maximum_auto_invoke_attempts - 1:
            self._reset_function_choice_settings(settings)
        inner = super()._inner_get_streaming_chat_message_contents(chat_history, settings, function_invoke_attempt)
        async with aclosing(inner) as stream:
            async for messages in stream:
                for message in messages:
                    # A model named per call would stand in the usage alone, and SK refuses to add such messages up.
                    if message.ai_model_id != self.ai_model_id:
                        message.ai_model_id = self.ai_model_id
                yield messages

    def _get_ai_model_id(self, settings: PromptExecutionSettings) -> str:
        return self.ai_model_id

    async def _send_completion_request(self, settings: Any) -> Any:
        try:
            arguments = settings.prepare_settings_dict()
            self._handle_structured_output(settings, arguments)
            if settings.tools is None:
                arguments.pop("parallel_tool_calls", None)
            reply = await self.client.chat.completions.create(**extra_arguments(settings) | arguments)
            self.store_usage(reply)
        except Exception as error:  # SK's contract: whatever a service raises is one of its own exceptions
            raise service_error(self, error) from error
        if isinstance(reply, AsyncStream):
            return ServiceStream(reply, partial(service_error, self))
        if isinstance(reply, ChatCompletion) and not all(one and one.message for one in reply.choices or [None]):
            raise ServiceInvalidResponseError(f"{type(self)} service got a reply that holds no answer: ask again.")
        return reply

    def _prepare_chat_history_for_request(
        self, chat_history: ChatHistory, role_key: str = "role", content_key: str = "content"
    ) -> list[dict[str, Any]]:
        found = [one for message in chat_history.messages for one in wire_messages(message, role_key, content_key)]
        if self.instruction_role == "developer":
            found = [one | {role_key: "developer"} if one[role_key] == "system" else one for one in found]
        return found

    def _create_chat_message_content(self, response: Any, choice: Any, response_metadata: Any) -> ChatMessageContent:
        content = super()._create_chat_message_content(response, choice, response_metadata)
        if text := getattr(choice.message, "reasoning_content", None):
            content.items.insert(0, ReasoningContent(text=text))
        return content

    def _create_streaming_chat_message_content(
        self, chunk: Any, choice: Any, chunk_metadata: Any, function_invoke_attempt: int = 0
    ) -> StreamingChatMessageContent:
        content = super()._create_streaming_chat_message_content(chunk, choice, chunk_metadata, function_invoke_attempt)
        if text := (choice.delta.model_extra or {}).get("reasoning_content"):  # asking a model for it costs much more
            content.items.insert(0, StreamingReasoningContent(choice_index=choice.index, text=text))
        return content

    def _get_tool_calls_from_chat_choice(self, choice: Any) -> list[FunctionCallContent]:
        said = choice.message if isinstance(choice, Choice) else choice.delta
        calls = (said and said.tool_calls) or ()
        return [to_function_call(call) for call in calls if any(getattr(call, kind, None) for kind in _TOOL_KINDS)]

    def _get_metadata_from_chat_response(self, response: Any) -> dict[str, Any]:
        return super()._get_metadata_from_chat_response(response) | azure_metadata(response)

    def _get_metadata_from_streaming_chat_response(self, response: Any) -> dict[str, Any]:
        found = super()._get_metadata_from_streaming_chat_response(response)
        # Once a stream knows them, not with every piece of text.
        ends = found["usage"] is not None or any(choice.finish_reason for choice in response.choices)
        return found | azure_metadata(response) if ends else found


show_settings(AzureConnectorChatCompletion, ServiceArguments)


def _with_final_answer(settings: PromptExecutionSettings) -> PromptExecutionSettings:
    """One attempt more, which gets no tools: SK's streaming loop has no last call as the plain one has."""
    behavior = settings.function_choice_behavior
    if behavior is None or not behavior.auto_invoke_kernel_functions:
        return settings
    more = behavior.maximum_auto_invoke_attempts + 1
    behavior = behavior.model_copy(update={"maximum_auto_invoke_attempts": more})
    return settings.model_copy(update={"function_choice_behavior": behavior})
