"""`tool_call` items, as some servers write a function call of the Responses API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from azure_connector.requests.responses_api import ResponseStream, to_chat
from azure_connector.tools import name_map, normalize_item
from tests.responses import wire

ITEMS = [
    {"type": "tool_call", "id": "call_1", "name": "f", "arguments": '{"a": 1}'},
    {"type": "tool_call", "call_id": "call_1", "name": "f", "arguments": {"a": 1}, "status": "completed"},
    {"type": "tool_call", "id": "call_1", "function": {"name": "f", "arguments": '{"a": 1,}'}},
    {"type": "tool_call", "id": "call_1", "tool_call": {"name": "f", "arguments": '{"a": 1}'}},
]


@pytest.mark.parametrize("item", ITEMS)
def test_it_is_a_function_call_for_whoever_asks_natively(item: dict[str, Any]) -> None:
    found = normalize_item(item, name_map(frozenset({"f"})))
    assert (found["type"], found["call_id"], found["name"]) == ("function_call", "call_1", "f")
    assert json.loads(found["arguments"]) == {"a": 1}


@pytest.mark.parametrize("item", ITEMS)
def test_over_chat_it_is_not_lost(item: dict[str, Any]) -> None:
    choice = to_chat(wire.reply(item))["choices"][0]
    call = choice["message"]["tool_calls"][0]
    assert (choice["finish_reason"], call["id"], call["function"]["name"]) == ("tool_calls", "call_1", "f")


def test_over_a_chat_stream_it_is_not_lost() -> None:
    stream, item = ResponseStream(), {**ITEMS[0], "status": "completed"}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": wire.reply(status="in_progress")},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "arguments": ""}},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": wire.reply(item)},
    ]
    chunks = [chunk for event in events for chunk in stream.feed(event)] + stream.finish()
    calls = [call for chunk in chunks for choice in chunk["choices"] for call in choice["delta"].get("tool_calls", ())]
    assert "".join(call["function"].get("arguments", "") for call in calls) == '{"a": 1}'
    assert [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]][-1] == "tool_calls"
