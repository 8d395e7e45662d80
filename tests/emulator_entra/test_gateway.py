"""API Management in front: its key, its errors, and streams that pass as they come."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from azure_connector.emulator import Emulator, Reply
from azure_connector.emulator.entra import EntraID, ScriptedReply
from azure_connector.emulator.gateway import Gateway
from azure_connector.emulator.serving import Receive, Scope, Send, ServerThread
from tests.support.waiting import PATIENCE

HELLO: Any = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def gateway(azure: Emulator) -> Iterator[Gateway]:
    with Gateway(azure, backend_key=azure.api_key) as running:
        yield running


def client_of(gateway: Gateway, **headers: str) -> openai.OpenAI:
    return openai.OpenAI(
        base_url=f"{gateway.endpoint}/openai/v1/", api_key="unused", default_headers=headers, max_retries=0
    )


def test_the_key_opens_the_way_to_the_resource(azure: Emulator, gateway: Gateway) -> None:
    with client_of(gateway, **{gateway.header: gateway.subscription_key}) as client:
        reply = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=HELLO)
    assert reply.parse().choices[0].message.content
    assert len(reply.headers.get_list("apim-request-id")) == 1
    seen = azure.requests.last
    assert seen.path == "/openai/v1/chat/completions"
    assert seen.headers["api-key"] == azure.api_key
    assert gateway.header.lower() not in seen.headers


def test_the_classic_form_keeps_its_query_and_deployment(azure: Emulator, gateway: Gateway) -> None:
    with openai.AzureOpenAI(
        azure_endpoint=gateway.endpoint,
        api_version="2024-10-21",
        api_key="unused",
        default_headers={gateway.header: gateway.subscription_key},
    ) as client:
        assert client.chat.completions.create(model="gpt-4o", messages=HELLO).choices
    assert azure.requests.last.url == "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "Access denied due to missing subscription key. Make sure to include"),
        ({"Ocp-Apim-Subscription-Key": "wrong"}, "Access denied due to invalid subscription key."),
    ],
)
def test_refusals_are_flat(azure: Emulator, gateway: Gateway, headers: dict[str, str], words: str) -> None:
    with client_of(gateway, **headers) as client, pytest.raises(openai.AuthenticationError) as caught:
        client.chat.completions.create(model="gpt-4o", messages=HELLO)
    body: Any = caught.value.response.json()
    assert set(body) == {"statusCode", "message"}
    assert body["statusCode"] == 401
    assert body["message"].startswith(words)
    assert 'name="Ocp-Apim-Subscription-Key"' in caught.value.response.headers["www-authenticate"]
    assert caught.value.response.headers["apim-request-id"]
    assert len(azure.requests) == 0
    assert len(gateway.requests) == 1


def test_other_paths_are_flat_404s(azure: Emulator, gateway: Gateway) -> None:
    url = gateway.endpoint.removesuffix("/my-api") + "/my-api-too/openai/v1/models"
    reply = httpx.get(url, headers={gateway.header: gateway.subscription_key}, trust_env=False)
    assert (reply.status_code, reply.json()) == (404, {"statusCode": 404, "message": "Resource not found"})


@pytest.mark.parametrize("key", ["primary", "secondary"])
def test_a_renamed_header_and_two_keys(azure: Emulator, key: str) -> None:
    keys = ["primary", "secondary"]
    with Gateway(azure, subscription_key=keys, header="api-key", backend_key=azure.api_key) as gateway:
        default_name = {"Ocp-Apim-Subscription-Key": key}
        with client_of(gateway, **default_name) as client, pytest.raises(openai.AuthenticationError):
            client.models.list()
        with client_of(gateway, **{"api-key": key}) as client:
            assert client.models.list().data
    assert azure.requests.last.headers["api-key"] == azure.api_key


def test_the_key_in_the_query_is_not_sent_on(azure: Emulator, gateway: Gateway) -> None:
    query = {"subscription-key": gateway.subscription_key, "api-version": "2024-10-21"}
    reply = httpx.get(f"{gateway.endpoint}/openai/models", params=query, trust_env=False)
    assert reply.status_code == 200
    assert azure.requests.last.query == {"api-version": "2024-10-21"}


def test_a_bearer_token_passes_beside_the_key(entra: EntraID) -> None:
    token = entra.issue_token(entra.register_app())
    with Emulator(entra=entra) as azure, Gateway(azure, verify_bearer=entra.verifier()) as gateway:
        url, key = f"{gateway.endpoint}/openai/v1/models", {gateway.header: gateway.subscription_key}
        good = httpx.get(url, headers={**key, "Authorization": f"Bearer {token}"}, trust_env=False)
        bad = httpx.get(url, headers={**key, "Authorization": "Bearer nonsense"}, trust_env=False)
        none = httpx.get(url, headers=key, trust_env=False)
        assert len(azure.requests) == 1
    assert good.status_code == 200
    refusal = {"statusCode": 401, "message": "Unauthorized. Access token is missing or invalid."}
    assert [(reply.status_code, reply.json()) for reply in (bad, none)] == [(401, refusal), (401, refusal)]


def test_a_rate_limit_policy(azure: Emulator, gateway: Gateway) -> None:
    body = {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 12 seconds."}
    gateway.script(ScriptedReply(429, body, {"retry-after": "12"}))
    with client_of(gateway, **{gateway.header: gateway.subscription_key}) as client:
        with pytest.raises(openai.RateLimitError) as caught:
            client.models.list()
        assert client.models.list().data
    assert caught.value.response.headers["retry-after"] == "12"


def test_errors_of_the_resource_pass_unchanged(azure: Emulator, gateway: Gateway) -> None:
    azure.script(Reply(429, {"error": {"code": "429", "message": "slow down"}}, headers={"retry-after-ms": "1500"}))
    key = {gateway.header: gateway.subscription_key}
    with client_of(gateway, **key) as client, pytest.raises(openai.RateLimitError) as caught:
        client.models.list()
    assert caught.value.response.headers["retry-after-ms"] == "1500"
    assert caught.value.code == "429"


def test_a_resource_that_is_down(azure: Emulator) -> None:
    with Gateway("http://127.0.0.1:9") as gateway:
        headers = {gateway.header: gateway.subscription_key}
        reply = httpx.post(f"{gateway.endpoint}/openai/v1/x", headers=headers, json={}, trust_env=False)
    assert (reply.status_code, reply.json()) == (500, {"statusCode": 500, "message": "Internal server error"})


def test_tls_on_both_sides(entra: EntraID) -> None:
    with (
        Emulator(entra=entra, tls=entra.server_context()) as azure,
        Gateway(azure, tls=entra.server_context(), upstream_tls=entra.client_context()) as gateway,
    ):
        headers = {gateway.header: gateway.subscription_key, "api-key": azure.api_key}
        url = f"{gateway.endpoint}/openai/v1/models"
        assert url.startswith("https://")
        assert httpx.get(url, headers=headers, verify=entra.client_context(), trust_env=False).status_code == 200


class SlowUpstream:
    """Sends one part, then waits for the test."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.caller_left = threading.Event()
        self.break_off = False
        self._server = ServerThread(self.application)

    @property
    def endpoint(self) -> str:
        return self._server.url

    def __enter__(self) -> SlowUpstream:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    async def application(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"data: one\n\n", "more_body": True})
        gone = asyncio.create_task(receive())
        while not self.go_on.is_set() and not gone.done():
            await asyncio.sleep(0.01)
        if gone.done():
            self.caller_left.set()
            return
        if self.break_off:
            scope["state"]["transport"].abort()
            await gone
            return
        gone.cancel()
        await send({"type": "http.response.body", "body": b"data: two\n\n"})


