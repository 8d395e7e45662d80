"""Tools that are executed: what the model is told of them, and how functions among them are called."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ArgsKwargs, to_json

from .._utils import Json
from ..errors import InvalidRequestError
from ._call import RAW_ARGUMENTS
from ._functions import describe

__all__ = ["Tool", "ToolOutcome", "ToolSource", "Toolbox", "tool"]

_DIRECTORY = "cwd"


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that is described by hand; `tool` makes it.

    Attributes:
        name: as the model calls it.
        description: what it does, for the model.
        parameters: a Pydantic model, or a JSON Schema of an object.
        execute: the function, sync or async; None for a tool that the caller executes.
    """

    name: str
    description: str
    parameters: type[BaseModel] | Mapping[str, Any]
    execute: Callable[..., Any] | None = None

    def __call__(self, *args: object, **kwargs: object) -> Any:
        """Calls the function: a decorated one goes on working."""
        if self.execute is None:
            raise TypeError(f"the tool {self.name!r} has no function")
        return self.execute(*args, **kwargs)

    @property
    def schema(self) -> Json:
        """The JSON Schema of the parameters."""
        given = self.parameters
        return given.model_json_schema() if isinstance(given, type) else dict(given)

    def arguments(self, given: Mapping[str, object]) -> dict[str, Any]:
        """The function's arguments for the model's.

        Raises:
            ValidationError: they are not what the Pydantic model says.
        """
        if not isinstance(self.parameters, type):
            return dict(given)
        checked = self.parameters.model_validate(dict(given))
        return {name: getattr(checked, name) for name in type(checked).model_fields if name in checked.model_fields_set}


ToolSource = Callable[..., Any] | Mapping[str, Any] | Tool | type[Any]
"""A function, a definition in any known shape, what `tool` makes, or a Pydantic model (which is only described)."""


