from __future__ import annotations

from collections.abc import Iterator

import httpx
import openai
import pytest

from azure_connector.emulator import Emulator


@pytest.fixture
def http(azure: Emulator) -> Iterator[httpx.Client]:
    """Plain HTTP with the right key."""
    with httpx.Client(
        base_url=azure.endpoint, headers={"api-key": azure.api_key}, trust_env=False, timeout=30
    ) as client:
        yield client


@pytest.fixture
def v1(azure: Emulator) -> Iterator[openai.OpenAI]:
    """The stock SDK over the v1 form."""
    with openai.OpenAI(base_url=f"{azure.endpoint}/openai/v1/", api_key=azure.api_key, max_retries=0) as client:
        yield client


@pytest.fixture
def classic(azure: Emulator) -> Iterator[openai.AzureOpenAI]:
    """The stock SDK over the classic form."""
    with openai.AzureOpenAI(
        azure_endpoint=azure.endpoint, api_key=azure.api_key, api_version="2025-04-01-preview", max_retries=0
    ) as client:
        yield client
