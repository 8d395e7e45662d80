"""Chat histories that Azure would refuse, mended and recorded."""

from __future__ import annotations

import copy
import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletionMessage

from azure_connector.errors import InvalidRequestError
from azure_connector.tools import NO_RESULT, NameMap, repair_history, sanitize_name
from tests.support.bodies import assistant, tool_call
from tests.support.tables import each_row

USER = {"role": "user", "content": "What is the weather?"}


def call(identity: Any = "call_1", name: Any = "get_weather", arguments: Any = '{"city":"Oslo"}') -> dict[str, Any]:
    return tool_call(name, arguments, identity)


def result(identity: Any = "call_1", content: Any = "Sunny") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": identity, "content": content}


def mended(*messages: Any, names: NameMap | None = None) -> tuple[list[Any], list[tuple[str, str]]]:
    given = list(messages)
    before = copy.deepcopy(given)
    after, mends = repair_history(given, names)
    assert given == before
    # What was mended is sound.
    again, further = repair_history(after)
    assert again is after
    assert further == ()
    return after, [(mend.position, mend.rule) for mend in mends]


SOUND: list[list[dict[str, Any]]] = [
    [],
    [{"role": "system", "content": "Be brief."}, USER, {"role": "assistant", "content": "Sunny."}],
    [{"role": "developer", "content": [{"type": "text", "text": "Be brief."}]}, USER],
    [USER, assistant(call()), result(), {"role": "assistant", "content": "Sunny."}],
    [USER, assistant(call("a"), call("b"), content="Wait."), result("b"), result("a", [{"type": "text", "text": "x"}])],
    [assistant(call("a")), result("a"), assistant(call("a")), result("a")],
    [assistant({"id": "a", "type": "custom", "custom": {"name": "sql", "input": "SELECT 1"}}), result("a")],
    [USER, {"role": "assistant", "content": None, "refusal": "No."}],
    [USER, {"role": "assistant", "audio": {"id": "audio_1"}}],
    [USER, {"role": "assistant", "content": "Sunny.", "reasoning_content": "Hm.", "annotations": []}],
]


@each_row("messages", SOUND)
def test_a_sound_conversation_is_returned_itself(messages: list[dict[str, Any]]) -> None:
    after, mends = repair_history(messages)
    assert after is messages
    assert mends == ()


def test_an_unanswered_call_gets_a_result_that_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "azure_connector.tools"):
        after, mends = mended(USER, assistant(call("a"), call("b")), result("b"), USER, assistant(call("c")))
    assert after[2:4] == [result("a", NO_RESULT), result("b")]
    assert after[4:] == [USER, assistant(call("c")), result("c", NO_RESULT)]
    assert mends == [("messages[1]", "unanswered"), ("messages[4]", "unanswered")]
    assert "messages[1]" in caplog.text
    assert "Oslo" not in caplog.text


def test_a_call_answered_twice_has_one_result() -> None:
    after, mends = mended(assistant(call()), result(content="Sunny"), result(content="Sunny"))
    assert after == [assistant(call()), result()]
    assert mends == [("messages[2]", "answered twice")]
    after, _ = mended(assistant(call()), result(content="Sunny"), USER, result(content="Cloudy"))
    assert after == [assistant(call()), result(content="Sunny\n\nCloudy"), USER]
    parts = [{"type": "text", "text": "Cloudy"}]
    after, _ = mended(assistant(call()), result(content="Sunny"), result(content=parts))
    assert after[1]["content"] == [{"type": "text", "text": "Sunny"}, *parts]


def test_a_result_without_a_call_is_left_out() -> None:
    after, mends = mended(result("lost", "secret"), USER, assistant(call()), result(), result("lost"))
    assert after == [USER, assistant(call()), result()]
    assert mends == [("messages[0]", "orphan"), ("messages[4]", "orphan")]


def test_results_are_moved_behind_their_call() -> None:
    after, mends = mended(result("b"), USER, assistant(call("a"), call("b")), USER, result("a"))
    assert after == [USER, assistant(call("a"), call("b")), result("a"), result("b"), USER]
    assert sorted(mends) == [("messages[0]", "moved"), ("messages[4]", "moved")]


def test_ids_used_again_in_a_later_turn_keep_their_results() -> None:
    messages = [assistant(call("0")), result("0", "one"), USER, assistant(call("0")), USER, result("0", "two")]
    after, mends = mended(*messages)
    assert after == [assistant(call("0")), result("0", "one"), USER, assistant(call("0")), result("0", "two"), USER]
    assert mends == [("messages[5]", "moved")]


