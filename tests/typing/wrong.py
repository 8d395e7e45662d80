"""Wrong uses, one a line: every type checker complains of each line that is marked, and of no other."""

from __future__ import annotations

from typing import Any

import litellm_adapter
from azure_connector import AsyncAzureConnector, AzureConnector, ConnectorSettings
from sk_azure_plugin import AzureConnectorChatCompletion, AzureConnectorTextEmbedding

ENDPOINT = "https://r.openai.azure.com"
MESSAGES: list[Any] = []


def wrong(client: AzureConnector, other: AsyncAzureConnector) -> None:
    AzureConnector(azure_endpont=ENDPOINT)  # wrong
    AzureConnector(max_attempts="three")  # wrong
    AzureConnector(api_form="v2")  # wrong
    AzureConnector(credential="a token")  # wrong
    AzureConnector(azure_ad_token_provider="a token")  # wrong
    AzureConnector(api_key=5)  # wrong
    AzureConnector(deployment_mapping={"gpt-5": 5})  # wrong
    AzureConnector(_state=None)  # wrong
    AzureConnector(http_client="proxy")  # wrong
    AzureConnector("https://r.openai.azure.com")  # wrong
    AsyncAzureConnector(deployment_nam="d")  # wrong
    AsyncAzureConnector(admin_api_key="sk-admin")  # wrong
    ConnectorSettings(tenant="t")  # wrong
    client.with_options(timout=3)  # wrong
    client.copy(config_file="x.toml")  # wrong
    client.copy(http_client="x")  # wrong
    other.copy(tenant_id=5)  # wrong
    litellm_adapter.register("mine", azure_endpont=ENDPOINT)  # wrong
    AzureConnectorChatCompletion(deployment="d")  # wrong
    AzureConnectorTextEmbedding(max_attempts="3")  # wrong
    client.chat.completions.create(model="m", messages=MESSAGES, tools=[5])  # wrong
    client.chat.completions.create(model="m", messages=MESSAGES, temprature=1)  # wrong
    client.chat.completions.create(model="m")  # wrong
    client.chat.completions.parse(model="m", messages=MESSAGES, tools=[5])  # wrong
    client.chat.completions.parse(model="m", messages=MESSAGES, temprature=1)  # wrong
    client.chat.completions.parse(model="m", messages=MESSAGES, response_format="json")  # wrong
    client.chat.completions.stream(model="m", messages=MESSAGES, stream=True)  # wrong
    other.responses.stream(model="m", input="x", text_format=5)  # wrong
    client.responses.parse(model="m", input="x", tool=[])  # wrong
    client.responses.create(modle="m", input="x")  # wrong
    client.realtime.connect(modle="m")  # wrong
    client.embeddings.create(model="m", inputs="x")  # wrong
    client.no_such_method()  # wrong
