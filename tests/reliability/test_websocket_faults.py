"""WebSockets that break below the library: each ends in a typed error within its time, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import pickle
import socket
import struct
import threading
from typing import Any

import openai
import pytest
from websockets.exceptions import ConnectionClosedError

import azure_connector as ac
from azure_connector import AsyncAzureConnector, AzureConnector
from tests.reliability import raw_server
from tests.reliability.raw_server import Exchange, RawServer
from tests.reliability.test_raw_faults import ENOUGH, open_to, outcome, until

TIMEOUT = 0.4
HELLO = b'{"type": "session.created", "event_id": "e", "session": {}}'
MUCH = {"type": "input_audio_buffer.append", "audio": "A" * 100_000}


def shake(exchange: Exchange) -> None:
    """The service's part of the handshake, and a first event."""
    lines = exchange.request.split(b"\r\n")
    key = next(line.partition(b":")[2].strip() for line in lines if line.lower().startswith(b"sec-websocket-key:"))
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    exchange.send(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n")
    exchange.send(b"sec-websocket-accept: " + accept + b"\r\n\r\n" + bytes([0x81, len(HELLO)]) + HELLO)


def silent(exchange: Exchange) -> None:
    shake(exchange)
    exchange.wait()


def half_a_frame(exchange: Exchange) -> None:
    shake(exchange)
    exchange.send(b"\x81\x7e\x10\x00{")
    exchange.wait()


def dripping_frame(exchange: Exchange) -> None:
    shake(exchange)
    exchange.send(b"\x81\x7f" + struct.pack(">Q", 1 << 20))
    exchange.drip(b" ")


def error_page(exchange: Exchange) -> None:
    shake(exchange)
    exchange.send(b"HTTP/1.1 502 Bad Gateway\r\n\r\n<html>")
    exchange.wait()


def closed(exchange: Exchange) -> None:
    shake(exchange)


def reset(exchange: Exchange) -> None:
    shake(exchange)
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def takes_nothing(exchange: Exchange) -> None:
    shake(exchange)
    exchange._stopping.wait()


def work(client: AzureConnector, *, much: bool = False) -> None:
    with client.realtime.connect(model="gpt-realtime") as connection:
        connection.recv()
        for _ in range(400 if much else 0):
            connection.send(MUCH)
        for _ in connection:
            pass


async def awork(client: AsyncAzureConnector, *, much: bool = False) -> None:
    async with client.realtime.connect(model="gpt-realtime") as connection:
        await connection.recv()
        for _ in range(400 if much else 0):
            await connection.send(MUCH)
        async for _ in connection:
            pass


def options(server: RawServer, **more: Any) -> dict[str, Any]:
    return {"azure_endpoint": server.endpoint, "api_key": "k", "timeout": TIMEOUT, **more}


async def raised(way: str, server: RawServer, **how: Any) -> BaseException | None:
    if way == "sync":
        with AzureConnector(**options(server)) as client:
            return await asyncio.to_thread(outcome, lambda: work(client, **how))
    async with AsyncAzureConnector(**options(server)) as aclient:
        (error,) = await asyncio.wait_for(asyncio.gather(awork(aclient, **how), return_exceptions=True), ENOUGH)
        return error


def ours() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "azure-connector-realtime"]


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize(
    "fault", [silent, half_a_frame, dripping_frame, error_page, closed, reset, takes_nothing], ids=lambda f: f.__name__
)
async def test_a_connection_that_breaks_is_a_typed_error(fault, way):
    tasks = asyncio.all_tasks()
    with RawServer(fault) as server:
        error = await raised(way, server, much=fault is takes_nothing)
        await asyncio.to_thread(until, lambda: not open_to(server))
    assert isinstance(error, ac.StreamInterruptedError)
    assert isinstance(error, ConnectionClosedError), "what the SDK and programs look for"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert asyncio.all_tasks() == tasks
    await asyncio.to_thread(until, lambda: not ours())


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (raw_server.silent, ac.ReplyTimeoutError),
        (raw_server.dripping_head, ac.ReplyTimeoutError),
        (raw_server.closed_in_the_head, ac.EndpointUnreachableError),
        (raw_server.broken_framing, openai.APIError),
    ],
    ids=lambda value: value.__name__,
)
async def test_a_handshake_that_fails_is_a_typed_error(fault, expected, way):
    with RawServer(fault) as server:
        error = await raised(way, server)
        await asyncio.to_thread(until, lambda: not open_to(server))
    assert isinstance(error, expected)
    assert isinstance(error, ac.AzureErrorDetails)


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_a_refused_port_is_a_typed_error(way):
    with RawServer(raw_server.silent) as server:
        pass
    assert isinstance(await raised(way, server), ac.EndpointUnreachableError)


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_closing_the_client_ends_a_connection_that_is_read(way):
    asked = threading.Event()

    def fault(exchange: Exchange) -> None:
        shake(exchange)
        asked.set()
        exchange.wait()

    with RawServer(fault) as server:
        if way == "sync":
            client = AzureConnector(**options(server, timeout=ENOUGH))
            reading = asyncio.create_task(asyncio.to_thread(outcome, lambda: work(client)))
            await asyncio.to_thread(asked.wait)
            await asyncio.to_thread(until, lambda: bool(client.__dict__.get("_sockets")))
            client.close()
            error = await reading
        else:
            aclient = AsyncAzureConnector(**options(server, timeout=ENOUGH))
            task = asyncio.create_task(awork(aclient))
            await asyncio.to_thread(asked.wait)
            while not aclient.__dict__.get("_sockets"):
                await asyncio.sleep(0)
            await aclient.close()
            (error,) = await asyncio.wait_for(asyncio.gather(task, return_exceptions=True), ENOUGH)
    assert isinstance(error, ac.StreamInterruptedError)
    assert "the client was closed" in str(error)


async def test_a_live_connection_outlasts_its_timeout_and_limits_of_the_callers_own_stand():
    from azure_connector.emulator import Emulator

    with Emulator({"my-voice": "gpt-realtime"}) as azure:
        given = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key, "timeout": TIMEOUT}
        async with (
            AsyncAzureConnector(**given) as client,
            client.realtime.connect(
                model="my-voice", websocket_connection_options={"ping_interval": None, "max_size": 1 << 20}
            ) as unwatched,
            client.realtime.connect(model="my-voice") as connection,
        ):
            assert unwatched._connection.ping_interval is None
            await connection.recv()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(connection.recv(), 3 * TIMEOUT)  # silence of the service, but its pongs come
            await connection.response.create(response={"input": []})
            assert (await connection.recv()).type == "response.created"


async def test_a_redirect_to_another_host_gets_no_credential():
    reached: list[bytes] = []
    with RawServer(lambda exchange: reached.append(exchange.request)) as other:

        def redirect(exchange: Exchange) -> None:
            exchange.send(
                b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: ws://127.0.0.1:%d/\r\n\r\n" % other.port
            )

        with RawServer(redirect) as server:
            error = await raised("async", server)
    assert isinstance(error, ac.AzureErrorDetails)
    assert not [request for request in reached if request]
