"""Registration: once, from any thread, for several prefixes, with prices and capabilities."""

from __future__ import annotations

import threading

import pytest

from azure_connector import ConfigurationError
from azure_connector.emulator import Deployment, Emulator
from tests.litellm.lite import ask
from tests.support.asking import HELLO, WAYS, text_of
from tests.support.frameworks import late

litellm = late("litellm")
async_calls = late("litellm_adapter.hooks.async_calls")
litellm_adapter = late("litellm_adapter")


def providers():
    return [entry["provider"] for entry in litellm.custom_provider_map]


def test_registering_again_changes_nothing(registered):
    first = litellm_adapter.register()
    assert litellm_adapter.register() is first
    assert providers() == ["azure_connector"]
    assert litellm.callbacks.count(async_calls.hook) == 1
    assert litellm.provider_list.count("azure_connector") == 1


def test_other_settings_replace_the_provider(registered):
    first = litellm_adapter.register()
    second = litellm_adapter.register(default_deployment="gpt-4o")
    assert second is not first
    assert providers() == ["azure_connector"]
    assert "Oslo" in text_of(ask("sync", model="azure_connector/whatever"))


def test_from_many_threads(azure):
    start = threading.Barrier(8)

    def register(number):
        start.wait()
        litellm_adapter.register(f"team{number % 4}", azure_endpoint=azure.endpoint, api_key=azure.api_key)

    threads = [threading.Thread(target=register, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(providers()) == ["team0", "team1", "team2", "team3"]
    assert litellm.callbacks.count(async_calls.hook) == 1


@pytest.mark.parametrize("way", WAYS)
def test_prefixes_side_by_side(azure, way):
    with Emulator(["gpt-4o"]) as other:
        litellm_adapter.register("north", azure_endpoint=azure.endpoint, api_key=azure.api_key)
        litellm_adapter.register("south", azure_endpoint=other.endpoint, api_key=other.api_key)
        ask(way, model="north/gpt-4o")
        ask(way, model="south/gpt-4o")
        assert len(azure.requests) == len(other.requests) == 1
        assert other.requests.last.headers["api-key"] == other.api_key


def test_unregister_takes_everything_back(registered):
    litellm_adapter.unregister()
    litellm_adapter.unregister("never-registered")
    assert providers() == []
    assert async_calls.hook not in litellm.callbacks
    assert not [name for name in litellm.model_cost if name.startswith("azure_connector/")]
    with pytest.raises(litellm.BadRequestError, match="LLM Provider NOT provided"):
        litellm.completion(model="azure_connector/gpt-4o", messages=HELLO)


def test_registering_again_reads_the_environment_anew(registered, monkeypatch):
    ask("sync")
    with Emulator(["gpt-4o"]) as other:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", other.endpoint)
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", other.api_key)
        litellm_adapter.register()
        ask("sync")
        assert (len(registered.requests), len(other.requests)) == (1, 1)


def test_settings_that_can_no_longer_be_read_leave_no_former_connector(registered, azure, monkeypatch):
    ask("sync", model="azure_connector/gpt-4o")
    sent = len(azure.requests)
    monkeypatch.setenv("AZURE_CONNECTOR_TIMEOUT", "soon")
    litellm_adapter.register()
    with pytest.raises(litellm.BadRequestError, match="AZURE_CONNECTOR_TIMEOUT"):
        ask("sync", model="azure_connector/gpt-4o")
    assert len(azure.requests) == sent


@pytest.mark.parametrize("prefix", ["azure", "openai", "", "a/b"])
def test_a_prefix_that_cannot_be(prefix):
    with pytest.raises(ValueError, match="prefix"):
        litellm_adapter.register(prefix)


def test_settings_that_contradict_each_other_fail_at_registration():
    with pytest.raises(ConfigurationError, match="api_key"):
        litellm_adapter.register(api_key="k" * 32, azure_ad_token="t")
    with pytest.raises(ConfigurationError, match="azure_endpoint"):
        litellm_adapter.register(azure_endpiont="https://x.openai.azure.com")
    assert providers() == []


def test_the_environment_may_be_completed_after_registration(azure, monkeypatch):
    litellm_adapter.register()
    with pytest.raises(litellm.BadRequestError):
        ask("sync")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", azure.endpoint)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", azure.api_key)
    litellm_adapter.handler.close()
    assert "Oslo" in text_of(ask("sync"))


def _cost(usage, entry):
    spent = usage.prompt_tokens * entry["input_cost_per_token"]
    return pytest.approx(spent + usage.completion_tokens * entry["output_cost_per_token"])


@pytest.mark.parametrize("way", WAYS)
def test_a_reply_has_its_cost(registered, way):
    reply = ask(way, stream_options={"include_usage": True}) if "stream" in way else ask(way)
    whole = litellm.stream_chunk_builder(reply) if isinstance(reply, list) else reply
    # LiteLLM's older versions go by the served model, newer ones by the name that was asked for.
    expected = [_cost(whole.usage, litellm.model_cost[f"azure/{name}"]) for name in ("gpt-4o", "gpt-4o-2024-11-20")]
    assert litellm.completion_cost(whole, model="azure_connector/gpt-4o") in expected
    if not isinstance(reply, list):
        assert reply._hidden_params["response_cost"] in expected
        assert litellm.completion_cost(reply) in expected


def test_mapped_deployments_are_priced_by_their_base_models(registered):
    litellm_adapter.register(deployment_mapping={"fast": {"deployment": "gpt-4.1", "model": "gpt-4.1"}})
    reply = ask("sync", model="azure_connector/fast")
    assert reply._hidden_params["response_cost"] > 0
    source = litellm.get_model_info("azure/gpt-4.1")
    info = litellm.get_model_info("azure_connector/fast")
    assert info["max_input_tokens"] == source["max_input_tokens"]
    assert litellm.supports_function_calling("azure_connector/fast")
    assert litellm.get_max_tokens("azure_connector/fast") == litellm.get_max_tokens("azure/gpt-4.1")


@pytest.mark.parametrize("way", WAYS)
def test_any_deployment_is_priced_by_the_model_that_its_reply_names(monkeypatch, way):
    with Emulator([Deployment("team-a", "gpt-4o")]) as azure:
        litellm_adapter.register(azure_endpoint=azure.endpoint, api_key=azure.api_key)
        usage = {"stream_options": {"include_usage": True}} if "stream" in way else {}
        reply = ask(way, model="azure_connector/team-a", **usage)
        whole = litellm.stream_chunk_builder(reply) if isinstance(reply, list) else reply
        assert litellm.completion_cost(whole, model="azure_connector/team-a") > 0
        if not isinstance(reply, list):
            assert reply._hidden_params["response_cost"] > 0


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5", "o4-mini", "gpt-4.1"])
def test_capabilities_are_those_of_azure(registered, model):
    ours, theirs = f"azure_connector/{model}", f"azure/{model}"
    for supports in (
        litellm.supports_function_calling,
        litellm.supports_vision,
        litellm.supports_response_schema,
        litellm.supports_reasoning,
        litellm.utils.supports_prompt_caching,
        litellm.supports_parallel_function_calling,
    ):
        assert supports(ours) == supports(theirs)
    assert litellm.token_counter(ours, messages=HELLO) == litellm.token_counter(theirs, messages=HELLO)


def test_models_of_the_responses_api_stay_with_the_connector(registered):
    """LiteLLM's own bridge to the Responses API does not know custom providers."""
    with Emulator([Deployment("gpt-5-pro", "gpt-5-pro")]) as azure:
        litellm_adapter.register("pro", azure_endpoint=azure.endpoint, api_key=azure.api_key)
        assert "Oslo" in text_of(ask("sync", model="pro/gpt-5-pro"))
        assert azure.requests.last.url == "/openai/v1/responses"


def test_a_budget_counts(registered):
    litellm._current_cost = 0
    litellm.max_budget = 1e-9
    try:
        ask("sync")
        litellm._current_cost = max(litellm._current_cost, 1e-8)
        with pytest.raises(litellm.BudgetExceededError):
            ask("sync")
    finally:
        litellm.max_budget = 0


def test_the_handler_alone_serves(registered):
    """As the Proxy does it: it replaces the map and never calls `register`."""
    litellm_adapter.unregister()
    litellm.custom_provider_map = [{"provider": "azure_connector", "custom_handler": litellm_adapter.handler}]
    from litellm.utils import custom_llm_setup

    custom_llm_setup()
    reply = ask("async")
    assert reply._hidden_params["response_cost"] > 0
    assert async_calls.hook in litellm.callbacks


def test_after_the_map_was_emptied_it_can_still_be_taken_back(registered):
    litellm.custom_provider_map = []
    litellm_adapter.unregister()
    assert async_calls.hook not in litellm.callbacks
    assert "azure_connector" not in litellm.provider_list


def test_after_the_map_was_emptied_it_can_be_repeated(registered):
    litellm.custom_provider_map = []
    litellm_adapter.register()
    litellm_adapter.register("north")
    assert "Oslo" in text_of(ask("sync"))


@pytest.mark.parametrize("prefix", ["azure_connector/x", "azure", ""])
def test_the_error_suggests_another_prefix(prefix):
    with pytest.raises(ValueError, match="choose another one") as caught:
        litellm_adapter.register(prefix)
    assert f"such as {prefix!r}" not in str(caught.value)


def test_a_replaced_price_list_is_completed_again(registered, monkeypatch):
    litellm_adapter.register(deployment_mapping={"fast": {"deployment": "gpt-4.1", "model": "gpt-4.1"}})
    kept = {name: entry for name, entry in litellm.model_cost.items() if not name.startswith("azure_connector/")}
    monkeypatch.setattr(litellm, "model_cost", kept)
    for name, base in (("fast", "gpt-4.1"), ("gpt-4o", "gpt-4o")):
        assert litellm.supports_vision(f"azure_connector/{name}") is litellm.supports_vision(f"azure/{base}") is True
    assert ask("sync", model="azure_connector/fast")._hidden_params["response_cost"] > 0


PARAMETERS = ("reasoning_effort", "verbosity", "temperature", "logprobs", "tools", "response_format")


@pytest.mark.parametrize("model", ["gpt-5", "gpt-4o", "o4-mini", "gpt-4"])
def test_the_parameters_are_those_of_the_base_model(registered, model):
    litellm_adapter.register(deployment_mapping={"alias": {"deployment": "team-a", "model": model}})
    theirs = litellm.get_supported_openai_params(model, "azure")
    for ours in ("alias", "team-a", model):
        assert litellm.get_supported_openai_params(f"azure_connector/{ours}") == theirs
        assert litellm.get_supported_openai_params(ours, "azure_connector") == theirs
        assert litellm.utils.get_supported_openai_params(ours, custom_llm_provider="azure_connector") == theirs
    embeds = litellm.get_supported_openai_params("azure_connector/alias", request_type="embeddings")
    assert embeds == litellm.get_supported_openai_params(model, "azure", "embeddings")


def test_a_deployment_called_gpt_4_keeps_json_mode():
    with Emulator([Deployment("gpt-4", "gpt-4o")]) as azure:
        litellm_adapter.register(azure_endpoint=azure.endpoint, api_key=azure.api_key)
        for way in WAYS:
            for drop in (False, True):
                messages = [{"role": "user", "content": "Answer in JSON about Oslo"}]
                how = {"response_format": {"type": "json_object"}, "drop_params": drop, "user": "u"}
                ask(way, model="azure_connector/gpt-4", messages=messages, **how)
                sent = azure.requests.last.body
                assert (sent["response_format"], sent["user"]) == ({"type": "json_object"}, "u")
