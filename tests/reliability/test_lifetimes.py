"""The life of a process: event loops that come and go, forks, and clients that are closed, copied and lent."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import threading
import weakref
from pathlib import Path
from typing import Any

import openai
import pytest

import azure_connector as ac
from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.emulator import faults
from azure_connector.transport import http_library
from tests.reliability.raw_server import RawServer, read_request
from tests.support.asking import options

HELLO: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def run_closed_by_hand(work: Any) -> Any:
    """As frameworks do that make loops of their own and never wind them up."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


# Event loops.


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc")
@pytest.mark.parametrize("run", [asyncio.run, run_closed_by_hand])
@pytest.mark.parametrize("over", ["aiohttp", "httpx"])
def test_one_client_for_many_event_loops_keeps_none(azure, monkeypatch, over, run):
    if over == "httpx":
        monkeypatch.setattr("azure_connector.transport._clients.transport_class", lambda: None)
    client = AsyncAzureConnector(**options(azure))
    loops: list[weakref.ref[Any]] = []

    async def call() -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await client.chat.completions.create(**HELLO)

    run(call())
    before = descriptors()
    for _ in range(30):
        run(call())
    assert descriptors() <= before + 2
    gc.collect()
    assert len([loop for loop in loops if loop() is not None]) <= 2
    asyncio.run(client.close())


@pytest.mark.parametrize("run", [asyncio.run, run_closed_by_hand])
def test_the_end_of_a_loop_leaves_the_user_s_own_http_client_open(run):
    library = http_library()
    answer = {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}]}
    transport = library.MockTransport(lambda request: library.Response(200, json=answer))
    own = openai.DefaultAsyncHttpxClient(transport=transport)
    client = AsyncAzureConnector(azure_endpoint="https://me.openai.azure.com", api_key="key", http_client=own)

    async def call() -> Any:
        return await client.chat.completions.create(**HELLO)

    for _ in range(2):
        assert run(call()).choices[0].message.content == "Hi"
    assert not own.is_closed


@pytest.mark.parametrize("over", ["aiohttp", "httpx"])
def test_a_stream_that_is_read_after_its_loop_is_a_typed_error(azure, monkeypatch, over):
    if over == "httpx":
        monkeypatch.setattr("azure_connector.transport._clients.transport_class", lambda: None)
    azure.script(faults.slow_drip(0.2))
    client = AsyncAzureConnector(**options(azure))
    stream = asyncio.run(client.chat.completions.create(**HELLO, stream=True))

    async def rest() -> None:
        async for _ in stream:
            pass

    with pytest.raises(ac.StreamInterruptedError):
        asyncio.run(asyncio.wait_for(rest(), 30))


