"""Replies and chunks in the shapes that Azure was seen to send.

`STREAMS` need no mending; `RECORDED` are whole streams with all that does.
"""

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
_JAILBREAK = {"jailbreak": {"filtered": False, "detected": False}}
_PROMPT = {
    "choices": [],
    "created": 0,
    "id": "",
    "model": "",
    "object": "",
    "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {**SAFE, **_JAILBREAK}}],
}
_NO_FRAME = {"created": 0, "id": "", "model": "", "object": ""}


def recorded(delta: dict[str, Any], finish: str | None = None, padding: str = "Zq81", **more: Any) -> dict[str, Any]:
    """A chunk with all that Azure writes beside the delta."""
    return {**piece(delta, finish, **more), "obfuscation": padding, "usage": None}


def late(finish: str | None, verdicts: dict[str, Any]) -> dict[str, Any]:
    """What the asynchronous filter says of text that was sent before."""
    offsets = {"check_offset": 1576, "start_offset": 1576, "end_offset": 2318}
    choice = {"content_filter_offsets": offsets, "content_filter_results": verdicts, "finish_reason": finish}
    return {"choices": [{**choice, "index": 0}], **_NO_FRAME}


def _parallel(index: int, **fields: Any) -> dict[str, Any]:
    return recorded({"tool_calls": [{"index": index, **fields}]}, content_filter_results={})


_OPENING = recorded({"content": "", "refusal": None, "role": "assistant"}, content_filter_results={})
_END = {**recorded({}, padding=""), "choices": [], "usage": USAGE}
_DEEPSEEK = {"role": None, "content": None, "reasoning_content": None, "tool_calls": None}
RECORDED = {
    "text": [
        _PROMPT,
        _OPENING,
        recorded({"content": "Hel"}, padding="a", content_filter_results=SAFE),
        recorded({"content": "lo "}, padding="abc", content_filter_results=SAFE),
        recorded({"content": "wörld"}, padding="", content_filter_results={**SAFE, **_JAILBREAK}),
        recorded({}, "stop", content_filter_results={}),
        _END,
    ],
    "asynchronously filtered": [
        _PROMPT,
        _OPENING,
        *(recorded({"content": text}, padding=text * 2) for text in ("A", "B", "C")),
        recorded({}, "stop"),
        late(None, SAFE),
        late("content_filter", {**SAFE, "violence": {"filtered": True, "severity": "high"}}),
        _END,
    ],
    "parallel tool calls": [
        _PROMPT,
        recorded({"content": None, "refusal": None, "role": "assistant"}, content_filter_results={}),
        *(
            part
            for index, city in enumerate(("Oslo", "Rom"))
            for part in (
                _parallel(index, id=f"call_x{index}", type="function", function={"name": "f", "arguments": ""}),
                _parallel(index, function={"arguments": '{"ci'}),
                _parallel(index, function={"arguments": f'ty":"{city}"}}'}),
            )
        ),
        recorded({}, "tool_calls", content_filter_results={}),
        _END,
    ],
    "DeepSeek": [
        piece({**_DEEPSEEK, "role": "assistant"}),
        piece({**_DEEPSEEK, "reasoning_content": "We"}),
        piece({**_DEEPSEEK, "content": "4"}),
        piece({**_DEEPSEEK, "content": "."}),
        piece({**_DEEPSEEK, "content": ""}, "stop", matched_stop=1),
        {
            **FRAME,
            "choices": [],
            "usage": {
                "prompt_tokens": 19,
                "total_tokens": 1739,
                "completion_tokens": 1720,
                "prompt_tokens_details": None,
                "reasoning_tokens": 0,
            },
        },
    ],
}
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
