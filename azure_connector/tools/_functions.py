"""Tool definitions out of Python: typed functions, Pydantic models, dataclasses and typed dictionaries."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable
from typing import Any, cast, is_typeddict
from weakref import WeakKeyDictionary

from .._utils import Json
from ._schemas import fault

__all__ = ["Described", "describe"]

_SECTION = re.compile(r"^(\w[\w ]*):\s*$")
_ARGUMENT = re.compile(r"^(\*{0,2}\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")
_FIELD = re.compile(r"^:param\s+(?:[^:]*\s)?(\w+)\s*:\s*(.*)$")
_ARGUMENT_SECTIONS = frozenset({"args", "arguments", "parameters", "params"})


@dataclasses.dataclass(frozen=True, slots=True)
class Described:
    """A tool as Python describes it: a name, what it does, and the JSON Schema of its parameters."""

    name: str
    description: str
    parameters: Json


_described: WeakKeyDictionary[Any, Described] = WeakKeyDictionary()


def describe(tool: object, where: str) -> Described | None:
    """The definition of a function or a class; None for an object that is neither.

    A function's schema comes from its annotations, descriptions from `Annotated[…, Field(description=…)]` or the
    docstring (Google's `Args:` or Sphinx' `:param x:`), and parameters with a default are optional.

    Raises:
        InvalidRequestError: no JSON Schema can be made of it.
    """
    if not (isinstance(tool, type) or callable(tool)):
        return None
    # A bound method is a new object each time it is looked up; what it describes is not.
    method = inspect.ismethod(tool)
    try:
        known = None if method else _described.get(tool)
    except TypeError:  # not hashable, or not to be referred to weakly
        return _describe(tool, where)
    if known is None:
        known = _describe(tool, where)
        if known is not None and not method:
            _described[tool] = known
    return known


def _describe(tool: object, where: str) -> Described | None:
    if isinstance(tool, type):
        return _describe_class(tool, where)
    return _describe_function(cast("Callable[..., object]", tool), where)


def _describe_class(cls: type[Any], where: str) -> Described | None:
    from pydantic import BaseModel

    if not (issubclass(cls, BaseModel) or dataclasses.is_dataclass(cls) or is_typeddict(cls)):
        return None
    schema = _schema(cls, where)
    # Without a docstring, dataclasses show their signature and models their base's text.
    own = cls.__dict__.get("__doc__") or ""
    if dataclasses.is_dataclass(cls) and own.startswith(f"{cls.__name__}("):
        own = ""
    return Described(cls.__name__, inspect.cleandoc(own), schema)


def _describe_function(function: Callable[..., object], where: str) -> Described:
    name = getattr(function, "__name__", "")
    if not name.isidentifier():
        raise fault(f"{where}.name", "a tool needs a name, which a lambda and a partial have not; define a function")
    if not (inspect.isfunction(function) or inspect.ismethod(function) or inspect.isbuiltin(function)):
        # An object that can be called, such as what `functools.cache` makes.
        function = getattr(function, "__wrapped__", function.__call__)
    for parameter in _parameters(function, where):
        if parameter.kind in {parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL}:
            rule = "a model gives arguments by name, so positional ones are not possible"
            raise fault(f"{where}.parameters.{parameter.name}", rule)
    schema = _schema(function, where)
    description, arguments = _docstring(inspect.getdoc(function) or "")
    properties: dict[str, Any] = {}
    for key, member in cast("dict[str, Any]", schema.get("properties", {})).items():
        told = {"description": arguments[key]} if key in arguments and "description" not in member else {}
        properties[key] = member | told
    return Described(name, description, schema | {"properties": properties})


def _parameters(function: Callable[..., object], where: str) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except ValueError as error:
        raise fault(f"{where}.parameters", f"{function!r} tells no parameters") from error


def _schema(subject: object, where: str) -> Json:
    from pydantic import PydanticUserError, TypeAdapter

    try:
        schema = TypeAdapter(subject).json_schema()
    except (PydanticUserError, NameError, TypeError) as error:
        reason = str(error).partition("\n")[0].partition(". ")[0]
        raise fault(f"{where}.parameters", f"no JSON Schema can be made of {subject!r}: {reason}") from error
    top = {"title", "description"}
    return _without_titles({key: value for key, value in schema.items() if key not in top})


def _without_titles(schema: Json) -> Json:
    """Without the titles that Pydantic makes of names: they tell a model nothing and cost tokens."""
    properties: dict[str, Any] = {
        name: {key: value for key, value in member.items() if key != "title" or value != _title(name)}
        for name, member in cast("dict[str, Json]", schema.get("properties", {})).items()
    }
    return schema | {"properties": properties} if properties else schema


def _title(name: str) -> str:
    return name.replace("_", " ").strip().title()


def _docstring(text: str) -> tuple[str, dict[str, str]]:
    """A docstring's description, and what it says of each parameter."""
    description: list[str] = []
    arguments: dict[str, str] = {}
    section = current = ""
    indent = 0
    for line in text.splitlines():
        bare = line.strip()
        if not line.startswith(" ") and (heading := _SECTION.match(bare)):
            section, current = heading[1].lower(), ""
        elif found := _FIELD.match(bare):
            section, current = ":", found[1]
            arguments[current] = found[2]
        elif bare.startswith(":"):
            section, current = ":", ""
        elif not section:
            description.append(line)
        elif section in _ARGUMENT_SECTIONS or section == ":":
            deep = len(line) - len(line.lstrip())
            found = _ARGUMENT.match(bare) if section != ":" else None
            if found and (not current or deep <= indent):
                current, indent = found[1].lstrip("*"), deep
                arguments[current] = found[2]
            elif bare and current:
                arguments[current] = f"{arguments[current]} {bare}".strip()
    return "\n".join(description).strip(), arguments
