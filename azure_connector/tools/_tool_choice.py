"""Everything about tools in a request's body: the definitions, the choice among them, the older `functions`."""

from __future__ import annotations

from typing import Any, cast

from .._utils import Json, as_text, object_or_none, type_name
from ..errors import InvalidRequestError
from ._definitions import Api, to_wire
from ._names import NameMap

__all__ = ["TOOL_FIELDS", "choice_to_wire", "normalize_tools"]

TOOL_FIELDS = frozenset({"tools", "tool_choice", "functions", "function_call", "parallel_tool_calls"})
_MODES = frozenset({"none", "auto", "required"})
# What other services call the modes.
_OTHER_MODES = {"any": "required", "auto": "auto", "none": "none", "required": "required"}
_OLDER = {"functions": "tools", "function_call": "tool_choice"}


def normalize_tools(body: Json, api: Api = "chat", strict: bool = False) -> tuple[Json, NameMap | None]:
    """A request's body with its tools in the API's form, and the map of their names (None without tools).

    The older `functions` and `function_call` become `tools` and `tool_choice`. A choice among no tools, which Azure
    refuses, is left out where it says nothing. The body is never changed, and is returned itself where it fits.

    Raises:
        InvalidRequestError: with the position and the rule that is broken.
    """
    if TOOL_FIELDS.isdisjoint(body):
        return body, None
    changes = _modern(body)
    tools = changes.get("tools", body.get("tools"))
    if not tools:
        return _without_tools(body, api), None
    position = "functions" if "functions" in body else "tools"
    written, names = to_wire(tools, api, strict, position=position)
    if written is not body.get("tools"):
        changes["tools"] = written
    choice = changes.get("tool_choice", body.get("tool_choice"))
    if choice is not None:
        place = "function_call" if "function_call" in body else "tool_choice"
        wired = choice_to_wire(choice, api, names, position=place)
        if wired is not choice or "tool_choice" in changes:
            changes["tool_choice"] = wired
    if not changes:
        return body, names
    return {key: value for key, value in body.items() if key not in _OLDER} | changes, names


def choice_to_wire(choice: object, api: Api, names: NameMap, *, position: str = "tool_choice") -> Any:
    """The `tool_choice` in the API's form, itself where it has that form.

    Takes both APIs' forms, a tool's bare name, and Anthropic's `{"type": "any" | "tool", …}`.

    Raises:
        InvalidRequestError: no such mode, or no such tool among the request's.
    """
    if isinstance(choice, str):
        if choice in _MODES:
            return choice
        if choice in names.known:
            return _named("function", choice, api, names)
        if choice in _OTHER_MODES:
            return _OTHER_MODES[choice]
        raise _fault(position, f"{choice!r} is neither none, auto or required nor one of the tools")
    form = object_or_none(choice)
    if form is None:
        raise _fault(position, f"text or an object is needed, not {type_name(choice)}")
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
        raise _fault(f"{position}.type", f"{form.get('type')!r} is no choice that {_TITLES[api]} knows")
    return choice


_TITLES: dict[Api, str] = {"chat": "Chat Completions", "responses": "the Responses API"}


def _fault(where: str, rule: str) -> InvalidRequestError:
    return InvalidRequestError(f"{where}: {rule}", param=where)


def _modern(body: Json) -> Json:
    changes: Json = {}
    for older, newer in _OLDER.items():
        value = body.get(older)
        if value is None:
            if older in body:
                changes |= {newer: body[newer]} if body.get(newer) is not None else {}
            continue
        if body.get(newer) is not None:
            raise _fault(older, f"give either `{newer}` or the older `{older}`, not both")
        changes[newer] = value
    return changes


def _without_tools(body: Json, api: Api) -> Json:
    """The body of a request without tools: of an empty list and a choice among nothing, Azure makes a 400."""
    dropped = set(_OLDER)
    if api == "chat" or "tools" in body:
        dropped |= {"tools", "parallel_tool_calls"}
        dropped |= {"tool_choice"} if body.get("tool_choice") in (None, "none", "auto") else set()
    if body.keys().isdisjoint(dropped):
        return body
    return {key: value for key, value in body.items() if key not in dropped}


def _checked_name(form: Json, kind: str, names: NameMap, where: str) -> str:
    inner = object_or_none(form.get(kind)) or form
    name = inner.get("name")
    if isinstance(name, str) and names.is_wire(name):
        return names.caller(name)
    if not isinstance(name, str) or name not in names.known:
        tools = ", ".join(sorted(names.known)[:10])
        raise _fault(where, f"{name!r} is not among the request's tools ({tools})")
    return name


def _named(kind: str, name: str, api: Api, names: NameMap) -> Json:
    wire = {"name": names.wire(name)}
    return {"type": kind, kind: wire} if api == "chat" else {"type": kind} | wire


def _allowed(form: Json, api: Api, names: NameMap, where: str) -> Json:
    inner = object_or_none(form.get("allowed_tools")) or form
    listed: object = inner.get("tools")
    if not isinstance(listed, list):
        raise _fault(f"{where}.tools", f"a list of tools is needed, not {type_name(listed)}")
    tools: list[Any] = []
    for index, entry in enumerate(cast("list[object]", listed)):
        tool = object_or_none(entry)
        if tool is None:
            raise _fault(f"{where}.tools[{index}]", f"an object is needed, not {type_name(entry)}")
        kind = as_text(tool.get("type"))
        if kind in {"function", "custom"}:
            name = _checked_name(tool, kind, names, f"{where}.tools[{index}]")
            tools.append(_named(kind, name, api, names))
        else:
            tools.append(tool)
    body = {"mode": inner.get("mode", "auto"), "tools": tools}
    return {"type": "allowed_tools", "allowed_tools": body} if api == "chat" else {"type": "allowed_tools"} | body
