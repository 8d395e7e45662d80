"""WebSockets have a seam of their own: the deployment in the URL, the credential in the handshake."""

from __future__ import annotations

import json
import threading

import pytest
from websockets.sync.server import serve

from azure_connector import AsyncAzureConnector, AzureConnector


@pytest.fixture
def server():
    """A realtime endpoint that greets and remembers its handshakes."""
    seen = []

    def greet(connection):
        seen.append(connection.request)
        connection.send(json.dumps({"type": "session.created", "event_id": "1", "session": {"type": "realtime"}}))
        connection.recv()

    with serve(greet, "127.0.0.1", 0) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.socket.getsockname()[1]}", seen
        running.shutdown()
        thread.join()


@pytest.mark.parametrize("version", [None, "2024-10-21"])
def test_realtime_goes_to_the_deployment_with_the_credential(server, version):
    endpoint, seen = server
    options = {"azure_endpoint": endpoint, "api_key": "k" * 32, "api_version": version}
    with (
        AzureConnector(**options, deployment_mapping={"gpt-realtime": "my-voice"}) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        assert connection.recv().type == "session.created"
    assert seen[0].path == "/openai/v1/realtime?model=my-voice"
    assert seen[0].headers["api-key"] == "k" * 32


async def test_realtime_async_with_a_token(server):
    endpoint, seen = server

    async def provider():
        return "token-0123456789"

    async with (
        AsyncAzureConnector(azure_endpoint=endpoint, azure_ad_token_provider=provider) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        assert (await connection.recv()).type == "session.created"
    assert seen[0].path == "/openai/v1/realtime?model=gpt-realtime"
    assert seen[0].headers["authorization"] == "Bearer token-0123456789"
