"""What real servers do with a client that lives in a module: prefork, freeze, run a script anew, serve, shut down."""

from __future__ import annotations

import asyncio
import gc
import http.client
import json
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import uvicorn

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector.emulator import Emulator, faults
from tests.reliability.raw_server import RawServer, read_request
from tests.reliability.test_lifetimes import descriptors, echo, options
from tests.reliability.test_raw_faults import over_httpx, until  # noqa: F401  # a fixture for `way`
from tests.support.waiting import PATIENCE

COUNTS = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc")


def asking(words: str) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": f"Repeat exactly: {words}"}]}


def connections_to(azure: Emulator) -> int:
    port = int(azure.endpoint.rsplit(":", 1)[1])
    found = psutil.Process().net_connections("tcp")
    return len([one for one in found if one.raddr and one.raddr.port == port and one.status == "ESTABLISHED"])


# Prefork: the application is loaded, and has called, before its workers are forked.


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_workers_that_are_forked_after_a_warm_call_serve_with_threads(launcher):
    with RawServer(echo) as server:
        done = launcher.run(server.endpoint, program="tests.reliability.preloaded", timeout=170)
    assert done.stdout == "done\n", done.stderr[-3000:]


# Freeze: the process stands still between two events, and the peer closes its connections meanwhile.

FREEZABLE: dict[str, Callable[[Any], Any]] = {
    "chat": lambda client: client.chat.completions.create(**asking("a")),
    "stored response": lambda client: client.responses.create(model="gpt-4o", input="Hi"),  # never sent twice
}


def thaw_after(azure: Emulator) -> None:
    """The peer closes every connection, and this has reached the client's sockets."""
    with azure.outage("reset"):  # cuts what is open
        pass
    until(lambda: not connections_to(azure))


@pytest.mark.parametrize("call", FREEZABLE.values(), ids=list(FREEZABLE))
def test_a_client_that_was_frozen_calls_again(azure, call):
    with AzureConnector(**options(azure)) as client:
        for number in range(4):
            call(client)
            assert len(azure.requests) == number + 1
            thaw_after(azure)


@pytest.mark.parametrize("call", FREEZABLE.values(), ids=list(FREEZABLE))
@pytest.mark.parametrize("way", ["aiohttp", "httpx"])
def test_an_async_client_that_was_frozen_with_its_loop_calls_again(azure, way, call):
    with asyncio.Runner() as runner:
        client = AsyncAzureConnector(**options(azure))
        for number in range(4):
            runner.run(call(client))
            assert len(azure.requests) == number + 1
            thaw_after(azure)  # the loop does not run: it has not heard of it
        runner.run(client.close())


@COUNTS
@pytest.mark.parametrize("call", FREEZABLE.values(), ids=list(FREEZABLE))
@pytest.mark.parametrize("way", ["aiohttp", "httpx"])
def test_an_event_with_a_loop_of_its_own_leaves_nothing_to_freeze(azure, way, call):
    client = AsyncAzureConnector(**options(azure))
    asyncio.run(call(client))
    before = descriptors()
    for _ in range(5):
        asyncio.run(call(client))
        thaw_after(azure)
    until(lambda: descriptors() <= before)
    asyncio.run(client.close())


# Answers that nobody asked for, on a connection that is kept: they must be nobody's.


