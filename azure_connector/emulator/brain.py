"""The emulated models' replies: deterministic, about the prompt, with tools and schemas honoured. Pure functions."""

from __future__ import annotations

import json
import re
from typing import Any

from .filling import fill, fill_within
from .jsonmode import wanted_schema
from .parsing import parse
from .phrases import readable, spelled, words
from .textagents import text_step
from .thinking import Ask, Thought, ToolCall, Turn
from .toolwork import plan_calls
from .values import Json, is_object, items_of

__all__ = ["CHARACTERS", "think"]

CHARACTERS = 9
"""No token has more."""

_MINUS, _TIMES, _OVER = "-\u2212", "*x\u00d7", "/\u00f7"
_ARITHMETIC = re.compile(rf"(?<![\w.])(-?\d+(?:\.\d+)?)\s*([{_MINUS}+{_TIMES}{_OVER}])\s*(-?\d+(?:\.\d+)?)(?![\w.])")
_ECHO = re.compile(
    r"(?is)^\s*(?:please\s+)?(?:say|repeat|echo|(?:reply|respond|answer)\s+with)(?:\s+(?:exactly|only|just|back))*"
    r"(?:\s+the\s+(?:word|text|sentence))?\s*:?\s+(.+)$"
)
_PROSE = (
    "Every call that reaches this emulator gets the same answer again so a test can rely on it while the text still "
    "reads like prose and arrives in small pieces when it is streamed"
)
_LOREM = _PROSE.split()


def think(ask: Ask) -> Thought:
    """The reply to a request: tool calls where the words fit a tool, else an answer."""
    if ask.tools and ask.choice != "none":
        calls = plan_calls(ask)
        if calls:
            return Thought(calls=calls, endless=any(call.endless for call in calls))
    results = results_of(ask.turns)
    text = last_user_text(ask.turns)
    if ask.output is not None:
        return _structured(ask, readable(text), results)
    step = text_step(ask, text)
    if step is not None:
        return Thought(text=step)
    if results:
        return Thought(text=_from_results(results))
    return Thought(text=_plain(ask.turns, text))


def last_user_text(turns: tuple[Turn, ...]) -> str:
    """The words of the newest user message."""
    return next((turn.text for turn in reversed(turns) if turn.role == "user"), "")


def results_of(turns: tuple[Turn, ...]) -> list[tuple[ToolCall, str]]:
    """The tool results since the newest user message, with the calls that asked for them."""
    found: list[tuple[ToolCall, str]] = []
    calls: dict[str, ToolCall] = {}
    for turn in turns:
        if turn.role == "user":
            found = []
        calls |= {call.call_id: call for call in turn.calls}
        if turn.role == "tool":
            found.append((calls.get(turn.call_id, ToolCall("the tool", "{}")), turn.text))
    return found


def _structured(ask: Ask, text: str, results: list[tuple[ToolCall, str]]) -> Thought:
    known = readable("\n".join(result for _, result in results))
    if not ask.output:
        return Thought(json.dumps(_free_object(ask, text, known), ensure_ascii=False))
    source, context = (known, text) if known else (text, "")
    made, endless = fill_within(ask.output, source, context=context, room=ask.room * CHARACTERS)
    text = json.dumps(made, ensure_ascii=False)
    return Thought(text[: ask.room * CHARACTERS] if endless else text, endless=endless)


def _free_object(ask: Ask, text: str, known: str) -> Json:
    """An object for `json_object`: with the keys that the prompt asks for, else with an answer."""
    schema = wanted_schema([turn.text for turn in ask.turns if turn.role in {"system", "user"}])
    if schema is None:
        return {"answer": known or text or "ok"}
    made: Json = fill(schema, known or text, context=text if known else "")
    return made


