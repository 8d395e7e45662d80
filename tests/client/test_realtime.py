"""WebSockets have a seam of their own: the deployment in the URL, the credential in the handshake."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator

import openai
import pytest
from websockets.exceptions import InvalidStatus

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.emulator import Emulator
from azure_connector.errors import DeploymentNotFoundError, InvalidRequestError


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


@pytest.mark.parametrize(
    ("model", "key", "error", "advice"),
    [
        ("nowhere", None, DeploymentNotFoundError, "deployment_mapping"),
        ("my-voice", "sesame-key", openai.AuthenticationError, "AZURE_OPENAI_API_KEY"),
    ],
)
@pytest.mark.parametrize("way", ["with", "enter", "async with", "async enter"])
def test_a_refused_handshake_is_a_typed_error_with_a_hint(azure, way, model, key, error, advice):
    options = {"azure_endpoint": azure.endpoint, "api_key": key or azure.api_key}

    async def connect():
        async with AsyncAzureConnector(**options) as client:
            if way == "async enter":
                await client.realtime.connect(model=model).enter()
            async with client.realtime.connect(model=model):
                pass

    def connect_sync():
        with AzureConnector(**options) as client:
            if way == "enter":
                client.realtime.connect(model=model).enter()
            with client.realtime.connect(model=model):
                pass

    with pytest.raises(error) as caught:
        asyncio.run(connect()) if way.startswith("async") else connect_sync()
    assert isinstance(caught.value.__cause__, InvalidStatus)
    assert advice in caught.value.hint
    assert "sesame-key" not in str(caught.value)


@pytest.mark.parametrize("given", [{"model": "gpt-realtime"}, {}], ids=["unknown", "omitted"])
def test_the_default_deployment_serves_realtime(azure, given):
    options = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key, "default_deployment": "my-voice"}
    with AzureConnector(**options) as client, client.realtime.connect(**given) as connection:
        assert connection.recv().type == "session.created"
    assert azure.requests.last.url == "/openai/v1/realtime?model=my-voice"


def test_without_a_model_and_a_default_nothing_is_sent(azure):
    options = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key}
    with AzureConnector(**options) as client, pytest.raises(InvalidRequestError, match="names no model"):
        client.realtime.connect()
    assert len(azure.requests) == 0


@pytest.mark.parametrize(
    "tail",
    ["/openai/realtime?api-version=2024-10-01-preview&deployment=my-voice", "/openai/v1/realtime?model=my-voice"],
)
@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_a_pasted_target_uri(azure, tail, scheme):
    options = {"azure_endpoint": azure.endpoint.replace("http", scheme, 1) + tail, "api_key": azure.api_key}
    with AzureConnector(**options) as client, client.realtime.connect() as connection:
        assert connection.recv().type == "session.created"
    assert azure.requests.last.url == "/openai/v1/realtime?model=my-voice"
