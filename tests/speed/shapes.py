"""Replies and chunks in the shapes that Azure was seen to send."""

from __future__ import annotations

from typing import Any

SAFE = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}
FRAME = {"id": "chatcmpl-1", "created": 1790000000, "model": "gpt-4o-2024-11-20", "object": "chat.completion.chunk"}
USAGE = {
    "prompt_tokens": 14,
    "completion_tokens": 9,
    "total_tokens": 23,
    "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 0},
    "completion_tokens_details": {"accepted_prediction_tokens": 0, "reasoning_tokens": 4},
}
LOGPROBS = {"content": [{"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": []}], "refusal": None}


def piece(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    return {**FRAME, "choices": [{**choice, **more}], "system_fingerprint": "fp_1"}


def call(**fields: Any) -> dict[str, Any]:
    return {"tool_calls": [{"index": 0, **fields}]}


TEXT = [
    piece({"role": "assistant", "content": "", "refusal": None}, content_filter_results={}),
    *(piece({"content": text}, content_filter_results=SAFE) for text in ("Hello", " wörld ", "😀", '"quoted"\n', "\\")),
    piece({"content": "x"}, content_filter_results={**SAFE, "hate": {"filtered": False, "severity": "low"}}),
    piece({"content": "y"}, content_filter_results=SAFE),
    piece({}, "stop", content_filter_results={}),
    {**FRAME, "choices": [], "usage": USAGE, "system_fingerprint": "fp_1"},
]
TOOLS = [
    piece(
        {"role": "assistant", "content": None}
        | call(id="call_1", type="function", function={"name": "f", "arguments": ""})
    ),
    piece(call(function={"arguments": '{"city": '})),
    piece(call(function={"arguments": '"Oslo"}'})),
    piece({}, "tool_calls"),
]
OTHERS = [
    piece({"role": "assistant", "content": ""}),
    piece({"refusal": "I cannot"}),
    piece({"content": "Hi"}, logprobs=LOGPROBS),
    piece({"reasoning_content": "so"}),
    piece({"content": "a", "obfuscation": "zz"}, obfuscation="abc"),
    piece({"content": "b"}, index=1),
    piece({"content": "c"}),
    piece({}, "length", index=1),
    piece({}, "content_filter", content_filter_results={"hate": {"filtered": True, "severity": "high"}}),
]
STREAMS = {"text": TEXT, "tools": TOOLS, "others": OTHERS}
# What breaks the declared types, and must come out as the SDK's lenient construction gives it.
BROKEN_CHUNKS = [
    {"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": [{"prompt_index": 0}]},
    piece({"content": 5}),
    piece({"content": "x"}, "eos"),
    {"choices": [{"index": 0, "finish_reason": None, "content_filter_offsets": {"check_offset": 1}}], "object": ""},
    {**FRAME, "choices": None},
]


def reply(message: dict[str, Any], finish: str = "stop", **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": finish, "logprobs": None, "content_filter_results": SAFE}
    body = {**FRAME, "object": "chat.completion", "choices": [{**choice, "message": message}], "usage": USAGE}
    return {**body, "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": SAFE}], **more}


_CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"city": "Oslo"}'}}
COMPLETIONS = {
    "text": reply({"role": "assistant", "content": "Hello wörld 😀", "refusal": None, "annotations": []}),
    "tools": reply({"role": "assistant", "content": None, "tool_calls": [_CALL]}, "tool_calls"),
    "refusal": reply({"role": "assistant", "content": None, "refusal": "I cannot"}),
    "reasoning": reply({"role": "assistant", "content": "4", "reasoning_content": "2 + 2"}, service_tier="default"),
    "cut": reply({"role": "assistant", "content": "Hel"}, "length", unknown={"deep": [1, 2.5, None]}),
}
BROKEN_COMPLETIONS = [
    {**COMPLETIONS["text"], "object": "", "usage": {"prompt_tokens": "many"}},
    reply({"role": "assistant", "content": 5}),
    reply({"role": "assistant", "content": "x"}, "eos"),
]
