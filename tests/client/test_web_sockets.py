"""The SDK's WebSockets, over a recording server: the address, the credential, and the models of the events."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import openai
import pytest
from websockets.sync.server import ServerConnection, serve

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.errors import DeploymentNotFoundError, InvalidRequestError

MAPPING = {"gpt-5": ["mine", "spare"], "gpt-realtime": "voice", "whisper-1": "ears", "gpt-far": "far@west"}
CREATED = {"type": "response.created", "sequence_number": 0, "response": {"id": "resp_1", "output": []}}


@dataclass
class Recorded:
    """What a server of WebSockets was sent."""

    address: str
    paths: list[str] = field(default_factory=list)
    headers: list[Any] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    heard: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    refuse: bool = False

    def next_event(self) -> Any:
        """The event that comes next."""
        assert self.heard.acquire(timeout=10)
        return self.events[-1]


@pytest.fixture
def sockets() -> Iterator[Recorded]:
    """A server that takes every handshake and answers every event."""

    def handle(connection: ServerConnection) -> None:
        for message in connection:
            made.events.append(json.loads(message))
            made.heard.release()
            connection.send(json.dumps(CREATED))

    def handshake(connection: ServerConnection, request: Any) -> Any:
        made.paths.append(request.path)
        made.headers.append(request.headers)
        if made.refuse:
            body = {"error": {"code": "DeploymentNotFound", "message": "The API deployment does not exist."}}
            return connection.respond(404, json.dumps(body))
        return None

    with serve(handle, "127.0.0.1", 0, process_request=handshake) as server:
        made = Recorded(f"http://127.0.0.1:{server.socket.getsockname()[1]}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


def options(sockets: Recorded, **more: Any) -> dict[str, Any]:
    """What leads a client to the server."""
    there = {"azure_endpoint": "http://127.0.0.1:9", "api_key": "other"}
    made = {"azure_endpoint": sockets.address, "api_key": "the-key", "deployment_mapping": MAPPING}
    return {**made, "resources": {"west": there}, **more}


def connected(way: str, sockets: Recorded, open_it: Any, send: Any, **more: Any) -> None:
    """Opens a WebSocket and sends something; the names of both are the same sync and async."""
    if way == "sync":
        with AzureConnector(**options(sockets, **more)) as client, open_it(client) as connection:
            send(connection)
            connection.recv()
        return

    async def run() -> None:
        async with AsyncAzureConnector(**options(sockets, **more)) as client, open_it(client) as connection:
            await send(connection)
            await connection.recv()

    asyncio.run(run())


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("version", [None, "2025-04-01-preview"])
@pytest.mark.parametrize("named", ["responses", "beta.responses"])
def test_responses_name_the_deployment_in_every_event(
    sockets: Recorded, named: str, version: str | None, way: str
) -> None:
    def open_it(client: Any) -> Any:
        resource = client.responses if named == "responses" else client.beta.responses
        return resource.connect()

    def send(connection: Any) -> Any:
        return connection.response.create(model="gpt-5", input="Hi", store=False)

    connected(way, sockets, open_it, send, api_version=version)
    assert sockets.paths[0].partition("?")[0] == "/openai/v1/responses"
    assert "api-version" not in sockets.paths[0]
    assert sockets.headers[0]["api-key"] == "the-key"
    assert "authorization" not in sockets.headers[0]
    assert sockets.next_event() == {"type": "response.create", "model": "mine", "input": "Hi", "store": False}


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_token_is_sent_as_such(sockets: Recorded, way: str) -> None:
    async def provider() -> str:
        return "the-token"

    connected(
        way,
        sockets,
        lambda client: client.responses.connect(),
        lambda connection: connection.send({"type": "response.create", "model": "gpt-5", "input": "Hi"}),
        api_key=None,
        azure_ad_token_provider=provider,
    )
    assert sockets.headers[0]["authorization"] == "Bearer the-token"
    assert "api-key" not in sockets.headers[0]
    assert sockets.next_event()["model"] == "mine"


EVENTS = [
    ({"type": "response.create", "model": "unknown"}, {"model": "unknown"}),
    ({"type": "response.create", "prompt": {"id": "p"}}, {"prompt": {"id": "p"}}),
    ({"type": "response.create", "response": {"model": "gpt-5"}}, {"response": {"model": "gpt-5"}}),
    (
        {"type": "session.update", "session": {"audio": {"input": {"transcription": {"model": "whisper-1"}}}}},
        {"session": {"audio": {"input": {"transcription": {"model": "ears"}}}}},
    ),
    (
        {"type": "session.update", "session": {"input_audio_transcription": {"model": "whisper-1"}, "model": "gpt-5"}},
        {"session": {"input_audio_transcription": {"model": "ears"}, "model": "mine"}},
    ),
    (
        {"type": "transcription_session.update", "session": {"input_audio_transcription": {"model": "whisper-1"}}},
        {"session": {"input_audio_transcription": {"model": "ears"}}},
    ),
    ({"type": "conversation.item.create", "item": {"model": "gpt-5"}}, {"item": {"model": "gpt-5"}}),
    ({"type": ["odd"], "model": "gpt-5"}, {"model": "gpt-5"}),
]


@pytest.mark.parametrize(("event", "sent"), EVENTS)
def test_the_models_of_realtime_events(sockets: Recorded, event: dict[str, Any], sent: dict[str, Any]) -> None:
    def open_it(client: Any) -> Any:
        return client.realtime.connect(model="gpt-realtime")

    connected("sync", sockets, open_it, lambda connection: connection.send(event))
    assert sockets.paths == ["/openai/v1/realtime?model=voice"]
    assert sockets.next_event() == {"type": event["type"], **sent}


def test_a_model_of_another_resource_is_refused_before_it_is_sent(sockets: Recorded) -> None:
    refused = pytest.raises(InvalidRequestError, match="west")
    with AzureConnector(**options(sockets)) as client, client.responses.connect() as connection, refused:
        connection.response.create(model="gpt-far", input="Hi")
    assert sockets.events == []


def test_what_is_sent_before_the_connection_is_open_is_mapped_as_well(sockets: Recorded) -> None:
    with AzureConnector(**options(sockets)) as client:
        manager = client.responses.connect()
        manager.send({"type": "response.create", "model": "gpt-5", "input": "Hi"})
        with manager as connection:
            connection.recv()
    assert sockets.next_event()["model"] == "mine"


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_refused_handshake_is_a_typed_error(sockets: Recorded, way: str) -> None:
    sockets.refuse = True
    with pytest.raises(DeploymentNotFoundError) as caught:
        connected(way, sockets, lambda client: client.responses.connect(), lambda connection: None)
    assert caught.value.hint
    assert "the-key" not in str(caught.value)


newest = pytest.mark.skipif(not hasattr(openai.OpenAI, "live"), reason="Live came with openai 3")
START = {
    "type": "session.start",
    "session": {"model": "gpt-realtime", "delegation": {"responses": {"model": "gpt-5"}}},
}


@newest
@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize(
    ("open_it", "path"),
    [
        (lambda client: client.live.connect(), "/openai/v1/live/sessions"),
        (lambda client: client.live.sideband.connect(session_id="s_1"), "/openai/v1/live/sessions/s_1/attach"),
        (lambda client: client.live.forks.connect(session_id="s_1"), "/openai/v1/live/sessions/s_1/fork"),
        (
            lambda client: client.realtime.translations.connect(model="gpt-realtime"),
            "/openai/v1/realtime/translations?model=voice",
        ),
    ],
    ids=["live", "sideband", "fork", "translation"],
)
def test_live_and_translations(sockets: Recorded, open_it: Any, path: str, way: str) -> None:
    connected(way, sockets, open_it, lambda connection: connection.send(START))
    assert sockets.paths == [path]
    assert sockets.headers[0]["api-key"] == "the-key"
    assert "authorization" not in sockets.headers[0]
    sent = sockets.next_event()
    assert sent["session"] == {"model": "voice", "delegation": {"responses": {"model": "mine"}}}
