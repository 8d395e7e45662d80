"""Tool calls of whole replies, in one shape whatever shape they came in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletionMessage

from azure_connector.tools import (
    RAW_ARGUMENTS,
    NameMap,
    Repair,
    normalize_items,
    normalize_message,
    to_function_call,
)
from tests.support.bodies import assistant, tool_call

KNOWN = frozenset({"get_weather", "p-fn"})


@pytest.mark.parametrize(
    "reply",
    [
        {"role": "assistant", "content": "Hello"},
        {"role": "assistant", "content": "Hello", "tool_calls": None, "function_call": None},
        assistant(tool_call(), tool_call("p-fn", "{}", "call_2")),
    ],
)
def test_a_sound_message_is_returned_itself(reply: dict[str, Any]) -> None:
    assert normalize_message(reply, known=KNOWN) is reply
    assert normalize_message(reply) is reply


@pytest.mark.parametrize(
    "shape",
    [
        tool_call(),
        {"id": "call_1", "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'}},
        {"id": "call_1", "type": None, "function": {"name": "get_weather", "arguments": {"city": "Oslo"}}},
        {"call_id": "call_1", "name": "get_weather", "arguments": "{'city':'Oslo'}"},
        {"id": "call_1", "name": "get_weather", "input": {"city": "Oslo"}},
        {"id": "call_1", "type": "tool_call", "tool_call": {"name": "get_weather", "arguments": '{"city":"Oslo"}'}},
        {
            "id": "fc",
            "call_id": "call_1",
            "type": "function_call",
            "name": "get_weather",
            "arguments": '{"city":"Oslo"}',
        },
    ],
)
def test_every_shape_becomes_one(shape: dict[str, Any]) -> None:
    (found,) = normalize_message(assistant(shape), known=KNOWN)["tool_calls"]
    assert json.loads(found["function"].pop("arguments")) == {"city": "Oslo"}
    assert found == {"id": "call_1", "type": "function", "function": {"name": "get_weather"}}


def test_the_older_function_call_becomes_a_tool_call() -> None:
    reply = {"role": "assistant", "content": None, "function_call": {"name": "p.fn", "arguments": ""}}
    normal = normalize_message(reply, known=KNOWN)
    assert "function_call" not in normal
    (found,) = normal["tool_calls"]
    assert found["function"] == {"name": "p-fn", "arguments": "{}"}
    assert found["id"].startswith("call_")
    assert to_function_call(normal)["function_call"] == {"name": "p-fn", "arguments": "{}"}
    assert "tool_calls" not in to_function_call(normal)
    assert to_function_call({"content": "Hello"}) == {"content": "Hello"}
    ChatCompletionMessage.model_validate(normal)


def test_both_forms_at_once_are_one_call() -> None:
    normal = normalize_message(assistant(tool_call(), function_call=tool_call()["function"]), known=KNOWN)
    assert normal["tool_calls"] == [tool_call()]
    assert "function_call" not in normal


def test_ids_are_present_and_differ() -> None:
    repairs: list[Repair] = []
    same = [
        tool_call(identity="x"),
        tool_call(identity="x"),
        tool_call(identity=""),
        {**tool_call(), "id": None},
        tool_call(identity="x"),
    ]
    normal = normalize_message(assistant(*same), known=KNOWN, repairs=repairs)
    identities = [found["id"] for found in normal["tool_calls"]]
    assert identities[0] == "x"
    assert all(identities)
    assert len(set(identities)) == 5
    assert [repair.position for repair in repairs] == [f"tool_calls[{index}].id" for index in (1, 2, 3, 4)]


def test_names_are_mapped_back_and_put_right() -> None:
    names = NameMap(["my tool", "p-fn"])
    repairs: list[Repair] = []
    reply = assistant(
        tool_call(names.wire("my tool"), identity="a"),
        tool_call("P_fn", identity="b"),
        tool_call("other", identity="c"),
    )
    normal = normalize_message(reply, names, repairs=repairs)
    assert [found["function"]["name"] for found in normal["tool_calls"]] == ["my tool", "p-fn", "other"]
    assert repairs == [Repair("tool_calls[1].name", "p-fn", "name put right")]


def test_a_call_without_a_name_is_no_tool_of_the_request() -> None:
    (found,) = normalize_message(assistant({"id": "a", "function": {"arguments": "{}"}}), known=KNOWN)["tool_calls"]
    assert found["function"]["name"] == "unnamed_tool_call"


def test_only_the_last_call_can_be_cut_off() -> None:
    reply = assistant(tool_call(arguments='{"a":1,}', identity="a"), tool_call(arguments='{"a":1,}', identity="b"))
    repairs: list[Repair] = []
    first, last = normalize_message(reply, known=KNOWN, finish_reason="length", repairs=repairs)["tool_calls"]
    assert json.loads(first["function"]["arguments"]) == {"a": 1}
    assert json.loads(last["function"]["arguments"]) == {RAW_ARGUMENTS: '{"a":1,}'}
    assert [repair.raw for repair in repairs] == [False, True]
    assert reply["tool_calls"][0]["function"]["arguments"] == '{"a":1,}'


def test_a_custom_call_keeps_its_type_unless_a_function_is_wanted() -> None:
    custom = {"id": "call_1", "type": "custom", "custom": {"name": "sql", "input": 'SELECT "a"'}}
    reply = assistant(custom)
    assert normalize_message(reply, known=frozenset({"sql"})) is reply
    (found,) = normalize_message(reply, known=frozenset({"sql"}), custom_as_function=True)["tool_calls"]
    assert found["type"] == "function"
    assert json.loads(found["function"]["arguments"]) == {"input": 'SELECT "a"'}


def test_what_a_service_adds_to_a_call_stays() -> None:
    signed = {**tool_call(arguments=None), "extra_content": {"signature": "abc"}}
    (found,) = normalize_message(assistant(signed), known=KNOWN)["tool_calls"]
    assert found["extra_content"] == {"signature": "abc"}
    assert found["function"]["arguments"] == "{}"


@pytest.mark.parametrize("junk", [None, "text", 3, []])
def test_what_is_no_call_is_left_out(junk: Any) -> None:
    repairs: list[Repair] = []
    assert normalize_message(assistant(tool_call(), junk), known=KNOWN, repairs=repairs)["tool_calls"] == [tool_call()]
    assert repairs[0].what.startswith("dropped")


def test_native_items_keep_their_form() -> None:
    names = NameMap(["my tool", "p-fn"])
    sound = [
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {
            "type": "function_call",
            "id": "fc_1",
            "call_id": "a",
            "name": "p-fn",
            "arguments": "{}",
            "status": "completed",
        },
        {
            "type": "function_call",
            "id": "fc_2",
            "call_id": "b",
            "name": "p-fn",
            "arguments": "",
            "status": "in_progress",
        },
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "c", "name": "p-fn", "input": "x"},
    ]
    assert normalize_items(sound, names) is sound
    repairs: list[Repair] = []
    items = [
        {**sound[1], "name": names.wire("my tool")},
        {**sound[1], "name": "p.fn", "arguments": "{'a': 1}"},
        {**sound[1], "arguments": '{"a": 1,}', "status": "incomplete"},
        {**sound[3], "name": "P_FN"},
    ]
    assert normalize_items(items, names, repairs=repairs) == [
        {**sound[1], "name": "my tool"},
        {**sound[1], "arguments": '{"a": 1}'},
        {**sound[1], "arguments": json.dumps({RAW_ARGUMENTS: '{"a": 1,}'}), "status": "incomplete"},
        sound[3],
    ]
    assert [repair.position for repair in repairs] == [
        "output[1].name",
        "output[1].arguments",
        "output[2].arguments",
        "output[3].name",
    ]
