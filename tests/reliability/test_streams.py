"""Streams: failing over before anything is delivered, a typed error with what arrived after, connections released."""

from __future__ import annotations

import asyncio
import time

import openai
import pytest

import azure_connector as ac
from azure_connector import AsyncAzureConnector, AzureConnector, azure_info
from azure_connector.emulator import Reply, faults
from tests.reliability.asking import STREAMS, ask, text_of, tried
from tests.support.waiting import until

COUNT = {"messages": [{"role": "user", "content": "Count to 20"}]}
MODEL = {"deployment_mapping": {"gpt-5": ["gpt-5", "gpt-5@west"]}}
OPEN = {"model": "gpt-5", "input": "Count to 20", "stream": True}
CLOSED = {**OPEN, "store": False}
WEATHER = {
    "type": "function",
    "name": "weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
# Chat: the opening chunk with the prompt's filters, then one with the role alone; only then there are words.
BEFORE = [
    faults.reset("before"),
    faults.reset("during", after=1),
    faults.truncated(after=1),
    faults.truncated(after=1, clean=True),
    faults.garbled(after=1),
    faults.error_event(after=1),
    faults.error_event(after=1, code="rate_limit_exceeded"),
    faults.gateway_page(200),
]
AFTER = [
    faults.reset("during", after=12),
    faults.truncated(after=12),
    faults.truncated(after=12, clean=True),
    faults.garbled(after=12),
    faults.error_event("Out of luck", after=12),
]


def label(fault):
    return (
        f"{getattr(fault, 'name', None) or fault.status}{' clean' if getattr(fault, 'truncate', '') == 'clean' else ''}"
    )


@pytest.mark.parametrize("way", STREAMS)
@pytest.mark.parametrize("fault", BEFORE, ids=label)
def test_a_chat_stream_fails_over_before_anything_is_delivered(cloud, way, fault):
    cloud.east.script(fault)
    chunks = ask(way, cloud.options(), **COUNT)
    assert tried(chunks)[-1] == ("west", 200)
    assert text_of(chunks).count("20") == 1
    assert cloud.counts() == (1, 1, 0)


@pytest.mark.parametrize("way", STREAMS)
@pytest.mark.parametrize("fault", AFTER, ids=label)
def test_a_chat_stream_that_breaks_later_tells_what_arrived(cloud, way, fault):
    whole = text_of(ask("sync", cloud.options(), **COUNT))
    cloud.east.clear()
    cloud.east.script(fault)
    with pytest.raises(ac.StreamInterruptedError) as caught:
        ask(way, cloud.options(), **COUNT)
    partial = caught.value.partial
    assert partial.text
    assert whole.startswith(partial.text)
    assert caught.value.azure_request_id
    assert caught.value.hint
    assert tried(caught.value) == [("default", 200)]
    assert cloud.counts() == (1, 0, 0)


@pytest.mark.parametrize("way", STREAMS)
def test_tool_calls_and_usage_that_had_arrived(cloud, way):
    frame = {"id": "c", "created": 1, "model": "m", "object": "chat.completion.chunk"}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}

    def chunk(delta):
        return {**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}

    def call(**function):
        return {"index": 0, "id": "call_1", "type": "function", "function": function}

    events = [
        chunk({"role": "assistant", "content": None, "tool_calls": [call(name="look", arguments="")]}),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"city": "Os'}}]}),
        {**frame, "choices": [], "usage": usage},
    ]
    cloud.east.script(Reply(events=events, done=False))
    with pytest.raises(ac.StreamInterruptedError) as caught:
        ask(way, cloud.options(), **COUNT)
    (found,) = caught.value.partial.tool_calls
    assert found["id"] == "call_1"
    assert found["function"] == {"name": "look", "arguments": '{"city": "Os'}
    assert caught.value.partial.usage == usage


def responses(way, options, **request):
    """The events of a native Responses stream."""
    if way.startswith("async"):

        async def read():
            async with AsyncAzureConnector(**options) as client:
                stream = await client.responses.create(**request)
                assert isinstance(stream, openai.AsyncStream)
                return [event async for event in stream], azure_info(stream)

        return asyncio.run(read())
    with AzureConnector(**options) as client:
        stream = client.responses.create(**request)
        assert isinstance(stream, openai.Stream)
        return list(stream), azure_info(stream)


def written(events):
    return "".join(event.delta for event in events if event.type == "response.output_text.delta")


