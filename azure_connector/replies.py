"""Replies as Azure sends them, mended into what the SDK's types promise.

Works on the dictionaries from the wire, before they become SDK objects: unknown finish reasons, `role: null`, choices
without a delta, chunks without an object name, tool calls in every shape. Azure's own fields are left in place.
Shapes: recorded traffic of Azure OpenAI and Foundry (chat completions, plain, streamed, asynchronously filtered).
"""

from __future__ import annotations

from . import tools
from .info import AzureInfo
from .wire import Json, as_list, as_object

__all__ = ["ChunkMender", "mend_completion"]

_FINISH_REASONS = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})
# Words of other servers behind a gateway, and of models sold through Foundry, for the same five outcomes.
_FOREIGN_FINISH_REASONS = {
    "end_turn": "stop",
    "eos": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_length": "length",
    "tool_call": "tool_calls",
    "tool_use": "tool_calls",
    "safety": "content_filter",
    "filtered": "content_filter",
}


def finish_reason(raw: object, *, has_tool_calls: bool = False) -> str | None:
    """One of the five reasons that the SDK's types know; None stays None (a choice that goes on)."""
    if raw is None:
        return None
    word = str(raw)
    if word in _FINISH_REASONS:
        return word
    return _FOREIGN_FINISH_REASONS.get(word.lower()) or ("tool_calls" if has_tool_calls else "stop")


def note_prompt_filters(info: AzureInfo, body: Json) -> None:
    """Takes the content filter's verdicts on the prompt out of a reply or chunk (also in the older spelling)."""
    for verdict in as_list(body.get("prompt_filter_results") or body.get("prompt_annotations")):
        info.prompt_filters.update(as_object(as_object(verdict).get("content_filter_results")))


def _note_choice(info: AzureInfo, choice: Json) -> None:
    if verdicts := choice.get("content_filter_results"):
        info.completion_filters.update(as_object(verdicts))
    if choice.get("finish_reason") == "content_filter":
        info.filtered = True


def mend_usage(usage: Json) -> Json:
    """DeepSeek reports `reasoning_tokens` beside the details, not within; it is put where OpenAI has it."""
    if "reasoning_tokens" in usage and not usage.get("completion_tokens_details"):
        return {**usage, "completion_tokens_details": {"reasoning_tokens": usage["reasoning_tokens"]}}
    return usage


def mend_completion(body: Json, info: AzureInfo, wire_tools: tools.WireTools | None) -> Json:
    """Mends a whole chat completion in place and notes what Azure reported with it.

    Args:
        body: the reply's JSON.
        info: where the filters, the served model and the usage are noted.
        wire_tools: the request's tools as they were sent, for names; None where it had none.
    """
    body.setdefault("object", "chat.completion")
    note_prompt_filters(info, body)
    for position, choice in enumerate(body.get("choices") or ()):
        choice.setdefault("index", position)
        message = choice.get("message") or {"content": None}
        if message.get("role") is None:
            message["role"] = "assistant"
        message.setdefault("content", None)
        if message.get("tool_calls") or message.get("function_call"):
            truncated = choice.get("finish_reason") == "length"
            message = tools.normalize_message(message, wire_tools, truncated=truncated)
        choice["message"] = message
        has_calls = bool(message.get("tool_calls"))
        raw = choice.get("finish_reason")
        choice["finish_reason"] = finish_reason(
            raw or ("tool_calls" if has_calls else "stop"), has_tool_calls=has_calls
        )
        if raw is not None and raw != choice["finish_reason"]:
            choice["native_finish_reason"] = raw
        _note_choice(info, choice)
    if body.get("usage"):
        body["usage"] = info.usage = mend_usage(as_object(body["usage"]))
    info.reported_model = body.get("model")
    return body
