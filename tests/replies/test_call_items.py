"""Items that are tool calls in a shape of their own, at both doors of the core."""

from __future__ import annotations

import json
import warnings

import pytest

from tests.replies.service import ask, events
from tests.replies.shapes import plain
from tests.responses import wire

ARGUMENTS = {"city": "Oslo", "days": [1, 2]}
TEXT = json.dumps(ARGUMENTS)
TOOL = {"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}}}
CHAT_TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
CALL = {"type": "tool_call", "status": "completed"}
ITEMS = {
    "text": {**CALL, "id": "call_7", "name": "weather", "arguments": TEXT},
    "object": {**CALL, "id": "call_7", "name": "weather", "arguments": ARGUMENTS},
    "call_id": {**CALL, "id": "tc_1", "call_id": "call_7", "name": "weather", "arguments": TEXT},
    "function within": {**CALL, "id": "call_7", "function": {"name": "weather", "arguments": TEXT}},
    "object within": {**CALL, "id": "call_7", "function": {"name": "weather", "arguments": ARGUMENTS}},
    "tool_call within": {**CALL, "id": "call_7", "tool_call": {"name": "weather", "arguments": TEXT}},
    "input": {**CALL, "id": "call_7", "name": "weather", "input": ARGUMENTS},
    "encoded twice": {**CALL, "id": "call_7", "name": "weather", "arguments": json.dumps(TEXT)},
    "no id": {**CALL, "name": "weather", "arguments": TEXT},
    "function_call, object": {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_7",
        "name": "weather",
        "arguments": ARGUMENTS,
        "status": "completed",
    },
}
DOORS = [
    f"{api}{stream}{world}" for api in ("responses", "bridge") for stream in ("", " stream") for world in ("", " async")
]


def answer(item: dict[str, object], door: str):
    reply = wire.reply(wire.message("Let me see."), item)
    if "stream" not in door:
        return plain(reply)
    told = {key: value for key, value in item.items() if key in ("id", "type", "name", "call_id", "status")}
    added = {"type": "response.output_item.added", "output_index": 1, "item": {**told, "status": "in_progress"}}
    done = {"type": "response.output_item.done", "output_index": 1, "item": item}
    spoken = wire.events(wire.reply(wire.message("Let me see.")))
    return events(*spoken[:-1], added, done, {"type": "response.completed", "response": reply})


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ITEMS)
def test_a_call_is_a_function_call(pair, name, door):
    pair.first.says(answer(ITEMS[name], door))
    tools = [TOOL if door.startswith("responses") else CHAT_TOOL]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ask(door, pair.options(), tools=tools)
        calls = native(found) if door.startswith("responses") else chat(found)
    ((call_id, called, arguments),) = calls
    assert (called, json.loads(arguments)) == ("weather", ARGUMENTS)
    assert call_id == "call_7" if name != "no id" else call_id.startswith("call_")


def native(found):
    if not isinstance(found, list):
        found.model_dump_json()
        return [(item.call_id, item.name, item.arguments) for item in found.output if item.type == "function_call"]
    (done,) = [
        event.item for event in found if event.type == "response.output_item.done" and event.item.type != "message"
    ]
    whole = native(found[-1].response)
    assert whole == [(done.call_id, done.name, done.arguments)]
    assert done.type == "function_call"
    return whole


def chat(found):
    if not isinstance(found, list):
        assert found.choices[0].finish_reason == "tool_calls"
        return [(call.id, call.function.name, call.function.arguments) for call in found.choices[0].message.tool_calls]
    choices = [choice for chunk in found for choice in chunk.choices]
    assert choices[-1].finish_reason == "tool_calls"
    deltas = [call for choice in choices for call in choice.delta.tool_calls or ()]
    assert {delta.index for delta in deltas} == {0}
    text = "".join(delta.function.arguments or "" for delta in deltas)
    return [(deltas[0].id, deltas[0].function.name, text)]


@pytest.mark.parametrize("repair", [True, False])
def test_a_reply_that_is_read_again_has_them_too(pair, repair):
    """Also a `retrieve`, whose request names no tools."""
    from azure_connector import AzureConnector

    pair.first.says(plain(wire.reply(ITEMS["object"], ITEMS["function_call, object"])))
    with AzureConnector(**pair.options(repair_tool_arguments=repair)) as client:
        first, second = client.responses.retrieve("resp_1").output
    assert json.loads(first.arguments) == json.loads(second.arguments) == ARGUMENTS
    assert (first.type, first.call_id) == ("function_call", "call_7")
