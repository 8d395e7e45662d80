"""`generate_text` and `stream_text`: whole, streamed, with tools, and what reaches the wire."""

from __future__ import annotations

import asyncio
import inspect
import json
from typing import Any

import openai
import pytest
from openai.resources.chat.completions import Completions
from pydantic import BaseModel, Field

from azure_connector import DeploymentNotFoundError, StreamInterruptedError, helpers
from azure_connector.emulator import Emulator, Reply, faults
from azure_connector.errors import InvalidRequestError
from azure_connector.helpers import GenerationParameters, Step, TextResult, Usage, tool
from tests.helpers.conftest import Run

WEATHER = {
    "name": "weather",
    "description": "Tells the weather in a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def get_weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"{city}: 21 degrees"


async def get_weather_later(city: str) -> str:
    """Tells the weather in a city."""
    await asyncio.sleep(0)
    return f"{city}: 21 degrees"


def test_whole_and_streamed_text_agree(run: Run, azure: Emulator) -> None:
    whole = run("generate_text", "Count to 12")
    pieces, streamed = run("stream_text", "Count to 12")
    assert whole.text == streamed.text == "".join(pieces) == "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12."
    assert len(pieces) > 5
    assert whole.usage == streamed.usage
    assert whole.usage.total_tokens == whole.usage.input_tokens + whole.usage.output_tokens > 0
    assert (whole.finish_reason, whole.info.deployment, streamed.info.deployment) == ("stop", "gpt-5", "gpt-5")
    assert azure.requests.last.body["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("name", ["generate_text", "stream_text"])
@pytest.mark.parametrize("function", [get_weather, get_weather_later], ids=["function", "async function"])
def test_functions_are_run_and_the_model_is_asked_again(run: Run, azure: Emulator, name: str, function: Any) -> None:
    told: list[Step] = []
    found = run(name, "How is the weather in Oslo and in Rome?", tools=[function], on_step=told.append)
    result = found if name == "generate_text" else found[1]
    assert isinstance(result, TextResult)
    assert "Oslo: 21 degrees" in result.text
    assert "Rome: 21 degrees" in result.text
    first, second = result.steps
    assert [(call.name, call.arguments, call.result) for call in first.tool_calls] == [
        (function.__name__, {"city": "Oslo"}, "Oslo: 21 degrees"),
        (function.__name__, {"city": "Rome"}, "Rome: 21 degrees"),
    ]
    assert told == [first, second]
    assert result.usage == Usage(
        first.usage.input_tokens + second.usage.input_tokens, first.usage.output_tokens + second.usage.output_tokens
    )
    assert [message["role"] for message in azure.requests.last.body["messages"]] == [
        "user",
        "assistant",
        "tool",
        "tool",
    ]
    assert [message["role"] for message in result.messages] == ["user", "assistant", "tool", "tool", "assistant"]


@pytest.mark.parametrize("name", ["generate_text", "stream_text"])
def test_the_result_of_a_described_tool_goes_back(run: Run, azure: Emulator, name: str) -> None:
    def ask(*prompt: str, **given: Any) -> Any:
        found = run(name, *prompt, tools=[WEATHER], system="Be brief.", **given)
        return found if name == "generate_text" else found[1]

    first = ask("How is the weather in Oslo?")
    (call,) = first.tool_calls
    assert (first.finish_reason, call.name, call.arguments, call.result) == (
        "tool_calls",
        "weather",
        {"city": "Oslo"},
        None,
    )
    answer = {"role": "tool", "tool_call_id": call.id, "content": "Oslo: 21 degrees"}
    second = run("generate_text", messages=[*first.messages, answer], tools=[WEATHER])
    assert "Oslo: 21 degrees" in second.text
    assert [m["role"] for m in azure.requests.last.body["messages"]] == ["developer", "user", "assistant", "tool"]


class AddParameters(BaseModel):
    a: float = Field(description="first number")
    b: float = Field(default=22, description="second number")


@tool(name="add", description="Adds two numbers.", parameters=AddParameters)
def add(a: float, b: float = 22) -> float:
    return a + b


BY_SCHEMA = tool(
    name="add",
    description="Adds two numbers.",
    parameters={"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "number"}}, "required": ["a"]},
    execute=lambda a, b=22: a + b,
)


@pytest.mark.parametrize("made", [add, BY_SCHEMA], ids=["Pydantic", "JSON Schema"])
def test_tools_described_by_hand(run: Run, azure: Emulator, made: Any) -> None:
    result = run("generate_text", "What is 20 + 22?", tools=[made])
    assert "42" in result.text
    told = azure.requests.last.body["tools"][0]["function"]
    assert (told["name"], told["description"]) == ("add", "Adds two numbers.")
    assert set(told["parameters"]["properties"]) == {"a", "b"}
    assert made(1, 2) == 3


def test_a_tool_that_fails_is_told_to_the_model(run: Run) -> None:
    def get_weather(city: str) -> str:
        """Tells the weather in a city."""
        raise OSError(f"no thermometer in {city}")

    result = run("generate_text", "How is the weather in Oslo?", tools=[get_weather])
    (call,) = result.steps[0].tool_calls
    assert (call.is_error, call.result) == (True, "OSError: no thermometer in Oslo")
    assert result.finish_reason == "stop"


def test_arguments_that_were_cut_off_are_never_run(run: Run, azure: Emulator) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "O'}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    body = {"id": "i", "object": "chat.completion", "created": 1, "model": "gpt-5"}
    azure.script(Reply(body={**body, "choices": [{"index": 0, "finish_reason": "length", "message": message}]}))
    result = run("generate_text", "How is the weather in Oslo?", tools=[get_weather])
    assert (result.finish_reason, len(azure.requests)) == ("length", 1)
    assert result.tool_calls[0].arguments == {"_raw_arguments": '{"city": "O'}


@pytest.mark.parametrize("name", ["generate_text", "stream_text"])
def test_the_number_of_requests_is_limited(run: Run, azure: Emulator, name: str) -> None:
    found = run(name, "How is the weather in Oslo?", tools=[get_weather], max_steps=1)
    result = found if name == "generate_text" else found[1]
    assert (result.finish_reason, len(azure.requests), result.tool_calls[0].result) == ("tool_calls", 1, None)


PARAMETERS: dict[str, Any] = {
    "frequency_penalty": 0.1,
    "logit_bias": {"50256": -100},
    "logprobs": True,
    "max_tokens": 70,
    "metadata": {"a": "b"},
    "parallel_tool_calls": False,
    "presence_penalty": 0.2,
    "prompt_cache_key": "k",
    "safety_identifier": "s",
    "seed": 7,
    "service_tier": "auto",
    "stop": ["END"],
    "store": True,
    "temperature": 0.3,
    "tool_choice": "auto",
    "top_logprobs": 2,
    "top_p": 0.9,
    "user": "u",
}


@pytest.mark.parametrize("name", ["generate_text", "stream_text"])
def test_every_parameter_reaches_the_wire(run: Run, azure: Emulator, name: str) -> None:
    extra = {"extra_headers": {"x-mine": "yes"}, "extra_body": {"seed": 8}, "timeout": 30.0}
    run(name, "Hi", model="gpt-4o", system="Be brief.", tools=[WEATHER], **PARAMETERS, **extra)
    sent = azure.requests.last
    assert {key: sent.body[key] for key in PARAMETERS} == {**PARAMETERS, "seed": 8}
    assert sent.headers["x-mine"] == "yes"
    assert sent.body["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]


def test_reasoning_parameters_reach_the_wire(run: Run, azure: Emulator) -> None:
    run("generate_text", "Hi", model="gpt-5", reasoning_effort="low", verbosity="low", max_completion_tokens=900)
    body = azure.requests.last.body
    assert (body["reasoning_effort"], body["verbosity"], body["max_completion_tokens"]) == ("low", "low", 900)


def test_the_declared_parameters_are_the_sdks() -> None:
    known = set(inspect.signature(Completions.create).parameters)
    own = {"self", "messages", "model", "tools", "n", "stream", "stream_options"}
    older = {"function_call", "functions"}
    declared = set(GenerationParameters.__annotations__)
    assert known - own - older <= declared
    if openai.__version__.startswith("2."):
        assert declared <= known


@pytest.mark.parametrize("name", ["generate_text", "stream_text"])
def test_nothing_asked_is_an_error(run: Run, azure: Emulator, name: str) -> None:
    with pytest.raises(ValueError, match="prompt="):
        run(name)
    with pytest.raises(InvalidRequestError, match=r"tools\[0\]"):
        run(name, "Hi", tools=[42])
    assert len(azure.requests) == 0


def test_errors_keep_their_classes(run: Run, azure: Emulator) -> None:
    with pytest.raises(DeploymentNotFoundError):
        run("generate_text", "Hi", model="none")
    with pytest.raises(DeploymentNotFoundError):
        run("stream_text", "Hi", model="none")


def test_a_stream_that_breaks_has_no_result(azure: Emulator) -> None:
    azure.script(faults.reset("during", after=8))
    stream = helpers.stream_text("Count to 50")
    heard: list[str] = []
    with pytest.raises(StreamInterruptedError):
        heard.extend(stream)
    with pytest.raises(RuntimeError, match="broke"):
        stream.result()


async def test_a_stream_that_is_left_is_closed(azure: Emulator) -> None:
    stream = helpers.stream_text("Count to 50")
    assert next(iter(stream)) == "1"
    stream.close()
    with pytest.raises(RuntimeError, match="left"):
        stream.text()
    later = helpers.astream_text("Count to 50")
    async for _ in later.text_stream:
        break
    await later.aclose()
    with pytest.raises(RuntimeError, match="left"):
        await later.text()


def test_clients_are_kept_and_serve_every_loop(azure: Emulator) -> None:
    async def ask() -> str:
        pieces = [piece async for piece in helpers.astream_text("Say hi")]
        return "".join(pieces) + (await helpers.agenerate_text("Say ho")).text

    assert [asyncio.run(ask()) for _ in range(2)] == ["hiho", "hiho"]
    assert helpers.generate_text("Say hi").text == helpers.stream_text("Say hi").text() == "hi"
    assert azure.requests.connections <= 5  # two a loop at most, as none was under way while another was asked for


def test_messages_are_not_changed(run: Run) -> None:
    given = [{"role": "user", "content": "Say hi"}]
    before = json.dumps(given)
    assert run("generate_text", messages=given).text == "hi"
    assert json.dumps(given) == before
