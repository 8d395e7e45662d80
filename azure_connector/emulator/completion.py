"""A thought, cut to the limits of its request and counted. Pure functions."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from .counting import count, pieces
from .identifiers import Identifiers
from .thinking import Thought, ToolCall
from .values import items_of

__all__ = ["Completion", "settle", "thinking_tokens"]

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
    """

    text: str | None
    calls: tuple[ToolCall, ...]
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int


def thinking_tokens(effort: str) -> int:
    """How many tokens a reasoning model spends before it answers."""
    return REASONING_TOKENS.get(effort, 128)


def settle(
    thought: Thought, ids: Identifiers, *, prompt: int, thinking: int, limit: float | None, stop: Any = None
) -> Completion:
    """What is left of a thought when its tokens are counted.

    Args:
        thought: the whole reply.
        ids: where the calls' ids come from.
        prompt: tokens of the prompt.
        thinking: tokens spent on reasoning; they count against the limit, as Azure's do.
        limit: the most tokens of the reply; None for no limit.
        stop: a stop sequence, or several.
    """
    most = math.inf if limit is None else limit
    if thinking >= most:
        return Completion("", (), "length", prompt, int(most), int(most))
    room = most - thinking
    if thought.calls:
        calls = tuple(replace(call, call_id=ids.call()) for call in thought.calls)
        spent = sum(count(call.name) + count(call.arguments) + 4 for call in calls)
        if spent <= room:
            return Completion(None, calls, "tool_calls", prompt, spent + thinking, thinking)
        # Only the first call, its arguments cut off where the limit falls.
        cut = replace(calls[0], arguments="".join(pieces(calls[0].arguments)[: int(room)]))
        return Completion(None, (cut,), "length", prompt, int(most), thinking)
    text = _stopped(thought.text, stop)
    parts = pieces(text)
    if len(parts) > room:
        return Completion("".join(parts[: int(room)]), (), "length", prompt, int(most), thinking)
    return Completion(text, (), "stop", prompt, len(parts) + thinking, thinking)


def _stopped(text: str, stop: Any) -> str:
    for one in [stop] if isinstance(stop, str) else items_of(stop):
        found = text.find(one) if one else -1
        text = text[:found] if found >= 0 else text
    return text
