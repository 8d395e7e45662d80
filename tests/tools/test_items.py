"""Responses inputs that Azure would refuse, mended and recorded."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import ResponseFunctionToolCall

from azure_connector.errors import InvalidRequestError
from azure_connector.tools import NO_RESULT, NameMap, repair_input_items
from tests.support.tables import each_row

USER = {"role": "user", "content": "What is the weather?"}


def call(identity: Any = "call_1", name: str = "get_weather", arguments: Any = "{}") -> dict[str, Any]:
    return {"type": "function_call", "call_id": identity, "name": name, "arguments": arguments}


def custom(identity: str = "call_1", text: Any = "SELECT 1") -> dict[str, Any]:
    return {"type": "custom_tool_call", "call_id": identity, "name": "sql", "input": text}


def output(identity: Any = "call_1", text: Any = "Sunny", kind: str = "function_call_output") -> dict[str, Any]:
    return {"type": kind, "call_id": identity, "output": text}


def mended(*items: Any, **options: Any) -> tuple[list[Any], list[tuple[str, str]]]:
    given = list(items)
    before = copy.deepcopy(given)
    options = {"whole": True, **options}
    after, mends = repair_input_items(given, **options)
    assert given == before
    assert repair_input_items(after, whole=options["whole"])[0] is after
    return after, [(mend.position, mend.rule) for mend in mends]


@each_row(
    "items",
    [
        "Hello",
        [],
        [USER, {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "x"}]}],
        [USER, {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}, call(), output()],
        [call("a"), call("b"), output("b"), output("a", [{"type": "input_text", "text": "x"}])],
        [custom(), output(kind="custom_tool_call_output")],
        [{"type": "web_search_call", "id": "ws_1", "status": "completed"}],
        [{"type": "item_reference", "id": "fc_1"}, output()],
    ],
)
def test_a_sound_input_is_returned_itself(items: Any) -> None:
    after, mends = repair_input_items(items, whole=True)
    assert after is items
    assert mends == ()


def test_what_only_replies_have_is_stripped() -> None:
    text = {"type": "output_text", "text": "Hi", "logprobs": []}
    reply = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [text]}
    filtered = {**call(), "id": "fc_1", "status": "completed", "content_filters": [], "parsed_arguments": None}
    parsed = {"type": "message", "role": "assistant", "content": [{**text, "annotations": [], "parsed": {"a": 1}}]}
    after, _ = mended(reply, filtered, output(), parsed)
    stripped = {"type": "message", "role": "assistant", "content": [{**text, "annotations": []}]}
    assert after == [{**stripped, "id": "msg_1"}, {**call(), "id": "fc_1"}, output(), stripped]


def test_unanswered_calls_get_results_of_their_kind() -> None:
    after, mends = mended(USER, call("a"), custom("b"), USER)
    assert after == [
        USER,
        call("a"),
        custom("b"),
        output("a", NO_RESULT),
        output("b", NO_RESULT, "custom_tool_call_output"),
        USER,
    ]
    assert mends == [("input[1]", "unanswered"), ("input[2]", "unanswered")]


def test_results_in_the_wrong_place_twice_or_of_nothing() -> None:
    after, mends = mended(
        output("a", "early"), call("a"), USER, call("b"), output("b"), output("b", "Rain"), output("c")
    )
    assert after == [call("a"), output("a", "early"), USER, call("b"), output("b", "Sunny\n\nRain")]
    assert sorted(mends) == [
        ("input[0]", "moved"),
        ("input[5]", "answered twice"),
        ("input[6]", "orphan"),
    ]


def test_results_of_stored_calls_stay() -> None:
    items = [output("from the stored response")]
    assert repair_input_items(items)[0] is items
    assert mended(*items)[0] == []


def test_a_result_gets_the_type_of_its_call() -> None:
    after, mends = mended(custom(), output())
    assert after == [custom(), output(kind="custom_tool_call_output")]
    assert mends == [("input[1].type", "type")]


def test_ids_names_and_arguments_are_put_within_the_limits() -> None:
    after, mends = mended(call("x"), call("x", "my tool", "{'a': 1}"), output("x", "1"), output("x", "2"))
    assert after == [call("x"), call("x_2", "my_tool", '{"a": 1}'), output("x", "1"), output("x_2", "2")]
    assert sorted(rule for _, rule in mends) == ["arguments", "id", "name"]
    names = NameMap(["my tool", "my_tool"])
    after, _ = repair_input_items([call(name="my tool"), output()], names)
    assert after[0]["name"] == names.wire("my tool")
    long = "c" * 65
    after, _ = mended(
        call(long), output(long), call(None), {**output(), "call_id": None}, custom("k", {"a": 1}), output("k")
    )
    identities = [item["call_id"] for item in after]
    assert identities[0::2] == identities[1::2]
    assert all(0 < len(identity) <= 64 for identity in identities)
    assert after[4]["input"] == '{"a": 1}'


def test_the_sdks_own_items_are_taken() -> None:
    item = ResponseFunctionToolCall(
        type="function_call", call_id="call_1", name="ping", arguments="{}", status="completed"
    )
    assert repair_input_items([item, output()])[0] == [call(name="ping"), output()]


def test_an_answer_without_content_becomes_empty() -> None:
    assert mended({"role": "assistant", "content": None})[0] == [{"role": "assistant", "content": ""}]


@each_row(
    ("items", "param"),
    [
        (None, "input"),
        (USER, "input"),
        (["Hello"], "input[0]"),
        ([{"content": "x"}], "input[0].type"),
        ([{"role": "bot", "content": "x"}], "input[0].role"),
        ([{"role": "tool", "content": "x"}], "input[0].role"),
        ([{"role": "user"}], "input[0].content"),
        ([{"role": "user", "content": ["x"]}], "input[0].content[0]"),
        ([call(), output(text={"a": 1})], "input[1].output"),
        ([call(), output(text=None)], "input[1].output"),
    ],
)
def test_bad_input_names_the_position(items: Any, param: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        repair_input_items(items)
    assert caught.value.param == param


IDS = st.sampled_from(["a", "b", "", "x" * 70])
ITEMS = st.one_of(
    st.just(USER),
    st.builds(call, IDS, st.sampled_from(["ping", "my tool", ""]), st.sampled_from(["{}", "{'a': 1}", '{"a', None])),
    st.builds(custom, IDS),
    st.builds(output, IDS, st.sampled_from(["one", "two"]), st.sampled_from(["function_call_output"])),
    st.builds(output, IDS, st.just("three"), st.sampled_from(["custom_tool_call_output"])),
)


@given(st.lists(ITEMS, max_size=10))
def test_any_input_becomes_one_that_azure_takes(items: list[dict[str, Any]]) -> None:
    after, _ = mended(*items)
    calls: dict[str, str] = {}
    answered: set[str] = set()
    for item in after:
        kind = item.get("type", "")
        if kind in {"function_call", "custom_tool_call"}:
            assert item["call_id"] not in calls
            assert 0 < len(item["call_id"]) <= 64
            calls[item["call_id"]] = kind
            if kind == "function_call":
                assert type(json.loads(item["arguments"])) is dict
        elif kind.endswith("_output"):
            assert kind == f"{calls[item['call_id']]}_output"
            assert item["call_id"] not in answered
            answered.add(item["call_id"])
    assert answered == set(calls)
