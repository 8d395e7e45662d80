"""WebSockets have a seam of their own: the deployment in the URL, the credential in the handshake."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.emulator import Emulator


@pytest.fixture
def azure() -> Iterator[Emulator]:
    with Emulator({"my-voice": "gpt-realtime"}) as emulator:
        yield emulator


@pytest.mark.parametrize("version", [None, "2024-10-21"])
def test_realtime_goes_to_the_deployment_with_the_credential(azure, version):
    options = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key, "api_version": version}
    with (
        AzureConnector(**options, deployment_mapping={"gpt-realtime": "my-voice"}) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        assert connection.recv().type == "session.created"
        connection.response.create(response={"input": []})
        assert connection.recv().type == "response.created"
        # Read to its end: closing waits for a reader while more than a few messages lie unread.
        assert "response.done" in (event.type for event in connection)
    seen = azure.requests.last
    assert seen.url == "/openai/v1/realtime?model=my-voice"
    assert seen.headers["api-key"] == azure.api_key
    assert "authorization" not in seen.headers
    assert seen.messages == [{"type": "response.create", "response": {"input": []}}]


async def test_realtime_async_with_a_token(azure):
    async def provider():
        return azure.bearer_token

    async with (
        AsyncAzureConnector(azure_endpoint=azure.endpoint, azure_ad_token_provider=provider) as client,
        client.realtime.connect(model="my-voice") as connection,
    ):
        assert (await connection.recv()).type == "session.created"
    seen = azure.requests.last
    assert seen.url == "/openai/v1/realtime?model=my-voice"
    assert seen.headers["authorization"] == f"Bearer {azure.bearer_token}"
    assert "api-key" not in seen.headers


async def test_realtime_over_tls():
    # Async, here as in the emulator's tests: the sync client reads and writes one TLS object from two threads.
    with Emulator({"my-voice": "gpt-realtime"}, tls=True) as azure:
        trusting = {"ssl": ssl.create_default_context(cafile=azure.ca_file)}
        async with (
            AsyncAzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client,
            client.realtime.connect(model="my-voice", websocket_connection_options=trusting) as connection,
        ):
            assert (await connection.recv()).type == "session.created"


def test_a_refused_handshake_is_the_sdks_own_error(azure):
    with (
        AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client,
        pytest.raises(InvalidStatus) as caught,
        client.realtime.connect(model="nowhere"),
    ):
        pass
    assert caught.value.response.status_code == 404
    assert b"DeploymentNotFound" in caught.value.response.body
