from __future__ import annotations

from typing import Any

import pytest
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletionChunk

from azure_connector.requests.responses_api import Failure, ResponseStream, chunks_as_completion, to_chat
from tests.responses import wire

Json = dict[str, Any]


def streamed(events: list[Json], **options: Any) -> list[Json]:
    stream = ResponseStream(**options)
    chunks = [chunk for event in events for chunk in stream.feed(event)] + stream.finish()
    assert stream.complete
    return chunks


def deltas(chunks: list[Json]) -> list[Json]:
    for chunk in chunks:
        ChatCompletionChunk.model_validate(chunk)
    return [choice["delta"] for chunk in chunks for choice in chunk["choices"]]


def test_a_tool_call_arrives_live() -> None:
    """The recorded order: item added, argument deltas, done, completed."""
    chunks = streamed(wire.events(wire.reply(wire.call(1), wire.call(2)), size=8))
    assert deltas(chunks) == [
        {"role": "assistant", "content": None, "refusal": None},
        {
            "tool_calls": [
                {"index": 0, "id": "call_x1", "type": "function", "function": {"name": "get_weather", "arguments": ""}}
            ]
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"city":'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '"Oslo"}'}}]},
        {
            "tool_calls": [
                {"index": 1, "id": "call_x2", "type": "function", "function": {"name": "get_weather", "arguments": ""}}
            ]
        },
        {"tool_calls": [{"index": 1, "function": {"arguments": '{"city":'}}]},
        {"tool_calls": [{"index": 1, "function": {"arguments": '"Oslo"}'}}]},
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None] * 7 + ["tool_calls"]


def test_text_and_counts() -> None:
    chunks = streamed(wire.events(wire.reply(wire.message("Hello"))), include_usage=True)
    assert deltas(chunks) == [
        {"role": "assistant", "content": "", "refusal": None},
        {"content": "Hel"},
        {"content": "lo"},
        {},
    ]
    frame = {
        "id": "resp_0a1",
        "object": "chat.completion.chunk",
        "created": 1790000000,
        "model": "gpt-5.4",
        "system_fingerprint": None,
        "service_tier": "default",
    }
    choice = {"index": 0, "delta": {"content": "Hel"}, "logprobs": None, "finish_reason": None}
    assert chunks[1] == {**frame, "choices": [choice], "usage": None}
    assert chunks[-2]["prompt_filter_results"][0]["content_filter_results"] == wire.SAFE | wire.JAILBREAK
    assert chunks[-2]["choices"][0]["content_filter_results"] == wire.SAFE | wire.MATERIAL
    assert chunks[-1] == {**frame, "choices": [], "usage": to_chat(wire.reply())["usage"]}


def test_counts_come_only_where_they_were_asked_for() -> None:
    chunks = streamed(wire.events(wire.reply(wire.message("Hello"))))
    assert all(chunk["choices"] and "usage" not in chunk for chunk in chunks)


def test_nothing_is_said_before_there_is_something_to_say() -> None:
    stream = ResponseStream()
    opening = wire.events(wire.reply(wire.reasoning(), wire.message("Hello")))[:4]
    assert [event["type"] for event in opening][-2:] == ["response.output_item.added", "response.output_item.done"]
    assert [stream.feed(event) for event in opening] == [[]] * 4


def test_reasoning_and_what_is_carried() -> None:
    reasoning = wire.reasoning("Why.")
    reasoning["summary"].append({"type": "summary_text", "text": "How."})
    chunks = streamed(wire.events(wire.reply(reasoning, wire.message("Hi"))), origin="here")
    thoughts = [delta["reasoning_content"] for delta in deltas(chunks) if "reasoning_content" in delta]
    assert thoughts == ["Why", ".", "\n\nHow", "."]
    assert deltas(chunks)[-1]["reasoning_items"] == [reasoning]
    assert deltas(chunks)[-1]["reasoning_origin"] == "here"
    assert sum("reasoning_items" in delta for delta in deltas(chunks)) == 1


