"""What a call or a deployment brings: endpoint, credential, timeout, headers, client; and who may be told what."""

from __future__ import annotations

import asyncio
import gc
import weakref

import openai
import pytest

import azure_connector as ac
from azure_connector.emulator import Deployment, Emulator, Reply
from tests.litellm.lite import VERSION, ask, settle
from tests.support.asking import HELLO, WAYS, text_of
from tests.support.frameworks import late
from tests.support.waiting import until_async

litellm = late("litellm")
litellm_adapter = late("litellm_adapter")


@pytest.fixture
def elsewhere():
    with Emulator(["gpt-4o", "text-embedding-3-small"]) as other:
        yield other


@pytest.mark.parametrize("way", WAYS)
def test_an_endpoint_with_its_own_key(registered, elsewhere, way):
    ask(way, api_base=elsewhere.endpoint, api_key=elsewhere.api_key)
    assert elsewhere.requests.last.headers["api-key"] == elsewhere.api_key
    assert len(registered.requests) == 0


@pytest.mark.parametrize("way", WAYS)
def test_an_endpoint_alone_never_receives_the_ambient_key(registered, elsewhere, way):
    with pytest.raises(litellm.AuthenticationError, match="trusted_hosts") as caught:
        ask(way, api_base=elsewhere.endpoint)
    assert caught.value.llm_provider == "azure_connector"
    assert len(elsewhere.requests) == 0


@pytest.mark.parametrize("way", WAYS)
def test_an_endpoint_alone_never_receives_a_key_without_an_endpoint(elsewhere, monkeypatch, way):
    monkeypatch.setenv("AZURE_API_KEY", "ambient-key-0123456789-0123456789")
    litellm_adapter.register()
    with pytest.raises(litellm.AuthenticationError):
        ask(way, api_base=elsewhere.endpoint)
    assert len(elsewhere.requests) == 0


def test_embeddings_are_guarded_too(registered, elsewhere):
    with pytest.raises(litellm.AuthenticationError):
        litellm.embedding("azure_connector/text-embedding-3-small", ["x"], api_base=elsewhere.endpoint)
    assert len(elsewhere.requests) == 0


def test_a_trusted_host_may_receive_the_ambient_key(registered, elsewhere):
    litellm_adapter.register(trusted_hosts=["127.0.0.1"])
    elsewhere.api_key = registered.api_key
    ask("sync", api_base=elsewhere.endpoint)
    assert len(elsewhere.requests) == 1


def test_the_same_endpoint_in_another_form_is_no_other(registered):
    ask("sync", api_base=f"{registered.endpoint}/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21")
    assert registered.requests.last.url.startswith("/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21")


@pytest.mark.parametrize("way", WAYS)
def test_a_token(registered, way):
    ask(way, azure_ad_token=registered.bearer_token)
    assert registered.requests.last.headers["authorization"] == f"Bearer {registered.bearer_token}"
    assert "api-key" not in registered.requests.last.headers


@pytest.mark.parametrize("way", WAYS)
def test_a_token_provider_is_asked_for_each_call(registered, way):
    asked = []

    def provider():
        asked.append(1)
        return registered.bearer_token

    ask(way, azure_ad_token_provider=provider)
    ask(way, azure_ad_token_provider=provider)
    assert registered.requests.last.headers["authorization"] == f"Bearer {registered.bearer_token}"
    assert "azure_ad_token_provider" not in registered.requests.last.body
    assert asked


def test_conflicting_credentials(registered):
    with pytest.raises(litellm.BadRequestError, match="only one"):
        ask("sync", azure_ad_token="t", api_key="k" * 32)


def test_an_application(registered):
    """tenant_id, client_id and client_secret reach the connector, and never the wire."""
    secret = {"tenant_id": "t" * 8, "client_id": "c" * 8, "client_secret": "s" * 40}
    with pytest.raises(litellm.AuthenticationError) as caught:
        ask("sync", api_base=registered.endpoint, **secret)
    assert "s" * 40 not in str(caught.value)
    assert len(registered.requests) == 0


@pytest.mark.parametrize("way", WAYS)
def test_headers_and_extra_body(registered, way):
    ask(way, headers={"x-a": "1"}, extra_headers={"x-b": "2"}, extra_body={"seed": 5})
    sent = registered.requests.last
    assert (sent.headers["x-a"], sent.headers["x-b"], sent.body["seed"]) == ("1", "2", 5)
    assert "extra_body" not in sent.body


@pytest.mark.parametrize("way", WAYS)
def test_a_timeout(registered, way):
    registered.latency = 0.6
    with pytest.raises(litellm.Timeout) as caught:
        ask(way, timeout=0.15, max_retries=0)
    assert caught.value.llm_provider == "azure_connector"
    registered.latency = 0


def test_litellm_s_default_timeout_is_not_the_connector_s(registered):
    litellm_adapter.register(timeout=0.15)
    registered.latency = 0.6
    with pytest.raises(litellm.Timeout):
        ask("sync", max_retries=0)
    registered.latency = 0


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("retries", [0, 1])
def test_retries_are_the_caller_s(registered, way, retries):
    registered.script(Reply(status=503, body={"error": {"code": "503", "message": "busy"}}))
    if retries:
        assert "Oslo" in text_of(ask(way, max_retries=retries))
    else:
        with pytest.raises(litellm.ServiceUnavailableError):
            ask(way, max_retries=retries)
    assert len(registered.requests) == retries + 1


