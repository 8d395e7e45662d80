"""Replies and events that are large, and those that are larger than any answer can be."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from typing import Any

import pytest

import azure_connector as ac
from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.emulator.scripting import Reply
from azure_connector.replies._sse import EventDecoder

HELLO: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
MOST = 20_000
WAYS = ("sync", "aiohttp", "httpx")


@pytest.fixture(autouse=True)
def small_limits(monkeypatch, request):
    monkeypatch.setattr("azure_connector.transport._http_client.LARGEST", MOST)
    monkeypatch.setattr("azure_connector.replies._sse.LARGEST", MOST)
    if "httpx" in request.node.name:
        monkeypatch.setattr("azure_connector.transport._clients.transport_class", lambda: None)


def ask(azure: Any, way: str, work: Any) -> Any:
    options = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key}
    if way == "sync":
        with AzureConnector(**options) as client:
            found = work(client)
            return list(found) if hasattr(found, "__iter__") and hasattr(found, "response") else found

    async def run() -> Any:
        async with AsyncAzureConnector(**options) as client:
            found = await work(client)
            return [each async for each in found] if hasattr(found, "__aiter__") else found

    return asyncio.run(run())


def completion(size: int) -> bytes:
    message = {"role": "assistant", "content": "a" * size}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    body = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    return json.dumps(body).encode()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_json_reply_beyond_the_limit_is_a_typed_error_and_is_not_asked_for_again(azure, way, packed):
    headers = {"content-type": "application/json", **({"content-encoding": "gzip"} if packed else {})}
    body = completion(2 * MOST)
    azure.script(Reply(raw=gzip.compress(body) if packed else body, headers=headers))
    with pytest.raises(ac.ReplyTooLargeError):
        ask(azure, way, lambda client: client.chat.completions.create(**HELLO))
    assert len(azure.requests) == 1


@pytest.mark.parametrize("way", WAYS)
def test_one_below_the_limit_is_read(azure, way):
    azure.script(Reply(raw=completion(MOST // 2), headers={"content-type": "application/json"}))
    assert ask(azure, way, lambda client: client.chat.completions.create(**HELLO)).choices


@pytest.mark.parametrize("way", WAYS)
def test_sound_may_have_any_size(azure, way):
    azure.script(Reply(raw=bytes(3 * MOST), headers={"content-type": "audio/mpeg"}))
    speech = ask(azure, way, lambda client: client.audio.speech.create(model="tts", voice="alloy", input="Hi"))
    assert len(speech.content) == 3 * MOST


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("call", ["chat", "response"])
def test_an_event_beyond_the_limit_ends_its_stream(azure, way, call):
    event = json.dumps({"type": "response.output_text.delta", "delta": "a" * 30 * MOST, "choices": []}).encode()
    azure.script(Reply(raw=b"data: " + event + b"\n\n", headers={"content-type": "text/event-stream"}))
    calls = {
        "chat": lambda client: client.chat.completions.create(**HELLO, stream=True),
        "response": lambda client: client.responses.create(model="gpt-4o", input="Hi", stream=True, store=False),
    }
    with pytest.raises(ac.ReplyTooLargeError, match="an event of more than"):
        ask(azure, way, calls[call])
    assert len(azure.requests) == 1


def seconds_for(size: int) -> float:
    pieces = [b"data: ", *[b"a" * 4096] * (size // 4096), b"\n\n"]
    decoder, started = EventDecoder(), time.process_time()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    assert len(events[0].data) == size // 4096 * 4096
    return time.process_time() - started


def test_a_long_line_is_read_in_linear_time(monkeypatch):
    monkeypatch.setattr("azure_connector.replies._sse.LARGEST", 1 << 30)
    size = 1 << 21
    shorter = max(min(seconds_for(size) for _ in range(3)), 0.001)
    longer = min(seconds_for(8 * size) for _ in range(3))
    assert longer < 40 * shorter, "a copy for each piece would take 64 times as long"


@pytest.mark.parametrize("step", [1, 2, 3, 7])
def test_events_are_the_same_however_they_are_cut(step):
    body = b"\xef\xbb\xbfdata: a\r\ndata: b\r\n\r\n: ping\n\nevent: x\rdata: c\r\rdata:d\n\ndata: rest"
    whole = EventDecoder()
    expected = whole.feed(body) + whole.flush()
    decoder = EventDecoder()
    found = [event for at in range(0, len(body), step) for event in decoder.feed(body[at : at + step])]
    assert found + decoder.flush() == expected
    assert [event.data for event in expected] == [b"a\nb", b"c", b"d", b"rest"]
