"""Streams look as OpenAI's: what the SDK's own helpers make of Azure's, and what a plain loop sees."""

from __future__ import annotations

from typing import Any

import pytest

from azure_connector import AsyncAzureConnector, AzureConnector, azure_info
from tests.replies.service import events
from tests.replies.shapes import plain, response_events
from tests.responses import wire
from tests.support.bodies import chunk

SAFE = {"hate": {"filtered": False, "severity": "safe"}}
EMPTY = {"id": "", "object": "", "model": "", "created": 0}
PROMPT = [{"prompt_index": 0, "content_filter_results": SAFE}]
OPENING = {**EMPTY, "choices": [], "prompt_filter_results": PROMPT}
LATE = {
    **EMPTY,
    "choices": [
        {
            "index": 0,
            "finish_reason": None,
            "content_filter_results": SAFE,
            "content_filter_offsets": {"check_offset": 0, "start_offset": 0, "end_offset": 5},
        }
    ],
}
USAGE = {
    **chunk({}),
    "choices": [],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
}
TEXT = [chunk({"role": "assistant", "content": ""}), chunk({"content": "Hel"}), chunk({"content": "lo"})]
END = chunk({}, "stop")
AZURES = {
    "opening": [OPENING, *TEXT, END],
    "opening twice": [OPENING, OPENING, *TEXT, END],
    "older spelling": [{**EMPTY, "choices": [], "prompt_annotations": PROMPT}, *TEXT, END],
    "late verdicts": [OPENING, *TEXT, LATE, END],
    "asynchronous filter": [OPENING, *TEXT, END, LATE],
    "late verdicts, usage": [OPENING, *TEXT, LATE, END, LATE, USAGE],
    "verdicts before the text": [OPENING, LATE, *TEXT, END],
    "no opening": [*TEXT, END],
}
ASK: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}


async def final(pair: Any, asynchronous: bool) -> Any:
    if asynchronous:
        async with AsyncAzureConnector(**pair.options()) as client, client.chat.completions.stream(**ASK) as stream:
            return await stream.get_final_completion()
    with AzureConnector(**pair.options()) as client, client.chat.completions.stream(**ASK) as stream:
        return stream.get_final_completion()


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("name", AZURES)
async def test_the_final_completion_of_the_sdk_s_stream_helper(pair, name, asynchronous):
    pair.first.says(events(*AZURES[name], "[DONE]"))
    found = await final(pair, asynchronous)
    assert (found.id, found.model, found.created) == ("chatcmpl-1", "gpt-4o-2024-11-20", 1790000000)
    assert found.object == "chat.completion"
    assert (found.choices[0].message.content, found.choices[0].finish_reason) == ("Hello", "stop")


@pytest.mark.parametrize("name", AZURES)
def test_a_plain_loop_works_as_on_openai(pair, name):
    pair.first.says(events(*AZURES[name], "[DONE]"))
    with AzureConnector(**pair.options()) as client:
        chunks = list(client.chat.completions.create(**ASK, stream=True))
    assert "".join(one.choices[0].delta.content or "" for one in chunks if not one.usage) == "Hello"
    assert {(one.id, one.model, one.created, one.object) for one in chunks} == {
        ("chatcmpl-1", "gpt-4o-2024-11-20", 1790000000, "chat.completion.chunk")
    }
    assert [one.usage.total_tokens for one in chunks if not one.choices] == ([5] if USAGE in AZURES[name] else [])
    if name != "no opening":
        assert azure_info(chunks[-1]).prompt_filters == SAFE
        rode = chunks[0].model_extra
        assert rode.get("prompt_filter_results") or rode.get("prompt_annotations")


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("whole", [False, True])
async def test_the_responses_helper_reads_streams_and_whole_replies(pair, whole, asynchronous):
    """A whole reply in a stream's place becomes the events that the helper puts together."""
    call = wire.call(arguments='{"city": "Oslo"}')
    reply = wire.reply(wire.reasoning("Why."), wire.message("Hello"), call, wire.custom_call(), wire.refusal("No."))
    pair.first.says(plain(reply) if whole else events(*wire.events(reply)))
    seen: list[str] = []
    if asynchronous:
        async with (
            AsyncAzureConnector(**pair.options()) as client,
            client.responses.stream(model="gpt-4o", input="Hi") as stream,
        ):
            async for event in stream:
                seen.append(event.type)
            found = await stream.get_final_response()
    else:
        with AzureConnector(**pair.options()) as client, client.responses.stream(model="gpt-4o", input="Hi") as stream:
            for event in stream:
                seen.append(event.type)
            found = stream.get_final_response()
    assert found.output_text == "Hello"
    assert [item.type for item in found.output] == [item["type"] for item in reply["output"]]
    assert {"response.created", "response.output_text.delta", "response.completed"} <= set(seen)


def test_a_whole_response_in_a_stream_s_place_numbers_its_events(pair):
    pair.first.says(plain(wire.reply(wire.message("Hello"))))
    with AzureConnector(**pair.options()) as client:
        stream = client.responses.create(model="gpt-4o", input="Hi", stream=True)
        found = list(stream)
    kinds = {event["type"] for event in response_events("Hello")} - {"response.output_text.annotation.added"}
    assert [event.sequence_number for event in found] == list(range(len(found)))
    assert {event.type for event in found} == kinds
    assert found[-1].response.usage.total_tokens == azure_info(stream).usage["total_tokens"]
