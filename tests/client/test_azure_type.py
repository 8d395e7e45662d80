"""The clients are an `AzureOpenAI` and an `AsyncAzureOpenAI` to whoever asks, and an `OpenAI` in what they do."""

from __future__ import annotations

import openai
import pytest
from openai.lib.azure import BaseAzureClient

from azure_connector import AsyncAzureConnector, AzureConnector, ConfigurationError
from azure_connector.client._azure_type import PUT_BACK
from azure_connector.emulator import Emulator
from tests.support import asking

OWN = {
    "__init__",
    "copy",
    "with_options",
    "_configure_realtime",
    "_configure_realtime_with_api_key",
    "_get_azure_ad_token",
}


@pytest.mark.parametrize("azures", [openai.AzureOpenAI, openai.AsyncAzureOpenAI, BaseAzureClient])
def test_nothing_else_of_the_sdks_azure_classes_is_inherited(azures: type) -> None:
    named = {name for name, value in vars(azures).items() if callable(value) and not name.startswith("__class")}
    assert named - OWN - set(PUT_BACK) - {"__init_subclass__", "__orig_bases__"} == set()


@pytest.mark.parametrize(
    ("ours", "azures", "plain"),
    [
        (AzureConnector, openai.AzureOpenAI, openai.OpenAI),
        (AsyncAzureConnector, openai.AsyncAzureOpenAI, openai.AsyncOpenAI),
    ],
)
def test_a_client_is_one_of_both(azure: Emulator, ours: type, azures: type, plain: type) -> None:
    client = ours(**asking.options(azure))
    assert isinstance(client, azures)
    assert isinstance(client, plain)
    assert isinstance(client.with_options(timeout=5), azures)
    for name in PUT_BACK:
        assert getattr(ours, name) is getattr(plain, name)
    assert azure.api_key not in str(vars(client))


@pytest.mark.parametrize("version", [None, "2024-10-21"])
def test_an_api_version_that_readers_set_is_neither_kept_nor_sent(azure: Emulator, version: str | None) -> None:
    with AzureConnector(**asking.options(azure, api_version=version), default_query={"q": "1"}) as client:
        assert client._custom_query["api-version"] == client._api_version == (version or "v1")
        assert client._custom_query.setdefault("api-version", "2020-01-01") == client._api_version
        assert dict(client._custom_query) == {"q": "1"}
        client.chat.completions.create(model="gpt-4o", messages=asking.HELLO)
    sent = azure.requests.last.query
    assert sent == ({"q": "1"} if version is None else {"q": "1", "api-version": version})


def test_a_token_for_readers(azure: Emulator) -> None:
    with AzureConnector(azure_endpoint=azure.endpoint, azure_ad_token=azure.bearer_token) as client:
        assert client._get_azure_ad_token() == azure.bearer_token
    with AzureConnector(**asking.options(azure)) as client:
        with pytest.raises(ConfigurationError, match="OpenAIRealtimeWebsocket") as caught:
            client._get_azure_ad_token()
        assert azure.api_key not in str(caught.value)
