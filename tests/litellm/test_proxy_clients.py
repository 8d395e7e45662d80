"""A client of LiteLLM's Proxy decides nothing about where the Proxy's secrets go."""

from __future__ import annotations

from typing import Any

import pytest

from azure_connector.emulator import Emulator
from azure_connector.settings import CALL_NAMES
from tests.litellm.lite import ask, run
from tests.support.asking import HELLO, WAYS
from tests.support.catching import Host
from tests.support.frameworks import late

litellm = late("litellm")
litellm_adapter = late("litellm_adapter")

# What LiteLLM itself lets pass or refuses, by its own rules for clients' credentials.
LITELLMS = {"api_base", "api_key", "api_version", "azure_ad_token", "base_url"}
BROUGHT: dict[str, Any] = {
    "azure_endpoint": "{url}",
    "endpoint": "{url}",
    "proxy": "{url}",
    "authority_host": "{url}",
    "management_endpoint": "{url}",
    "trusted_hosts": ["127.0.0.1"],
    "ca_bundle": "/their/ca.pem",
    "federated_token_file": "/etc/passwd",
    "key_vault_secret": "https://theirs.vault.azure.net/secrets/s",
    "default_headers": {"Host": "theirs.example"},
    "resources": {"a": {"azure_endpoint": "{url}"}},
    "tenant_id": "theirs",
    "use_default_credential": True,
}


def of_client(body: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A call's arguments as the Proxy makes them of a client's request."""
    request = {"url": "http://proxy/v1/chat/completions", "method": "POST", "headers": {}, "body": body}
    return {**more, "proxy_server_request": request}


@pytest.mark.parametrize("name", BROUGHT)
@pytest.mark.parametrize("way", WAYS)
def test_a_setting_in_a_client_s_request_is_refused(
    azure: Emulator, name: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", azure.endpoint)
    secret = {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "c4nary-secret-1234567"}
    with Host() as theirs:
        value = BROUGHT[name].format(url=theirs.url) if isinstance(BROUGHT[name], str) else BROUGHT[name]
        key = {"AZURE_OPENAI_API_KEY": azure.api_key}
        for variable, text in (secret if name == "authority_host" else key).items():
            monkeypatch.setenv(variable, text)
        litellm_adapter.register()
        with pytest.raises(litellm.BadRequestError, match=f"may not bring the connector's settings \\({name}\\)"):
            ask(way, **of_client({"model": "g", "messages": HELLO, name: value}, **{name: value}))
        assert theirs.seen == []
        assert not list(azure.requests)


@pytest.mark.parametrize("entry", ["embedding", "responses"])
def test_other_entry_points(registered: Emulator, entry: str) -> None:
    call = of_client({"model": "g", "input": "Hi", "trusted_hosts": ["theirs.example"]})
    with pytest.raises(litellm.BadRequestError, match="trusted_hosts"):
        getattr(litellm, entry)(model="azure_connector/gpt-4o", input="Hi", trusted_hosts=["theirs.example"], **call)
    assert not list(registered.requests)


def test_every_setting_but_litellm_s_own_is_refused(registered: Emulator) -> None:
    for name in sorted(CALL_NAMES - LITELLMS):
        with pytest.raises(litellm.BadRequestError, match="may not bring"):
            ask("sync", **of_client({"model": "g", "messages": HELLO, name: "x"}))
    assert not list(registered.requests)


def test_parameters_and_the_deployment_s_own_settings_pass(registered: Emulator) -> None:
    deployment = {"model": "azure_connector/gpt-4o", "apim_subscription_key": "c4nary", "max_attempts": 2}
    router = litellm.Router(model_list=[{"model_name": "g", "litellm_params": deployment}])
    body = {"model": "g", "messages": HELLO, "temperature": 0.5, "max_tokens": 9, "timeout": 30}
    call = of_client(body, model="g", messages=HELLO, temperature=0.5, max_tokens=9, timeout=30)
    assert run(router.acompletion(**call)).choices
    sent = registered.requests.last
    assert sent.headers["ocp-apim-subscription-key"] == "c4nary"
    assert sent.body["temperature"] == 0.5
