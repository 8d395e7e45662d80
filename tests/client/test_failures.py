"""Bad input and bad luck: one exception each, under the SDK's own class, that says what to do."""

from __future__ import annotations

import asyncio
import socket

import openai
import pytest

import azure_connector as ac
from azure_connector.emulator import Reply
from tests.support.asking import HELLO, STREAMS, WAYS, ask, options, text_of


def test_no_endpoint_names_what_was_looked_for():
    with pytest.raises(ac.ConfigurationError) as caught:
        ac.AzureConnector(api_key="k" * 32)
    text = str(caught.value)
    for name in ("AZURE_OPENAI_ENDPOINT", "AZURE_API_BASE", "azure_connector.toml", "azure_endpoint"):
        assert name in text


@pytest.mark.parametrize("way", WAYS)
def test_a_wrong_key(azure, way):
    with pytest.raises(openai.AuthenticationError) as caught:
        ask(way, azure_endpoint=azure.endpoint, api_key="wrong-key-canary-0123456789")
    assert isinstance(caught.value, ac.AccessTokenError)
    assert "canary" not in str(caught.value)
    assert caught.value.hint
    assert caught.value.azure_request_id
    assert len(caught.value.attempts) == 1


@pytest.mark.parametrize("way", WAYS)
def test_an_unknown_deployment(azure, way):
    with pytest.raises(openai.NotFoundError) as caught:
        ask(way, {"model": "nope"}, **options(azure))
    assert isinstance(caught.value, ac.DeploymentNotFoundError)
    assert "deployment_mapping" in str(caught.value)
    assert len(azure.requests) == 1


@pytest.mark.parametrize("way", WAYS)
def test_an_unreachable_host(way):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(openai.APIConnectionError) as caught:
            ask(way, azure_endpoint=f"http://127.0.0.1:{port}", api_key="k" * 32, max_attempts=1)
    assert isinstance(caught.value, ac.EndpointUnreachableError)
    assert f"127.0.0.1:{port}" in str(caught.value)
    assert "AZURE_OPENAI_ENDPOINT" in str(caught.value)


def test_a_file_that_does_not_parse(bare_machine):
    (bare_machine / "azure_connector.toml").write_text('azure_endpoint = "https://x.openai.azure.com\n')
    with pytest.raises(ac.ConfigurationError, match=r"azure_connector\.toml, line 1"):
        ac.AzureConnector()


@pytest.mark.parametrize("way", WAYS)
def test_a_transient_failure_is_retried_on_the_same_target(azure, way):
    azure.script(Reply(status=503, body={"error": {"code": "ServiceUnavailable", "message": "busy"}}))
    reply = ask(way, **options(azure))
    assert "Oslo" in text_of(reply)
    info = ac.azure_info(reply[-1] if isinstance(reply, list) else reply)
    assert [attempt.status for attempt in info.attempts] == [503, 200]
    assert info.attempts[1].waited > 0


@pytest.mark.parametrize("way", WAYS)
def test_a_429_moves_on_to_the_next_target_at_once(azure, way):
    azure.script(Reply(status=429, headers={"retry-after": "30"}, body={"error": {"code": "429", "message": "slow"}}))
    reply = ask(way, {"model": "gpt-5"}, **options(azure, deployment_mapping={"gpt-5": ["gpt-5", "gpt-4o"]}))
    info = ac.azure_info(reply[-1] if isinstance(reply, list) else reply)
    assert [(one.deployment, one.status) for one in info.attempts] == [("gpt-5", 429), ("gpt-4o", 200)]
    assert info.attempts[1].waited == 0


@pytest.mark.parametrize("way", WAYS)
def test_a_quota_that_stays_empty_ends_in_one_error_with_every_attempt(azure, way):
    slow = Reply(status=429, headers={"retry-after-ms": "20"}, body={"error": {"code": "429", "message": "slow down"}})
    azure.script(slow, slow, slow)
    with pytest.raises(openai.RateLimitError) as caught:
        ask(way, **options(azure, max_attempts=3))
    assert isinstance(caught.value, ac.QuotaExceededError)
    assert [one.status for one in caught.value.attempts] == [429, 429, 429]
    assert len(azure.requests) == 3


@pytest.mark.parametrize("way", WAYS)
def test_the_content_filter_names_its_categories(azure, way):
    with pytest.raises(openai.BadRequestError) as caught:
        ask(way, {"messages": [{"role": "user", "content": "[filter:hate=high] x"}]}, **options(azure))
    error = caught.value
    assert isinstance(error, ac.ContentFilteredError)
    assert error.code == "content_filter"
    assert [(one.name, one.severity) for one in error.categories if one.filtered] == [("hate", "high")]
    assert len(azure.requests) == 1, "a refusal of the filter is never repeated"


