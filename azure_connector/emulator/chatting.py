"""Chat Completions: from the request's body to the reply's. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass

from .brain import think
from .chatparts import read_ask
from .completion import Completion, most_tokens, settle, thinking_tokens
from .counting import pieces
from .filters import Verdict
from .identifiers import Identifiers
from .models import Deployment
from .speaking import speaks, spoken
from .thinking import ToolCall
from .values import Json, object_of, whole

__all__ = ["Frame", "answer", "compose", "logprobs", "reason_of", "usage_of", "wire_call"]


@dataclass(frozen=True, slots=True)
class Frame:
    """What a reply, or every chunk of it, says beside the answer.

    Attributes:
        identity: its id.
        created: when, in seconds since the epoch.
        model: the model that served it.
        fingerprint: `system_fingerprint`.
        verdict: the content filter's.
        dialect: whose habits it has.
    """

    identity: str
    created: int
    model: str
    fingerprint: str | None
    verdict: Verdict
    dialect: str = "openai"


def answer(body: Json, messages: list[Json], deployment: Deployment, ids: Identifiers, prompt: int) -> Completion:
    """Think, and cut the reply to the limits that the request sets; `prompt` is the tokens of what was asked."""
    family = deployment.family
    limit = most_tokens(
        body.get("max_completion_tokens") or body.get("max_tokens"),
        family.max_output,
        choices=whole(body.get("n"), 1),
        alternatives=whole(body.get("top_logprobs"), 0),
    )
    thought = think(read_ask(body, messages, family, limit))
    effort = str(body.get("reasoning_effort") or family.default_effort)
    return settle(
        thought,
        ids,
        prompt=prompt,
        thinking=thinking_tokens(effort) if family.reasoning else 0,
        limit=limit,
        stop=body.get("stop"),
    )


def usage_of(reply: Completion, choices: int, dialect: str) -> Json:
    """`usage`, with the details that the model's service gives."""
    spent = reply.completion_tokens * choices
    totals: Json = {
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": spent,
        "total_tokens": reply.prompt_tokens + spent,
    }
    if dialect == "deepseek":
        return totals | {"prompt_tokens_details": None, "reasoning_tokens": reply.reasoning_tokens * choices}
    details = {
        "accepted_prediction_tokens": 0,
        "audio_tokens": 0,
        "reasoning_tokens": reply.reasoning_tokens * choices,
        "rejected_prediction_tokens": 0,
    }
    cached = {"audio_tokens": 0, "cached_tokens": reply.cached_tokens}
    return totals | {"prompt_tokens_details": cached, "completion_tokens_details": details}


def compose(reply: Completion, body: Json, frame: Frame) -> Json:
    """The whole reply."""
    number = int(body.get("n") or 1)
    choice: Json = {
        "index": 0,
        "finish_reason": reason_of(reply, body, frame.verdict),
        "logprobs": {"content": logprobs(reply.text or "", body), "refusal": None} if body.get("logprobs") else None,
        "content_filter_results": {} if reply.calls else frame.verdict.output,
        "message": _message(reply, body, frame),
    }
    if frame.dialect == "deepseek":
        choice["matched_stop"] = 1
    return {
        "id": frame.identity,
        "object": "chat.completion",
        "created": frame.created,
        "model": frame.model,
        "system_fingerprint": frame.fingerprint,
        "prompt_filter_results": frame.verdict.prompt_results,
        "choices": [{**choice, "index": index} for index in range(number)],
        "usage": usage_of(reply, number, frame.dialect),
    }


def _message(reply: Completion, body: Json, frame: Frame) -> Json:
    if frame.verdict.stopped and not reply.calls:
        return {"role": "assistant", "content": None, "refusal": None, "annotations": []}
    message: Json = {"role": "assistant", "content": reply.text, "refusal": None, "annotations": []}
    if frame.dialect == "deepseek":
        shown = "" if is_json_object(body) else reply.text
        message = {
            "role": "assistant",
            "content": shown,
            "reasoning_content": reasoning_text(reply),
            "tool_calls": None,
        }
    if speaks(body) and not reply.calls:
        identity = frame.identity.replace("chatcmpl-", "audio_")
        message |= {"content": None, "audio": spoken(reply.text or "", body, identity, frame.created)}
    if reply.calls:
        message["content"] = None
        if body.get("functions"):
            message["function_call"] = wire_call(reply.calls[0])["function"]
        else:
            message["tool_calls"] = [wire_call(call) for call in reply.calls]
    return message


def is_json_object(body: Json) -> bool:
    """Whether the request wants `json_object`, with which a thinking DeepSeek leaves the content empty."""
    return object_of(body.get("response_format")).get("type") == "json_object"


def reasoning_text(reply: Completion) -> str:
    """What a DeepSeek model shows of its thinking."""
    return f"We need to answer the user; that took {reply.reasoning_tokens} tokens of thought."


def reason_of(reply: Completion, body: Json, verdict: Verdict) -> str:
    """`finish_reason`, as this request's kind of tools names it."""
    if verdict.stopped and not reply.calls:
        return "content_filter"
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
        {**entry(token, 0), "top_logprobs": [entry(f"{token}{rank or ''}", rank) for rank in range(top)]}
        for token in pieces(text)
    ]