@pytest.mark.parametrize("way", STREAMS)
def test_a_native_stream_is_passed_on_as_the_sdk_has_it(cloud, way):
    events, info = responses(way, cloud.options(**MODEL), **CLOSED)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed"
    assert written(events) == events[-1].response.output_text
    assert (info.resource, info.usage["total_tokens"]) == ("default", events[-1].response.usage.total_tokens)


@pytest.mark.parametrize("way", STREAMS)
@pytest.mark.parametrize("fault", BEFORE, ids=label)
def test_a_native_stream_fails_over_before_anything_is_delivered(cloud, way, fault):
    cloud.east.script(fault)
    events, info = responses(way, cloud.options(**MODEL), **CLOSED)
    assert info.attempts[-1].resource == "west"
    assert [event.sequence_number for event in events] == list(range(len(events))), "nothing is delivered twice"
    assert cloud.counts() == (1, 1, 0)


@pytest.mark.parametrize("way", STREAMS)
@pytest.mark.parametrize("fault", AFTER, ids=label)
@pytest.mark.parametrize("body", [OPEN, CLOSED], ids=["stored", "not stored"])
def test_a_native_stream_that_breaks_later_tells_what_arrived(cloud, way, fault, body):
    events, _ = responses(way, cloud.options(**MODEL), **body)
    cloud.east.clear()
    cloud.east.script(fault)
    with pytest.raises(ac.StreamInterruptedError) as caught:
        responses(way, cloud.options(**MODEL), **body)
    partial = caught.value.partial
    assert partial.text
    assert written(events).startswith(partial.text)
    assert partial.response_id.startswith("resp_")
    assert partial.sequence_number == 11
    assert cloud.counts() == (1, 0, 0)


@pytest.mark.parametrize("way", STREAMS)
def test_a_native_stream_of_a_stored_response_is_never_asked_for_twice(cloud, way):
    cloud.east.script(faults.truncated(after=1))
    with pytest.raises(ac.StreamInterruptedError) as caught:
        responses(way, cloud.options(**MODEL), **OPEN)
    assert caught.value.partial.response_id.startswith("resp_")
    assert cloud.counts() == (1, 0, 0)


@pytest.mark.parametrize("way", STREAMS)
def test_tool_calls_of_a_native_stream(cloud, way):
    request = {**CLOSED, "input": "How is the weather in Oslo?", "tools": [WEATHER]}
    events, _ = responses(way, cloud.options(**MODEL), **request)
    number = next(e.sequence_number for e in events if e.type == "response.function_call_arguments.delta")
    cloud.east.script(faults.truncated(after=number + 1))
    with pytest.raises(ac.StreamInterruptedError) as caught:
        responses(way, cloud.options(**MODEL), **request)
    (call,) = caught.value.partial.tool_calls
    assert call["function"]["name"] == "weather"
    assert call["id"].startswith("call_")
    assert '{"city": "Oslo"}'.replace(" ", "").startswith(call["function"]["arguments"].replace(" ", ""))


@pytest.mark.parametrize("way", STREAMS)
@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "code": "server_error", "message": "Out of luck", "param": None, "sequence_number": 5},
        {"type": "error", "error": {"code": "server_error", "message": "Out of luck"}, "sequence_number": 5},
    ],
    ids=["flat", "nested"],
)
def test_an_error_event_of_the_responses_api_is_an_exception(cloud, way, event):
    delta = {"type": "response.output_text.delta", "delta": "Half", "output_index": 0, "sequence_number": 4}
    cloud.east.script(Reply(events=[delta, event], done=False))
    with pytest.raises(ac.StreamInterruptedError, match="Out of luck") as caught:
        responses(way, cloud.options(**MODEL), **CLOSED)
    assert caught.value.partial.text == "Half"


@pytest.mark.parametrize("way", STREAMS)
def test_a_refusal_as_an_error_event_is_the_refusals_own_class(cloud, way):
    event = {"type": "error", "code": "content_filter", "message": "The response was filtered", "param": None}
    cloud.east.script(Reply(events=[event], done=False))
    with pytest.raises(ac.ContentFilteredError):
        responses(way, cloud.options(**MODEL), **CLOSED)
    assert cloud.counts() == (1, 0, 0)


@pytest.mark.parametrize("way", STREAMS)
def test_a_response_that_failed_before_its_first_word_is_asked_for_elsewhere(cloud, way):
    failed = {"id": "resp_x", "object": "response", "status": "failed", "output": []}
    error = {"code": "server_error", "message": "The model failed"}
    event = {"type": "response.failed", "sequence_number": 0, "response": {**failed, "error": error}}
    cloud.east.script(Reply(events=[event], done=False))
    _, info = responses(way, cloud.options(**MODEL), **CLOSED)
    assert info.attempts[-1].resource == "west"


