"""Agents that reason in text: the answer in the form that their prompt sets, one step at a time, with an ending.

Three forms: dspy's fields (`[[ ## next_tool_name ## ]]`), and the ReAct texts of LangChain (`Final Answer:`) and
LlamaIndex (`Answer:`). As soon as there is an observation, the agent is done. Pure functions.
"""

from __future__ import annotations

import ast
import json
import re
from typing import Any

from .filling import fill
from .parsing import parse
from .phrases import readable
from .thinking import Ask, ToolSpec
from .toolscore import Fitting
from .values import is_object, object_of

__all__ = ["text_step"]

_FIELD = re.compile(r"\[\[ ## (\w{1,64}) ## \]\]")
_ASKED = re.compile(r"(?s)Respond with the corresponding output fields, starting with the field (.{1,4000})")
_DSPY_TOOL = re.compile(
    r"\(\d+\) (?P<name>[\w-]{1,64})(?:, whose description is <desc>(?P<told>.{0,2000}?)</desc>)?\. "
    r"It takes arguments (?P<given>\{.{0,4000}\})"
)
_LINE_TOOL = re.compile(r"(?m)^>?\s*(?:Tool Name:\s*)?([\w-]{1,64})\s*(?::|\n\s*Tool Description:)\s*(.{0,500})")
_ACTIONS = re.compile(r"one of:? \[?([\w, '\"-]{1,2000})\]?")
_OUTPUT_NOTE = r"\{{{name}\}}[^\n]{{0,40}}one of: ([^\n]{{1,2000}})"


def text_step(ask: Ask, prompt: str) -> str | None:
    """The agent's next step; None where the prompt sets no such form.

    Args:
        ask: the request; the form may stand in any of its messages.
        prompt: the newest user message.
    """
    whole = "\n".join(turn.text[:30_000] for turn in ask.turns if turn.role != "tool")
    if _ASKED.search(prompt):
        return _dspy(whole, prompt)
    if re.search(r"(?m)^\s*Action Input:", whole) and re.search(r"(?m)^\s*(?:Thought|Observation):", whole):
        return _react(ask, whole, prompt)
    return None


def _dspy(whole: str, prompt: str) -> str | None:
    asked = _ASKED.search(prompt)
    names = [name for name in dict.fromkeys(_FIELD.findall(asked.group(1))) if name != "completed"] if asked else []
    parts = _FIELD.split(prompt[: asked.start()] if asked else prompt)
    given = {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=False)}
    question = next((text for name, text in given.items() if name != "trajectory" and text), "")
    observed = [text for name, text in given.items() if name.startswith("observation")]
    made: dict[str, str] = {}
    if "next_tool_name" in names:
        tool, arguments = _dspy_tool(whole, question, done=bool(observed))
        made = {"next_tool_name": tool, "next_tool_args": json.dumps(arguments, ensure_ascii=False)}
    known = "; ".join(observed) or question
    lines = [f"[[ ## {name} ## ]]\n{made.get(name) or _dspy_value(name, whole, readable(known))}" for name in names]
    return "\n\n".join([*lines, "[[ ## completed ## ]]"])


def _dspy_tool(whole: str, question: str, *, done: bool) -> tuple[str, Any]:
    tools = [_dspy_spec(match) for match in list(_DSPY_TOOL.finditer(whole))[:64]]
    tools = [tool for tool in tools if tool.name != "finish"]
    if done or not tools:
        return "finish", {}
    tool = Fitting(tools).best(question)[0]
    return tool.name, fill(tool.parameters, readable(question))


def _dspy_spec(match: re.Match[str]) -> ToolSpec:
    try:
        given: Any = ast.literal_eval(match["given"])
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        given = {}
    properties = {name: rules for name, rules in object_of(given).items() if is_object(rules)}
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return ToolSpec(match["name"], match["told"] or "", schema)


def _dspy_value(name: str, whole: str, known: str) -> str:
    """A field's value: a choice or a JSON type where the form notes one, else words."""
    choices = re.search(_OUTPUT_NOTE.format(name=name), whole)
    if choices:
        options = [one.strip() for one in choices.group(1).split(";")]
        return next((one for one in options if one.lower() in known.lower()), options[0])
    noted = re.search(rf"\{{{name}\}}[^\n]{{0,20}}# note: the value you produce must ([^\n]{{1,4000}})", whole)
    schema = re.search(r"JSON schema: (\{.*\})", noted.group(1)) if noted else None
    if schema:
        try:
            return json.dumps(fill(parse(schema.group(1)), known), ensure_ascii=False)
        except ValueError:
            return known
    if noted and re.search(r"single (?:int|float)", noted.group(1)):
        return str(fill({"type": "integer" if "single int" in noted.group(1) else "number"}, known))
    if noted and "True or False" in noted.group(1):
        return "True"
    return known or name


def _react(ask: Ask, whole: str, prompt: str) -> str | None:
    """One action, and with the first observation the answer."""
    final = "Final Answer" if "Final Answer" in whole else "Answer"
    question = re.findall(r"(?m)^Question: ?(.{1,8000})$", prompt)
    asked = question[-1] if question else prompt
    begun = prompt.rpartition("Begin!")[2] if "Begin!" in prompt else prompt
    answers = [turn.text for turn in ask.turns if turn.role == "assistant" and "Action:" in turn.text]
    observed = re.findall(r"(?m)^Observation: ?(.{1,8000})$", begun)
    tools = _react_tools(whole)
    if observed or answers or not tools:
        known = observed[-1] if observed else asked
        return f"Thought: I now know the final answer\n{final}: {readable(known).strip()}"
    tool = Fitting(tools).best(asked)[0]
    given = json.dumps({"input": asked}, ensure_ascii=False) if final == "Answer" else asked
    return f"Thought: I need to use a tool to help me answer the question.\nAction: {tool.name}\nAction Input: {given}"


def _react_tools(whole: str) -> list[ToolSpec]:
    listed = _ACTIONS.search(whole)
    named = re.findall(r"[\w-]+", listed.group(1))[:64] if listed else []
    told = {match.group(1): match.group(2) for match in list(_LINE_TOOL.finditer(whole))[:500]}
    bracketed = listed is not None and whole[listed.start() : listed.start(1)].endswith("[")
    return [ToolSpec(name, told.get(name, "")) for name in named if bracketed or name in told]
