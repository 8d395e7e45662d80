from __future__ import annotations

from typing import Any

import pytest
from openai.types.chat import ChatCompletion
from openai.types.responses import Response

from azure_connector.requests.responses_api import Failure, to_chat
from tests.responses import wire
from tests.support.tables import each_row

Json = dict[str, Any]


def message(*output: Json, **fields: Any) -> Json:
    chat = to_chat(wire.reply(*output, **fields))
    ChatCompletion.model_validate(chat)
    return chat["choices"][0]["message"]


def test_the_whole_reply() -> None:
    """The recorded shape: reasoning, a tool call and an answer with a phase, filters and counts."""
    reasoning, call = wire.reasoning("Thinking of Oslo."), wire.call()
    answer = wire.message("One moment.", phase="final_answer")
    whole = wire.reply(reasoning, answer, call)
    Response.model_validate(whole | {"usage": {**whole["usage"], "input_tokens_details": {
        "cached_tokens": 4, "cache_write_tokens": 0}}})  # fmt: skip
    chat = to_chat(whole)
    ChatCompletion.model_validate(chat)
    assert chat == {
        "id": "resp_0a1",
        "object": "chat.completion",
        "created": 1790000000,
        "model": "gpt-5.4",
        "system_fingerprint": None,
        "service_tier": "default",
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": wire.SAFE | wire.JAILBREAK}],
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls",
                "logprobs": None,
                "content_filter_results": wire.SAFE | wire.MATERIAL,
                "message": {
                    "role": "assistant",
                    "content": "One moment.",
                    "refusal": None,
                    "tool_calls": [
                        {
                            "id": "call_x1",
                            "type": "function",
                            "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'},
                        }
                    ],
                    "reasoning_content": "Thinking of Oslo.",
                    "reasoning_items": [reasoning],
                    "output_items": [
                        {"id": "rs_1", "type": "reasoning"},
                        {"id": "msg_1", "type": "message", "phase": "final_answer", "length": 11},
                        {"id": "fc_1", "type": "function_call", "call_id": "call_x1"},
                    ],
                },
            }
        ],
        "usage": {
            "prompt_tokens": 18,
            "completion_tokens": 5,
            "total_tokens": 23,
            "prompt_tokens_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 3},
        },
    }


def test_a_plain_answer_stays_plain() -> None:
    assert message(wire.message("Hello")) == {"role": "assistant", "content": "Hello", "refusal": None}


def test_a_reply_without_any_output_is_an_empty_text() -> None:
    assert message() == {"role": "assistant", "content": "", "refusal": None}
    assert message(wire.reasoning())["content"] == ""


def test_a_refusal() -> None:
    assert message(wire.refusal("I cannot.")) == {"role": "assistant", "content": None, "refusal": "I cannot."}


def test_calls_side_by_side_and_custom_ones() -> None:
    calls = message(wire.call(1), wire.call(2, arguments="{}"), wire.custom_call(3))["tool_calls"]
    assert [call["id"] for call in calls] == ["call_x1", "call_x2", "call_c3"]
    assert calls[2] == {"id": "call_c3", "type": "custom", "custom": {"name": "run_sql", "input": "select 1"}}


def test_a_call_without_an_id_gets_one() -> None:
    bare = {key: value for key, value in wire.call().items() if key not in ("id", "call_id")}
    assert message(bare)["tool_calls"][0]["id"] == "call_0"


@each_row(
    ("output", "text"),
    [
        ([("commentary", "Looking."), ("call", "")], "Looking."),
        ([("commentary", "Looking."), ("final_answer", "{}")], "{}"),
        ([("commentary", "Looking.")], "Looking."),
        ([("commentary", "One."), ("commentary", "Two."), ("call", "")], "One.\n\nTwo."),
        ([("final_answer", "A"), ("final_answer", "B")], "A\n\nB"),
        ([(None, "A"), ("", ""), (None, "B")], "A\n\nB"),
        ([("commentary", "Looking."), ("call", ""), ("commentary", "Hm."), ("final_answer", "A")], "Looking.\n\nA"),
    ],
)
def test_commentary_that_an_answer_follows_is_no_part_of_the_text(output: list[tuple[str, str]], text: str) -> None:
    items = [
        wire.call(n) if kind == "call" else wire.message(said, number=n, phase=kind)
        for n, (kind, said) in enumerate(output)
    ]
    assert message(*items)["content"] == text


def test_commentary_beside_the_answer_is_kept_whole() -> None:
    aside = wire.message("Looking.", phase="commentary")
    assert message(aside, wire.message("{}", number=2, phase="final_answer"))["output_items"] == [
        aside,
        {"id": "msg_2", "type": "message", "phase": "final_answer", "length": 2},
    ]


def test_commentary_before_a_refusal_stays_out_too() -> None:
    said = message(wire.message("Looking.", phase="commentary"), wire.refusal("No."))
    assert (said["content"], said["refusal"]) == (None, "No.")


