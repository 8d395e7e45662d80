"""`query` through a gateway that wants a subscription key, in front of a resource that wants a token."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from azure_connector import AsyncAzureConnector, CredentialError, InvalidRequestError, RequestRefusedError
from azure_connector.emulator import Emulator, Reply, faults
from azure_connector.emulator.entra import EntraID
from azure_connector.emulator.gateway import Gateway
from azure_connector.helpers import aclose_clients, close_clients
from azure_connector.helpers._clients import kept_client
from azure_connector.query import (
    AssistantMessage,
    Message,
    QueryConnectionError,
    QueryOptions,
    QuerySession,
    ResultMessage,
    TextBlock,
    TextDelta,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
    query,
    query_sync,
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
    parts = [part for one in messages if isinstance(one, AssistantMessage | UserMessage) for part in one.content]
    return [part for part in parts if isinstance(part, kind)]


def read_file(path: str, cwd: Path) -> str:
    """Reads a text file."""
    return (cwd / path).read_text()


async def test_text_arrives_in_pieces_and_the_result_has_the_usage(
    options: Callable[..., QueryOptions], gateway: Gateway, resource: Emulator
) -> None:
    asked = options(max_tokens=900, temperature=1, deltas=True, parameters={"verbosity": "low"})
    messages = await collect("Say hello to Oslo and to Bergen", asked)
    *pieces, said, result = messages
    assert isinstance(result, ResultMessage)
    assert {type(piece) for piece in pieces} == {TextDelta}
    assert len(pieces) > 3
    assert "".join(piece.text for piece in pieces) == result.text == "hello to Oslo and to Bergen"  # type: ignore[union-attr]
    assert said == AssistantMessage((TextBlock(result.text),), said.model)  # type: ignore[union-attr]
    assert (result.stop_reason, result.turns, result.deployment) == ("end_turn", 1, "gpt-5")
    assert result.usage.input_tokens > 0
    assert result.usage.total_tokens == result.usage.input_tokens + result.usage.output_tokens
    sent = gateway.requests[-1]
    assert sent.headers["ocp-apim-subscription-key"] == gateway.subscription_key
    assert sent.headers["authorization"].startswith("Bearer ey")
    body = resource.requests.last.body
    assert (body["max_completion_tokens"], body["verbosity"]) == (900, "low")


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
    object.__setattr__(made, "deltas", True)
    messages: list[Message] = []

    async def gather() -> None:
        async for message in query("Say hello to Oslo and to Bergen", made):
            messages.append(message)

    with pytest.raises(QueryConnectionError) as caught:
        await gather()
    assert caught.value.__cause__ is not None
    assert len(caught.value.attempts) == 1
    assert caught.value.partial.text == "".join(message.text for message in messages)  # type: ignore[union-attr]  # deltas
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


WEATHER = {
    "name": "weather",
    "description": "Tells the weather in a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


async def test_client_and_token_are_kept_between_calls_with_the_same_options(
    options: Callable[..., QueryOptions], gateway: Gateway, entra: EntraID, resource: Emulator
) -> None:
    await collect("Say one", options())
    signed_in = len(entra.token_requests)
    client = kept_client(AsyncAzureConnector, options().connector_arguments())
    for _ in range(3):
        await collect("Say two", options())  # made anew, and equal
    assert len(entra.token_requests) == signed_in
    assert kept_client(AsyncAzureConnector, options().connector_arguments()) is client
    await collect("Say three", options(client_secret="s3cret", scope="https://cognitiveservices.azure.com/.default"))
    assert len(entra.token_requests) == signed_in
    with pytest.raises(CredentialError):
        await collect("Say four", options(client_secret="another"))


async def test_a_closed_client_is_replaced(options: Callable[..., QueryOptions], gateway: Gateway) -> None:
    await collect("Say one", options())
    client = kept_client(AsyncAzureConnector, options().connector_arguments())
    await aclose_clients()
    assert client.is_closed()
    assert (await collect("Say two", options()))[-1].text == "two"  # type: ignore[union-attr]  # the result


@pytest.mark.parametrize("way", ["messages", "result", "typed"])
async def test_the_result_of_a_described_tool_goes_back(
    options: Callable[..., QueryOptions], resource: Emulator, way: str
) -> None:
    asked = options(tools=[WEATHER], system_prompt="Be brief.")
    told = await collect("How is the weather in Oslo?", asked)
    (use,) = blocks(told, ToolUseBlock)
    result = told[-1]
    assert isinstance(result, ResultMessage)
    answer = UserMessage((ToolResultBlock(use.id, "Oslo: 21 degrees"),))
    before: dict[str, list[Any]] = {
        "messages": [*result.messages, {"role": "tool", "tool_call_id": use.id, "content": "Oslo: 21 degrees"}],
        "result": [*result.messages, answer],
        "typed": [{"role": "user", "content": "How is the weather in Oslo?"}, *told, answer],
    }
    given = list(before[way])
    last = [message async for message in query(None, asked, messages=given)][-1]
    assert isinstance(last, ResultMessage)
    assert (last.stop_reason, "Oslo: 21 degrees" in last.text) == ("end_turn", True)
    assert given == before[way], "what is given is not changed"
    roles = [message["role"] for message in resource.requests.last.body["messages"]]
    assert roles == ["developer", "user", "assistant", "tool"]


async def test_a_session_goes_on(options: Callable[..., QueryOptions], resource: Emulator) -> None:
    session, asked = QuerySession(), options(tools=[WEATHER], system_prompt="Be brief.")
    told = [message async for message in query("How is the weather in Oslo?", asked, session=session)]
    (use,) = blocks(told, ToolUseBlock)
    session.add_result(use.id, "Oslo: 21 degrees")
    last = [message async for message in query(options=asked, session=session)][-1]
    assert "Oslo: 21 degrees" in last.text  # type: ignore[union-attr]  # the result
    await collect_from(session, "Say thanks", asked)
    assert [message["role"] for message in session.messages] == [
        "user",
        "assistant",
        "tool",
        "assistant",
        "user",
        "assistant",
    ]
    assert [message["role"] for message in resource.requests.last.body["messages"]].count("developer") == 1


async def collect_from(session: QuerySession, prompt: str, options: QueryOptions) -> list[Message]:
    return [message async for message in query(prompt, options, session=session)]


async def test_a_query_that_fails_leaves_its_session_as_it_was(
    options: Callable[..., QueryOptions], resource: Emulator
) -> None:
    session = QuerySession([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}])
    resource.script(Reply(400, {"error": {"code": "invalid", "message": "no"}}))
    with pytest.raises(RequestRefusedError):
        await collect_from(session, "And?", options())
    assert len(session.messages) == 2


@pytest.mark.parametrize(
    "given", [{}, {"messages": []}, {"prompt": ""}, {"messages": [{"role": "user", "content": "x"}], "session": 1}]
)
async def test_a_query_that_asks_nothing_is_refused(options: Callable[..., QueryOptions], given: Any) -> None:
    if "session" in given:
        given = {**given, "session": QuerySession()}
    with pytest.raises(ValueError, match=r"[Pp]ass"):
        [message async for message in query(options=options(), **given)]
    with pytest.raises(ValueError, match=r"[Pp]ass"):
        list(query_sync(options=options(), **given))


def test_the_sync_twin_yields_the_same(
    options: Callable[..., QueryOptions], tmp_path: Path, resource: Emulator
) -> None:
    (tmp_path / "notes.txt").write_text("The meeting is at nine.")
    asked = options(tools=[read_file], cwd=tmp_path, deltas=True)
    prompt = 'Read the file at path "notes.txt"'
    ours, theirs = list(query_sync(prompt, asked)), asyncio.run(collect(prompt, asked))
    close_clients()
    assert [type(message) for message in ours] == [type(message) for message in theirs]
    assert blocks(ours, ToolResultBlock)[0].content == blocks(theirs, ToolResultBlock)[0].content
    assert ours[-1].text == theirs[-1].text  # type: ignore[union-attr]  # the results
    assert ours[-1].usage.total_tokens > 0  # type: ignore[union-attr]


def test_sync_connection_errors_are_the_same_class(options: Callable[..., QueryOptions]) -> None:
    with pytest.raises(QueryConnectionError):
        list(query_sync("Hi", options(endpoint="http://127.0.0.1:9/my-api")))
