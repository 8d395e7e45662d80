"""The choice among a request's tools, in the form of the API in use."""

from __future__ import annotations

from typing import Any, cast

from .._utils import Json, as_text, object_or_none, type_name
from ._names import Api, NameMap
from ._schemas import fault

__all__ = ["MODES", "choice_to_wire"]

MODES = frozenset({"none", "auto", "required"})
# What other services call the modes.
_OTHER_MODES = {"any": "required", "auto": "auto", "none": "none", "required": "required"}


def choice_to_wire(choice: object, api: Api, names: NameMap, *, position: str = "tool_choice") -> Any:
    """The `tool_choice` in the API's form, itself where it has that form.

    Takes both APIs' forms, a tool's bare name, and Anthropic's `{"type": "any" | "tool", …}`.

    Raises:
        InvalidRequestError: no such mode, or no such tool among the request's.
    """
    if isinstance(choice, str):
        if choice in MODES:
            return choice
        if choice in names.known:
            return _named("function", choice, api, names)
        if choice in _OTHER_MODES:
            return _OTHER_MODES[choice]
        raise fault(position, f"{choice!r} is neither none, auto or required nor one of the tools")
    form = object_or_none(choice)
    if form is None:
        raise fault(position, f"text or an object is needed, not {type_name(choice)}")
    kind = as_text(form.get("type")) or ("function" if "function" in form or "name" in form else "")
    if kind in {"function", "custom", "tool"}:
        wanted = "custom" if kind == "custom" else "function"
        name = _checked_name(form, wanted, names, position)
        wired = _named(wanted, name, api, names)
        return choice if wired == choice else wired
    if kind == "allowed_tools":
        wired = _allowed(form, api, names, position)
        return choice if wired == choice else wired
    if kind in _OTHER_MODES:
        return _OTHER_MODES[kind]
    if not kind or api == "chat":
        raise fault(f"{position}.type", f"{form.get('type')!r} is no choice that {_TITLES[api]} knows")
    return choice


_TITLES: dict[Api, str] = {"chat": "Chat Completions", "responses": "the Responses API"}


def _checked_name(form: Json, kind: str, names: NameMap, where: str) -> str:
    inner = object_or_none(form.get(kind)) or form
    name = inner.get("name")
    if isinstance(name, str) and names.is_wire(name):
        return names.caller(name)
    if not isinstance(name, str) or name not in names.known:
        tools = ", ".join(sorted(names.known)[:10])
        raise fault(where, f"{name!r} is not among the request's tools ({tools})")
    return name


def _named(kind: str, name: str, api: Api, names: NameMap) -> Json:
    wire = {"name": names.wire(name)}
    return {"type": kind, kind: wire} if api == "chat" else {"type": kind} | wire


def _allowed(form: Json, api: Api, names: NameMap, where: str) -> Json:
    inner = object_or_none(form.get("allowed_tools")) or form
    listed: object = inner.get("tools")
    if not isinstance(listed, list):
        raise fault(f"{where}.tools", f"a list of tools is needed, not {type_name(listed)}")
    tools: list[Any] = []
    for index, entry in enumerate(cast("list[object]", listed)):
        tool = object_or_none(entry)
        if tool is None:
            raise fault(f"{where}.tools[{index}]", f"an object is needed, not {type_name(entry)}")
        kind = as_text(tool.get("type"))
        if kind in {"function", "custom"}:
            name = _checked_name(tool, kind, names, f"{where}.tools[{index}]")
            tools.append(_named(kind, name, api, names))
        else:
            tools.append(tool)
    body = {"mode": inner.get("mode", "auto"), "tools": tools}
    return {"type": "allowed_tools", "allowed_tools": body} if api == "chat" else {"type": "allowed_tools"} | body