def test_a_background_response_is_resumed_where_it_broke(cloud):
    with AzureConnector(**cloud.options(**MODEL)) as client:
        whole = [event.sequence_number for event in client.responses.create(**OPEN, background=True)]
        cloud.east.script(faults.truncated(after=12))
        seen = []
        stream = client.responses.create(**OPEN, background=True)
        with pytest.raises(ac.StreamInterruptedError) as caught:
            seen.extend(event.sequence_number for event in stream)
        partial = caught.value.partial
        rest = client.responses.retrieve(partial.response_id, stream=True, starting_after=partial.sequence_number)
        seen += [event.sequence_number for event in rest]
        assert seen == whole
        nothing = client.responses.retrieve(partial.response_id, stream=True, starting_after=seen[-1])
        assert list(nothing) == [], "nothing was left to read"


@pytest.mark.parametrize("fault", [*BEFORE[1:3], *AFTER[:2]], ids=label)
def test_the_streams_of_with_raw_response(cloud, fault):
    cloud.east.script(fault)
    with AzureConnector(**cloud.options()) as client:
        raw = client.chat.completions.with_raw_response.create(model="gpt-4o", stream=True, **COUNT)
        if fault.after == 1:
            assert text_of(list(raw.parse())).count("20") == 1
        else:
            with pytest.raises(ac.StreamInterruptedError):
                list(raw.parse())


# Connections: an emulated stream that would never end must end on the server's side when the reader leaves.


class Reader:
    """Reads one event of a slow stream, and leaves in one of several ways."""

    def __init__(self, client, native):
        self.client = client
        self.request = CLOSED if native else {"model": "gpt-4o", "stream": True, **COUNT}
        self.create = client.responses.create if native else client.chat.completions.create


def connections():
    """Sockets of this process that are connected to somebody, by psutil."""
    import psutil

    return [one for one in psutil.Process().net_connections("tcp") if one.status == "ESTABLISHED"]


def open_to(azure):
    port = int(azure.endpoint.rsplit(":", 1)[1])
    return [one for one in connections() if one.raddr and one.raddr.port == port]


@pytest.mark.parametrize("native", [False, True], ids=["chat", "native"])
@pytest.mark.parametrize("leave", ["break", "close", "raise", "with"])
def test_a_sync_reader_who_leaves_frees_the_connection(cloud, native, leave):
    cloud.east.chunk_latency = 0.05
    with AzureConnector(**cloud.options(**MODEL)) as client:
        reader = Reader(client, native)
        try:
            if leave == "with":
                with reader.create(**reader.request) as stream:
                    next(iter(stream))
            else:
                stream = reader.create(**reader.request)
                for _ in stream:
                    if leave == "raise":
                        raise LookupError
                    break
                if leave == "close":
                    stream.close()
        except LookupError:
            pass
        stream = None
        until(lambda: not open_to(cloud.east))


@pytest.mark.parametrize("native", [False, True], ids=["chat", "native"])
@pytest.mark.parametrize("leave", ["break", "close", "raise", "with", "cancel", "cancel while waiting"])
async def test_an_async_reader_who_leaves_frees_the_connection(cloud, native, leave):
    cloud.east.chunk_latency = 0.05 if leave != "cancel while waiting" else 30
    began = asyncio.Event()

    async def read(reader):
        if leave == "with":
            async with await reader.create(**reader.request) as stream:
                await anext(aiter(stream))
            return
        if leave == "cancel while waiting":
            began.set()
        stream = await reader.create(**reader.request)
        async for _ in stream:
            began.set()
            if leave == "raise":
                raise LookupError
            if leave in ("break", "close"):
                break
        if leave == "close":
            await stream.close()

    async with AsyncAzureConnector(**cloud.options(**MODEL)) as client:
        task = asyncio.create_task(read(Reader(client, native)))
        if leave.startswith("cancel"):
            await began.wait()
            if leave == "cancel while waiting":
                await asyncio.to_thread(cloud.east.requests.wait_for, 1)
            task.cancel()
        results = await asyncio.gather(task, return_exceptions=True)
        expected = {"raise": LookupError}.get(leave, asyncio.CancelledError if "cancel" in leave else type(None))
        assert type(results[0]) is expected
        del task, results
        await asyncio.to_thread(until, lambda: not open_to(cloud.east))
        attempts = client._state.routing.health.report(time.monotonic())
        assert not any(row.failing or row.cause != "ok" for row in attempts.values()), "no verdict on the target"
