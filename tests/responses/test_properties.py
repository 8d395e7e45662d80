"""What holds for every conversation and every reply."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion
from openai.types.responses import ResponseCreateParams
from pydantic import TypeAdapter

from azure_connector.requests.responses_api import (
    ResponseStream,
    chunks_as_completion,
    completion_as_chunks,
    to_chat,
    to_responses,
)
from tests.responses import strategies, wire

Json = dict[str, Any]
PARAMS = TypeAdapter[Any](ResponseCreateParams)


def validate(sent: Json) -> None:
    """Against the SDK's types; they want an id and a status on what the assistant said, which the service does not."""
    complete = copy.deepcopy(sent)
    for item in complete["input"]:
        if item.get("role") == "assistant":
            item |= {"id": item.get("id", "msg_1"), "status": "completed"}
        elif item.get("role"):
            # The SDK knows audio as a part, but not as a part of a message.
            parts = item["content"] if isinstance(item["content"], list) else []
            parts[:] = [part for part in parts if part["type"] != "input_audio"]
    PARAMS.validate_python(complete)


@given(strategies.bodies)
def test_a_request_loses_nothing_that_both_can_say(body: Json) -> None:
    before = copy.deepcopy(body)
    sent, unsent = to_responses(body)
    assert unsent == ()
    assert strategies.back_to_chat(sent) == body == before
    validate(sent)


@given(strategies.replies())
def test_a_reply_is_a_chat_completion(whole: Json) -> None:
    before = copy.deepcopy(whole)
    chat = to_chat(whole)
    assert whole == before
    ChatCompletion.model_validate(chat)


@given(strategies.replies(), st.data(), st.integers(1, 9), st.booleans())
def test_any_splitting_of_a_reply_gives_the_same_message(
    whole: Json, data: st.DataObject, size: int, counted: bool
) -> None:
    ways = data.draw(strategies.ways(whole["output"]))
    repeated = "done" in ways or "silent" in ways or data.draw(st.booleans())
    stream = ResponseStream(include_usage=counted)
    chunks: list[Json] = []
    for event in wire.events(whole, size=size, ways=ways, output=repeated):
        chunks.extend(stream.feed(event))
    assert stream.complete
    assert stream.finish() == []
    expected = to_chat(whole)
    assert chunks_as_completion(chunks) == (expected if counted else expected | {"usage": None})
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    finished = [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]]
    assert finished == [None] * (len(finished) - 1) + [expected["choices"][0]["finish_reason"]]


@given(strategies.replies())
def test_a_completion_as_chunks_is_the_same_completion(whole: Json) -> None:
    chat = to_chat(whole)
    assert chunks_as_completion(completion_as_chunks(chat, include_usage=True)) == chat


def replayable(item: Json) -> Json | None:
    """What of an output item can be sent again: no status, no annotations, a message's text in one part."""
    kept = {key: value for key, value in item.items() if key != "status"}
    if item["type"] == "image_generation_call":
        return item
    if item["type"] != "message":
        return kept
    said = "".join(part.get("text", "") for part in item["content"])
    kept["content"] = [{"type": "output_text", "text": said, "annotations": []}] if said else []
    kept["content"] += [part for part in item["content"] if part["type"] == "refusal"]
    return kept if kept["content"] else None


@given(strategies.replies())
def test_a_reply_goes_back_as_it_came(whole: Json) -> None:
    message = to_chat(whole)["choices"][0]["message"]
    sent, unsent = to_responses({"model": "m", "messages": [message]})
    assert unsent == ()
    expected = [kept for item in whole["output"] if (kept := replayable(item)) is not None]
    linked = any(item["type"] == "reasoning" for item in expected)
    while expected and expected[-1]["type"] == "reasoning":
        del expected[-1]  # led to nothing, and is refused
    for item in [] if linked else expected:
        # Ids only matter beside reasoning, which names the items that follow it.
        if item["type"] != "image_generation_call":
            del item["id"]
    assert sent["input"] == expected
    validate(sent)
