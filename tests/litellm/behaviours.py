"""Forty things that an Azure resource does, scripted once and answered to both `azure/` and our prefix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from azure_connector.emulator import Reply
from tests.support import bodies

SAFE = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}
JAILBREAK = {"jailbreak": {"filtered": False, "detected": False}}
USAGE = {
    "prompt_tokens": 14,
    "completion_tokens": 9,
    "total_tokens": 23,
    "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 0},
}
FRAME = {"id": "chatcmpl-1", "created": 1790000000, "model": "gpt-4o-2024-11-20", "system_fingerprint": "fp_1"}
WEATHER = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


@dataclass(frozen=True)
class Behaviour:
    """One thing that the service does.

    Attributes:
        name: a word for it.
        plain, stream: what is scripted for a plain and for a streamed call.
        call: further arguments of LiteLLM's call.
    """

    name: str
    plain: tuple[Reply, ...]
    stream: tuple[Reply, ...]
    call: Mapping[str, Any] = field(default_factory=dict)


def whole(message: Any, *, finish: str = "stop", choices: Any = None, **more: Any) -> Reply:
    choice = {"index": 0, "finish_reason": finish, "logprobs": None, "content_filter_results": SAFE}
    body = {
        **FRAME,
        "object": "chat.completion",
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {**SAFE, **JAILBREAK}}],
        "choices": choices or [{**choice, "message": {"role": "assistant", "refusal": None, **message}}],
        "usage": USAGE,
        **more,
    }
    return Reply(body=body)


def chunk(delta: Any, *, finish: str | None = None, index: int = 0, **choice: Any) -> dict[str, Any]:
    return bodies.chunk(delta, finish, **{"index": index, "content_filter_results": {}, **choice}) | {
        "system_fingerprint": "fp_1",
        "usage": None,
    }


FIRST = {
    "id": "",
    "created": 0,
    "model": "",
    "object": "",
    "choices": [],
    "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {**SAFE, **JAILBREAK}}],
}
ROLE = chunk({"role": "assistant", "content": "", "refusal": None})
STOP = chunk({}, finish="stop")
LAST = {**FRAME, "object": "chat.completion.chunk", "choices": [], "usage": USAGE}


def streamed(*chunks: Any, end: Any = (STOP,), usage: bool = True, **how: Any) -> Reply:
    return Reply(events=[FIRST, ROLE, *chunks, *end, *([LAST] if usage else [])], **how)


def says(text: str, **choice: Any) -> dict[str, Any]:
    return chunk({"content": text}, **{"content_filter_results": SAFE, **choice})


def answer(name: str, message: Any, *chunks: Any, call: Any = None, finish: str = "stop", **more: Any) -> Behaviour:
    end = (chunk({}, finish=finish),)
    return Behaviour(name, (whole(message, finish=finish, **more),), (streamed(*chunks, end=end),), call or {})


def tool(index: int, identity: str | None, name: str | None, arguments: str) -> dict[str, Any]:
    function = {"arguments": arguments, **({"name": name} if name else {})}
    return {"index": index, "function": function, **({"id": identity, "type": "function"} if identity else {})}


def called(*calls: tuple[str, str, str]) -> list[Any]:
    return [{"id": i, "type": "function", "function": {"name": n, "arguments": a}} for i, n, a in calls]


def refusal(name: str, status: int, error: Any, *, headers: Any = None, times: int = 1) -> Behaviour:
    body = error if "statusCode" in error else {"error": error}
    reply = Reply(status=status, body=body, headers=headers or {})
    return Behaviour(name, (reply,) * times, (reply,) * times)


FILTERED = {
    "message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    "type": None,
    "param": "prompt",
    "code": "content_filter",
    "status": 400,
    "innererror": {
        "code": "ResponsibleAIPolicyViolation",
        "content_filter_result": {**SAFE, "hate": {"filtered": True, "severity": "high"}},
    },
}
TOKENS = [{"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": []}]
BROKEN = {"error": {"message": "boom", "type": "server_error", "param": None, "code": None}}
LIMITS = {"retry-after": "7", "retry-after-ms": "7000", "x-ratelimit-remaining-requests": "0"}

ANSWERS = [
    answer("text", {"content": "Hello Oslo"}, says("Hello"), says(" Oslo")),
    answer("unicode", {"content": "Tromsø 🌍"}, says("Trom"), says("sø 🌍")),
    answer("empty", {"content": ""}),
    answer("length", {"content": "Hel"}, says("Hel"), finish="length"),
    answer("cut by the filter", {"content": "Hel"}, says("Hel"), finish="content_filter"),
    answer("refusal", {"content": None, "refusal": "No."}, chunk({"refusal": "No"}), chunk({"refusal": "."})),
    answer(
        "logprobs",
        {"content": "Hi"},
        says("Hi", logprobs={"content": TOKENS, "refusal": None}),
        call={"logprobs": True},
        choices=[
            {
                "index": 0,
                "finish_reason": "stop",
                "logprobs": {"content": TOKENS, "refusal": None},
                "message": {"role": "assistant", "content": "Hi"},
            }
        ],
    ),
    answer(
        "tool call",
        {"content": None, "tool_calls": called(("call_1", "get_weather", '{"city":"Oslo"}'))},
        chunk({"tool_calls": [tool(0, "call_1", "get_weather", "")]}),
        chunk({"tool_calls": [tool(0, None, None, '{"city"')]}),
        chunk({"tool_calls": [tool(0, None, None, ':"Oslo"}')]}),
        call={"tools": [WEATHER]},
        finish="tool_calls",
    ),
    answer(
        "parallel tool calls",
        {"content": None, "tool_calls": called(("c1", "get_weather", "{}"), ("c2", "get_weather", '{"city":"B"}'))},
        chunk({"tool_calls": [tool(0, "c1", "get_weather", "")]}),
        chunk({"tool_calls": [tool(0, None, None, "{}")]}),
        chunk({"tool_calls": [tool(1, "c2", "get_weather", "")]}),
        chunk({"tool_calls": [tool(1, None, None, '{"city":"B"}')]}),
        call={"tools": [WEATHER]},
        finish="tool_calls",
    ),
    answer(
        "text beside a tool call",
        {"content": "Let me look", "tool_calls": called(("c1", "get_weather", '{"city":"B"}'))},
        says("Let me look"),
        chunk({"tool_calls": [tool(0, "c1", "get_weather", '{"city":"B"}')]}),
        call={"tools": [WEATHER]},
        finish="tool_calls",
    ),
    answer(
        "reasoning content",
        {"content": "42", "reasoning_content": "We think"},
        chunk({"reasoning_content": "We"}),
        chunk({"reasoning_content": " think"}),
        says("42"),
    ),
    Behaviour(
        "two choices",
        (
            whole(
                {},
                choices=[
                    {"index": i, "finish_reason": "stop", "message": {"role": "assistant", "content": t}}
                    for i, t in enumerate(("one", "two"))
                ],
            ),
        ),
        (
            streamed(
                chunk({"content": "one"}),
                chunk({"content": "two"}, index=1),
                end=(STOP, chunk({}, finish="stop", index=1)),
            ),
        ),
        {"n": 2},
    ),
    Behaviour(
        "asynchronous filter",
        (whole({"content": "Hi"}),),
        (
            streamed(
                says("Hi"),
                end=(
                    STOP,
                    {
                        "id": "",
                        "created": 0,
                        "model": "",
                        "object": "",
                        "choices": [
                            {
                                "index": 0,
                                "finish_reason": None,
                                "content_filter_results": SAFE,
                                "content_filter_offsets": {"check_offset": 1, "start_offset": 0, "end_offset": 2},
                            }
                        ],
                    },
                ),
            ),
        ),
    ),
    answer("annotations", {"content": "Hi", "annotations": []}, says("Hi"), obfuscation="Zq81"),
    answer("service tier", {"content": "Hi"}, says("Hi"), service_tier="default"),
    Behaviour("no usage in the stream", (whole({"content": "Hi"}),), (streamed(says("Hi"), usage=False),)),
    Behaviour("no [DONE]", (whole({"content": "Hi"}),), (streamed(says("Hi"), done=False),)),
    Behaviour(
        "role null",
        (whole({"role": None, "content": "Hi"}),),
        (streamed(chunk({"role": None, "content": "Hi", "tool_calls": None})),),
    ),
    Behaviour(
        "unknown finish reason",
        (whole({"content": "Hi"}, finish="end_turn"),),
        (streamed(says("Hi"), end=(chunk({}, finish="end_turn"),)),),
    ),
    Behaviour(
        "finish together with text",
        (whole({"content": "Hi"}),),
        (streamed(says("H"), end=(chunk({"content": "i"}, finish="stop"),)),),
    ),
]

REFUSALS = [
    refusal("wrong key", 401, {"code": "401", "message": "Access denied due to invalid subscription key."}),
    refusal("flat 401", 401, {"statusCode": 401, "message": "Unauthorized. Access token is missing."}),
    refusal("role missing", 401, {"code": "PermissionDenied", "message": "The principal lacks the data action."}),
    refusal("keys disabled", 403, {"code": "AuthenticationTypeDisabled", "message": "Key based auth is disabled."}),
    refusal("firewall", 403, {"code": "403", "message": "Access denied due to Virtual Network/Firewall rules."}),
    refusal("no deployment", 404, {"code": "DeploymentNotFound", "message": "The API deployment does not exist."}),
    refusal("wrong path", 404, {"code": "404", "message": "Resource not found"}),
    refusal("content filter", 400, FILTERED),
    refusal(
        "context window",
        400,
        {
            "message": "This model's maximum context length is 128000 tokens. However, you sent 128412.",
            "type": "invalid_request_error",
            "param": "messages",
            "code": "context_length_exceeded",
        },
    ),
    refusal("bad request", 400, {"message": "Invalid.", "type": "invalid_request_error", "param": "x", "code": None}),
    refusal("request too large", 413, {"code": "413", "message": "Request too large"}),
    refusal("unprocessable", 422, {"code": "422", "message": "Unprocessable", "param": "x"}),
    refusal("rate limit", 429, {"code": "429", "message": "Please retry after 7 seconds."}, headers=LIMITS),
    refusal("no capacity", 429, {"code": "NoCapacity", "message": "No capacity."}, headers={"retry-after": "30"}),
    refusal("request timeout", 408, {"code": "Timeout", "message": "The operation was timeout."}),
    refusal("server error", 500, {"code": "InternalServerError", "message": "Something went wrong"}),
    refusal("bad gateway", 502, {"code": "502", "message": "Bad gateway"}),
    refusal("unavailable", 503, {"code": "ServiceUnavailable", "message": "Busy"}, headers={"retry-after": "3"}),
    refusal("gateway timeout", 504, {"code": "504", "message": "Gateway timeout"}),
    Behaviour(
        "breaks in the middle",
        (Reply(status=500, body=BROKEN),),
        (Reply(events=[FIRST, ROLE, says("Hel"), BROKEN], done=False),),
    ),
]

BEHAVIOURS: list[Behaviour] = [*ANSWERS, *REFUSALS]
assert len(BEHAVIOURS) == 40