def test_the_input_of_custom_tools() -> None:
    chunks = streamed(wire.events(wire.reply(wire.custom_call(text="select 1")), size=5))
    calls = [delta["tool_calls"][0] for chunk in chunks if (delta := chunk["choices"][0]["delta"]).get("tool_calls")]
    assert calls == [
        {"index": 0, "id": "call_c1", "type": "custom", "custom": {"name": "run_sql", "input": ""}},
        {"index": 0, "custom": {"input": "selec"}},
        {"index": 0, "custom": {"input": "t 1"}},
    ]


def test_commentary_waits_until_a_call_shows_that_it_is_the_text() -> None:
    commentary = wire.message("Looking.", phase="commentary")
    chunks = streamed(wire.events(wire.reply(commentary, wire.call())))
    assert [sorted(delta) for delta in deltas(chunks)][:3] == [
        ["content", "refusal", "role"],
        ["content"],
        ["tool_calls"],
    ]
    assert deltas(chunks)[1] == {"content": "Looking."}


def test_commentary_before_an_answer_stays_out_of_the_text() -> None:
    commentary = wire.message("Looking.", phase="commentary", logprobs=[{"token": "L", "logprob": 0.0}])
    token = {"token": "{}", "bytes": None, "logprob": 0.0, "top_logprobs": []}
    answer = wire.message("{}", number=2, phase="final_answer", logprobs=[token])
    whole = wire.reply(commentary, answer)
    chunks = streamed(wire.events(whole))
    assert [delta.get("content") for delta in deltas(chunks)] == ["", "{}", None]
    assert chunks_as_completion(chunks)["choices"] == to_chat(whole)["choices"]


def test_a_refusal() -> None:
    chunks = streamed(wire.events(wire.reply(wire.refusal("I cannot."))))
    assert [delta.get("refusal") for delta in deltas(chunks)] == [None, "I c", "ann", "ot.", None]


def test_commentary_before_a_refusal_stays_out() -> None:
    token = {"token": "L", "bytes": None, "logprob": 0.0, "top_logprobs": []}
    whole = wire.reply(wire.message("Looking.", phase="commentary", logprobs=[token]), wire.refusal("No."))
    chunks = streamed(wire.events(whole))
    assert "Looking" not in "".join(delta.get("content") or "" for delta in deltas(chunks))
    assert chunks_as_completion(chunks)["choices"] == to_chat(whole)["choices"]


def test_an_incomplete_reply() -> None:
    whole = wire.reply(
        wire.call(arguments='{"ci'), status="incomplete", incomplete_details={"reason": "max_output_tokens"}
    )
    chunks = streamed(wire.events(whole))
    assert chunks[-1]["choices"][0]["finish_reason"] == "length"
    assert chunks_as_completion(chunks)["choices"] == to_chat(whole)["choices"]


@pytest.mark.parametrize(
    ("event", "code", "text"),
    [
        ({"type": "error", "code": "server_error", "message": "It broke.", "param": None}, "server_error", "It broke."),
        ({"type": "error", "error": {"code": "429", "message": "Slow down."}}, "429", "Slow down."),
        ({"error": {"code": None, "message": "It broke."}}, None, "It broke."),
        (
            {"type": "response.failed", "response": {"error": {"code": "rate_limit_exceeded", "message": "Later."}}},
            "rate_limit_exceeded",
            "Later.",
        ),
        ({"type": "response.failed", "response": {"error": None}}, "failed", "the model failed to answer"),
    ],
)
def test_a_failure_in_the_middle(event: Json, code: str | None, text: str) -> None:
    stream = ResponseStream()
    for earlier in wire.events(wire.reply(wire.message("Hello")))[:6]:
        stream.feed(earlier)
    with pytest.raises(Failure) as caught:  # without a reason, it waits for the event that may tell it
        _ = [*stream.feed(event), *stream.finish()]
    assert (caught.value.facts.code, caught.value.facts.message) == (code, text)


