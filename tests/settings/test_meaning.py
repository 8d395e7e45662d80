"""A name that is no setting is answered by what was meant: by its words, not by its letters alone."""

from __future__ import annotations

import pytest

from azure_connector import AzureConnector, ConfigurationError, ConnectorSettings
from azure_connector.settings import ALIASES, SETTINGS
from tests.support.tables import each_row

MEANT = {
    "apikey": "api_key",
    "azure_api_key": "api_key",
    "openai_api_key": "api_key",
    "AZURE_OPENAI_API_KEY": "api_key",
    "token": "azure_ad_token",
    "ad_tokn": "azure_ad_token",
    "access_token": "azure_ad_token",
    "token_provider": "azure_ad_token_provider",
    "azure_ad_token_providr": "azure_ad_token_provider",
    "api_bse": "azure_endpoint",
    "openai_api_base": "azure_endpoint",
    "azure_openai_endpoint": "azure_endpoint",
    "endpoit": "azure_endpoint",
    "azure-endpont": "azure_endpoint",
    "openai_api_version": "api_version",
    "deployment": "default_deployment",
    "deployment_nam": "default_deployment",
    "azure_deploymnt": "default_deployment",
    "engine": "default_deployment",
    "models": "deployment_mapping",
    "deployments": "deployment_mapping",
    "model": "default_model",
    "max_completion_tokens": "max_tokens",
    "max_token": "max_tokens",
    "request_timeout": "timeout",
    "retries": "max_attempts",
    "headers": "default_headers",
    "proxies": "proxy",
    "verify": "ca_bundle",
    "tenant": "tenant_id",
    "subscription_key": "apim_subscription_key",
    "token_endpoint": "scope",
    "organisation": "organization",
    "openai_organization": "organization",
    "websocket_url": "websocket_base_url",
    "env_file_path": "env_file",
    "http_async_client": "http_client",
    "api_url": "azure_endpoint",
    "endpoint_url": "azure_endpoint",
    "account_key": "api_key",
    "api_token": "azure_ad_token",
    "ad_token_provider_async": "azure_ad_token_provider",
    "azure_ad_token_scope": "scope",
    "use_cli": "use_default_credential",
    "chat_model": "default_model",
    "embedding_model": "embedding_deployment",
    "custom_headers": "default_headers",
    "proxy_url": "proxy",
    "verify_ssl": "ca_bundle",
    "allowed_hosts": "trusted_hosts",
    "retry_delay": "max_retry_wait",
}
ADVICE = {
    "max_connections": "http_client=openai.DefaultHttpxClient",
    "read_timeout": r"timeout=openai.Timeout\(60, connect=5\)",
    "log_level": r"logging.getLogger\('azure_connector'\)",
    "extra_body": r"pass 'extra_body' to create\(\)",
}
NOBODY_KNOWS = ("logger", "user_agent", "data_sources", "xyz", "api_thing", "max_speed")


@each_row("name", MEANT)
def test_what_was_meant(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"Did you mean '{MEANT[name]}'"):
        ConnectorSettings(**{name: "x"})


@each_row("name", ADVICE)
def test_what_is_to_be_done_instead(name: str) -> None:
    with pytest.raises(ConfigurationError, match=ADVICE[name]):
        ConnectorSettings(**{name: "x"})


@each_row("name", NOBODY_KNOWS)
def test_nothing_is_guessed(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"no setting '{name}'") as caught:
        ConnectorSettings(**{name: "x"})
    assert "mean" not in str(caught.value)


@each_row(
    ("name", "said"),
    [
        ("top_p", "pass 'top_p' to create"),
        ("stream", "pass 'stream' to create"),
        ("workload_identity", "federated_token_file"),
        ("admin_api_key", "OpenAI's own platform"),
        ("openai_api_type", "Leave it out"),
        ("region", "azure_endpoint"),
    ],
)
def test_what_is_something_else(name: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        AzureConnector(azure_endpoint="https://r.openai.azure.com", api_key="k", **{name: "x"})


def test_what_is_advised_can_be_typed() -> None:
    spellings = [one for setting in SETTINGS.values() for one in (*setting.meant, *setting.aliases)]
    assert len(spellings) == len(set(spellings)), "one spelling means one setting"
    assert set(SETTINGS).isdisjoint(spellings)
    assert {alias for setting in SETTINGS.values() for alias in setting.aliases} == set(ALIASES)


def test_a_file_says_it_too(bare_machine) -> None:
    (bare_machine / "azure_connector.toml").write_text('openai_api_base = "https://r.openai.azure.com"\n')
    with pytest.raises(ConfigurationError, match="Did you mean 'azure_endpoint'"):
        ConnectorSettings()


def test_in_another_applications_file_names_of_its_own_are_left_alone(bare_machine) -> None:
    (bare_machine / "azure_connector.toml").write_text(
        'model = "mine"\nhost = "here"\nendpoint = "https://mine.example"\n'
        '[[providers]]\nname = "azure-openai"\n[providers.config]\nendpoint = "https://r.openai.azure.com"\n'
    )
    assert ConnectorSettings().azure_endpoint == "https://r.openai.azure.com"
