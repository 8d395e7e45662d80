"""Requests that go straight from our HTTP client to its transport: whoever looks at httpx sees what it would show."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Any

import openai
import pytest

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.transport import http_library

HELLO: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
WAYS = pytest.mark.parametrize("over", ["sync", "aiohttp", "httpx"])


@pytest.fixture
def ask(azure, monkeypatch):
    """Makes one call, over any of the three ways: `await ask(over, "create", **options)`."""

    async def ask(over: str, how: str = "create", **other: Any) -> Any:
        if over == "httpx":
            monkeypatch.setattr("azure_connector.transport._clients.transport_class", lambda: None)
        options: dict[str, Any] = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key, **other}
        if over == "sync":
            with AzureConnector(**options) as client:
                return _method(client, how)(**HELLO)
        async with AsyncAzureConnector(**options) as client:
            return await _method(client, how)(**HELLO)

    return ask


def _method(client: Any, how: str) -> Any:
    found = client.chat.completions
    for name in how.split("."):
        found = getattr(found, name)
    return found


@WAYS
@pytest.mark.parametrize("method", ["send", "_send_single_request"])
async def test_whoever_wraps_httpx_sees_every_request(ask, monkeypatch, over, method):
    library = http_library()
    kind = library.Client if over == "sync" else library.AsyncClient
    original, seen = getattr(kind, method), []

    def wrapper(self: Any, request: Any, *args: Any, **how: Any) -> Any:
        seen.append(str(request.url))
        return original(self, request, *args, **how)

    monkeypatch.setattr(kind, method, wrapper)
    assert (await ask(over)).choices[0].message.content
    assert len(seen) == 1


@WAYS
async def test_nobody_who_wraps_nothing_pays_for_httpx(ask, monkeypatch, over):
    library = http_library()
    kind = library.Client if over == "sync" else library.AsyncClient
    monkeypatch.setattr("azure_connector.transport._http_client._is_the_librarys", lambda method: True)
    monkeypatch.setattr(kind, "_send_single_request", None)
    assert (await ask(over)).choices[0].message.content


@WAYS
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_refusal_comes_straight_and_is_read(azure, monkeypatch, over, streamed):
    library = http_library()
    kind = library.Client if over == "sync" else library.AsyncClient
    monkeypatch.setattr("azure_connector.transport._http_client._is_the_librarys", lambda method: True)
    monkeypatch.setattr(kind, "_send_single_request", None)
    if over == "httpx":
        monkeypatch.setattr("azure_connector.transport._clients.transport_class", lambda: None)
    options: dict[str, Any] = {"azure_endpoint": azure.endpoint, "api_key": "wrong", "max_retries": 0}

    async def refused() -> None:
        if over == "sync":
            with AzureConnector(**options) as client:
                client.chat.completions.create(**HELLO, stream=streamed)
        else:
            async with AsyncAzureConnector(**options) as client:
                await client.chat.completions.create(**HELLO, stream=streamed)

    with pytest.raises(openai.AuthenticationError, match="invalid subscription key") as raised:
        await refused()
    assert raised.value.response.is_closed
    assert raised.value.response.elapsed.total_seconds() > 0


@WAYS
async def test_httpx_s_log_has_its_line(ask, caplog, over):
    with caplog.at_level(logging.INFO, logger=http_library().__name__):
        await ask(over)
    lines = [record.getMessage() for record in caplog.records if record.name == http_library().__name__]
    assert len(lines) == 1
    assert lines[0].startswith("HTTP Request: POST http://")
    assert lines[0].endswith('"HTTP/1.1 200 OK"')


@WAYS
async def test_a_raw_reply_knows_how_long_it_took(ask, over):
    raw = await ask(over, "with_raw_response.create")
    assert raw.elapsed.total_seconds() > 0
    assert raw.http_response.request.url.path.endswith("/chat/completions")


@WAYS
async def test_a_stream_knows_how_long_it_took_when_it_is_closed(azure, monkeypatch, over):
    if over == "httpx":
        monkeypatch.setattr("azure_connector.transport._clients.transport_class", lambda: None)
    options = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key}
    if over == "sync":
        with AzureConnector(**options) as client:
            with client.chat.completions.with_streaming_response.create(**HELLO) as reply:
                reply.read()
            assert reply.elapsed.total_seconds() > 0
        return
    async with AsyncAzureConnector(**options) as client:
        async with client.chat.completions.with_streaming_response.create(**HELLO) as reply:
            await reply.read()
        assert reply.elapsed.total_seconds() > 0


@WAYS
async def test_a_lost_connection_s_error_knows_its_request(ask, over):
    options: dict[str, Any] = {"azure_endpoint": "http://127.0.0.1:9", "api_key": "key", "max_retries": 0}
    with pytest.raises(openai.APIConnectionError) as raised:
        await ask(over, **options)
    chain: list[Any] = [raised.value]
    while chain[-1].__cause__ is not None:
        chain.append(chain[-1].__cause__)
    library = http_library()
    lost = [error for error in chain if isinstance(error, library.RequestError)]
    assert lost
    assert all(error.request.url.host == "127.0.0.1" for error in lost)


@pytest.fixture(params=["sync", "httpx"])
def written(request, monkeypatch):
    """What is written to sockets below httpx, and over which client."""
    core = import_module(http_library().__name__.replace("httpx", "httpcore"))
    kind = core._backends.sync.SyncStream if request.param == "sync" else core._backends.anyio.AnyIOStream
    original, found = kind.write, []

    def write(self: Any, buffer: bytes, timeout: float | None = None) -> Any:
        found.append(bytes(buffer))
        return original(self, buffer, timeout)

    monkeypatch.setattr(kind, "write", write)
    monkeypatch.setattr("azure_connector.transport._clients.transport_class", lambda: None)
    return request.param, found


async def test_a_requests_head_leaves_with_its_body(azure, written):
    over, pieces = written
    long = {**HELLO, "messages": [{"role": "user", "content": "long " * 20_000}]}
    options: dict[str, Any] = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key}
    if over == "sync":
        with AzureConnector(**options) as client:
            for body in (HELLO, long):
                client.chat.completions.create(**body)
            client.models.retrieve("gpt-4o")
    else:
        async with AsyncAzureConnector(**options) as client:
            for body in (HELLO, long):
                await client.chat.completions.create(**body)
            await client.models.retrieve("gpt-4o")
    short, head, body, asked = pieces
    assert short.startswith(b"POST ")
    assert short.endswith(b"}")
    assert head.endswith(b"\r\n\r\n")  # a long body is not copied for it
    assert len(body) > 100_000
    assert asked.startswith(b"GET ")