def test_a_client_serves_loops_in_several_threads_at_once(azure):
    client = AsyncAzureConnector(**options(azure))
    answers: list[Any] = []

    def work() -> None:
        for _ in range(5):
            answers.append(asyncio.run(client.chat.completions.create(**HELLO)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 20


# Forks.


def echo(exchange: Any) -> None:
    """Answers with the question, after a while, on as many requests as come."""
    while exchange.request:
        asked = json.loads(exchange.request.partition(b"\r\n\r\n")[2])["messages"][0]["content"]
        message = {"role": "assistant", "content": asked}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        body = json.dumps({"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        exchange.send((head + body).encode())
        exchange.request = read_request(exchange.connection)


FORKS = 200 if os.environ.get("AZURE_CONNECTOR_LONG_TESTS") else 8


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.timeout(60 + 10 * FORKS)
@pytest.mark.parametrize("way", ["sync", "async"])
def test_children_and_parent_get_their_own_answers(launcher, way):
    with RawServer(echo) as server:
        given = way, str(FORKS), server.endpoint
        done = launcher.run(*given, program="tests.reliability.forking", timeout=40 + 10 * FORKS)
    assert done.stdout == "done\n", done.stderr[-3000:]


# Copies, and what is lent.


def test_a_copy_that_is_closed_leaves_the_others_alone(azure):
    with AzureConnector(**options(azure)) as client:
        for copy in (client.with_options(timeout=5), client.with_options(max_attempts=2)):
            copy.close()
            with pytest.raises(ac.ClientClosedError):
                copy.chat.completions.create(**HELLO)
        client.chat.completions.create(**HELLO)
        assert not client.is_closed()


async def test_an_async_copy_that_is_closed_leaves_the_others_alone(azure):
    async with AsyncAzureConnector(**options(azure)) as client:
        stream = await client.chat.completions.create(**HELLO, stream=True)
        await client.with_options(timeout=5).close()
        assert [chunk async for chunk in stream]
        await client.chat.completions.create(**HELLO)
    assert azure.requests.connections == 1


async def test_an_http_client_of_the_users_own_stays_open(azure):
    with openai.DefaultHttpxClient() as own:
        with AzureConnector(**options(azure), http_client=own) as client:
            client.chat.completions.create(**HELLO)
        assert not own.is_closed
    async with openai.DefaultAsyncHttpxClient() as aown:
        async with AsyncAzureConnector(**options(azure), http_client=aown) as aclient:
            await aclient.chat.completions.create(**HELLO)
        assert not aown.is_closed


def test_a_closed_client_says_so_at_once(azure, caplog):
    client = AzureConnector(**options(azure))
    copy = client.with_options(timeout=5)
    client.close()
    for each in (client, copy):
        with pytest.raises(ac.ClientClosedError, match=r"was closed\.") as caught:
            each.chat.completions.create(**HELLO)
        assert isinstance(caught.value, openai.APIConnectionError | RuntimeError)
    assert len(azure.requests) == 0


# What is asked is done.


@pytest.mark.parametrize("asked", [{"max_attempts": 3}, {"max_retries": 2}, {"max_attempts": 3, "max_retries": 2}])
def test_with_options_sends_as_many_requests_as_it_says(azure, asked):
    azure.script(faults.failure(409), times=None)
    with AzureConnector(**options(azure, failures_before_cooldown=99)) as client, pytest.raises(openai.APIStatusError):
        client.with_options(**asked).embeddings.create(model="text-embedding-3-small", input="x")
    assert len(azure.requests) == 3


def test_two_names_of_one_number_must_agree(azure):
    with pytest.raises(ac.ConfigurationError, match="contradict"):
        AzureConnector(**options(azure), max_attempts=4, max_retries=0)
    agreed = AzureConnector(**options(azure), max_attempts=4, max_retries=3)
    with agreed as client, pytest.raises(ac.ConfigurationError, match="max_retries=1"):
        client.with_options(max_attempts=2, max_retries=3)


@pytest.mark.parametrize("stored", [True, False])
def test_a_stored_completion_is_not_repeated(azure, stored):
    azure.script(faults.failure(503))
    with AzureConnector(**options(azure)) as client:
        if stored:
            with pytest.raises(ac.ServiceUnavailableError, match="repeat_unsafe=True"):
                client.chat.completions.create(**HELLO, store=True)
        else:
            client.chat.completions.create(**HELLO, store=False)
    assert len(azure.requests) == (1 if stored else 2)


def test_the_error_of_a_stored_response_says_what_would_allow_a_repeat(azure):
    azure.script(faults.failure(503), faults.failure(503))
    with AzureConnector(**options(azure)) as client:
        with pytest.raises(ac.ServiceUnavailableError) as caught:
            client.responses.create(model="gpt-4o", input="Hi")
        assert "every permitted attempt" not in str(caught.value)
        assert "store=False" in caught.value.hint
        client.responses.create(model="gpt-4o", input="Hi", store=False)


def test_too_many_open_files_is_no_spelling_mistake(azure, monkeypatch):
    import errno
    import socket

    def full(*args: Any, **kwargs: Any) -> Any:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with AzureConnector(**options(azure, max_attempts=1)) as client:
        monkeypatch.setattr(socket, "create_connection", full)
        with pytest.raises(ac.EndpointUnreachableError, match="ulimit -n") as caught:
            client.chat.completions.create(**HELLO)
    assert "spelling" not in str(caught.value)


def test_debug_has_a_line_for_each_attempt(azure, caplog):
    azure.script(faults.failure(503))
    caplog.set_level(logging.DEBUG, "azure_connector")
    with AzureConnector(**options(azure)) as client:
        client.chat.completions.create(**HELLO)
    lines = [record.getMessage() for record in caplog.records if record.name == "azure_connector.calls"]
    assert len(lines) == 2
    assert "503" in lines[0]
    assert "gpt-4o@default: 200" in lines[1]
