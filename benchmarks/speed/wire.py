"""What the benchmark's server says: replies of Azure's shape, made once as bytes."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["CHUNKS", "COMPLETION", "HEAD", "PLAIN", "STREAM_HEAD", "TEXT_EVENTS", "TOOL_EVENTS", "chunked"]

CHUNKS = 500
"""Pieces of text in a stream."""
TOOL_PIECES = 200

_SAFE = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}
COMPLETION = {
    "choices": [
        {
            "content_filter_results": _SAFE,
            "finish_reason": "stop",
            "index": 0,
            "logprobs": None,
            "message": {
                "annotations": [],
                "content": "A plain answer, of a length that is common for short questions.",
                "refusal": None,
                "role": "assistant",
            },
        }
    ],
    "created": 1790000000,
    "id": "chatcmpl-Bench0000000000000000000000001",
    "model": "gpt-4o-2024-11-20",
    "object": "chat.completion",
    "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": _SAFE}],
    "system_fingerprint": "fp_ee1d74bde0",
    "usage": {
        "completion_tokens": 14,
        "completion_tokens_details": {
            "accepted_prediction_tokens": 0,
            "audio_tokens": 0,
            "reasoning_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
        "prompt_tokens": 22,
        "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 0},
        "total_tokens": 36,
    },
}
_HEADERS = (
    b"apim-request-id: 5d4b0b0e-0000-4000-8000-000000000000\r\n"
    b"azureml-model-session: d001-20260901000000\r\n"
    b"strict-transport-security: max-age=31536000; includeSubDomains; preload\r\n"
    b"x-content-type-options: nosniff\r\n"
    b"x-ms-deployment-name: gpt-4o\r\n"
    b"x-ms-region: Sweden Central\r\n"
    b"x-ratelimit-limit-requests: 250\r\n"
    b"x-ratelimit-limit-tokens: 250000\r\n"
    b"x-ratelimit-remaining-requests: 249\r\n"
    b"x-ratelimit-remaining-tokens: 249850\r\n"
    b"x-request-id: 8c7d0000-0000-4000-8000-000000000000\r\n"
    b"date: Sat, 21 Nov 2026 09:00:00 GMT\r\n"
)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n" + _HEADERS
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    + _HEADERS
    + b"transfer-encoding: chunked\r\n\r\n"
)

_body = json.dumps(COMPLETION, separators=(",", ":")).encode()
PLAIN = HEAD + b"content-length: %d\r\n\r\n" % len(_body) + _body


def _event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    chunk = {
        "choices": [
            {
                "content_filter_results": _SAFE if delta.get("content") else {},
                "delta": delta,
                "finish_reason": finish,
                "index": 0,
                "logprobs": None,
            }
        ],
        "created": 1790000000,
        "id": "chatcmpl-Bench0000000000000000000000002",
        "model": "gpt-4o-2024-11-20",
        "object": "chat.completion.chunk",
        "system_fingerprint": "fp_ee1d74bde0",
    }
    return b"data: " + json.dumps(chunk, separators=(",", ":")).encode() + b"\n\n"


# Azure's first event is about the prompt and says neither model nor object.
_FIRST = {
    "choices": [],
    "created": 0,
    "id": "",
    "model": "",
    "object": "",
    "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": _SAFE}],
}
_FIRST_EVENT = b"data: " + json.dumps(_FIRST, separators=(",", ":")).encode() + b"\n\n"
_DONE = b"data: [DONE]\n\n"


def _text_events() -> list[bytes]:
    pieces = [_event({"content": f" word{number}"}) for number in range(CHUNKS)]
    start = _event({"content": "", "refusal": None, "role": "assistant"})
    return [_FIRST_EVENT, start, *pieces, _event({}, "stop"), _DONE]


def _tool_events() -> list[bytes]:
    def call(**function: str) -> dict[str, Any]:
        return {"tool_calls": [{"index": 0, "function": function}]}

    opening = {"id": "call_Bench0001", "type": "function", "index": 0, "function": {"name": "write", "arguments": ""}}
    start = _event({"role": "assistant", "content": None, "tool_calls": [opening]})
    text = ['{"text": "', *(f"word{number} " for number in range(TOOL_PIECES)), '"}']
    return [_FIRST_EVENT, start, *(_event(call(arguments=t)) for t in text), _event({}, "tool_calls"), _DONE]


TEXT_EVENTS = _text_events()
TOOL_EVENTS = _tool_events()


def chunked(data: bytes) -> bytes:
    """One piece of a body in chunked transfer coding."""
    return b"%x\r\n%b\r\n" % (len(data), data)
