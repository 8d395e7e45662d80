"""A thought, cut to the limits of its request and counted. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .counting import count, pieces
from .identifiers import Identifiers
from .limits import SHARED_TOKENS
from .thinking import Thought, ToolCall
from .values import items_of, whole

__all__ = ["Completion", "most_tokens", "settle", "thinking_tokens"]

# What thinking costs, by effort. Multiples of 64, as Azure counts them.
REASONING_TOKENS = {"none": 0, "minimal": 0, "low": 64, "medium": 128, "high": 256, "xhigh": 512}


@dataclass(frozen=True, slots=True)
class Completion:
    """A finished reply, before it takes the wire's shape.

    Attributes:
        text: the answer; None beside tool calls.
        calls: the tool calls, with their ids.
        finish_reason: `stop`, `length` or `tool_calls`.
        prompt_tokens, completion_tokens, reasoning_tokens: the usage of one choice.
        cached_tokens: how much of the prompt was seen before.
    """

    text: str | None
    calls: tuple[ToolCall, ...]
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cached_tokens: int = 0


def most_tokens(wanted: Any, longest: int, *, choices: int = 1, alternatives: int = 0) -> int:
    """The tokens that each choice of a reply may have.

    Args:
        wanted: the request's own limit, or None.
        longest: the model's.
        choices: how many choices there are.
        alternatives: logprobs of each token beside its own.
    """
    parts = max(1, choices) * (1 + alternatives)
    shared = longest if parts == 1 else max(16, SHARED_TOKENS // parts)
    return min(whole(wanted, longest), longest, shared)


def thinking_tokens(effort: str) -> int:
    """How many tokens a reasoning model spends before it answers."""
    return REASONING_TOKENS.get(effort, 128)


def settle(
    thought: Thought, ids: Identifiers, *, prompt: int, thinking: int, limit: int, stop: Any = None
) -> Completion:
    """What is left of a thought when its tokens are counted.

    Args:
        thought: the whole reply.
        ids: where the calls' ids come from.
        prompt: tokens of the prompt.
        thinking: tokens spent on reasoning; they count against the limit, as Azure's do.
        limit: the most tokens of the reply.
        stop: a stop sequence, or several.
    """
    if thinking >= limit:
        return Completion("", (), "length", prompt, limit, limit)
    room = limit - thinking
    if thought.calls:
        calls = tuple(replace(call, call_id=ids.call()) for call in thought.calls)
        spent = sum(count(call.name) + count(call.arguments) + 4 for call in calls)
        if spent <= room and not thought.endless:
            return Completion(None, calls, "tool_calls", prompt, spent + thinking, thinking)
        # Only the first call, its arguments cut off where the limit falls.
        cut = replace(calls[0], arguments=_cut(calls[0].arguments, room))
        return Completion(None, (cut,), "length", prompt, min(limit, spent + thinking), thinking)
    text = _stopped(thought.text, stop)
    parts = pieces(text)
    if len(parts) > room or thought.endless:
        spent = min(len(parts), room) + thinking
        return Completion(_cut(text, room), (), "length", prompt, spent, thinking)
    return Completion(text, (), "stop", prompt, len(parts) + thinking, thinking)


def _cut(text: str, room: int) -> str:
    """A text that ends in its middle: where the room does, at the latest before its last piece."""
    parts = pieces(text)
    return "".join(parts[: max(0, min(room, len(parts) - 1))])


def _stopped(text: str, stop: Any) -> str:
    for one in [stop] if isinstance(stop, str) else items_of(stop):
        found = text.find(one) if isinstance(one, str) and one else -1
        text = text[:found] if found >= 0 else text
    return text