def test_repeated_ids_in_one_message_become_different() -> None:
    after, mends = mended(assistant(call("x"), call("x"), call("x")), result("x", "1"), result("x", "2"))
    identities = [entry["id"] for entry in after[0]["tool_calls"]]
    assert identities == ["x", "x_2", "x_3"]
    assert after[1:] == [result("x", "1"), result("x_2", "2"), result("x_3", NO_RESULT)]
    assert [rule for _, rule in mends] == ["id", "id", "unanswered"]


def test_missing_and_overlong_ids_get_others_always_the_same() -> None:
    long = "toolu_" + "x" * 60
    messages = [assistant(call(long)), result(long), assistant(call(None)), {"role": "tool", "content": "x"}]
    after, mends = mended(*messages)
    assert after == mended(*messages)[0]
    for position in (0, 2):
        identity = after[position]["tool_calls"][0]["id"]
        assert 0 < len(identity) <= 40
        assert after[position + 1]["tool_call_id"] == identity
    assert [rule for _, rule in mends] == ["id", "id"]
    # A result without an id belongs to the only call that waits, and to none if there are two.
    assert mended(assistant(call()), {"role": "tool", "content": "x"})[0][1] == result(content="x")
    after, mends = mended(assistant(call("a"), call("b")), {"role": "tool", "content": "x"})
    assert [entry["content"] for entry in after[1:]] == [NO_RESULT, NO_RESULT]
    assert mends[0] == ("messages[1]", "orphan")


@each_row(
    ("arguments", "text"),
    [
        (None, "{}"),
        ("", "{}"),
        ({"city": "Oslo"}, '{"city": "Oslo"}'),
        ("{'city': 'Oslo',}", '{"city": "Oslo"}'),
        ('{"path": "/var', json.dumps({"_raw_arguments": '{"path": "/var'})),
    ],
)
def test_bad_arguments_are_replaced_by_valid_ones(arguments: Any, text: str) -> None:
    after, mends = mended(assistant(call(arguments=arguments)), result())
    assert after == [assistant(call(arguments=text)), result()]
    assert mends == [("messages[0].tool_calls[0]", "arguments")]


def test_bad_names_of_replayed_calls_are_sanitized() -> None:
    named = {**result(), "name": "my tool"}
    after, mends = mended(assistant(call(name="my tool")), named)
    wire = sanitize_name("my tool")
    assert after == [assistant(call(name=wire)), {**result(), "name": wire}]
    assert mends == [("messages[0].tool_calls[0].name", "name")]
    names = NameMap(["my tool", "my_tool"])
    after, mends = mended(assistant(call(name="my tool")), named, names=names)
    assert after[0]["tool_calls"][0]["function"]["name"] == after[1]["name"] == names.wire("my tool") != wire
    assert mends == []


def test_only_what_azure_knows_of_a_call_is_sent() -> None:
    streamed = {**call(), "index": 0, "function": {**call()["function"], "parsed_arguments": None}}
    flat = {"type": "function_call", "call_id": "b", "name": "ping", "arguments": "{}"}
    after, _ = mended(assistant(streamed, flat), result(), result("b"))
    assert after[0]["tool_calls"] == [call(), call("b", "ping", "{}")]


def test_fields_of_replies_are_stripped() -> None:
    reply = {"role": "assistant", "content": "Hi", "tool_calls": None, "function_call": None}
    filtered = {"role": "assistant", "content": "Hi", "content_filter_results": {"hate": {}}}
    after, mends = mended(reply, filtered, {"role": "assistant", "content": "Hi", "tool_calls": []})
    assert after == [{"role": "assistant", "content": "Hi"}] * 3
    assert ("messages[1]", "stripped") in mends


def test_an_answer_without_content_becomes_empty() -> None:
    after, mends = mended(USER, {"role": "assistant", "content": None}, {"role": "assistant"})
    assert after[1:] == [{"role": "assistant", "content": ""}] * 2
    assert [rule for _, rule in mends] == ["content", "content"]


def test_the_sdks_own_messages_are_taken() -> None:
    reply = ChatCompletionMessage.model_validate(assistant(call()))
    after, _ = repair_history([USER, reply, result()])
    assert after == [USER, assistant(call()), result()]