def test_items_that_chat_completions_has_no_word_for_are_kept_whole() -> None:
    image = {"id": "ig_1", "type": "image_generation_call", "status": "completed", "result": "iVBORw0KGgo="}
    said = message(image, wire.message("Here it is."))
    assert said["content"] == "Here it is."
    assert said["output_items"][0] == image


def test_reasoning_of_open_models_and_several_summaries() -> None:
    item = wire.reasoning("First.") | {"content": [{"type": "reasoning_text", "text": "Raw."}]}
    item["summary"].append({"type": "summary_text", "text": "Second."})
    assert message(item, wire.message("x"))["reasoning_content"] == "Raw.\n\nFirst.\n\nSecond."


def test_citations_stand_where_the_joined_text_has_them() -> None:
    web = {"type": "url_citation", "start_index": 0, "end_index": 3, "url": "https://example.org", "title": "t"}
    file = {"type": "file_citation", "index": 1, "file_id": "file_1", "filename": "a.txt"}
    second = wire.message("de", number=2)
    second["content"].append({"type": "output_text", "text": "fgh", "annotations": [web, file], "logprobs": []})
    said = message(wire.message("a"), second)
    assert said["content"][5:8] == "fgh"
    assert said["annotations"] == [
        {
            "type": "url_citation",
            "url_citation": {"start_index": 5, "end_index": 8, "url": "https://example.org", "title": "t"},
        }
    ]
    assert said["file_citations"] == [file]


def test_log_probabilities_of_the_text() -> None:
    token = {"token": "Hi", "bytes": [72, 105], "logprob": -0.1, "top_logprobs": []}
    chat = to_chat(wire.reply(wire.message("Hi", logprobs=[token])))
    ChatCompletion.model_validate(chat)
    assert chat["choices"][0]["logprobs"] == {"content": [token], "refusal": None}


@each_row(
    ("fields", "output", "reason"),
    [
        ({}, [wire.message("x")], "stop"),
        ({}, [wire.call()], "tool_calls"),
        ({"status": None}, [wire.message("x")], "stop"),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            [wire.message("x")],
            "length",
        ),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, [wire.call()], "length"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, [], "content_filter"),
        ({"status": "incomplete", "incomplete_details": {"reason": "a new one"}}, [], "length"),
        ({"status": "incomplete", "incomplete_details": None}, [], "length"),
        ({"content_filters": [wire.filters("completion", {}, blocked=True)]}, [wire.message("x")], "content_filter"),
        ({"content_filters": [wire.filters("prompt", {}, blocked=True)]}, [wire.message("x")], "stop"),
    ],
)
def test_finish_reasons(fields: Json, output: list[Json], reason: str) -> None:
    assert to_chat(wire.reply(*output, **fields))["choices"][0]["finish_reason"] == reason


def test_the_worst_of_several_verdicts_stands() -> None:
    hit = {"hate": {"filtered": True, "severity": "high"}}
    entries = [
        wire.filters("completion", wire.SAFE),
        wire.filters("completion", hit),
        wire.filters("completion", wire.SAFE | wire.MATERIAL),
    ]
    choice = to_chat(wire.reply(wire.message("x"), content_filters=entries))["choices"][0]
    assert choice["content_filter_results"] == wire.SAFE | wire.MATERIAL | hit


@each_row("absent", [None, [], [None], [{"source_type": "completion"}]])
def test_filters_may_be_missing(absent: Any) -> None:
    chat = to_chat(wire.reply(wire.message("x"), content_filters=absent))
    assert "prompt_filter_results" not in chat
    assert "content_filter_results" not in chat["choices"][0]


@each_row(
    ("fields", "code", "text"),
    [
        ({"status": "failed", "error": {"code": "server_error", "message": "It broke."}}, "server_error", "It broke."),
        ({"status": "failed", "error": None}, "failed", "the reply's status is 'failed'"),
        ({"status": "cancelled"}, "cancelled", "the reply's status is 'cancelled'"),
        ({"status": "in_progress"}, "in_progress", "the reply's status is 'in_progress'"),
    ],
)
def test_a_reply_that_is_no_answer(fields: Json, code: str, text: str) -> None:
    with pytest.raises(Failure) as caught:
        to_chat(wire.reply(**fields))
    assert (caught.value.facts.code, caught.value.facts.message) == (code, text)


def test_counts_may_be_missing() -> None:
    assert to_chat(wire.reply(usage=None))["usage"] is None
    usage = to_chat(wire.reply(usage={"input_tokens": 3, "output_tokens": 4}))["usage"]
    assert (usage["total_tokens"], usage["completion_tokens_details"]) == (7, {"reasoning_tokens": 0})


def test_the_model_is_the_one_that_the_reply_names() -> None:
    assert to_chat(wire.reply(), model="asked")["model"] == "gpt-5.4"
    assert to_chat(wire.reply(model=None), model="asked")["model"] == "asked"
