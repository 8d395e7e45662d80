"""A chat completion as a stream of chunks, and a stream of chunks as a chat completion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..._utils import Json, as_list, as_object
from ._shapes import merged_verdicts, objects, without

__all__ = ["chunks_as_completion", "completion_as_chunks"]

# Strings that arrive in pieces; any other string of a delta is whole.
_TEXTS = ("content", "refusal", "reasoning_content", "reasoning")
_FRAME = ("id", "created", "model", "system_fingerprint", "service_tier")
# Of single chunks, not of the reply: padding that hides lengths from eavesdroppers, and what is merged by itself.
_NOT_KEPT = ("choices", "object", "obfuscation", "usage")


def completion_as_chunks(completion: Mapping[str, object], *, include_usage: bool = False) -> list[Json]:
    """One whole chat completion, delivered as a stream; for models that cannot stream.

    Args:
        completion: the completion's JSON.
        include_usage: whether the caller asked for the token counts, which then come last, without a choice.

    Returns:
        For each choice: its role, reasoning, text, refusal and tool calls, each whole, then the finish reason together
        with whatever else the message holds.
    """
    frame = {key: completion[key] for key in _FRAME if key in completion}
    frame["object"] = "chat.completion.chunk"
    extras = without(completion, *_FRAME, "choices", "object", "usage")
    usage: Json = {"usage": None} if include_usage else {}
    chunks: list[Json] = []
    for choice in objects(completion.get("choices")):
        chunks.extend({**frame, "choices": [piece], **usage} for piece in _choice_pieces(choice))
    if chunks:
        chunks[0].update(extras)
    if include_usage and completion.get("usage") is not None:
        chunks.append({**frame, "choices": [], "usage": completion["usage"]})
    return chunks


def _choice_pieces(choice: Json) -> list[Json]:
    index = choice.get("index", 0)
    message = as_object(choice.get("message"))
    logprobs = choice.get("logprobs")
    head = {"role": "assistant", "content": None if message.get("content") is None else "", "refusal": None}
    deltas: list[Json] = [head]
    deltas.extend({key: message[key]} for key in reversed(_TEXTS) if message.get(key))
    deltas.extend(_call_delta(call, n) for n, call in enumerate(objects(message.get("tool_calls"))))
    last = without(message, *_TEXTS, "role", "tool_calls")
    # Log probabilities are those of the text, which is the last of the texts.
    spoken = max((n for n, delta in enumerate(deltas) if "content" in delta), default=0)
    pieces: list[Json] = [
        {"index": index, "delta": delta, "logprobs": logprobs if n == spoken else None, "finish_reason": None}
        for n, delta in enumerate(deltas)
    ]
    extras = without(choice, "index", "message", "logprobs", "finish_reason")
    end = {"index": index, "delta": last, "logprobs": None, "finish_reason": choice.get("finish_reason"), **extras}
    return [*pieces, end]


def _call_delta(call: Json, index: int) -> Json:
    return {"tool_calls": [{"index": index, **without(call, "index")}]}


def chunks_as_completion(chunks: Iterable[Mapping[str, object]]) -> Json:
    """Puts the chunks of a chat stream together again, as far as they go.

    Args:
        chunks: chunks in their order; a stream that broke off gives a choice without a finish reason.

    Returns:
        A chat completion. Late asynchronous filter chunks, which have no delta, count: `content_filter` is final.
    """
    whole: Json = {"id": "", "object": "chat.completion", "created": 0, "model": "", "system_fingerprint": None}
    usage: object = None
    choices: dict[int, _Choice] = {}
    for chunk in chunks:
        for key, value in without(chunk, *_NOT_KEPT).items():
            if value or key not in whole:
                whole[key] = value
        usage = chunk.get("usage") or usage
        for piece in objects(chunk.get("choices")):
            index = piece.get("index") or 0
            choices.setdefault(index, _Choice(index)).add(piece)
    whole["choices"] = [choices[index].whole() for index in sorted(choices)]
    whole["usage"] = usage
    return whole


class _Choice:
    """One choice, growing by its pieces."""

    def __init__(self, index: int) -> None:
        self._choice: Json = {"index": index, "finish_reason": None, "logprobs": None}
        self._message: Json = {"role": "assistant", "content": None, "refusal": None}
        self._texts: dict[str, list[str]] = {}
        self._calls: dict[int, Json] = {}
        self._verdicts: list[Json] = []

    def add(self, piece: Json) -> None:
        if piece.get("finish_reason") and self._choice["finish_reason"] != "content_filter":
            self._choice["finish_reason"] = piece["finish_reason"]
        if piece.get("logprobs"):
            self._add_logprobs(as_object(piece["logprobs"]))
        if "content_filter_results" in piece:
            self._verdicts.append(as_object(piece["content_filter_results"]))
        known = ("index", "delta", "finish_reason", "logprobs", "content_filter_results")
        self._choice.update(without(piece, *known))
        for key, value in as_object(piece.get("delta")).items():
            self._add_field(key, value)

    def _add_field(self, key: str, value: Any) -> None:
        if key == "tool_calls":
            for call in objects(value):
                self._add_call(call)
        elif key in _TEXTS:
            if value is not None:
                self._texts.setdefault(key, []).append(value)
        elif key == "function_call" and value:
            call = self._message.get(key) or {"name": "", "arguments": ""}
            self._message[key] = _grown(call, value, "arguments")
        elif (more := as_list(value)) and (known := as_list(self._message.get(key))):
            self._message[key] = [*known, *more]
        elif value is not None or key not in self._message:
            self._message[key] = value

    def _add_call(self, delta: Json) -> None:
        index = delta.get("index")
        if index is None:
            # Some servers leave the index out: a new id is a new call, anything else goes on with the last one.
            index = max(self._calls, default=-1) + bool(delta.get("id") or not self._calls)
        call = self._calls.setdefault(index, {})
        for key, value in without(delta, "index", "function", "custom").items():
            if value is not None:
                call[key] = value
        for kind, text in (("function", "arguments"), ("custom", "input")):
            if part := as_object(delta.get(kind)):
                call[kind] = _grown(call.get(kind) or {"name": "", text: ""}, part, text)
                call.setdefault("type", kind)

    def _add_logprobs(self, logprobs: Json) -> None:
        known: Json = self._choice["logprobs"] or {"content": None, "refusal": None}
        for key in ("content", "refusal"):
            if logprobs.get(key) is not None:
                known[key] = [*(known[key] or []), *as_list(logprobs[key])]
        self._choice["logprobs"] = known

    def whole(self) -> Json:
        texts = {key: "".join(pieces) for key, pieces in self._texts.items()}
        message = {**self._message, **texts}
        if self._calls:
            message["tool_calls"] = [self._calls[index] for index in sorted(self._calls)]
        if self._verdicts:
            self._choice["content_filter_results"] = merged_verdicts(self._verdicts)
        return {**self._choice, "message": message}


def _grown(call: Json, part: Json, text: str) -> Json:
    return {**call, **{k: v for k, v in part.items() if v}, text: (call.get(text) or "") + (part.get(text) or "")}
