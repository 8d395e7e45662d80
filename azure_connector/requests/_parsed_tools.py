"""The tools of `parse()` and `stream()`: the SDK reads their definitions itself, before a request is made of them.

It knows two shapes alone and insists on strict functions, whose arguments it parses. So everything else that the
connector takes as a tool becomes one of them first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard, cast

import openai
import pydantic

from .._utils import Json, as_object
from ..deployments import Api
from ..tools import strict_function

__all__ = ["with_readable_tools"]


def with_readable_tools(arguments: dict[str, Any], api: Api) -> dict[str, Any]:
    """The arguments of `parse()` or `stream()` with tools that the SDK can read: the same where it can already.

    Args:
        arguments: as the caller gave them.
        api: whose method it is.

    Raises:
        InvalidRequestError: something is no tool, or no strict function can be made of it.
    """
    tools: object = arguments.get("tools")
    if not isinstance(tools, Iterable) or isinstance(tools, str | bytes | Mapping):
        return arguments
    listed = list(cast("Iterable[object]", tools))
    return {**arguments, "tools": [_readable(tool, api, f"tools[{index}]") for index, tool in enumerate(listed)]}


def _readable(tool: object, api: Api, where: str) -> object:
    if _is_model(tool):
        return openai.pydantic_function_tool(tool)  # its arguments become an object of the class
    return tool if _is_the_sdks(as_object(tool), api) else strict_function(tool, api, where)


def _is_model(tool: object) -> TypeGuard[type[pydantic.BaseModel]]:
    return isinstance(tool, type) and issubclass(tool, pydantic.BaseModel)


def _is_the_sdks(tool: Json, api: Api) -> bool:
    """Whether the SDK reads a definition, or refuses it in its own words."""
    if tool.get("type") != "function":
        return "type" in tool
    inner = tool.get("function")
    # What `pydantic_function_tool` makes is of a class of its own, and fits both APIs.
    return type(inner) is not dict if api == "responses" else inner is not None
