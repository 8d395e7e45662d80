"""Chat Completions: from the request's body to the reply's, whole or as chunks. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .brain import think
from .chatparts import read_ask
from .counting import count, count_messages, pieces
from .filters import categories, completion_results, prompt_results
from .identifiers import Identifiers
from .models import Deployment
from .thinking import ToolCall
from .values import Json, items_of, object_of
from .wire import sse

__all__ = ["Completion", "answer", "chunks", "compose"]

# What thinking costs, by effort. Multiples of 64, as Azure counts them.
REASONING_TOKENS = {"none": 0, "minimal": 0, "low": 64, "medium": 128, "high": 256, "xhigh": 512}


@dataclass(frozen=True, slots=True)
class Completion:
    """A finished reply, before it takes the wire's shape.

    Attributes:
        text: the answer; None beside tool calls.
        calls: the tool calls, with their ids.
        finish_reason: `stop`, `length`, `tool_calls` or `content_filter`.
        prompt_tokens, completion_tokens, reasoning_tokens: the usage of one choice.
    """

    text: str | None
    calls: tuple[ToolCall, ...]
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int


@dataclass(frozen=True, slots=True)
class Frame:
    """What every chunk of one reply repeats."""

    identity: str
    created: int
    model: str
    fingerprint: str | None


def answer(body: Json, messages: list[Json], deployment: Deployment, ids: Identifiers) -> Completion:
    """Think, and cut the reply to the limits that the request sets."""
    thought = think(read_ask(body, messages, deployment.family))
    effort = str(body.get("reasoning_effort") or deployment.family.default_effort)
    thinking = REASONING_TOKENS.get(effort, 128) if deployment.family.reasoning else 0
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or math.inf
    prompt = count_messages(messages, body.get("tools"))
    if thinking >= limit:
        return Completion("", (), "length", prompt, int(limit), int(limit))
    room = limit - thinking
    if thought.calls:
        calls = tuple(_with_id(call, ids.call()) for call in thought.calls)
        spent = sum(count(call.name) + count(call.arguments) + 4 for call in calls)
        if spent <= room:
            return Completion(None, calls, "tool_calls", prompt, spent + thinking, thinking)
        kept, reason = _cut_calls(calls, int(room)), "length"
        return Completion(None, kept, reason, prompt, int(limit), thinking)
    text = _stopped(thought.text, body.get("stop"))
    parts = pieces(text)
    if len(parts) > room:
        return Completion("".join(parts[: int(room)]), (), "length", prompt, int(limit), thinking)
    return Completion(text, (), "stop", prompt, len(parts) + thinking, thinking)


def _with_id(call: ToolCall, identity: str) -> ToolCall:
    return ToolCall(call.name, call.arguments, identity, call.custom)


def _cut_calls(calls: tuple[ToolCall, ...], room: int) -> tuple[ToolCall, ...]:
    """The first call, its arguments cut off where the limit falls."""
    first = calls[0]
    return (ToolCall(first.name, "".join(pieces(first.arguments)[:room]), first.call_id, first.custom),)


def _stopped(text: str, stop: Any) -> str:
    for one in [stop] if isinstance(stop, str) else items_of(stop):
        found = text.find(one) if one else -1
        text = text[:found] if found >= 0 else text
    return text


def usage_of(reply: Completion, choices: int = 1) -> Json:
    """`usage`, with the details that Azure gives."""
    spent = reply.completion_tokens * choices
    return {
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": spent,
        "total_tokens": reply.prompt_tokens + spent,
        "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 0},
        "completion_tokens_details": {
            "accepted_prediction_tokens": 0,
            "audio_tokens": 0,
            "reasoning_tokens": reply.reasoning_tokens * choices,
            "rejected_prediction_tokens": 0,
        },
    }


def compose(reply: Completion, body: Json, frame: Frame) -> Json:
    """The whole reply."""
    number = int(body.get("n") or 1)
    message: Json = {"role": "assistant", "content": reply.text, "refusal": None, "annotations": []}
    if reply.calls:
        message = {"role": "assistant", "content": None, "refusal": None, "annotations": []}
        if body.get("functions"):
            message["function_call"] = wire_call(reply.calls[0])["function"]
        else:
            message["tool_calls"] = [wire_call(call) for call in reply.calls]
    choice: Json = {
        "index": 0,
        "finish_reason": _reason(reply, body),
        "logprobs": {"content": logprobs(reply.text or "", body), "refusal": None} if body.get("logprobs") else None,
        "content_filter_results": {} if reply.calls else completion_results(),
        "message": message,
    }
    return {
        "id": frame.identity,
        "object": "chat.completion",
        "created": frame.created,
        "model": frame.model,
        "system_fingerprint": frame.fingerprint,
        "prompt_filter_results": prompt_results(),
        "choices": [{**choice, "index": index} for index in range(number)],
        "usage": usage_of(reply, number),
    }


def _reason(reply: Completion, body: Json) -> str:
    return "function_call" if reply.finish_reason == "tool_calls" and body.get("functions") else reply.finish_reason


def wire_call(call: ToolCall) -> Json:
    """A tool call as Chat Completions writes it."""
    if call.custom:
        return {"id": call.call_id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    return {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def logprobs(text: str, body: Json) -> list[Json]:
    """A made-up logprob for each piece of the text."""
    top = int(body.get("top_logprobs") or 0)

    def entry(token: str, rank: int) -> Json:
        return {"token": token, "logprob": round(-0.05 - rank - len(token) / 100, 4), "bytes": list(token.encode())}

    return [
        {
            **entry(token, 0),
            "top_logprobs": [entry(token if rank == 0 else f"{token}{rank}", rank) for rank in range(top)],
        }
        for token in pieces(text)
    ]


def chunks(reply: Completion, body: Json, frame: Frame) -> Iterator[bytes]:
    """The reply as server-sent events, in Azure's order."""
    options = object_of(body.get("stream_options"))
    base: Json = {
        "created": frame.created,
        "id": frame.identity,
        "model": frame.model,
        "object": "chat.completion.chunk",
        "system_fingerprint": frame.fingerprint,
    }
    if options.get("include_usage"):
        base["usage"] = None
    opening: Json = {"choices": [], "created": 0, "id": "", "model": "", "object": ""}
    yield sse({**opening, "prompt_filter_results": prompt_results()})
    for index in range(int(body.get("n") or 1)):
        for results, delta, reason, probabilities in _deltas(reply, body):
            choice = {
                "content_filter_results": results,
                "delta": delta,
                "finish_reason": reason,
                "index": index,
                "logprobs": probabilities,
            }
            frame_chunk: Json = {"choices": [choice], **base}
            if options.get("include_obfuscation", True):
                frame_chunk["obfuscation"] = _padding(delta)
            yield sse(frame_chunk)
    if options.get("include_usage"):
        yield sse({"choices": [], **base, "usage": usage_of(reply, int(body.get("n") or 1))})
    yield sse("[DONE]")


