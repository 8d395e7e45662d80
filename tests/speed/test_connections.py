"""Streams in sequence share a connection, and a server that never ends its reply holds nobody up."""

from __future__ import annotations

import gzip
import json
import time
from typing import Any

import openai
import pytest

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.emulator import Reply, faults
from azure_connector.transport._body import DRAIN
from tests.speed.shapes import TEXT

COUNT: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Count to 5"}], "stream": True}
WAYS = ("sync", "aiohttp", "httpx")


async def streams(way: str, azure: Any, times: int) -> list[list[Any]]:
    given = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key}
    if way == "sync":
        with AzureConnector(**given) as client:
            return [list(client.chat.completions.create(**COUNT)) for _ in range(times)]
    async with (
        openai.DefaultAsyncHttpxClient() as own,
        AsyncAzureConnector(**given, http_client=own if way == "httpx" else None) as client,
    ):
        return [[c async for c in await client.chat.completions.create(**COUNT)] for _ in range(times)]


@pytest.mark.parametrize("way", WAYS)
async def test_ten_streams_use_one_connection(azure, way):
    found = await streams(way, azure, 10)
    assert all(found)
    assert len({request.connection for request in azure.requests}) == 1


@pytest.mark.parametrize("way", WAYS)
async def test_a_server_that_stays_open_after_done_holds_nobody_up(azure, way):
    azure.script(faults.held_open(), faults.held_open())
    before = time.monotonic()
    first, second, third = await streams(way, azure, 3)
    assert [len(first), len(second)] == [len(third)] * 2
    assert time.monotonic() - before >= 2 * DRAIN, "waited for shortly; a wait for the timeout would never end"


@pytest.mark.parametrize("way", WAYS)
async def test_a_compressed_stream_is_read_too(azure, way):
    events = "".join(f"data: {json.dumps(event)}\n\n" for event in TEXT) + "data: [DONE]\n\n"
    headers = {"content-type": "text/event-stream", "content-encoding": "gzip"}
    azure.script(*(Reply(raw=gzip.compress(events.encode()), headers=headers) for _ in range(2)))
    first, second = await streams(way, azure, 2)
    assert first == second
    assert len(first) == len(TEXT)


@pytest.mark.parametrize("way", ["sync", "aiohttp"])
async def test_cookies_come_back_to_the_service(azure, way):
    azure.script(*(Reply(events=TEXT, headers={"set-cookie": "affinity=7; Path=/"}) for _ in range(2)))
    await streams(way, azure, 4)
    assert [request.headers.get("cookie") for request in azure.requests][1:] == ["affinity=7"] * 3
