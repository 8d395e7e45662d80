"""`AzureConnectorChatCompletion`: Semantic Kernel's Azure chat service, over the connector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from semantic_kernel.connectors.ai.open_ai.services.azure_chat_completion import AzureChatCompletion
from semantic_kernel.connectors.ai.open_ai.services.azure_config_base import AzureOpenAIConfigBase
from semantic_kernel.connectors.ai.open_ai.services.open_ai_model_types import OpenAIModelTypes

from azure_connector import AsyncAzureConnector

from .connecting import connect

__all__ = ["AzureConnectorChatCompletion"]


class AzureConnectorChatCompletion(AzureChatCompletion):
    """Chat completion through the connector; an `AzureChatCompletion` to everyone who asks.

    Args:
        service_id: the service's id in the kernel; the model's name when omitted.
        model: the model as a call names it; the connector finds its deployment. The settings' default when omitted.
        connector: a ready connector to share.
        settings: any setting of the connector, by its name.
        api_key, deployment_name, endpoint, base_url, api_version, ad_token, ad_token_provider, token_endpoint,
            default_headers, async_client, env_file_path, env_file_encoding, instruction_role, credential: as in
            `AzureChatCompletion`.

    Raises:
        ServiceInitializationError: the settings contradict each other or name no endpoint.
    """

    def __init__(
        self,
        service_id: str | None = None,
        api_key: str | None = None,
        deployment_name: str | None = None,
        endpoint: str | None = None,
        base_url: str | None = None,
        api_version: str | None = None,
        ad_token: str | None = None,
        ad_token_provider: Callable[[], Any] | None = None,
        token_endpoint: str | None = None,
        default_headers: Mapping[str, str] | None = None,
        async_client: Any = None,
        env_file_path: str | None = None,
        env_file_encoding: str | None = None,
        instruction_role: str | None = None,
        credential: Any = None,
        *,
        model: str | None = None,
        connector: AsyncAzureConnector | None = None,
        **settings: Any,
    ) -> None:
        client = async_client or connect(
            connector=connector,
            deployment_setting="default_deployment",
            deployment_name=deployment_name,
            endpoint=endpoint,
            base_url=base_url,
            ad_token=ad_token,
            ad_token_provider=ad_token_provider,
            token_endpoint=token_endpoint,
            default_headers=default_headers,
            env_file_path=env_file_path,
            settings={
                "api_key": api_key,
                "api_version": api_version,
                "credential": credential,
                "env_file_encoding": env_file_encoding,
                **settings,
            },
        )
        name = model or deployment_name or client.settings.default_deployment or client.settings.default_model
        options: dict[str, Any] = {"ai_model_id": name, "client": client, "ai_model_type": OpenAIModelTypes.CHAT}
        if service_id:
            options["service_id"] = service_id
        if instruction_role:
            options["instruction_role"] = instruction_role
        # The base's constructor insists on an AsyncAzureOpenAI; all that it would set is set here.
        super(AzureOpenAIConfigBase, self).__init__(**options)
