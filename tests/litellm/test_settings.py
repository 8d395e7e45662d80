"""Settings named in a call or a Router's deployment become settings; they never go out in a body."""

from __future__ import annotations

from typing import Any

import pytest

from azure_connector.emulator import Emulator
from azure_connector.settings import CALL_NAMES
from tests.litellm.lite import ask, run
from tests.support.asking import HELLO, WAYS
from tests.support.frameworks import late

litellm = late("litellm")
async_calls = late("litellm_adapter.hooks.async_calls")
sync_calls = late("litellm_adapter.hooks.sync_calls")
litellm_adapter = late("litellm_adapter")

CANARY = "canary-0123456789abcdef"
# The value is one that the emulator's pair bears, so that the call answers.
GIVEN: dict[str, Any] = {
    "apim_subscription_key": CANARY,
    "apim_header": "x-gateway-key",
    "api_form": "v1",
    "default_headers": {"x-team": "a"},
    "default_deployment": "gpt-4o",
    "deployment_mapping": {"gpt-4o": "gpt-4o"},
    "max_attempts": 2,
    "max_retry_wait": 3.0,
    "cooldown": 1.5,
    "deadline": 30.0,
    "strict": False,
    "repeat_unsafe": True,
    "trusted_hosts": ("gateway.example.com",),
    "tenant_id": "contoso",
}


@pytest.mark.parametrize("hooked", [True, False])
@pytest.mark.parametrize("name", GIVEN)
@pytest.mark.parametrize("way", WAYS)
def test_a_setting_is_no_parameter(registered, way, name, hooked):
    if not hooked:
        litellm.callbacks.remove(async_calls.hook)
        for patch in sync_calls.PATCHES:
            patch.take_out()
    assert ask(way, **{name: GIVEN[name]})
    sent = registered.requests.last
    assert name not in sent.body
    assert CANARY not in str(sent.body)
    if name == "apim_subscription_key":
        assert sent.headers["ocp-apim-subscription-key"] == CANARY
    if name == "default_headers" and hooked:  # LiteLLM takes that for its own, and drops it
        assert sent.headers["x-team"] == "a"


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_router_s_deployment_brings_settings(registered, asynchronous):
    deployment = {"model": "azure_connector/gpt-4o", "apim_subscription_key": CANARY, "max_attempts": 2}
    router = litellm.Router(model_list=[{"model_name": "g", "litellm_params": deployment}])
    call = {"model": "g", "messages": HELLO}
    _ = run(router.acompletion(**call)) if asynchronous else router.completion(**call)
    sent = registered.requests.last
    assert set(sent.body) == {"model", "messages"}
    assert sent.headers["ocp-apim-subscription-key"] == CANARY


@pytest.mark.parametrize("entry", ["embedding", "image_generation", "responses", "speech"])
def test_every_entry_point_keeps_them_out_of_the_body(entry):
    call: dict[str, Any] = {
        "embedding": {"model": "azure_connector/text-embedding-3-small", "input": ["x"]},
        "image_generation": {"model": "azure_connector/gpt-image-1", "prompt": "A cat"},
        "responses": {"model": "azure_connector/gpt-4o", "input": "Hi"},
        "speech": {"model": "azure_connector/gpt-4o-mini-tts", "input": "Hi", "voice": "alloy"},
    }[entry]
    with Emulator(["text-embedding-3-small", "gpt-image-1", "gpt-4o", "gpt-4o-mini-tts"]) as azure:
        litellm_adapter.register(azure_endpoint=azure.endpoint, api_key=azure.api_key)
        getattr(litellm, entry)(**call, apim_subscription_key=CANARY)
        assert azure.requests.last.headers["ocp-apim-subscription-key"] == CANARY
        assert CANARY not in str(azure.requests.last.body)


def test_parameters_of_an_operation_stay_parameters(registered):
    assert {"max_tokens", "temperature", "timeout"}.isdisjoint(CALL_NAMES)
    ask("sync", temperature=0.1, max_tokens=9, timeout=30)
    assert registered.requests.last.body["temperature"] == 0.1
    assert 9 in registered.requests.last.body.values()
    provider = litellm_adapter.register()
    assert repr(provider.connectors) == "Connectors(1 sync, 0 async)"


NEAR = {
    "apim_subscription_keys": "apim_subscription_key",
    "subscription_key": "apim_subscription_key",
    "azure_api_key": "api_key",
    "clientSecret": "client_secret",
    "azure_ad_tokn": "azure_ad_token",
    "tenant-id": "tenant_id",
    "use_managed_identities": "use_managed_identity",
    "key_vault_secrets": "key_vault_secret",
    "my_client_secret": "client_secret",
}


@pytest.mark.parametrize("name", NEAR)
@pytest.mark.parametrize("way", WAYS)
def test_a_misspelt_secret_is_refused_and_nothing_is_sent(registered, way, name):
    with pytest.raises(litellm.BadRequestError, match=f"Did you mean '{NEAR[name]}'") as caught:
        ask(way, **{name: CANARY})
    assert CANARY not in str(caught.value)
    assert len(registered.requests) == 0


@pytest.mark.parametrize("name", ["top_k", "min_p", "prompt_cache_scope", "custom_flag", "user_scope"])
def test_any_other_unknown_name_is_sent_on(registered, name):
    with pytest.raises(litellm.BadRequestError, match=name):  # it is Azure that refuses it
        ask("sync", **{name: 5})
    assert registered.requests.last.body[name] == 5
