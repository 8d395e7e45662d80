"""Chat Completions as a stream: Azure's chunks in Azure's order. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .chatting import Frame, is_json_object, logprobs, reason_of, reasoning_text, usage_of
from .completion import Completion
from .counting import pieces
from .filters import harmless
from .speaking import speaks, spoken_deltas
from .values import Json, object_of
from .wire import sse

__all__ = ["chunks"]

Choice = tuple[Json, str | None, Json]
"""A choice's delta, its finish_reason, and what else it has."""


def chunks(reply: Completion, body: Json, frame: Frame) -> Iterator[bytes]:
    """The reply as server-sent events."""
    options = object_of(body.get("stream_options"))
    wants_usage = bool(options.get("include_usage"))
    base: Json = {
        "created": frame.created,
        "id": frame.identity,
        "model": frame.model,
        "object": "chat.completion.chunk",
        "system_fingerprint": frame.fingerprint,
    }
    if wants_usage:
        base["usage"] = None
    nameless: Json = {"created": 0, "id": "", "model": "", "object": ""}
    yield sse({"choices": [], **nameless, "prompt_filter_results": frame.verdict.prompt_results})
    number = int(body.get("n") or 1)
    for index in range(number):
        for delta, reason, more in _choices(reply, body, frame):
            choice: Json = {"delta": delta, "finish_reason": reason, "index": index, "logprobs": None, **more}
            chunk: Json = {"choices": [choice], **base}
            if options.get("include_obfuscation", True):
                chunk["obfuscation"] = _padding(delta)
            yield sse(chunk)
    if frame.verdict.late:
        for index in range(number):
            yield from (sse({"choices": [{**late, "index": index}], **nameless}) for late in _late(reply, frame))
    if wants_usage:
        yield sse({"choices": [], **base, "usage": usage_of(reply, number, frame.dialect)})
    yield sse("[DONE]")


def _choices(reply: Completion, body: Json, frame: Frame) -> Iterator[Choice]:
    verdict = frame.verdict
    empty: Json = {} if verdict.late else {"content_filter_results": {}}
    safe: Json = {} if verdict.late else {"content_filter_results": harmless()}
    if frame.dialect == "deepseek":
        yield from _thoughts(reply)
        if is_json_object(body):
            reply = Completion(None, (), "stop", 0, 0, 0)
    else:
        yield {"content": None if reply.calls else "", "refusal": None, "role": "assistant"}, None, empty
    for index in range(len(reply.calls)):
        yield from ((delta, None, empty) for delta in _call_deltas(reply, index, body))
    if speaks(body) and not reply.calls:
        identity = frame.identity.replace("chatcmpl-", "audio_")
        for heard in spoken_deltas(reply.text or "", body, identity, frame.created):
            yield {"audio": heard}, None, empty
        reply = replace(reply, text="")
    parts = pieces(reply.text or "")
    blocked = verdict.stopped and not verdict.late
    for piece in parts[: len(parts) // 2] if blocked else parts:
        found = {"content": logprobs(piece, body), "refusal": None} if body.get("logprobs") else None
        yield {"content": piece}, None, {**safe, "logprobs": found}
    if blocked and not reply.calls:
        yield {}, "content_filter", {"content_filter_results": verdict.output}
        return
    ending = {**empty, "matched_stop": 1} if frame.dialect == "deepseek" else empty
    reason = reply.finish_reason if verdict.late else reason_of(reply, body, verdict)
    yield {}, reason, ending


def _thoughts(reply: Completion) -> Iterator[Choice]:
    """DeepSeek's first chunks: a role that is null, and the thinking."""
    for number, piece in enumerate(pieces(reasoning_text(reply))):
        delta: Json = {"role": None, "content": None, "reasoning_content": piece, "tool_calls": None}
        yield ({**delta, "role": "assistant"} if number == 0 else delta), None, {}


def _late(reply: Completion, frame: Frame) -> Iterator[Json]:
    """The asynchronous filter's annotations: choices without a delta."""
    end = len(reply.text or "")
    offsets = {"check_offset": 0, "start_offset": 0, "end_offset": end}
    yield {"content_filter_offsets": offsets, "content_filter_results": harmless(), "finish_reason": None}
    offsets = {"check_offset": end, "start_offset": end, "end_offset": end}
    reason = "content_filter" if frame.verdict.stopped else None
    yield {"content_filter_offsets": offsets, "content_filter_results": frame.verdict.output, "finish_reason": reason}


def _call_deltas(reply: Completion, index: int, body: Json) -> Iterator[Json]:
    call = reply.calls[index]
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
