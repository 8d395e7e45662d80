"""Azure's quirks reach nobody as an exception: recorded shapes, replayed through both clients."""

from __future__ import annotations

import pytest

from azure_connector import azure_info
from azure_connector.emulator import Reply
from tests.support.asking import STREAMS, WAYS, ask, options, text_of
from tests.support.bodies import chunk

FRAME = {"id": "chatcmpl-1", "created": 1790000000, "model": "gpt-4o-2024-11-20", "object": "chat.completion.chunk"}
SAFE = {"hate": {"filtered": False, "severity": "safe"}}


def late_filter(**choice):
    offsets = {"check_offset": 1576, "start_offset": 1576, "end_offset": 2318}
    body = {"content_filter_offsets": offsets, "content_filter_results": SAFE, "finish_reason": None, "index": 0}
    return {"choices": [{**body, **choice}], "created": 0, "id": "", "model": "", "object": ""}


def streamed(azure, way, *events, **reply):
    azure.script(Reply(events=events, **reply))
    return ask(way, **options(azure))


@pytest.mark.parametrize("way", STREAMS)
def test_filter_chunks_without_delta_after_the_stop(azure, way):
    chunks = streamed(
        azure,
        way,
        {"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_annotations": [
            {"prompt_index": 0, "content_filter_results": SAFE}
        ]},
        chunk({"role": None, "content": "Hel", "tool_calls": None}),
        chunk({"content": "lo"}),
        chunk({}, "stop"),
        late_filter(),
    )  # fmt: skip
    assert text_of(chunks) == "Hello"
    assert all(choice.delta is not None for one in chunks for choice in one.choices)
    assert {one.id for one in chunks[1:]} == {"chatcmpl-1"}, "whoever gathers by id must not lose the late chunk"
    info = azure_info(chunks[-1])
    assert info.prompt_filters == SAFE
    assert info.completion_filters == SAFE
    assert info.filtered is False


@pytest.mark.parametrize("way", STREAMS)
def test_a_late_verdict_of_the_filter_is_a_clear_outcome(azure, way):
    chunks = streamed(
        azure,
        way,
        chunk({"role": "assistant", "content": "bad"}),
        chunk({}, "stop"),
        late_filter(
            finish_reason="content_filter", content_filter_results={"hate": {"filtered": True, "severity": "high"}}
        ),
    )
    assert chunks[-1].choices[0].finish_reason == "content_filter"
    assert azure_info(chunks[-1]).filtered is True
    assert azure_info(chunks[-1]).completion_filters["hate"]["severity"] == "high"


@pytest.mark.parametrize("way", STREAMS)
def test_reasoning_of_deepseek_arrives(azure, way):
    chunks = streamed(
        azure,
        way,
        chunk({"role": None, "content": None, "reasoning_content": "We", "tool_calls": None}),
        chunk({"content": "Hi"}, None),
        {**chunk({"content": ""}, "stop"), "choices": [{**chunk({}, "stop")["choices"][0], "matched_stop": 1}]},
        {**FRAME, "choices": [], "usage": {
            "prompt_tokens": 19, "total_tokens": 25, "completion_tokens": 6, "prompt_tokens_details": None,
            "reasoning_tokens": 4,
        }},
    )  # fmt: skip
    assert chunks[0].choices[0].delta.reasoning_content == "We"
    assert chunks[-1].usage.completion_tokens_details.reasoning_tokens == 4
    assert azure_info(chunks[-1]).usage["total_tokens"] == 25


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("raw", "known"), [("eos", "stop"), ("max_tokens", "length"), ("tool_use", "tool_calls"), ("brand_new", "stop")]
)
def test_an_unknown_finish_reason_becomes_one_that_the_sdk_knows(azure, way, raw, known):
    if way in STREAMS:
        azure.script(Reply(events=[chunk({"role": "assistant", "content": "x"}), chunk({}, raw)]))
    else:
        message = {"role": None, "content": "x"}
        choice = {"index": 0, "finish_reason": raw, "message": message, "logprobs": None}
        azure.script(Reply(body={**FRAME, "object": "chat.completion", "choices": [choice]}))
    reply = ask(way, **options(azure))
    choice = (reply[-1] if isinstance(reply, list) else reply).choices[0]
    assert choice.finish_reason == known
    assert choice.native_finish_reason == raw
    assert text_of(reply) == "x"


@pytest.mark.parametrize("way", WAYS)
def test_bad_arguments_of_a_tool_call_are_repaired_or_marked(azure, way):
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
    calls = [
        {"index": 0, "id": "a", "type": "function", "function": {"name": "look", "arguments": '{"city": "Oslo",}'}},
    ]
    if way in STREAMS:
        azure.script(Reply(events=[chunk({"role": "assistant", "tool_calls": calls}), chunk({}, "tool_calls")]))
    else:
        message = {"role": "assistant", "content": None, "tool_calls": calls}
        choice = {"index": 0, "finish_reason": "tool_calls", "message": message}
        azure.script(Reply(body={**FRAME, "object": "chat.completion", "choices": [choice]}))
    reply = ask(way, {"tools": [tool]}, **options(azure))
    if way in STREAMS:
        pieces = [c.function.arguments for one in reply for c in one.choices[0].delta.tool_calls or ()]
        assert "".join(pieces) == '{"city": "Oslo"}'
    else:
        assert reply.choices[0].message.tool_calls[0].function.arguments == '{"city": "Oslo"}'


def test_a_name_that_comes_back_changed_is_put_right(azure):
    tool = {"type": "function", "function": {"name": "p-fn", "parameters": {"type": "object", "properties": {}}}}
    call = {"id": "a", "type": "function", "function": {"name": "p.fn", "arguments": "{}"}}
    choice = {"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "tool_calls": [call]}}
    azure.script(Reply(body={**FRAME, "object": "chat.completion", "choices": [choice]}))
    reply = ask("sync", {"tools": [tool]}, **options(azure))
    assert reply.choices[0].message.tool_calls[0].function.name == "p-fn"


@pytest.mark.parametrize("way", STREAMS)
def test_a_stream_split_anywhere_reads_the_same(azure, way):
    from azure_connector.replies._sse import EventDecoder

    azure.script(Reply(events=[chunk({"role": "assistant", "content": "Æ€😀"}), chunk({}, "stop")]))
    assert text_of(ask(way, **options(azure))) == "Æ€😀"
    body = 'data: {"a": "Æ€😀"}\r\n\r\n: comment\r\ndata: 1\ndata: 2\r\r'.encode()
    for size in range(1, len(body)):
        decoder = EventDecoder()
        found = [event for at in range(0, len(body), size) for event in decoder.feed(body[at : at + size])]
        assert [event.data.decode() for event in [*found, *decoder.flush()]] == ['{"a": "Æ€😀"}', "1\n2"]