def _from_results(results: list[tuple[ToolCall, str]]) -> str:
    """An answer made of what the tools said."""
    lines: list[str] = []
    for call, text in results:
        said = _readable(text)
        given = _readable(call.arguments)
        about = f"{call.name} ({given})" if given else call.name
        lines.append(f"{about}: {said}" if said else f"{about} gave no result")
    joined = "; ".join(lines)
    return f"According to {joined}" if joined.endswith((".", "!", "?")) else f"According to {joined}."


def _readable(text: str) -> str:
    """A JSON object as `key: value` pairs; any other text as it is."""
    try:
        value = parse(text)
    except ValueError:
        return text.strip()
    return _flat(value)


def _flat(value: Any) -> str:
    if is_object(value):
        return ", ".join(f"{key} {_flat(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(_flat(one) for one in items_of(value))
    return value.strip() if isinstance(value, str) else json.dumps(value)


def _plain(turns: tuple[Turn, ...], text: str) -> str:
    attachments = next((turn.attachments for turn in reversed(turns) if turn.role == "user"), ())
    seen = f"I received {_and(list(attachments))}. " if attachments else ""
    begun = readable(text)
    special = _remembered(turns, begun) or _echoed(text) or _computed(begun) or _counted(begun)
    if special and not seen:
        return special
    if not text.strip():
        return seen.strip() or "Hello! How can I help you?"
    topics = list(dict.fromkeys(words(begun)))[:4]
    shown = " ".join(begun.split())
    shown = shown if len(shown) <= 160 else shown[:157] + "..."
    about = f"You asked about {_and(spelled(topics, begun))}: " if topics else "You wrote: "
    return f"{seen}{about}“{shown}” This answer comes from the local Azure OpenAI emulator."


def _and(items: list[str]) -> str:
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]


def _remembered(turns: tuple[Turn, ...], text: str) -> str | None:
    """What the user told about themselves in an earlier message."""
    asked = re.search(r"(?i)\bwhat(?:'s| is| was) my ([\w ]+?)\s*\?", text)
    if not asked:
        return None
    subject = asked.group(1).strip()
    told = re.compile(rf"(?i)\bmy {re.escape(subject)} is ([^.!?,;\n]+)")
    for turn in reversed(turns):
        match = told.search(readable(turn.text)) if turn.role in {"user", "system"} else None
        if match:
            return f"Your {subject} is {match.group(1).strip()}."
    return f"You have not told me your {subject}."


def _echoed(text: str) -> str | None:
    match = _ECHO.match(text.strip())
    if not match:
        return None
    said = match.group(1).strip()
    return said[1:-1] if len(said) > 2 and said[0] + said[-1] in {'""', "''", "“”", "``"} else said


def _computed(text: str) -> str | None:
    match = _ARITHMETIC.search(text)
    if not match:
        return None
    left, sign, right = match.groups()
    if sign in _OVER and not float(right):
        return f"{left} divided by zero is not defined."
    if len(left) + len(right) > 30:
        return f"{left} {sign} {right} is more than I can compute."
    first, second = float(left), float(right)
    if sign in _TIMES:
        value = first * second
    elif sign in _OVER:
        value = first / second
    else:
        value = first + second if sign == "+" else first - second
    return f"{left} {sign} {right} = {int(value) if value == int(value) else round(value, 6)}"


def _counted(text: str) -> str | None:
    """As many numbers, lines or words as the prompt asks for, which gives long answers to stream."""
    upto = re.search(r"(?i)\bcount (?:from (\d{1,9}) )?(?:up )?to (\d{1,9})\b", text)
    if upto:
        first, last = int(upto.group(1) or 1), min(int(upto.group(2)), 10_000)
        return ", ".join(str(number) for number in range(first, last + 1)) + "."
    amount = re.search(r"(?i)\b(\d{1,9})[ -]words?\b", text)
    if amount:
        size = min(int(amount.group(1)), 20_000)
        return " ".join(_LOREM[index % len(_LOREM)] for index in range(size)) + "."
    return None
