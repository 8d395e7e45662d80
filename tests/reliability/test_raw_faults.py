"""HTTP that breaks below every library: each call ends in a typed error, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import openai
import psutil
import pytest

import azure_connector as ac
from azure_connector import AsyncAzureConnector, AzureConnector
from tests.reliability.raw_server import FAULTS, RawServer, dripping_chunk_size, silent

TIMEOUT = 0.3
ARRIVES = 1.5  # where a first piece has to be read before the time is over
ENOUGH = 40  # seconds after which a call hangs for good; the machine may be busy
HELLO: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
CLIENTS = ("sync", "aiohttp", "httpx")
# Calls that read what the service sends as a stream; the others read it whole.
STREAMS: dict[str, Callable[[Any], Any]] = {
    "chat": lambda client: client.chat.completions.create(**HELLO, stream=True),
    "response": lambda client: client.responses.create(model="gpt-4o", input="Hi", stream=True, store=False),
    "image": lambda client: client.images.generate(model="gpt-image-1", prompt="Hi", stream=True),
    "image edit": lambda client: client.images.edit(
        model="gpt-image-1", prompt="Hi", image=("a.png", b"P" * 9000), stream=True
    ),
    "transcript": lambda client: client.audio.transcriptions.create(
        model="gpt-4o-transcribe", file=("a.wav", b"R" * 9000), stream=True
    ),
    "speech": lambda client: client.audio.speech.with_streaming_response.create(model="tts", voice="alloy", input="Hi"),
    "unread chat": lambda client: client.chat.completions.with_streaming_response.create(**HELLO),
}
WHOLE: dict[str, Callable[[Any], Any]] = {
    "chat": lambda client: client.chat.completions.create(**HELLO),
    "raw chat": lambda client: client.chat.completions.with_raw_response.create(**HELLO),
    "response": lambda client: client.responses.create(model="gpt-4o", input="Hi"),
    "speech": lambda client: client.audio.speech.create(model="tts", voice="alloy", input="Hi"),
    "upload": lambda client: client.audio.transcriptions.create(model="whisper", file=("a.wav", b"R" * 300_000)),
    "embeddings": lambda client: client.embeddings.create(model="text-embedding-3-small", input="Hi"),
}


def options(server: RawServer, **more: Any) -> dict[str, Any]:
    given = {"azure_endpoint": server.endpoint, "api_key": "k", "max_attempts": 1, "timeout": TIMEOUT}
    return {**given, "failures_before_cooldown": 1000, **more}  # no call waits for what an earlier one has seen


@pytest.fixture(autouse=True)
def over_httpx(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "way" in request.fixturenames and request.getfixturevalue("way") == "httpx":
        monkeypatch.setattr("azure_connector.transport._clients.transport_class", lambda: None)


def open_to(server: RawServer) -> list[Any]:
    found = psutil.Process().net_connections("tcp")
    return [one for one in found if one.raddr and one.raddr.port == server.port and one.status == "ESTABLISHED"]


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + ENOUGH
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def read(client: AzureConnector, name: str, streamed: bool) -> None:
    if not streamed:
        WHOLE[name](client)
    elif name in ("speech", "unread chat"):
        with STREAMS[name](client) as reply:
            reply.read()
    else:
        for _ in STREAMS[name](client):
            pass


async def aread(client: AsyncAzureConnector, name: str, streamed: bool) -> None:
    if not streamed:
        await WHOLE[name](client)
    elif name in ("speech", "unread chat"):
        async with STREAMS[name](client) as reply:
            await reply.read()
    else:
        async for _ in await STREAMS[name](client):
            pass


def begun(work: Callable[[], object]) -> Callable[[], BaseException | None]:
    """Starts a call in a thread of its own; gives what waits for its end and returns what it raised."""
    raised: list[BaseException | None] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)
        else:
            raised.append(None)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def ended() -> BaseException | None:
        thread.join(ENOUGH)
        assert raised, "the call hangs"
        return raised[0]

    return ended


def outcome(work: Callable[[], object]) -> BaseException | None:
    """What a call in a thread of its own raises."""
    return begun(work)()


async def outcome_of(call: Awaitable[object], name: str = "") -> BaseException | None:
    """What a call raises."""
    try:
        async with asyncio.timeout(ENOUGH):
            await call
    except TimeoutError:
        raise AssertionError(f"the call hangs: {name}") from None
    except Exception as error:
        return error
    return None


async def outcomes(way: str, calls: list[tuple[str, bool]], given: dict[str, Any]) -> dict[tuple[str, bool], Any]:
    """What each call raises; they run at once, since most end by their timeout."""
    if way == "sync":
        with AzureConnector(**given) as client:
            running = {call: begun(functools.partial(read, client, *call)) for call in calls}
            return {call: await asyncio.to_thread(ended) for call, ended in running.items()}
    async with AsyncAzureConnector(**given) as aclient:
        found = await asyncio.gather(*(outcome_of(aread(aclient, *call), call[0]) for call in calls))
        return dict(zip(calls, found, strict=True))


CALLS = [*((name, True) for name in STREAMS), *((name, False) for name in WHOLE)]


@pytest.mark.parametrize("way", CLIENTS)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_each_call_ends_in_a_typed_error_and_leaves_nothing(fault, way):
    threads, tasks = set(threading.enumerate()), asyncio.all_tasks()
    with RawServer(fault) as server:
        found = await outcomes(way, CALLS, options(server))
        for call, error in found.items():
            assert isinstance(error, openai.APIError), (call, error)
            assert isinstance(error, ac.AzureErrorDetails), (call, error)
            assert "deadline" not in str(error).partition("\n")[0], "none was set"
        await asyncio.to_thread(until, lambda: not open_to(server))
    assert asyncio.all_tasks() == tasks
    assert {one for one in threading.enumerate() if not one.name.startswith("asyncio_")} <= threads


@pytest.mark.parametrize("way", CLIENTS)
async def test_the_status_of_a_refusal_is_not_lost_with_its_body(way):
    def too_many(exchange: Any) -> None:
        exchange.send(b"HTTP/1.1 429 No\r\nretry-after: 77\r\ncontent-type: application/json\r\n")
        exchange.send(b'content-length: 900\r\n\r\n{"error": ')
        exchange.wait()

    calls = [("chat", True), ("image", True), ("chat", False), ("unread chat", True)]
    for call in calls:
        with RawServer(too_many) as server:
            error = (await outcomes(way, [call], options(server)))[call]
        assert isinstance(error, ac.QuotaExceededError)
        assert error.response.headers["retry-after"] == "77"


@pytest.mark.parametrize("way", CLIENTS)
async def test_a_reply_that_is_read_by_hand_breaks_in_a_typed_error_with_what_had_arrived(way):
    with RawServer(dripping_chunk_size) as server:
        found = await outcomes(way, [("unread chat", True), ("speech", True)], options(server, timeout=ARRIVES))
    assert all(isinstance(error, ac.StreamInterruptedError) for error in found.values())
    assert '"content": "Hi"' in found["unread chat", True].partial.text
    assert found["speech", True].partial.text == "", "sound is no text"


def ends_early(exchange: Any) -> None:
    kind = b"image_generation.partial_image" if b"/images/" in exchange.request[:99] else b"transcript.text.delta"
    event = b'data: {"type": "%s", "delta": "Hel", "b64_json": "AA", "partial_image_index": 0}\n\n' % kind
    head = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n"
    exchange.send(head % len(event) + event)


@pytest.mark.parametrize("way", CLIENTS)
async def test_a_picture_or_a_transcript_that_never_came_is_no_end(way):
    with RawServer(ends_early) as server:
        found = await outcomes(way, [("image", True), ("transcript", True)], options(server))
    assert all(isinstance(error, ac.StreamInterruptedError) for error in found.values())
    assert found["transcript", True].partial.text == "Hel"


@pytest.mark.parametrize("way", CLIENTS)
async def test_a_stream_that_breaks_gives_what_had_arrived(way):
    with RawServer(dripping_chunk_size) as server:
        found = await outcomes(way, [("chat", True), ("response", True)], options(server, timeout=ARRIVES))
    for error in found.values():
        assert isinstance(error, ac.StreamInterruptedError)
        assert error.partial.text == "Hi"


def dripping_body(exchange: Any) -> None:
    exchange.begin()
    exchange.drip(b"1\r\n \r\n")


@pytest.mark.parametrize("way", CLIENTS)
async def test_timeout_bounds_the_whole_of_a_reply_that_is_not_streamed(way):
    with RawServer(dripping_body) as server:
        found = await outcomes(way, [(name, False) for name in WHOLE], options(server))
    assert {type(error) for error in found.values()} == {ac.ReplyTimeoutError}


@pytest.mark.parametrize("way", CLIENTS)
@pytest.mark.parametrize("fault", FAULTS[:3], ids=lambda fault: fault.__name__)
async def test_deadline_bounds_a_call_until_its_stream_has_begun(fault, way):
    with RawServer(fault) as server:
        found = await outcomes(way, CALLS, options(server, timeout=ENOUGH, deadline=TIMEOUT))
    assert {type(error) for error in found.values()} == {ac.DeadlineExceededError}


@pytest.mark.parametrize("way", CLIENTS)
async def test_an_upload_that_nobody_takes(way):
    with RawServer(lambda exchange: exchange._stopping.wait(), reads=False) as server:
        upload = lambda client: client.audio.transcriptions.create(model="w", file=("a.wav", bytes(30_000_000)))  # noqa: E731
        given = options(server)
        if way == "sync":
            with AzureConnector(**given) as client:
                error = await asyncio.to_thread(outcome, lambda: upload(client))
        else:
            async with AsyncAzureConnector(**given) as aclient:
                with pytest.raises(openai.APITimeoutError) as caught:
                    await asyncio.wait_for(upload(aclient), ENOUGH)
                error = caught.value
    assert isinstance(error, ac.ReplyTimeoutError)


# Closing.


@pytest.mark.parametrize("way", CLIENTS)
@pytest.mark.parametrize("name", ["chat", "response"])
async def test_closing_ends_a_stream_that_is_read(way, name):
    began = threading.Event()

    def stall(exchange: Any) -> None:
        exchange.begin()
        exchange.wait()

    with RawServer(stall) as server:
        given = options(server, timeout=ENOUGH)
        if way == "sync":
            client = AzureConnector(**given)

            def work() -> None:
                for _ in STREAMS[name](client):
                    began.set()

            reading = asyncio.create_task(asyncio.to_thread(outcome, work))
            await asyncio.to_thread(began.wait)
            client.close()
            error = await reading
        else:
            aclient = AsyncAzureConnector(**given)

            async def awork() -> None:
                async for _ in await STREAMS[name](aclient):
                    began.set()

            task = asyncio.create_task(awork())
            await asyncio.to_thread(began.wait)
            await asyncio.sleep(0)
            await aclient.close()
            (error,) = await asyncio.wait_for(asyncio.gather(task, return_exceptions=True), ENOUGH)
        await asyncio.to_thread(until, lambda: not open_to(server))
    assert isinstance(error, ac.StreamInterruptedError)
    assert error.partial.text == "Hi"


@pytest.mark.parametrize("way", CLIENTS)
async def test_closing_ends_a_call_that_waits(way):
    asked = threading.Event()

    def wait(exchange: Any) -> None:
        asked.set()
        exchange.wait()

    with RawServer(wait) as server:
        given = options(server, timeout=ENOUGH, max_attempts=4)
        if way == "sync":
            client = AzureConnector(**given)
            call = asyncio.create_task(asyncio.to_thread(outcome, lambda: WHOLE["chat"](client)))
            await asyncio.to_thread(asked.wait)
            client.close()
            error = await call
        else:
            aclient = AsyncAzureConnector(**given)
            call = asyncio.create_task(WHOLE["chat"](aclient))
            await asyncio.to_thread(asked.wait)
            await aclient.close()
            (error,) = await asyncio.wait_for(asyncio.gather(call, return_exceptions=True), ENOUGH)
        assert server.accepted == 1, "a closed client sends no more"
    assert isinstance(error, ac.ClientClosedError)


def twice(exchange: Any) -> None:
    """Answers each request twice: the second reply is nobody's."""
    from tests.reliability.raw_server import read_request

    number = 0
    while exchange.request:
        body = [
            b'{"id": "%d", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0, ' % each
            + b'"finish_reason": "stop", "message": {"role": "assistant", "content": "%d"}}]}' % each
            for each in (number, number + 1000)
        ]
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        exchange.send(b"".join(head % len(each) + each for each in body))
        number += 1
        exchange.request = read_request(exchange.connection)


