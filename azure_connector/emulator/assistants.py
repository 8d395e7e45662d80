"""Assistants, which the classic form alone has."""

from __future__ import annotations

from typing import Any

from .bodies import prefixed, read_body, strings, update
from .conversation import check_function
from .errors import long_array, missing, operation_not_supported, wrong_choice
from .paging import listed
from .parameters import check_range
from .resource import Resource
from .routes import Handler
from .shelves import Thing
from .values import Json, among, items_of, object_of, text_of
from .vectorstores import store_of
from .wire import Answer, Call

__all__ = ["HANDLERS", "check_resources", "check_settings", "check_tools", "deployment_name"]

TYPES = {
    "model": "a string",
    "name": "a string",
    "description": "a string",
    "instructions": "a string",
    "tools": "an array",
    "tool_resources": "an object",
    "reasoning_effort": "a string",
}
TOOLS = ("code_interpreter", "file_search", "function")
SETTINGS = [
    "name",
    "description",
    "instructions",
    "model",
    "tools",
    "tool_resources",
    "metadata",
    "temperature",
    "top_p",
    "response_format",
]
MOST_TOOLS = 128


def check_tools(body: Json) -> list[Json]:
    """The tools of an assistant or a run.

    Raises:
        Refusal: 400.
    """
    tools = items_of(body.get("tools"))
    if len(tools) > MOST_TOOLS:
        raise long_array("tools", MOST_TOOLS, len(tools))
    for number, tool in enumerate(tools):
        kind = object_of(tool).get("type")
        if kind is None:
            raise missing(f"tools[{number}].type")
        if not among(kind, TOOLS):
            raise wrong_choice(f"tools[{number}].type", kind, TOOLS)
        if kind == "function":
            check_function(f"tools[{number}].function", object_of(object_of(tool).get("function")))
    return tools


def check_settings(body: Json) -> None:
    """Refuse sampling beyond its bounds.

    Raises:
        Refusal: 400.
    """
    check_range("temperature", body.get("temperature"), 0, 2)
    check_range("top_p", body.get("top_p"), 0, 1)


def check_resources(body: Json, resource: Resource) -> None:
    """Refuse files and vector stores that are not there.

    Raises:
        Refusal: 400 or 404.
    """
    given = object_of(body.get("tool_resources"))
    for number, identity in enumerate(strings(object_of(given.get("code_interpreter")).get("file_ids"))):
        resource.file(identity, f"tool_resources.code_interpreter.file_ids[{number}]")
    for number, identity in enumerate(strings(object_of(given.get("file_search")).get("vector_store_ids"))):
        param = f"tool_resources.file_search.vector_store_ids[{number}]"
        store_of(prefixed(identity, "vs_", param), resource, param)


def deployment_name(name: Any, resource: Resource) -> str:
    """A deployment that chats.

    Raises:
        Refusal: 404, there is none; 400, it does something else.
    """
    deployment = resource.deployment(text_of(name))
    if deployment.family.kind != "chat" or not deployment.family.chat:
        raise operation_not_supported("assistants", deployment.base_model)
    return deployment.name


async def create(call: Call, resource: Resource) -> Answer:
    """`POST /assistants`."""
    body = read_body(call, ("model",), TYPES)
    deployment_name(body["model"], resource)
    check_settings(body)
    check_resources(body, resource)
    shown: Json = {
        "id": f"asst_{resource.ids.letters(24)}",
        "object": "assistant",
        "created_at": int(resource.clock()),
        "name": None,
        "description": None,
        "instructions": None,
        "tool_resources": {},
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "response_format": "auto",
    }
    shown |= {name: body[name] for name in SETTINGS if body.get(name) is not None} | {"tools": check_tools(body)}
    return Answer(body=resource.shelves.assistants.keep(Thing(shown, size=2_000 + len(call.raw))).body)


async def list_assistants(call: Call, resource: Resource) -> Answer:
    """`GET /assistants`."""
    return Answer(body=listed(resource.shelves.assistants.bodies(), call))


async def retrieve(call: Call, resource: Resource) -> Answer:
    """`GET /assistants/{id}`."""
    return Answer(body=resource.shelves.assistants.find(call.params["id"]).body)


async def modify(call: Call, resource: Resource) -> Answer:
    """`POST /assistants/{id}`."""
    assistant = resource.shelves.assistants.find(call.params["id"])
    body = read_body(call, (), TYPES)
    if "model" in body:
        deployment_name(body["model"], resource)
    check_settings(body)
    check_resources(body, resource)
    if "tools" in body:
        body["tools"] = check_tools(body)
    return Answer(body=update(assistant.body, body, SETTINGS))


async def delete(call: Call, resource: Resource) -> Answer:
    """`DELETE /assistants/{id}`."""
    return Answer(body=resource.shelves.assistants.remove(call.params["id"], "assistant"))


HANDLERS: dict[str, Handler] = {
    "POST /assistants": create,
    "GET /assistants": list_assistants,
    "GET /assistants/{id}": retrieve,
    "POST /assistants/{id}": modify,
    "DELETE /assistants/{id}": delete,
}
