"""`query` through a gateway that wants a subscription key, in front of a resource that wants a token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from azure_connector import AsyncAzureConnector, CredentialError, InvalidRequestError, RequestRefusedError
from azure_connector.emulator import Emulator, Reply, faults
from azure_connector.emulator.entra import EntraID
from azure_connector.emulator.gateway import Gateway
from azure_connector.query import (
    AssistantMessage,
    Message,
    QueryConnectionError,
    QueryOptions,
    ResultMessage,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
    query,
)


@pytest.fixture(scope="module")
def entra() -> Iterator[EntraID]:
    with EntraID() as running:
        yield running


@pytest.fixture
def resource(entra: EntraID) -> Iterator[Emulator]:
    with Emulator(entra=entra, keys_disabled=True) as running:
        yield running


@pytest.fixture
def gateway(entra: EntraID, resource: Emulator) -> Iterator[Gateway]:
    with Gateway(resource, verify_bearer=entra.verifier()) as running:
        yield running


@pytest.fixture
def options(entra: EntraID, gateway: Gateway) -> Callable[..., QueryOptions]:
    app = entra.register_app(secret="s3cret")

    def made(**more: Any) -> QueryOptions:
        given: dict[str, Any] = {
            "endpoint": gateway.endpoint,
            "tenant_id": app.tenant_id,
            "client_id": app.client_id,
            "client_secret": "s3cret",
            "apim_subscription_key": gateway.subscription_key,
            "scope": "https://cognitiveservices.azure.com/.default",
            "model": "gpt-5",
            **more,
        }
        local = {"authority_host": entra.authority_host, "disable_instance_discovery": True}
        return QueryOptions(**given, settings={**local, "ca_bundle": str(entra.ca_file), "max_attempts": 2})

    return made


async def collect(prompt: str, options: QueryOptions) -> list[Message]:
    return [message async for message in query(prompt, options)]


def blocks(messages: list[Message], kind: type[Any]) -> list[Any]:
    parts = [part for one in messages if not isinstance(one, ResultMessage) for part in one.content]
    return [part for part in parts if isinstance(part, kind)]


def read_file(path: str, cwd: Path) -> str:
    """Reads a text file."""
    return (cwd / path).read_text()


async def test_text_arrives_in_pieces_and_the_result_has_the_usage(
    options: Callable[..., QueryOptions], gateway: Gateway, resource: Emulator
) -> None:
    messages = await collect("Say hello to Oslo and to Bergen", options(max_tokens=900, temperature=1))
    result = messages[-1]
    assert isinstance(result, ResultMessage)
    pieces = [block.text for block in blocks(messages, TextBlock)]
    assert len(pieces) > 3
    assert "".join(pieces) == result.text == "hello to Oslo and to Bergen"
    assert (result.stop_reason, result.turns, result.deployment) == ("end_turn", 1, "gpt-5")
    assert result.usage.input_tokens > 0
    assert result.usage.total_tokens == result.usage.input_tokens + result.usage.output_tokens
    sent = gateway.requests[-1]
    assert sent.headers["ocp-apim-subscription-key"] == gateway.subscription_key
    assert sent.headers["authorization"].startswith("Bearer ey")
    assert resource.requests.last.body["max_completion_tokens"] == 900


async def test_a_tool_works_in_the_directory_that_the_model_does_not_see(
    options: Callable[..., QueryOptions], resource: Emulator, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("The meeting is at nine.")
    messages = await collect('Read the file at path "notes.txt"', options(tools=[read_file], cwd=tmp_path))
    assert [block.input for block in blocks(messages, ToolUseBlock)] == [{"path": "notes.txt"}]
    results = blocks(messages, ToolResultBlock)
    assert [(block.content, block.is_error) for block in results] == [("The meeting is at nine.", False)]
    assert "The meeting is at nine." in messages[-1].text  # type: ignore[union-attr]  # the result
    told = resource.requests.last.body["tools"][0]["function"]
    assert list(told["parameters"]["properties"]) == ["path"]
    assert messages[-1].turns == 2  # type: ignore[union-attr]  # the result


async def test_a_failing_tool_is_told_to_the_model(options: Callable[..., QueryOptions], tmp_path: Path) -> None:
    messages = await collect('Read the file at path "missing.txt"', options(tools=[read_file], cwd=tmp_path))
    results = blocks(messages, ToolResultBlock)
    assert results[0].is_error
    assert results[0].content.startswith("FileNotFoundError")
    assert messages[-1].stop_reason == "end_turn"  # type: ignore[union-attr]  # the result


async def test_arguments_are_checked_before_the_tool_runs(options: Callable[..., QueryOptions]) -> None:
    called: list[int] = []

    async def dim_lamp(level: int) -> str:
        """Dims the lamp to a level."""
        called.append(level)
        return f"now at {level}"

    messages = await collect("Dim the lamp to level 40", options(tools=[dim_lamp]))
    assert called == [40]
    assert blocks(messages, ToolResultBlock)[0].content == "now at 40"


async def test_cut_off_arguments_are_never_executed(
    options: Callable[..., QueryOptions], resource: Emulator, tmp_path: Path
) -> None:
    call = {
        "index": 0,
        "id": "call_1",
        "type": "function",
        "function": {"name": "read_file", "arguments": '{"path": "/e'},
    }
    chunk = {"id": "c", "created": 1, "model": "gpt-5", "object": "chat.completion.chunk"}
    events = [
        {
            **chunk,
            "choices": [{"index": 0, "delta": {"role": "assistant", "tool_calls": [call]}, "finish_reason": None}],
        },
        {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]},
    ]
    resource.script(Reply(events=events))
    messages = await collect("Read the file", options(tools=[read_file], cwd=tmp_path))
    assert [block.input for block in blocks(messages, ToolUseBlock)] == [{"_raw_arguments": '{"path": "/e'}]
    assert not blocks(messages, ToolResultBlock)
    assert messages[-1].stop_reason == "max_tokens"  # type: ignore[union-attr]  # the result


async def test_a_described_tool_ends_the_query_with_its_call(options: Callable[..., QueryOptions]) -> None:
    weather = {
        "name": "weather",
        "description": "Tells the weather in a city",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
    messages = await collect("How is the weather in Oslo?", options(tools=[weather]))
    assert [(block.name, block.input) for block in blocks(messages, ToolUseBlock)] == [("weather", {"city": "Oslo"})]
    assert not any(isinstance(message, UserMessage) for message in messages)
    assert messages[-1].stop_reason == "tool_use"  # type: ignore[union-attr]  # the result


async def test_the_number_of_requests_is_limited(options: Callable[..., QueryOptions]) -> None:
    def weather(city: str) -> str:
        """Tells the weather in a city."""
        return f"{city}: sunny"

    messages = await collect("How is the weather in Oslo?", options(tools=[weather], max_turns=1))
    assert messages[-1].stop_reason == "max_turns"  # type: ignore[union-attr]  # the result
    assert not blocks(messages, ToolResultBlock)


@pytest.mark.parametrize("kind", ["unreachable", "reset", "unavailable", "broken stream", "hang"])
async def test_connection_errors_are_one_class(
    options: Callable[..., QueryOptions], resource: Emulator, gateway: Gateway, kind: str
) -> None:
    made = options()
    settings = {**made.settings, "max_attempts": 1, "timeout": 0.5 if kind == "hang" else 20}
    if kind == "unreachable":
        made = options(endpoint="http://127.0.0.1:9/my-api")
    elif kind == "broken stream":
        resource.script(faults.reset("during", after=8))
    else:
        fault = {"reset": faults.reset("before"), "unavailable": faults.failure(503), "hang": faults.hang()}[kind]
        resource.script(fault, times=None)
    object.__setattr__(made, "settings", settings)
    messages: list[Message] = []

    async def gather() -> None:
        async for message in query("Say hello to Oslo and to Bergen", made):
            messages.append(message)

    with pytest.raises(QueryConnectionError) as caught:
        await gather()
    assert caught.value.__cause__ is not None
    assert len(caught.value.attempts) == 1
    assert caught.value.partial.text == "".join(block.text for block in blocks(messages, TextBlock))
    assert bool(messages) == (kind == "broken stream")


async def test_other_errors_keep_their_classes(options: Callable[..., QueryOptions], resource: Emulator) -> None:
    resource.script(Reply(400, {"error": {"code": "invalid", "message": "no"}}), times=None)
    with pytest.raises(RequestRefusedError):
        await collect("Hello", options())
    with pytest.raises(CredentialError, match="AADSTS7000215"):
        await collect("Hello", options(client_secret="wrong"))
    with pytest.raises(InvalidRequestError, match=r"tools\[0\]"):
        await collect("Hello", options(tools=[42]))


async def test_a_client_is_used_again_and_left_open(options: Callable[..., QueryOptions], gateway: Gateway) -> None:
    made = options()
    async with AsyncAzureConnector(**made.connector_arguments()) as client:
        for _ in range(2):
            last = [message async for message in query("Say hi", QueryOptions(model="gpt-5"), client=client)][-1]
            assert last.text == "hi"  # type: ignore[union-attr]  # the result
    assert len({sent.headers["authorization"] for sent in gateway.requests}) == 1


def test_no_secret_shows() -> None:
    made = QueryOptions(client_secret="canary-1", apim_subscription_key="canary-2", settings={"api_key": "canary-3"})
    assert "canary" not in repr(made)


async def test_the_sample_prints_the_answer_as_it_comes(
    options: Callable[..., QueryOptions], sample: Callable[[str], ModuleType], tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / "notes.txt").write_text("The meeting is at nine.")
    ask = sample("gateway/ask")
    await ask.main('Read the file at path "notes.txt"', options(tools=[ask.read_file], cwd=tmp_path))
    shown = capsys.readouterr().out
    assert "[read_file {'path': 'notes.txt'}]" in shown
    assert "The meeting is at nine." in shown
    assert "tokens in 2 requests" in shown
    await ask.main("Hello", options(endpoint="http://127.0.0.1:9/my-api"))
    assert "No connection" in capsys.readouterr().out


async def test_a_message_is_typed(options: Callable[..., QueryOptions]) -> None:
    messages = await collect("Say hi", options())
    assert [type(message) for message in messages] == [AssistantMessage, ResultMessage]