def test_streams_pass_as_they_come() -> None:
    with SlowUpstream() as upstream, Gateway(upstream) as gateway, httpx.Client(trust_env=False) as client:
        headers = {gateway.header: gateway.subscription_key}
        with client.stream("POST", f"{gateway.endpoint}/x", headers=headers) as reply:
            parts = reply.iter_raw()
            assert next(parts) == b"data: one\n\n"
            upstream.go_on.set()
            assert b"".join(parts) == b"data: two\n\n"


def test_a_stream_that_breaks_off_behind_breaks_off_here(caplog: pytest.LogCaptureFixture) -> None:
    with SlowUpstream() as upstream, Gateway(upstream) as gateway, httpx.Client(trust_env=False) as client:
        upstream.break_off = True
        headers = {gateway.header: gateway.subscription_key}
        with client.stream("POST", f"{gateway.endpoint}/x", headers=headers) as reply:
            parts = reply.iter_raw()
            assert next(parts) == b"data: one\n\n"
            upstream.go_on.set()
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                next(parts)
    assert not [record for record in caplog.records if record.name.startswith("uvicorn")]


def test_a_caller_who_leaves_ends_the_request_behind() -> None:
    with SlowUpstream() as upstream, Gateway(upstream) as gateway, httpx.Client(trust_env=False) as client:
        headers = {gateway.header: gateway.subscription_key}
        with client.stream("POST", f"{gateway.endpoint}/x", headers=headers) as reply:
            assert next(reply.iter_raw()) == b"data: one\n\n"
        assert upstream.caller_left.wait(PATIENCE)