def test_the_reason_of_a_failure_may_follow_in_an_event_of_its_own() -> None:
    stream = ResponseStream()
    assert stream.feed({"type": "response.failed", "response": {"error": None}}) == []
    late = {"type": "too_many_requests", "code": "rate_limit_exceeded", "message": "exceeded rate limit."}
    with pytest.raises(Failure, match=r"exceeded rate limit\.") as caught:
        stream.feed({"type": "error", "error": late})
    assert caught.value.facts.code == "rate_limit_exceeded"


def test_a_stream_that_was_cut_off_is_not_complete() -> None:
    stream = ResponseStream()
    commentary = wire.message("Looking.", phase="commentary")
    events = wire.events(wire.reply(commentary, wire.call()))
    cut = next(n for n, event in enumerate(events) if event["type"] == "response.output_item.done")
    assert [chunk for event in events[:cut] for chunk in stream.feed(event)] == []
    left = chunks_as_completion(stream.finish())["choices"][0]
    assert (left["message"]["content"], left["finish_reason"]) == ("Looking.", None)
    assert not stream.complete


def test_strange_events_are_skipped() -> None:
    whole = wire.reply(wire.message("Hello"))
    strange: list[Json] = [
        {},
        {"type": "response.new_thing.delta", "delta": "x"},
        {"type": "response.output_item.added"},
        {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message", "content": None}},
        {"type": "response.output_text.delta", "output_index": 0},
        {"type": "response.function_call_arguments.delta", "output_index": 7, "delta": "{}"},
        {"type": "response.in_progress"},
    ]
    events = wire.events(whole)
    chunks = streamed([*strange, *events[:3], *strange[1:3], *events[3:], *strange, events[-1]])
    assert chunks_as_completion(chunks) == to_chat(whole) | {"usage": None}


def test_a_call_is_announced_once_its_name_is_known() -> None:
    whole = wire.reply(wire.call())
    events = wire.events(whole)
    events[2]["item"]["name"] = None
    chunks = streamed(events)
    assert chunks_as_completion(chunks)["choices"] == to_chat(whole)["choices"]
    assert deltas(chunks)[1]["tool_calls"][0]["function"]["name"] == "get_weather"


def test_events_without_positions_belong_to_the_item_that_they_name() -> None:
    whole = wire.reply(wire.call(1), wire.call(2))
    events = [
        {key: value for key, value in event.items() if key != "output_index" or "item" in event}
        for event in wire.events(whole)
    ]
    assert chunks_as_completion(streamed(events))["choices"] == to_chat(whole)["choices"]


@pytest.mark.parametrize("way", ["full", "added", "deltas", "done", "silent"])
def test_what_is_missing_in_the_middle_is_made_up_for(way: str) -> None:
    token = {"token": "Hi", "bytes": None, "logprob": -0.1, "top_logprobs": []}
    for item in (wire.message("Hi", logprobs=[token, token]), wire.call(), wire.custom_call(), wire.reasoning("Why.")):
        whole = wire.reply(item)
        chunks = streamed(wire.events(whole, ways=[way], size=2))
        assert chunks_as_completion(chunks)["choices"] == to_chat(whole)["choices"]


def test_the_sdk_s_own_reader_of_streams_agrees() -> None:
    whole = wire.reply(wire.reasoning("Why."), wire.message("Looking.", phase="commentary"), wire.call(1), wire.call(2))
    state = ChatCompletionStreamState()
    for chunk in streamed(wire.events(whole), include_usage=True):
        list(state.handle_chunk(ChatCompletionChunk.model_validate(chunk)))
    read = state.get_final_completion().choices[0].to_dict()
    expected = to_chat(whole)["choices"][0]
    message: Json = {key: value for key, value in dict(read["message"]).items() if value is not None}  # type: ignore[call-overload]
    for call in message["tool_calls"]:
        del call["index"]
        call["function"].pop("parsed_arguments", None)
    assert message | {"refusal": None} == expected["message"]
    assert read["finish_reason"] == expected["finish_reason"]