def reply(words: str) -> bytes:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": words}}
    body = json.dumps({"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})
    return f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()


class Talkative:
    """Answers each question, and once more: in the same breath, or when it is told to (`speak`)."""

    def __init__(self, *, at_once: bool) -> None:
        self._at_once = at_once
        self.speak, self.spoken = threading.Event(), threading.Event()

    def __call__(self, exchange: Any) -> None:
        while exchange.request:
            asked = json.loads(exchange.request.partition(b"\r\n\r\n")[2])["messages"][0]["content"]
            exchange.send(reply(asked) + (reply("unasked") if self._at_once else b""))
            if not self._at_once:
                self.speak.wait(PATIENCE)
                self.speak.clear()
                exchange.send(reply("unasked"))
                self.spoken.set()
            exchange.request = read_request(exchange.connection)

    def interrupt(self) -> None:
        """The unasked answer has come when this returns."""
        self.speak.set()
        assert self.spoken.wait(PATIENCE)
        self.spoken.clear()


@pytest.mark.parametrize("moment", ["at once", "while it is idle", "while it is frozen"])
@pytest.mark.parametrize("way", ["sync", "aiohttp", "httpx"])
def test_an_answer_that_nobody_asked_for_is_nobodys(way, moment):
    talkative = Talkative(at_once=moment == "at once")
    with RawServer(talkative) as server, asyncio.Runner() as runner:
        given = {"azure_endpoint": server.endpoint, "api_key": "k", "timeout": 30.0, "max_attempts": 1}
        sync, later = AzureConnector(**given), AsyncAzureConnector(**given)

        async def ask(words: str) -> Any:
            made = await later.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": words}])
            if moment == "while it is idle":
                await asyncio.to_thread(talkative.interrupt)
                await asyncio.sleep(0)  # the loop has read what came
            return made

        try:
            for number in range(3):
                words = f"question {number}"
                if way == "sync":
                    made = sync.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": words}])
                else:
                    made = runner.run(ask(words))
                if moment == "while it is frozen" or (moment == "while it is idle" and way == "sync"):
                    talkative.interrupt()
                assert made.choices[0].message.content == words
        finally:
            talkative.speak.set()
            sync.close()
            runner.run(later.close())


# Reruns: a script is run again for each click, in a new thread with a new loop, and left in its middle.


class Rerun(BaseException):
    """As Streamlit ends a script that is to be run anew."""


def in_a_thread(work: Callable[[], Any]) -> None:
    with ThreadPoolExecutor(1) as thread, pytest.raises(Rerun):
        thread.submit(work).result()


@COUNTS
@pytest.mark.parametrize("way", ["sync", "aiohttp", "httpx"])
def test_a_script_that_is_left_in_a_stream_and_run_again_keeps_nothing(azure, way):
    sync, later = AzureConnector(**options(azure)), AsyncAzureConnector(**options(azure))

    def rerun() -> None:
        for _ in sync.chat.completions.create(**asking("one two three four five"), stream=True):
            raise Rerun

    async def click() -> None:
        async for _ in await later.chat.completions.create(**asking("one two three four five"), stream=True):
            raise Rerun

    script = rerun if way == "sync" else lambda: asyncio.run(click())
    in_a_thread(script)
    before = descriptors()
    for _ in range(20):
        in_a_thread(script)
    gc.collect()  # an exception and its frames hold each other
    until(lambda: descriptors() <= before + 2)  # also the emulator's ends, which close a moment later
    assert sync.chat.completions.create(**asking("whole")).choices[0].message.content == "whole"
    sync.close()
    asyncio.run(later.close())
    until(lambda: not connections_to(azure))


# An ASGI server: one loop, one client in a module, closed when the application ends.


class Application:
    """`/words` answers with the words, as they come from the model; `lifespan` closes the client."""

    def __init__(self, client: AsyncAzureConnector) -> None:
        self.client = client

    async def __call__(self, scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        if scope["type"] == "lifespan":
            assert (await receive())["type"] == "lifespan.startup"
            await send({"type": "lifespan.startup.complete"})
            assert (await receive())["type"] == "lifespan.shutdown"
            await self.client.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        async with await self.client.chat.completions.create(**asking(scope["path"][1:]), stream=True) as stream:
            async for chunk in stream:
                if chunk.choices and (text := chunk.choices[0].delta.content):
                    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@contextmanager
def served(application: Application) -> Iterator[int]:
    """The port of a server in a thread of its own, until the application has ended."""
    config = uvicorn.Config(application, port=0, lifespan="on", log_config=None, loop="asyncio", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def fetch(port: int, words: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", f"/{words}")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("way", ["aiohttp", "httpx"])
def test_an_asgi_server_with_one_client_relays_streams_and_closes_it_at_its_end(azure, way):
    client = AsyncAzureConnector(**options(azure))
    with served(Application(client)) as port, ThreadPoolExecutor(6) as browsers:
        words = [f"call-{number}" for number in range(48)]
        assert list(browsers.map(lambda each: fetch(port, each), words)) == words
        assert azure.requests.connections <= 6, "kept and shared"
    assert client.is_closed()
    until(lambda: not connections_to(azure))


def test_a_visitor_who_leaves_ends_the_stream_behind_the_asgi_server(azure):
    azure.script(faults.held_open())
    client = AsyncAzureConnector(**options(azure))
    with served(Application(client)) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/words")
        assert connection.getresponse().read(5) == b"words"
        connection.close()
        assert fetch(port, "more") == "more"
    assert client.is_closed()
    until(lambda: not connections_to(azure))
