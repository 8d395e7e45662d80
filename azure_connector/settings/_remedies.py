"""How a setting is changed where its value stands: the command, or the line of the file. Pure.

What is printed can be typed as it stands; a variable is not blamed for what a file says.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Collection, Iterable

from ..errors import ConfigurationError
from ._names import ENVIRONMENT

__all__ = ["Problem", "change", "leave_out", "refused", "renamed"]


class Problem(str):
    """What is wrong with a source, and what to do about it."""

    __slots__ = ("hint",)
    hint: str

    def __new__(cls, text: str, hint: str = "") -> Problem:
        made = super().__new__(cls, text)
        made.hint = hint
        return made


def refused(problems: Iterable[str]) -> ConfigurationError:
    """The error for what is wrong with the sources, with the remedies that are known."""
    told = list(problems)
    hints = dict.fromkeys(one.hint for one in told if isinstance(one, Problem) and one.hint)
    return ConfigurationError("\n".join(told), hint="\n".join(hints))


_VARIABLE = r"(?P<variable>[A-Za-z_][A-Za-z0-9_]*)"
_IN_ENVIRONMENT = re.compile(rf"environment {_VARIABLE}")
_IN_VARIABLES = re.compile(rf"(?P<file>\S+) {_VARIABLE}")
_REFERRED = re.compile(rf"(?P<file>.+) \({_VARIABLE}\)")
_TOML = re.compile(r"(?P<file>\S+\.toml)(?P<table> \[.*\]| \(below .*\))?(?: (?P<alias>[a-z_]+))?")


def change(setting: str, value: str, origin: str = "default") -> str:
    """How to give a setting another value.

    Args:
        setting: its name.
        value: the value, as a variable or a text would hold it.
        origin: where the present value comes from (`ConnectorSettings.origins`).
    """
    if origin == "argument":
        return f"Pass {setting}={value!r}."
    if found := _IN_ENVIRONMENT.fullmatch(origin) or _REFERRED.fullmatch(origin):
        return f"`export {found['variable']}={shlex.quote(value)}`"
    if found := _TOML.fullmatch(origin):
        return f"In {found['file']} write: {found['alias'] or setting} = {json.dumps(value)}"
    if found := _IN_VARIABLES.fullmatch(origin):
        return f"In {found['file']} write: {found['variable']}={shlex.quote(value)}"
    return f"`export {ENVIRONMENT[setting][0]}={shlex.quote(value)}`" if setting in ENVIRONMENT else f"Set {setting}."


def leave_out(setting: str, origin: str = "default", held: Collection[str] = ()) -> str:
    """How to take a setting away; empty where nothing gives it.

    Args:
        setting: its name.
        origin: where its value comes from (`ConnectorSettings.origins`).
        held: the variables that are set: others of the setting would decide it next.
    """
    if origin == "default":
        return ""
    if origin == "argument":
        return f"Leave {setting} out of the arguments."
    if found := _IN_ENVIRONMENT.fullmatch(origin):
        others = [name for name in ENVIRONMENT.get(setting, ()) if name in held and name != found["variable"]]
        return f"`unset {' '.join([found['variable'], *others])}`"
    if found := _REFERRED.fullmatch(origin) or _TOML.fullmatch(origin):
        alias = found.groupdict().get("alias")
        return f"In {found['file']} delete the line: {alias or setting}"
    if found := _IN_VARIABLES.fullmatch(origin):
        return f"In {found['file']} delete the line: {found['variable']}"
    return f"Take {setting} away ({origin})."


def renamed(file: str, name: str, meant: str) -> str:
    """How to put a name right that stands in a file."""
    return f"In {file} rename: {name} -> {meant}"