Delta = tuple[Json, Json, str | None, Json | None]


def _deltas(reply: Completion, body: Json) -> Iterator[Delta]:
    safe = categories()
    yield {}, {"content": None if reply.calls else "", "refusal": None, "role": "assistant"}, None, None
    for index, call in enumerate(reply.calls):
        yield from ((({}), delta, None, None) for delta in _call_deltas(index, call, body))
    for piece in pieces(reply.text or ""):
        found = {"content": logprobs(piece, body), "refusal": None} if body.get("logprobs") else None
        yield safe, {"content": piece}, None, found
    yield {}, {}, _reason(reply, body), None


def _call_deltas(index: int, call: ToolCall, body: Json) -> Iterator[Json]:
    if body.get("functions"):
        yield {"function_call": {"name": call.name, "arguments": ""}}
        yield from ({"function_call": {"arguments": piece}} for piece in pieces(call.arguments))
        return
    kind, field = ("custom", "input") if call.custom else ("function", "arguments")
    yield {"tool_calls": [{"index": index, "id": call.call_id, "type": kind, kind: {"name": call.name, field: ""}}]}
    for piece in pieces(call.arguments):
        yield {"tool_calls": [{"index": index, kind: {field: piece}}]}


def _padding(delta: Json) -> str:
    """Azure hides a piece's length behind random characters; here they only fill up to eight."""
    size = len(str(delta.get("content") or ""))
    return "Zq81Lw5T"[: max(1, 8 - size % 8)]