@pytest.mark.parametrize("way", WAYS)
def test_a_base_model_brings_its_rules_and_prices(way):
    with Emulator([Deployment("team-a", "gpt-5")]) as azure:
        litellm_adapter.register(azure_endpoint=azure.endpoint, api_key=azure.api_key)
        reply = ask(way, model="azure_connector/team-a", base_model="azure/gpt-5", max_tokens=400)
        assert [request.status for request in azure.requests] == [200]
        assert azure.requests.last.body["max_completion_tokens"] == 400
        if not isinstance(reply, list):
            assert reply._hidden_params["response_cost"] > 0


def azure_client(kind, azure):
    if issubclass(kind, openai.AzureOpenAI | openai.AsyncAzureOpenAI):
        return kind(azure_endpoint=azure.endpoint, api_key=azure.api_key, api_version="2024-10-21")
    return kind(azure_endpoint=azure.endpoint, api_key=azure.api_key)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", [ac.AzureConnector, openai.AzureOpenAI])
def test_a_client_of_the_caller_s_own(registered, elsewhere, kind, stream):
    with azure_client(kind, elsewhere) as client:
        reply = ask("sync stream" if stream else "sync", client=client)
        assert "Oslo" in text_of(reply)
        assert (len(elsewhere.requests), len(registered.requests)) == (1, 0)
        assert not client.is_closed()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", [ac.AsyncAzureConnector, openai.AsyncAzureOpenAI])
async def test_an_async_client_of_the_caller_s_own(registered, elsewhere, kind, stream):
    async with azure_client(kind, elsewhere) as client:
        call = {"model": "azure_connector/gpt-4o", "messages": HELLO, "client": client}
        reply = await litellm.acompletion(**call, stream=stream)
        assert "Oslo" in text_of([chunk async for chunk in reply] if stream else reply)
        assert (len(elsewhere.requests), len(registered.requests)) == (1, 0)
        await settle()


def test_a_client_of_the_wrong_kind(registered):
    with ac.AzureConnector() as client, pytest.raises(litellm.BadRequestError, match="Pass an async client"):
        ask("async", client=client)


def test_one_connector_for_each_identity(registered, elsewhere):
    provider = litellm_adapter.register()
    for _ in range(2):
        litellm.completion(model="azure_connector/gpt-4o", messages=HELLO)
        where = {"api_base": elsewhere.endpoint, "api_key": elsewhere.api_key}
        litellm.completion(model="azure_connector/gpt-4o", messages=HELLO, **where)
    assert repr(provider.connectors) == "Connectors(2 sync, 0 async)"
    assert registered.requests.connections == elsewhere.requests.connections == 1


def test_the_cache_is_bounded_and_closes_what_it_drops(registered):
    provider = litellm_adapter.provider.ConnectorLLM("few", limit=2)
    litellm.custom_provider_map.append({"provider": "few", "custom_handler": provider})
    litellm.utils.custom_llm_setup()
    dropped = []
    for number in range(4):
        litellm.completion(model="few/gpt-4o", messages=HELLO, api_key=registered.api_key, tenant_id=str(number))
        dropped.append(weakref.ref(next(reversed(provider.connectors._sync.values()))._client))
    gc.collect()
    assert len(provider.connectors._sync) == 2
    assert [one() is None for one in dropped] == [True, True, False, False]


def test_each_event_loop_has_its_own_connections(registered):
    for _ in range(3):
        assert "Oslo" in text_of(ask("async"))
        assert "Oslo" in text_of(ask("async stream"))


@pytest.mark.skipif(VERSION < (1, 105), reason="LiteLLM's logging worker stays behind on the loop that is gone")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_loop_that_is_gone(registered):
    """A stream that was opened on a loop which has ended cannot be read; LiteLLM's own exception says so."""

    async def opened():
        return await litellm.acompletion(model="azure_connector/gpt-4o", messages=HELLO, stream=True)

    registered.chunk_latency = 0.1
    stream = asyncio.run(opened())
    registered.chunk_latency = 0

    async def read(stream):
        try:
            return [chunk async for chunk in stream]
        finally:
            await settle()

    with pytest.raises((litellm.APIConnectionError, litellm.exceptions.MidStreamFallbackError)):
        asyncio.run(read(stream))
    del stream
    gc.collect()


def test_a_stream_that_is_never_read_releases_its_connection(registered):
    litellm.completion(model="azure_connector/gpt-4o", messages=HELLO, stream=True)
    gc.collect()
    reply = litellm.completion(model="azure_connector/gpt-4o", messages=HELLO)
    assert "Oslo" in text_of(reply)


def test_a_stream_that_is_left_early(registered):
    registered.chunk_latency = 0.01
    messages = [{"role": "user", "content": "Say " + "hello " * 50}]

    async def leave():
        stream = await litellm.acompletion(model="azure_connector/gpt-4o", messages=messages, stream=True)
        async for _ in stream:
            break
        await stream.aclose()
        await settle()

    asyncio.run(leave())


def test_cancellation_stays_cancellation(registered):
    registered.latency = 30

    async def cancelled(**how):
        task = asyncio.ensure_future(litellm.acompletion(model="azure_connector/gpt-4o", messages=HELLO, **how))
        await until_async(lambda: registered.requests)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        registered.clear()
        await settle()

    asyncio.run(cancelled())
    asyncio.run(cancelled(stream=True))
    registered.latency = 0


def test_a_client_that_is_closed_in_the_middle(registered):
    registered.chunk_latency = 0.02
    client = ac.AzureConnector()
    messages = [{"role": "user", "content": "Say " + "hello " * 50}]
    stream = litellm.completion(model="azure_connector/gpt-4o", messages=messages, stream=True, client=client)
    next(iter(stream))
    client.close()
    with pytest.raises(litellm.exceptions.MidStreamFallbackError) as caught:
        list(stream)
    assert caught.value.llm_provider == "azure_connector"
    registered.chunk_latency = 0
