"""Which tools a prompt asks for, and with which arguments. Pure functions."""

from __future__ import annotations

import json
import re

from .filling import fill
from .phrases import clauses, names, quotations, words
from .thinking import Ask, ToolCall, ToolSpec
from .values import items_of, object_of, text_of

__all__ = ["plan_calls"]

_ENOUGH = 2
_SYNONYMS = (
    ("weather", "forecast", "rain", "temperature", "sunny", "umbrella", "degrees"),
    ("add", "plus", "sum", "total"),
    ("subtract", "minus", "difference"),
    ("multiply", "times", "product"),
    ("divide", "quotient"),
    ("email", "mail"),
    ("light", "lamp"),
    ("buy", "order", "purchase"),
    ("search", "look", "lookup"),
    ("time", "clock", "hour"),
)
_SIGNS = {
    r"\d\s*\+\s*\d": "add",
    r"\d\s*[*\u00d7x]\s*\d": "multiply",
    r"\d\s*[/\u00f7]\s*\d": "divide",
    r"\d\s+[-\u2212]\s+\d": "subtract",
}
_MEANING = {form: words(group[0])[0] for group in _SYNONYMS for one in group for form in words(one)}


def plan_calls(ask: Ask) -> tuple[ToolCall, ...]:
    """The calls to make now: none where the words fit no tool or the fitting ones are done."""
    prompt, done = _since_last_user(ask)
    if ask.named:
        tool = next((one for one in ask.tools if one.name == ask.choice), None)
        return (_call(tool, prompt, prompt),) if tool else ()
    calls = [call for call in _wanted(ask, prompt) if (call.name, call.arguments) not in done]
    if not calls and not done:
        calls = _follow_up(ask, prompt)
    if not calls and ask.choice == "required":
        best = max(ask.tools, key=lambda tool: _score(tool, _meanings(prompt)))
        calls = [_call(best, prompt, prompt)]
    return tuple(calls if ask.parallel else calls[:1])


def _since_last_user(ask: Ask) -> tuple[str, set[tuple[str, str]]]:
    """The newest user message, and the calls that were made for it."""
    prompt = ""
    done: set[tuple[str, str]] = set()
    known: dict[str, tuple[str, str]] = {}
    for turn in ask.turns:
        if turn.role == "user":
            prompt = turn.text
            done.clear()
        made = {call.call_id: (call.name, call.arguments) for call in turn.calls}
        known |= made
        done.update(made.values())
        if turn.role == "tool" and turn.call_id in known:
            done.add(known[turn.call_id])  # some clients repeat the question before a result
    return prompt, done


def _meanings(text: str) -> set[str]:
    """The text's words, each synonym by its group's first word, and arithmetic signs by name."""
    found = {_MEANING.get(word, word) for word in words(text)}
    return found | {name for sign, name in _SIGNS.items() if re.search(sign, text)}


def _score(tool: ToolSpec, meant: set[str]) -> int:
    """How well a tool fits: its name counts most, then its description, least what its parameters are called."""
    properties = object_of(object_of(tool.parameters).get("properties"))
    inputs = _meanings(" ".join(properties))
    called = _meanings(tool.name)
    told = _meanings(tool.description) - inputs
    options = {
        word
        for rules in properties.values()
        for option in items_of(object_of(rules).get("enum"))
        for word in _meanings(text_of(option))
    }
    return 3 * len(called & meant) + 2 * len(told & meant - called) + len((inputs | options) & meant - called - told)


def _wanted(ask: Ask, prompt: str) -> list[ToolCall]:
    """One call for each clause that fits a tool, and one more for each further name in a list."""
    calls: list[ToolCall] = []
    previous: ToolSpec | None = None
    parts = clauses(prompt)
    for part in parts:
        meant = _meanings(part)
        best = max(ask.tools, key=lambda tool: _score(tool, meant))
        if _score(best, meant) >= _ENOUGH:
            previous = best
            calls.append(_call(best, part, prompt))
        elif previous and _one_text(previous) and len(part.split()) <= 4 and names(part):
            calls.append(_call(previous, part, prompt))
    if not calls and len(parts) > 1:
        meant = _meanings(prompt)
        best = max(ask.tools, key=lambda tool: _score(tool, meant))
        if _score(best, meant) > _ENOUGH:
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
    arguments = fill({"type": "object", **object_of(tool.parameters)}, part, context=prompt)
    return ToolCall(tool.name, json.dumps(arguments, separators=(",", ":"), ensure_ascii=False))
