"""What a caller says beside the settings: a base model, an endpoint without a credential, no retries."""

from __future__ import annotations

import pytest

import azure_connector as ac
from azure_connector.emulator import Deployment, Emulator, Reply
from tests.support.asking import HELLO


def test_a_declared_base_model_brings_its_rules():
    with (
        Emulator([Deployment("team-a", "gpt-5")]) as azure,
        ac.AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client,
    ):
        client.declare_base_model("team-a", "gpt-5-2025-08-07")
        client.chat.completions.create(model="team-a", messages=HELLO, max_tokens=50)
        assert [request.status for request in azure.requests] == [200]
        assert azure.requests.last.body["max_completion_tokens"] == 50
        assert client.explain("team-a").targets[0].base_model == "gpt-5"


def test_the_mapping_goes_before_a_declared_base_model(azure):
    mapping = {"fast": {"deployment": "gpt-4o", "model": "gpt-4o"}}
    with ac.AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key, deployment_mapping=mapping) as client:
        client.declare_base_model("fast", "gpt-5")
        assert client.explain("fast").targets[0].base_model == "gpt-4o"


def test_a_key_without_an_endpoint_is_for_no_endpoint_that_comes_later(monkeypatch):
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k" * 32)
    settings = ac.ConnectorSettings()
    with pytest.raises(ac.ConfigurationError, match="credential"):
        settings.derived(azure_endpoint="https://elsewhere.openai.azure.com")


def test_without_retries_nothing_is_waited_for(azure):
    limited = Reply(status=429, body={"error": {"code": "429", "message": "Slow"}}, headers={"retry-after": "20"})
    azure.script(limited)
    with ac.AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key, max_retries=0) as client:
        for _ in range(2):
            with pytest.raises(ac.QuotaExceededError) as caught:
                client.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert len(azure.requests) == 1
    assert 15 < caught.value.retry_after <= 20