def test_calls_whose_type_does_not_fit_are_written_anew() -> None:
    untyped = {"id": "a", "type": "custom", "function": {"name": "ping", "arguments": "{}"}}
    empty = {"id": "b", "type": "custom", "custom": {"name": "sql"}}
    after, _ = mended(
        assistant(untyped, {"id": "c", "type": "function", "custom": {"name": "sql", "input": "x"}}, empty)
    )
    assert [entry["type"] for entry in after[0]["tool_calls"]] == ["custom", "custom", "custom"]
    assert [entry["custom"]["input"] for entry in after[0]["tool_calls"]] == ["{}", "x", ""]
    assert repair_history((USER,))[0] == [USER]


def test_the_older_function_messages_become_tool_messages() -> None:
    older = {"role": "assistant", "content": None, "function_call": {"name": "get_weather", "arguments": "{}"}}
    after, mends = mended(USER, older, {"role": "function", "name": "get_weather", "content": None}, older)
    first, second = after[1]["tool_calls"][0], after[3]["tool_calls"][0]
    assert "function_call" not in after[1]
    assert first["function"] == {"name": "get_weather", "arguments": "{}"}
    assert after[2] == result(first["id"], "")
    assert after[4] == result(second["id"], NO_RESULT)
    assert {rule for _, rule in mends} == {"legacy", "unanswered"}
    assert mended({"role": "function", "name": "other", "content": "x"}, USER)[0] == [USER]


BAD: list[tuple[Any, str, str]] = [
    ("Hello", "messages", "a list is needed, not str"),
    (USER, "messages", "a list is needed, not dict"),
    (None, "messages", "a list is needed, not None"),
    ([USER, "Hello"], "messages[1]", "a message is an object"),
    ([USER, None], "messages[1]", "not None"),
    ([USER, {"content": "x"}], "messages[1].role", "missing"),
    ([{"role": "bot", "content": "x"}], "messages[0].role", "'bot' is no role"),
    ([{"role": ["user"], "content": "x"}], "messages[0].role", "is no role"),
    ([{"role": "user"}], "messages[0].content", "not None"),
    ([{"role": "system", "content": None}], "messages[0].content", "not None"),
    ([{"role": "user", "content": 3}], "messages[0].content", "not int"),
    ([{"role": "user", "content": ["x"]}], "messages[0].content[0]", "a part is an object"),
    ([{"role": "user", "content": [{"text": "x"}]}], "messages[0].content[0]", "with a `type`"),
    ([{"role": "assistant", "content": {"a": 1}}], "messages[0].content", "not dict"),
    ([assistant(call()), result(content={"a": 1})], "messages[1].content", "json.dumps"),
    ([assistant(call()), result(content=None)], "messages[1].content", "not None"),
    ([assistant(tool_calls="call")], "messages[0].tool_calls", "a list is needed, not str"),
    ([assistant("call")], "messages[0].tool_calls[0]", "an object is needed, not str"),
]


@each_row(("messages", "param", "rule"), BAD, ids=[f"{param}: {rule}" for _, param, rule in BAD])
def test_bad_input_names_the_position_and_the_rule(messages: Any, param: str, rule: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        repair_history(messages)
    assert caught.value.param == param
    assert rule in str(caught.value)


IDS = st.sampled_from(["a", "b", "c", "", "x" * 50])
CALLS = st.builds(
    call, IDS, st.sampled_from(["ping", "my tool", "", None]), st.sampled_from(["{}", "{'a': 1}", '{"a', "[]", None])
)
MESSAGES = st.one_of(
    st.just(USER),
    st.builds(lambda calls: assistant(*calls), st.lists(CALLS, max_size=3)),
    st.builds(result, IDS, st.sampled_from(["one", "two"])),
    st.just({"role": "assistant", "content": None, "function_call": {"name": "ping", "arguments": ""}}),
    st.just({"role": "function", "name": "ping", "content": "x"}),
)


@given(st.lists(MESSAGES, max_size=10))
def test_any_history_becomes_one_that_azure_takes(messages: list[dict[str, Any]]) -> None:
    after, _ = mended(*messages)
    waiting: set[str] = set()
    for message in after:
        if message["role"] == "tool":
            assert message["tool_call_id"] in waiting
            waiting.discard(message["tool_call_id"])
            continue
        assert not waiting
        for entry in message.get("tool_calls", []):
            assert entry["id"] not in waiting
            assert 0 < len(entry["id"]) <= 40
            assert sanitize_name(entry["function"]["name"]) == entry["function"]["name"]
            assert type(json.loads(entry["function"]["arguments"])) is dict
            waiting.add(entry["id"])
    assert not waiting
    assert [m for m in after if m["role"] == "user"] == [m for m in messages if m["role"] == "user"]
