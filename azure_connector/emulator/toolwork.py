"""Which tools a prompt asks for, and with which arguments. Pure functions."""

from __future__ import annotations

import json
import re
from typing import Any

from .filling import ROOM, fill_within
from .parsing import parse
from .phrases import clauses, names, quotations, readable
from .thinking import Ask, ToolCall, ToolSpec
from .toolscore import Fitting
from .values import is_object, items_of, object_of

__all__ = ["plan_calls"]

_ENOUGH = 2
_MOST_CLAUSES = 64
# The tools by which agents that must call one say that they are done.
_ENDING = re.compile(r"(?i)(^|[_-])(final|finish|done|submit|respond|response|answer|complete|terminate|end)([_-]|$)")


def plan_calls(ask: Ask) -> tuple[ToolCall, ...]:
    """The calls to make now: none where the words fit no tool or the fitting ones are done."""
    prompt, done, known = _since_last_user(ask)
    if ask.named:
        tool = next((one for one in ask.tools if one.name == ask.choice), None)
        return (_call(tool, known or prompt, prompt),) if tool else ()
    fitting = Fitting(ask.tools)
    calls = [call for call in _wanted(ask, fitting, prompt) if _key(call) not in done]
    if not calls and not done:
        calls = _follow_up(ask, prompt)
    if not calls and ask.choice == "required":
        calls = [_ending_call(ask, fitting, prompt, done, known)]
    return tuple(calls if ask.parallel else calls[:1])


def _ending_call(ask: Ask, fitting: Fitting, prompt: str, done: set[Key], known: str) -> ToolCall:
    """What to call when one must be called: the tool that ends an agent's work, else one that fits or is new."""
    ending = next((tool for tool in ask.tools if done and _ENDING.search(tool.name)), None)
    if ending:
        return _call(ending, known or prompt, prompt)
    best = fitting.best(prompt)[0]
    called = {name for name, _ in done}
    unused = [tool for tool in ask.tools if tool.name not in called]
    chosen = best if best.name not in called or not unused else Fitting(unused).best(prompt)[0]
    return _call(chosen, prompt, prompt)


Key = tuple[str, str]
"""A call as it is recognized again: the tool's name, and the arguments as they mean, not as they are written."""


def _key(call: ToolCall) -> Key:
    if call.custom:
        return call.name, call.arguments.strip()
    try:
        return call.name, json.dumps(_meant(parse(call.arguments)), sort_keys=True)
    except ValueError:
        return call.name, call.arguments.strip()


def _meant(value: Any) -> Any:
    """A value without what frameworks change when they pass a call on: nulls, `2` or `2.0`, spaces around a text."""
    if is_object(value):
        return {name: _meant(one) for name, one in object_of(value).items() if one is not None}
    if isinstance(value, list):
        return [_meant(one) for one in items_of(value)]
    if isinstance(value, str):
        return value.strip()
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _since_last_user(ask: Ask) -> tuple[str, set[Key], str]:
    """The newest user message, the calls that were made for it, and what they gave."""
    prompt = ""
    done: set[Key] = set()
    made: dict[str, ToolCall] = {}
    said: list[str] = []
    for turn in ask.turns:
        if turn.role == "user":
            prompt = readable(turn.text)
            done.clear()
            said.clear()
        made |= {call.call_id: call for call in turn.calls}
        done.update(_key(call) for call in turn.calls)
        if turn.role == "tool":
            said.append(readable(turn.text))
            if turn.call_id in made:
                done.add(_key(made[turn.call_id]))  # some clients repeat the question before a result
    return prompt, done, "\n".join(said)


def _wanted(ask: Ask, fitting: Fitting, prompt: str) -> list[ToolCall]:
    """One call for each clause that fits a tool, and one more for each further name in a list."""
    calls: list[ToolCall] = []
    previous: ToolSpec | None = None
    parts = clauses(prompt)[:_MOST_CLAUSES]
    for part in parts:
        best, score = fitting.best(part)
        if score >= _ENOUGH:
            previous = best
            calls.append(_call(best, part, prompt))
        elif previous and _one_text(previous) and len(part.split()) <= 4 and names(part):
            calls.append(_call(previous, part, prompt))
    if not calls and len(parts) > 1:
        best, score = fitting.best(prompt)
        if score > _ENOUGH:
            calls.append(_call(best, prompt, prompt))
    return _distinct(calls, prompt, ask)


def _distinct(calls: list[ToolCall], prompt: str, ask: Ask) -> list[ToolCall]:
    """Without repetitions; a tool with several inputs is called once, with the whole prompt in view."""
    kept: dict[tuple[str, str], ToolCall] = {}
    by_name = {tool.name: tool for tool in ask.tools}
    for call in calls:
        tool = by_name[call.name]
        alone = sum(one.name == call.name for one in calls) == 1
        made = call if alone or _one_text(tool) else _call(tool, prompt, prompt)
        kept.setdefault((made.name, made.arguments), made)
    if len({call.name for call in kept.values()}) == 1 and len(kept) == 1:
        only = next(iter(kept.values()))
        return [_call(by_name[only.name], prompt, prompt)]
    return list(kept.values())


def _follow_up(ask: Ask, prompt: str) -> list[ToolCall]:
    """`And in Paris?` means the tool that was called last."""
    if not re.match(r"(?i)\s*(?:and|what about|how about)\b", prompt):
        return []
    last = next((turn.calls[-1].name for turn in reversed(ask.turns) if turn.calls), None)
    tool = next((one for one in ask.tools if one.name == last), None)
    return [_call(tool, prompt, prompt)] if tool else []


def _one_text(tool: ToolSpec) -> bool:
    """Whether a tool needs one free string, and nothing else that varies."""
    schema = object_of(tool.parameters)
    properties = object_of(schema.get("properties"))
    varying = [object_of(properties.get(name)) for name in items_of(schema.get("required"))]
    varying = [rules for rules in varying if "enum" not in rules and "const" not in rules]
    return len(varying) == 1 and varying[0].get("type") == "string"


def _call(tool: ToolSpec, part: str, prompt: str) -> ToolCall:
    if tool.custom:
        quoted = quotations(prompt)
        return ToolCall(tool.name, quoted[0] if quoted else prompt, custom=True)
    schema = {"type": "object", **object_of(tool.parameters)}
    arguments, endless = fill_within(schema, part, context=prompt)
    written = json.dumps(arguments, separators=(",", ":"), ensure_ascii=False)
    return ToolCall(tool.name, written[:ROOM] if endless else written, endless=endless)
