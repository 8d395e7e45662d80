"""Every row of the constructor table of docs/coming-from/openai.md, run as it says."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from azure_connector import AsyncAzureConnector, AzureConnector, ConfigurationError
from azure_connector.settings import ALIASES, SETTINGS

from .blocks import ROOT

TEXT = (ROOT / "docs" / "coming-from" / "openai.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+)=(.*?)` \| ([OALS ]+) \| (.*?) \| (taken|said) \|$", TEXT, re.MULTILINE)
ENDPOINT = "https://RESOURCE.openai.azure.com"
# LangChain's class has the parameters of every call too: these are the connection's.
LANGCHAINS = {
    *(
        "azure_endpoint",
        "azure_deployment",
        "deployment_name",
        "model",
        "model_name",
        "api_version",
        "openai_api_version",
    ),
    *("openai_api_type", "api_key", "openai_api_key", "azure_ad_token", "azure_ad_token_provider", "base_url"),
    *("azure_ad_async_token_provider", "openai_api_base", "organization", "openai_organization", "timeout"),
    *("request_timeout", "max_retries", "default_headers", "default_query", "http_client", "http_async_client"),
    "openai_proxy",
}


class Credential:
    def get_token(self, *scopes: str, **options: Any) -> Any:
        raise NotImplementedError


@pytest.fixture
def values() -> Iterator[dict[str, Any]]:
    with openai.DefaultHttpxClient() as http_client:
        yield {
            "provider": lambda: "token",
            "credential": Credential(),
            "http_client": http_client,
            "client": None.__class__,
        }


@pytest.mark.parametrize(("name", "written", "who", "here", "outcome"), ROWS, ids=[row[0] for row in ROWS])
def test_a_row(name: str, written: str, who: str, here: str, outcome: str, values: dict[str, Any]) -> None:
    value = eval(written, {"__builtins__": {}}, values)
    options: dict[str, Any] = {"azure_endpoint": ENDPOINT, name: value}
    if ALIASES.get(name, name) == "azure_endpoint" or name == "openai_api_base":
        options = {name: value}
    meant = re.match(r"`(\w+)`", here)
    if outcome == "said":
        with pytest.raises(ConfigurationError) as caught:
            AzureConnector(**options)
        if meant:
            assert f"Did you mean '{meant[1]}'" in str(caught.value)
        else:
            assert here.startswith("nothing")
            assert "Did you mean" not in str(caught.value) or name == "async_client"
        return
    with AzureConnector(**options) as client:
        if meant is None:
            assert value is None
            return
        setting, shown = meant[1], value
        held = getattr(client, setting, None)
        if setting in SETTINGS and setting not in ("timeout", "default_headers"):
            held = getattr(client.settings, setting)
        if setting == "default_headers":
            held = {key: text for key, text in client.custom_headers.items() if key in value}
        if setting == "default_query":
            held = dict(client.custom_query)
        if setting == "http_client":
            held = client._client
        if setting == "env_file_encoding":
            held = value
        if hasattr(held, "get_secret_value"):
            held = held.get_secret_value()
        assert held == shown


def test_the_table_is_whole() -> None:
    from langchain_openai import AzureChatOpenAI
    from semantic_kernel.connectors.ai.open_ai import AzureChatCompletion

    told: dict[str, set[str]] = {letter: {row[0] for row in ROWS if letter in row[2]} for letter in "OALS"}
    private = {"self", "provider", "_strict_response_validation", "_enforce_credentials"}
    assert told["O"] == set(inspect.signature(openai.OpenAI).parameters) - private
    assert told["A"] == set(inspect.signature(openai.AzureOpenAI).parameters) - private
    assert told["S"] == set(inspect.signature(AzureChatCompletion.__init__).parameters) - private
    fields = AzureChatOpenAI.model_fields
    assert {*fields, *(field.alias for field in fields.values())} >= LANGCHAINS
    assert told["L"] == LANGCHAINS


def test_the_async_client_takes_the_same() -> None:
    shared = set(inspect.signature(AzureConnector).parameters)
    assert set(inspect.signature(AsyncAzureConnector).parameters) == shared
