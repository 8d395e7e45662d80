"""The OpenAI SDK's own Azure clients, for what fails with them."""

from __future__ import annotations

import openai

from azure_connector.emulator import Emulator

VERSION = "2024-10-21"


def stock_client(azure: Emulator) -> openai.AzureOpenAI:
    return openai.AzureOpenAI(azure_endpoint=azure.endpoint, api_key=azure.api_key, api_version=VERSION, max_retries=0)


def stock_async_client(azure: Emulator) -> openai.AsyncAzureOpenAI:
    return openai.AsyncAzureOpenAI(
        azure_endpoint=azure.endpoint, api_key=azure.api_key, api_version=VERSION, max_retries=0
    )