@pytest.mark.parametrize("way", STREAMS)
def test_a_cut_stream_carries_what_arrived(azure, way):
    frame = {"id": "c", "created": 1, "model": "m", "object": "chat.completion.chunk"}
    first = {**frame, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Half an ans"}}]}
    azure.script(Reply(events=[first], done=False))
    with pytest.raises(ac.StreamInterruptedError) as caught:
        ask(way, **options(azure))
    assert isinstance(caught.value, openai.APIConnectionError)
    assert caught.value.partial.text == "Half an ans"
    assert len(azure.requests) == 1


@pytest.mark.parametrize("way", STREAMS)
def test_a_stream_that_breaks_before_anything_was_delivered_is_asked_for_again(azure, way):
    role = {"id": "c", "created": 1, "model": "m", "object": "chat.completion.chunk"}
    azure.script(
        Reply(events=[], done=False),
        Reply(events=[{**role, "choices": [{"index": 0, "delta": {"role": "assistant"}}]}], done=False),
    )
    reply = ask(way, **options(azure))
    assert "Oslo" in text_of(reply)
    assert len(azure.requests) == 3


@pytest.mark.parametrize("way", STREAMS)
def test_an_error_in_the_middle_of_a_stream(azure, way):
    frame = {"id": "c", "created": 1, "model": "m", "object": "chat.completion.chunk"}
    first = {**frame, "choices": [{"index": 0, "delta": {"content": "Half"}}]}
    failed = {"error": {"message": "The server had an error", "type": "server_error", "param": None, "code": None}}
    azure.script(Reply(events=[first, failed], done=False))
    with pytest.raises(ac.StreamInterruptedError, match="The server had an error") as caught:
        ask(way, **options(azure))
    assert caught.value.partial.text == "Half"


async def test_a_cancelled_call_is_no_failure(azure):
    azure.latency = 30
    async with ac.AsyncAzureConnector(**options(azure)) as client:
        call = asyncio.create_task(client.chat.completions.create(model="gpt-4o", messages=HELLO))
        await asyncio.to_thread(azure.requests.wait_for, 1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        azure.latency = 0
        reply = await client.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert len(ac.azure_info(reply).attempts) == 1


def test_the_deadline_ends_the_whole_call(azure):
    azure.script(*[Reply(status=503, headers={"retry-after": "50"})] * 9)
    with pytest.raises(openai.InternalServerError) as caught:
        ask("sync", **options(azure, deadline=45))
    assert isinstance(caught.value, ac.ServiceUnavailableError)
    assert len(azure.requests) == 1


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_elsewhere_is_not_followed(azure, status, kind):
    from azure_connector.emulator import Emulator

    with Emulator() as other:
        target = f"{other.endpoint}/openai/v1/chat/completions?secret=canary"
        azure.script(Reply(status=status, headers={"location": target}))
        with pytest.raises(ac.RedirectRefusedError) as caught:
            ask(kind, **options(azure, apim_subscription_key="gateway-canary", max_attempts=1))
        assert not list(other.requests)
    said = str(caught.value)
    assert azure.endpoint in said
    assert other.endpoint in said
    assert "canary" not in said
    assert caught.value.status_code == status


@pytest.mark.parametrize("location", ["https://[::1", "http://host:port/x", "https://user:pass@127.0.0.1/"])
def test_a_location_that_is_no_url_fails_over(azure, location):
    from azure_connector.emulator import Emulator

    with Emulator() as other:
        more = {
            "resources": {"west": {"azure_endpoint": other.endpoint, "api_key": other.api_key}},
            "deployment_mapping": {"gpt-4o": ["gpt-4o", "gpt-4o@west"]},
        }
        with ac.AzureConnector(**options(azure, **more)) as client:
            for _ in range(2):  # the first call, and a later one
                azure.script(Reply(status=307, headers={"location": location}))
                messages = [{"role": "user", "content": "What is the capital of Norway?"}]
                reply = client.chat.completions.create(model="gpt-4o", messages=messages)
                assert reply.choices[0].message.content
        assert len(other.requests) == 2


def test_a_redirect_to_a_trusted_host_is_followed_with_the_credential(azure):
    from azure_connector.emulator import Emulator

    with Emulator(api_key=azure.api_key) as other:
        azure.script(Reply(status=307, headers={"location": f"{other.endpoint}/openai/v1/chat/completions"}))
        trusted = other.endpoint.removeprefix("http://")
        assert "Oslo" in text_of(ask("sync", **options(azure, trusted_hosts=[trusted])))
        (request,) = other.requests
    assert request.headers["api-key"] == azure.api_key


def test_a_redirect_on_the_same_host_is_followed_with_the_credential(azure):
    azure.script(Reply(status=308, headers={"location": "/openai/v1/chat/completions"}))
    assert "Oslo" in text_of(ask("sync", **options(azure)))
    assert [request.headers["api-key"] for request in azure.requests] == [azure.api_key] * 2


def test_another_host_must_bring_its_own_credential(azure):
    with ac.AzureConnector(**options(azure)) as client, pytest.raises(ac.ConfigurationError, match="credential"):
        client.with_options(base_url="https://someone.azure-api.net/x")
