"""`parse()` and `stream()` take as tools what `create()` takes: the SDK reads their definitions itself."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from azure_connector import AsyncAzureConnector, AzureConnector, errors
from azure_connector.emulator import Emulator


def get_weather(city: str, days: int = 3) -> str:
    """The weather.

    Args:
        city: the city.
    """
    return f"{city} {days}"


class Lookup(BaseModel):
    """Looks a city up."""

    city: str


PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
SHAPES: dict[str, Any] = {
    "function": get_weather,
    "model": Lookup,
    "the SDK's helper": openai.pydantic_function_tool(Lookup),
    "Anthropic's": {"name": "weather.get-now", "input_schema": PARAMETERS},
    "Responses": {"type": "function", "name": "now", "strict": True, "parameters": PARAMETERS},
    "strict": {"type": "function", "function": {"name": "now", "strict": True, "parameters": PARAMETERS}},
}
SAY = "What is the weather in Paris?"
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": SAY}], "tool_choice": "required"}
RESPONSES = {"model": "gpt-4o", "input": SAY, "tool_choice": "required"}


@pytest.fixture(scope="module")
def resource() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def azure(resource: Emulator) -> Emulator:
    resource.clear()
    return resource


def calls_of(reply: Any) -> list[tuple[str, Any]]:
    """The tool calls of a parsed reply of either API: names and parsed arguments."""
    if hasattr(reply, "choices"):
        called = [call.function for call in reply.choices[0].message.tool_calls]
    else:
        called = [item for item in reply.output if item.type == "function_call"]
    return [(one.name, one.parsed_arguments) for one in called]


def ask(client: AzureConnector, tool: Any) -> dict[str, list[tuple[str, Any]]]:
    chat, responses = {**CHAT, "tools": [tool]}, {**RESPONSES, "tools": [tool]}
    with client.chat.completions.stream(**chat) as stream:
        streamed = stream.until_done().get_final_completion()
    with client.responses.stream(**responses) as stream:
        response = stream.until_done().get_final_response()
    replies = {
        "parse": client.chat.completions.parse(**chat),
        "an iterator": client.chat.completions.parse(**{**chat, "tools": iter([tool])}),
        "beta": client.beta.chat.completions.parse(**chat),
        "raw": client.chat.completions.with_raw_response.parse(**chat).parse(),
        "stream": streamed,
        "responses": client.responses.parse(**responses),
        "responses stream": response,
    }
    return {way: calls_of(reply) for way, reply in replies.items()}


async def aask(client: AsyncAzureConnector, tool: Any) -> dict[str, list[tuple[str, Any]]]:
    chat, responses = {**CHAT, "tools": [tool]}, {**RESPONSES, "tools": [tool]}
    async with client.chat.completions.stream(**chat) as stream:
        streamed = await (await stream.until_done()).get_final_completion()
    async with client.responses.stream(**responses) as stream:
        response = await (await stream.until_done()).get_final_response()
    replies = {
        "parse": await client.chat.completions.parse(**chat),
        "beta": await client.beta.chat.completions.parse(**chat),
        "raw": (await client.chat.completions.with_raw_response.parse(**chat)).parse(),
        "stream": streamed,
        "responses": await client.responses.parse(**responses),
        "responses stream": response,
    }
    return {way: calls_of(reply) for way, reply in replies.items()}


async def test_every_shape_by_every_way(azure):
    options = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key}
    with AzureConnector(**options) as client:
        found = {shape: ask(client, tool) for shape, tool in SHAPES.items()}
    async with AsyncAzureConnector(**options) as client:
        found |= {f"{shape}, async": await aask(client, tool) for shape, tool in SHAPES.items()}
    names = {
        "function": "get_weather",
        "Anthropic's": "weather.get-now",
        "model": "Lookup",
        "the SDK's helper": "Lookup",
    }
    for shape, ways in found.items():
        wanted = names.get(shape.removesuffix(", async"), "now")
        for way, calls in ways.items():
            assert [name for name, _ in calls] == [wanted], (shape, way)
            (_, arguments) = calls[0]
            if wanted == "Lookup":
                assert isinstance(arguments, Lookup), (shape, way)
                arguments = arguments.model_dump()
            assert arguments["city"] == "Paris", (shape, way)
    sent = [tool for request in azure.requests for tool in request.body["tools"]]
    assert len(sent) == sum(map(len, found.values()))
    for tool in sent:
        function = tool.get("function", tool)
        assert function["strict"] is True
        assert set(function["parameters"]["required"]) == set(function["parameters"]["properties"])


def free_form(options: dict[str, Any]) -> None:
    """Takes anything."""


@pytest.mark.parametrize("way", ["parse", "stream"])
def test_what_cannot_be_strict_is_refused_unsent(azure, way):
    with AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        for tool, said in {
            free_form: r"tools\[1\]\.parameters\.properties\.options\..*free-form(?s:.*)create\(\) takes all",
            functools.partial(get_weather): r"tools\[1\]\.name: a tool needs a name",
            5: r"tools\[1\]: int is no tool: ",
        }.items():
            for method, options in ((client.chat.completions, CHAT), (client.responses, RESPONSES)):
                with pytest.raises(errors.InvalidRequestError, match=said):
                    getattr(method, way)(**options, tools=[get_weather, tool])
        loose = {"type": "function", "function": {"name": "now", "parameters": PARAMETERS}}
        if way == "parse":  # the SDK says it
            with pytest.raises(ValueError, match="`now` is not strict"):
                client.chat.completions.parse(**CHAT, tools=[loose])
    assert not azure.requests
