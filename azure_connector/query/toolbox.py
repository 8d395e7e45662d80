"""The tools of a query: what the model is told of them, and how functions among them are called."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ArgsKwargs, to_json

from .._utils import Json
from ..errors import InvalidRequestError
from ..tools import RAW_ARGUMENTS, describe
from .messages import ToolResultBlock, ToolUseBlock
from .options import Tool

__all__ = ["Toolbox"]

_DIRECTORY = "cwd"


class Toolbox:
    """The tools by name.

    Args:
        tools: functions and definitions.
        cwd: what functions with a parameter `cwd` are given; the working directory when None.

    Raises:
        InvalidRequestError: something is neither, or two functions have one name.
    """

    def __init__(self, tools: Sequence[Tool], cwd: Any = None) -> None:
        self._cwd = Path(cwd) if cwd is not None else Path.cwd()
        self._functions: dict[str, Callable[..., Any]] = {}
        self.definitions: list[Any] = [self._add(tool, f"tools[{index}]") for index, tool in enumerate(tools)]

    def executes(self, calls: Sequence[ToolUseBlock]) -> bool:
        """Whether no call is of a tool that is only described."""
        described = {name for name in map(_name_of, self.definitions) if name not in self._functions}
        return not any(call.name in described for call in calls)

    async def run(self, call: ToolUseBlock) -> ToolResultBlock:
        """Calls one tool. Whatever goes wrong is a result, for the model to deal with."""
        function = self._functions.get(call.name)
        if function is None:
            return ToolResultBlock(call.id, f"There is no tool called {call.name!r}.", is_error=True)
        if RAW_ARGUMENTS in call.input:
            return ToolResultBlock(call.id, "The arguments are no JSON object. Call it again.", is_error=True)
        try:
            result = await self._call(function, dict(call.input))
            return ToolResultBlock(call.id, result if isinstance(result, str) else to_json(result).decode())
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            return ToolResultBlock(call.id, json.dumps(problems, default=str), is_error=True)
        except Exception as error:  # noqa: BLE001  # a tool may raise anything, and the model is to hear of it
            return ToolResultBlock(call.id, f"{type(error).__name__}: {error}", is_error=True)

    async def _call(self, function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        if _DIRECTORY in inspect.signature(function).parameters:
            arguments[_DIRECTORY] = self._cwd
        checked = TypeAdapter[Any](function)  # reads the arguments by the annotations, and calls
        given = ArgsKwargs((), arguments)
        if inspect.iscoroutinefunction(function):
            return await checked.validate_python(given)
        return await asyncio.to_thread(checked.validate_python, given)

    def _add(self, tool: Tool, where: str) -> Any:
        if isinstance(tool, Mapping):
            return cast("Mapping[str, Any]", tool)
        described = describe(tool, where)
        if described is None or isinstance(tool, type):
            raise InvalidRequestError(f"{where}: neither a function nor a definition", param=where)
        if described.name in self._functions:
            raise InvalidRequestError(f"{where}: a second function is called {described.name!r}", param=where)
        self._functions[described.name] = tool
        parameters = _without(described.parameters, _DIRECTORY)
        function = {"name": described.name, "description": described.description, "parameters": parameters}
        return {"type": "function", "function": function}


def _without(schema: Json, name: str) -> Json:
    """An object's schema without one of its properties."""
    properties = {key: value for key, value in schema.get("properties", {}).items() if key != name}
    required = [key for key in schema.get("required", ()) if key != name]
    return {**schema, "properties": properties, "required": required}


def _name_of(definition: Any) -> str:
    inner = cast("Mapping[str, Any]", definition)
    function = inner.get("function") or inner.get("custom") or inner
    return str(function.get("name", "") if isinstance(function, Mapping) else "")  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]  # a definition of any shape
