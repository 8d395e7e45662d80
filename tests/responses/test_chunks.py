from __future__ import annotations

from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from azure_connector.requests.responses_api import chunks_as_completion, completion_as_chunks
from tests.responses import wire

Json = dict[str, Any]
TOKEN = {"token": "Hi", "bytes": [72, 105], "logprob": -0.1, "top_logprobs": []}


def completion(message: Json, **choice: Any) -> Json:
    """The recorded shape of a whole chat completion."""
    chosen = {
        "index": 0,
        "finish_reason": "stop",
        "logprobs": None,
        "content_filter_results": wire.SAFE | wire.MATERIAL,
    }
    return {
        "id": "chatcmpl-AbC123",
        "object": "chat.completion",
        "created": 1790000000,
        "model": "gpt-4o-2024-11-20",
        "system_fingerprint": "fp_0a1b2c3d4e",
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": wire.SAFE | wire.JAILBREAK}],
        "choices": [
            {**chosen, **choice, "message": {"role": "assistant", "content": None, "refusal": None, **message}}
        ],
        "usage": {"prompt_tokens": 14, "completion_tokens": 9, "total_tokens": 23},
    }


def function(number: int, arguments: str = "{}") -> Json:
    return {"id": f"call_{number}", "type": "function", "function": {"name": "f", "arguments": arguments}}


WHOLE = [
    completion({"content": "Hi", "annotations": []}, logprobs={"content": [TOKEN, TOKEN], "refusal": None}),
    completion({"content": ""}, finish_reason="length"),
    completion({"refusal": "No."}),
    completion(
        {"content": "Wait.", "tool_calls": [function(1, '{"a":1}'), function(2)]},
        finish_reason="tool_calls",
        content_filter_results={},
    ),
    completion({"tool_calls": [{"id": "call_1", "type": "custom", "custom": {"name": "c", "input": "x"}}]}),
    completion({"function_call": {"name": "f", "arguments": "{}"}}, finish_reason="function_call"),
    completion({"content": "Hi", "reasoning_content": "Why.", "reasoning_items": [wire.reasoning("Why.")]}),
]


@pytest.mark.parametrize("whole", WHOLE)
def test_a_completion_as_chunks_is_the_same_completion(whole: Json) -> None:
    ChatCompletion.model_validate(whole)
    chunks = completion_as_chunks(whole, include_usage=True)
    assert chunks_as_completion(chunks) == whole
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert chunks[-1]["choices"] == []
    custom = any(call["type"] == "custom" for call in whole["choices"][0]["message"].get("tool_calls", ()))
    for chunk in [] if custom else chunks:  # the SDK has no type for a custom tool's delta, and reads it leniently
        ChatCompletionChunk.model_validate(chunk)


def test_counts_come_only_where_they_were_asked_for() -> None:
    chunks = completion_as_chunks(WHOLE[0])
    assert all("usage" not in chunk for chunk in chunks)
    assert chunks_as_completion(chunks) == WHOLE[0] | {"usage": None}


def test_log_probabilities_come_with_the_text() -> None:
    chunks = completion_as_chunks(WHOLE[0])
    found = [chunk["choices"][0] for chunk in chunks if chunk["choices"][0]["logprobs"]]
    assert [choice["delta"] for choice in found] == [{"content": "Hi"}]


def test_several_choices() -> None:
    whole = completion({"content": "A"})
    whole["choices"].append(completion({"content": "B"})["choices"][0] | {"index": 1})
    assert chunks_as_completion(completion_as_chunks(whole, include_usage=True)) == whole


def test_the_recorded_stream() -> None:
    frame = {"id": "chatcmpl-AbC", "created": 1790000000, "model": "gpt-5-nano-2025-08-07", "system_fingerprint": None}
    frame |= {"object": "chat.completion.chunk", "usage": None, "obfuscation": "Zq81"}
    verdict = {"prompt_index": 0, "content_filter_results": wire.SAFE}

    def piece(delta: Json, reason: str | None = None, verdicts: Json | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return {**frame, "choices": [{**choice, "content_filter_results": verdicts or {}}]}

    chunks = [
        {"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": [verdict]},
        piece({"content": "", "refusal": None, "role": "assistant"}),
        piece({"content": "Hel"}, verdicts=wire.SAFE),
        piece({"content": "lo"}),
        piece({}, "stop"),
        {**frame, "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}},
    ]
    assert chunks_as_completion(chunks) == {
        "id": "chatcmpl-AbC",
        "object": "chat.completion",
        "created": 1790000000,
        "model": "gpt-5-nano-2025-08-07",
        "system_fingerprint": None,
        "prompt_filter_results": [verdict],
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "logprobs": None,
                "content_filter_results": wire.SAFE,
                "message": {"role": "assistant", "content": "Hello", "refusal": None},
            }
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    }


def test_a_late_filter_chunk_without_a_delta_is_final() -> None:
    hit = {"hate": {"filtered": True, "severity": "high"}}
    late = {
        "choices": [
            {
                "content_filter_offsets": {"check_offset": 1576, "start_offset": 1576, "end_offset": 2318},
                "content_filter_results": hit,
                "finish_reason": "content_filter",
                "index": 0,
            }
        ],
        "created": 0,
        "id": "",
        "model": "",
        "object": "",
    }
    harmless = {"choices": [{"content_filter_results": wire.SAFE, "finish_reason": None, "index": 0}], "id": ""}
    stopped = {"choices": [{"finish_reason": "stop", "index": 0}], "id": ""}
    whole = chunks_as_completion([*completion_as_chunks(WHOLE[0]), late, harmless, stopped])
    assert (whole["id"], whole["created"]) == ("chatcmpl-AbC123", 1790000000)
    choice = whole["choices"][0]
    assert choice["finish_reason"] == "content_filter"
    assert choice["content_filter_results"]["hate"] == hit["hate"]
    assert choice["message"]["content"] == "Hi"


def test_a_stream_that_broke_off_gives_what_there_was() -> None:
    chunks = completion_as_chunks(WHOLE[3])
    cut = chunks_as_completion(chunks[:3])
    assert cut["choices"][0]["finish_reason"] is None
    assert cut["choices"][0]["message"]["tool_calls"] == [function(1, '{"a":1}')]
    assert chunks_as_completion([])["choices"] == []


def test_pieces_of_calls_without_an_index() -> None:
    deltas = [
        {"tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}]},
        {"tool_calls": [{"function": {"arguments": '{"a"'}}]},
        {"tool_calls": [{"function": {"arguments": ":1}"}}]},
        {"tool_calls": [{"id": "call_2", "function": {"name": "f", "arguments": "{}"}}]},
    ]
    chunks = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    calls = chunks_as_completion(chunks)["choices"][0]["message"]["tool_calls"]
    assert calls == [function(1, '{"a":1}'), function(2)]


def test_lists_that_come_in_pieces_are_joined() -> None:
    chunks = [{"choices": [{"index": 0, "delta": {"annotations": [{"type": "url_citation"}]}}]}] * 2
    assert len(chunks_as_completion(chunks)["choices"][0]["message"]["annotations"]) == 2