@pytest.mark.parametrize("way", CLIENTS)
async def test_a_reply_that_nobody_asked_for_is_nobodys_answer(way):
    with RawServer(twice) as server:
        answers: list[str] = []
        if way == "sync":
            with AzureConnector(**options(server, timeout=ENOUGH)) as client:
                answers = [WHOLE["chat"](client).choices[0].message.content for _ in range(3)]
        else:
            async with AsyncAzureConnector(**options(server, timeout=ENOUGH)) as aclient:
                answers = [(await WHOLE["chat"](aclient)).choices[0].message.content for _ in range(3)]
    assert not [answer for answer in answers if int(answer) >= 1000]


async def test_calls_at_once_each_keep_to_their_own_time():
    ended: list[float] = []

    async def patient(client: AsyncAzureConnector, seconds: float) -> None:
        error = await outcome_of(client.chat.completions.create(**HELLO, timeout=seconds))
        assert isinstance(error, openai.APITimeoutError), error
        ended.append(seconds)

    with RawServer(silent) as server:
        async with AsyncAzureConnector(**options(server, timeout=ENOUGH)) as client:
            await asyncio.gather(*(patient(client, seconds) for seconds in (2.4, 0.2, 1.3)))
    assert ended == [0.2, 1.3, 2.4]


async def test_a_client_with_a_call_that_waits_long_ends_another_that_waits_less():
    with RawServer(silent) as server:
        async with AsyncAzureConnector(**options(server, timeout=10 * ENOUGH)) as client:
            waiting = asyncio.ensure_future(outcome_of(WHOLE["chat"](client)))
            short = await outcome_of(client.chat.completions.create(**HELLO, timeout=TIMEOUT))
            assert isinstance(short, openai.APITimeoutError), short
            assert not waiting.done()
        closed = await waiting
    assert isinstance(closed, openai.APIConnectionError), closed