def tool(
    *,
    name: str,
    description: str = "",
    parameters: type[BaseModel] | Mapping[str, object],
    execute: Callable[..., Any] | None = None,
) -> Any:
    """A tool described by hand, for functions whose annotations and docstring do not say it all.

    Args:
        name: as the model calls it.
        description: what it does, for the model.
        parameters: a Pydantic model, or a JSON Schema of an object.
        execute: the function, sync or async; without it the result decorates one.
    """
    if execute is not None:
        return Tool(name, description, parameters, execute)

    def decorate(function: Callable[..., Any]) -> Tool:
        return Tool(name, description, parameters, function)

    return decorate


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What a call gave back.

    Attributes:
        content: the result as the model sees it.
        is_error: the tool failed, or was not called because its arguments were no good.
    """

    content: str
    is_error: bool = False


class _Call(Protocol):
    """A call, whatever else it holds."""

    @property
    def name(self) -> str: ...

    @property
    def arguments(self) -> Mapping[str, Any]: ...


class Toolbox:
    """The tools by name.

    Args:
        tools: functions and definitions.
        cwd: what functions with a parameter `cwd` are given; the working directory when None.

    Raises:
        InvalidRequestError: something is neither, or two functions have one name.
    """

    def __init__(self, tools: Sequence[ToolSource], cwd: Any = None) -> None:
        self._cwd = Path(cwd) if cwd is not None else Path.cwd()
        self._functions: dict[str, Callable[[Mapping[str, Any]], Any]] = {}
        self.definitions: list[Any] = [self._add(tool, f"tools[{index}]") for index, tool in enumerate(tools)]

    def executes(self, names: Iterable[str]) -> bool:
        """Whether no call is of a tool that is only described."""
        described = {name for name in map(_name_of, self.definitions) if name not in self._functions}
        return described.isdisjoint(names)

    def run(self, name: str, arguments: Mapping[str, object]) -> ToolOutcome:
        """Calls one tool and waits; whatever goes wrong is an outcome, for the model to deal with."""
        if (early := self._refused(name, arguments)) is not None:
            return early
        try:
            result = self._functions[name](arguments)
            return _outcome(_waited(result) if inspect.isawaitable(result) else result)
        except Exception as error:  # noqa: BLE001  # a tool may raise anything, and the model is to hear of it
            return _failure(error)

    async def arun(self, name: str, arguments: Mapping[str, object]) -> ToolOutcome:
        """As `run`; sync functions work in a thread."""
        if (early := self._refused(name, arguments)) is not None:
            return early
        try:
            result = await asyncio.to_thread(self._functions[name], arguments)
            return _outcome(await result if inspect.isawaitable(result) else result)
        except Exception as error:  # noqa: BLE001  # as above
            return _failure(error)

    def run_all(self, calls: Sequence[_Call]) -> list[ToolOutcome]:
        """Calls the tools one after the other."""
        return [self.run(call.name, call.arguments) for call in calls]

    async def arun_all(self, calls: Sequence[_Call]) -> list[ToolOutcome]:
        """Calls the tools at the same time."""
        return list(await asyncio.gather(*(self.arun(call.name, call.arguments) for call in calls)))

    def _refused(self, name: str, arguments: Mapping[str, object]) -> ToolOutcome | None:
        if name not in self._functions:
            return ToolOutcome(f"There is no tool called {name!r}.", is_error=True)
        if RAW_ARGUMENTS in arguments:
            return ToolOutcome("The arguments are no JSON object. Call it again.", is_error=True)
        return None

    def _add(self, source: ToolSource, where: str) -> Any:
        if isinstance(source, Mapping):
            return cast("Mapping[str, Any]", source)
        if isinstance(source, Tool):
            if source.execute is not None:
                self._keep(source.name, _by_hand(source, source.execute), where)
            return _definition(source.name, source.description, source.schema)
        described = describe(source, where)
        if described is None:
            raise InvalidRequestError(f"{where}: neither a function nor a definition", param=where)
        if isinstance(source, type):
            return _definition(described.name, described.description, described.parameters)
        self._keep(described.name, self._checking(source), where)
        return _definition(described.name, described.description, _without(described.parameters, _DIRECTORY))

    def _keep(self, name: str, function: Callable[[Mapping[str, Any]], Any], where: str) -> None:
        if name in self._functions:
            raise InvalidRequestError(f"{where}: a second function is called {name!r}", param=where)
        self._functions[name] = function

    def _checking(self, function: Callable[..., Any]) -> Callable[[Mapping[str, Any]], Any]:
        """The function behind a check of its arguments by its annotations."""
        at = {_DIRECTORY: self._cwd} if _DIRECTORY in inspect.signature(function).parameters else {}

        def call(arguments: Mapping[str, object]) -> Any:
            return TypeAdapter[Any](function).validate_python(ArgsKwargs((), {**arguments, **at}))

        return call


def _by_hand(described: Tool, execute: Callable[..., Any]) -> Callable[[Mapping[str, Any]], Any]:
    return lambda arguments: execute(**described.arguments(arguments))


def _waited(result: Any) -> Any:
    """The result of an async function, for a sync caller: awaited in a loop of its own, in another thread."""

    async def wait() -> Any:
        return await result

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(copy_context().run, asyncio.run, wait()).result()


def _outcome(result: object) -> ToolOutcome:
    return ToolOutcome(result if isinstance(result, str) else to_json(result).decode())


def _failure(error: Exception) -> ToolOutcome:
    if isinstance(error, ValidationError):
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        return ToolOutcome(json.dumps(problems, default=str), is_error=True)
    return ToolOutcome(f"{type(error).__name__}: {error}", is_error=True)


def _definition(name: str, description: str, parameters: Json) -> Json:
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def _without(schema: Json, name: str) -> Json:
    """An object's schema without one of its properties."""
    properties = {key: value for key, value in schema.get("properties", {}).items() if key != name}
    required = [key for key in schema.get("required", ()) if key != name]
    return {**schema, "properties": properties, "required": required}


def _name_of(definition: object) -> str:
    inner = cast("Mapping[str, Any]", definition)
    function = inner.get("function") or inner.get("custom") or inner
    return str(function.get("name", "") if isinstance(function, Mapping) else "")  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]  # a definition of any shape
