"""The faults of Semantic Kernel's own Azure service, each over HTTP: here they are mended."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import pytest
from azure.core.credentials import AccessToken
from semantic_kernel import Kernel
from semantic_kernel.connectors.ai.function_choice_behavior import FunctionChoiceBehavior
from semantic_kernel.connectors.ai.open_ai import AzureChatPromptExecutionSettings
from semantic_kernel.connectors.ai.open_ai.exceptions.content_filter_ai_exception import (
    ContentFilterAIException,
    ContentFilterResultSeverity,
)
from semantic_kernel.contents import (
    ChatHistory,
    ChatMessageContent,
    FunctionCallContent,
    FunctionResultContent,
    ReasoningContent,
    TextContent,
)
from semantic_kernel.contents.utils.author_role import AuthorRole
from semantic_kernel.contents.utils.finish_reason import FinishReason
from semantic_kernel.exceptions.service_exceptions import ServiceResponseException
from semantic_kernel.functions import kernel_function

from azure_connector import (
    AccessTokenError,
    ContentFilteredError,
    DeploymentNotFoundError,
    QuotaExceededError,
    StreamInterruptedError,
)
from azure_connector.emulator import Emulator, Reply
from sk_azure_plugin import AzureConnectorChatCompletion
from tests.sk.saying import (
    Weather,
    call,
    call_delta,
    chunk,
    completion,
    gathered,
    history,
    stream,
    streamed_call,
    usage_chunk,
    whole,
)

AUTO = AzureChatPromptExecutionSettings(function_choice_behavior=FunctionChoiceBehavior.Auto())
NONE = AzureChatPromptExecutionSettings()
ANSWER = stream(chunk(content="done"), chunk("stop"))


class Desk:
    def __init__(self) -> None:
        self.filed: list[Any] = []

    @kernel_function(name="file")
    def file(self, options: Annotated[dict, "any object"]) -> str:
        self.filed.append(options)
        return "filed"


async def test_1_an_empty_object_survives_a_stream(azure: Emulator, service: Any, kernel: Kernel) -> None:
    desk = Desk()
    kernel.add_plugin(desk, "desk")
    pieces = ['{"options": ', "{}", "}"]
    azure.script(
        stream(
            chunk(role="assistant", tool_calls=[call_delta("", name="desk-file", identity="call_1")]),
            *[chunk(tool_calls=[call_delta(piece)]) for piece in pieces],
            chunk("tool_calls"),
        ),
        ANSWER,
    )
    await gathered(service.get_streaming_chat_message_content(history("File it"), AUTO, kernel=kernel))
    assert desk.filed == [{}]
    assert json.loads(azure.requests.last.body["messages"][1]["tool_calls"][0]["function"]["arguments"]) == {
        "options": {}
    }


@pytest.mark.parametrize("name", ["weather.get_weather", "weather_get_weather"])
@pytest.mark.parametrize("streamed", [False, True])
async def test_2_a_function_called_by_a_near_name_is_found(
    azure: Emulator, service: Any, kernel: Kernel, weather: Weather, name: str, streamed: bool
) -> None:
    if streamed:
        azure.script(streamed_call('{"city": "Oslo"}', name=name), ANSWER)
        await gathered(service.get_streaming_chat_message_content(history("Weather?"), AUTO, kernel=kernel))
    else:
        said = completion("tool_calls", tool_calls=[call('{"city": "Oslo"}', name=name)])
        azure.script(said, completion(content="done"))
        await service.get_chat_message_content(history("Weather?"), AUTO, kernel=kernel)
    assert weather.asked == ["Oslo"]
    assert azure.requests.last.body["messages"][1]["tool_calls"][0]["function"]["name"] == "weather-get_weather"


async def test_3_words_that_sk_does_not_know(azure: Emulator, service: Any) -> None:
    azure.script(completion("end_turn", role=None, content="fine"))
    answer = await service.get_chat_message_content(history("Hi"), NONE)
    assert (str(answer), answer.role, answer.finish_reason) == ("fine", AuthorRole.ASSISTANT, FinishReason.STOP)
    azure.script(stream(chunk(role=None, content="fine"), chunk("end_turn")))
    message = whole(await gathered(service.get_streaming_chat_message_content(history("Hi"), NONE)))
    assert (str(message), message.finish_reason) == ("fine", FinishReason.STOP)
    custom = {"id": "call_1", "type": "custom", "custom": {"name": "shell", "input": "ls"}}
    azure.script(completion("tool_calls", tool_calls=[custom]))
    answer = await service.get_chat_message_content(history("Hi"), NONE)
    (called,) = answer.items
    assert (called.name, called.parse_arguments()) == ("shell", {"input": "ls"})
    pieces: list[dict[str, Any]] = [{"index": 0, "custom": {"input": " -a"}}]
    azure.script(stream(chunk(tool_calls=[custom | {"index": 0}]), chunk(tool_calls=pieces), chunk("tool_calls")))
    (called,) = whole(await gathered(service.get_streaming_chat_message_content(history("Hi"), NONE))).items
    assert (called.name, called.arguments) == ("shell", "ls -a")


@pytest.mark.parametrize(
    "ending",
    [
        stream(chunk(content="half"), {"error": {"message": "out", "type": "server_error"}}, usage=False, done=False),
        stream(chunk(content="half"), usage=False, done=False),
    ],
    ids=["error", "cut"],
)
async def test_4_errors_in_the_middle_are_sk_exceptions(azure: Emulator, service: Any, ending: Reply) -> None:
    azure.script(ending)
    heard: list[str] = []

    async def listen() -> None:
        async for part in service.get_streaming_chat_message_content(history("Hi"), NONE):
            heard.append(str(part))

    with pytest.raises(ServiceResponseException) as caught:
        await listen()
    assert "".join(heard) == "half"
    cause = caught.value.__cause__
    assert isinstance(cause, StreamInterruptedError)
    assert cause.partial.text == "half"
    assert cause.hint in str(caught.value)


async def test_4_a_stream_left_early_is_closed(azure: Emulator, service: Any) -> None:
    closed: list[bool] = []
    made = service.client.chat.completions.create

    async def watched(**arguments: Any) -> Any:
        stream = await made(**arguments)
        close = stream.close

        async def noted() -> None:
            closed.append(True)
            await close()

        stream.close = noted
        return stream

    service.client.chat.completions.create = watched
    azure.script(stream(*[chunk(content=f"{n} ") for n in range(50)], chunk("stop")))
    async for _ in service.get_streaming_chat_message_content(history("Hi"), NONE):
        break
    for _ in range(60):  # each generator in the chain is closed in a turn of its own
        await asyncio.sleep(0)
    assert closed
    del service.client.chat.completions.create


@pytest.mark.parametrize(
    "verdicts",
    [
        {"hate": {"filtered": True, "severity": "extreme"}, "custom_blocklists": [{"id": "mine", "filtered": True}]},
        {"custom_blocklists": {"filtered": True, "details": [{"id": "mine", "filtered": True}]}},
        None,
        [],
    ],
    ids=["list and severity", "details", "nothing", "no object"],
)
@pytest.mark.parametrize("key", ["innererror", "inner_error"])
async def test_5_the_content_filter_exception_never_crashes(
    azure: Emulator, service: Any, verdicts: Any, key: str
) -> None:
    inner = {"code": "ANewPolicy", "content_filter_result": verdicts}
    error = {"message": "filtered", "type": None, "param": "prompt", "code": "content_filter", key: inner}
    azure.script(Reply(400, body={"error": error}))
    with pytest.raises(ContentFilterAIException) as caught:
        await service.get_chat_message_content(history("Hi"), NONE)
    assert isinstance(caught.value.__cause__, ContentFilteredError)
    assert repr(caught.value)
    assert isinstance(caught.value.content_filter_result, dict)
    if verdicts and "hate" in verdicts:
        assert caught.value.content_filter_result["hate"].severity is ContentFilterResultSeverity.HIGH
        assert caught.value.content_filter_result["custom_blocklists"].filtered


async def test_6_text_beside_tool_calls_and_two_results_in_one_message(azure: Emulator, service: Any) -> None:
    asked = history("Weather?")
    calls = [FunctionCallContent(id=f"call_{n}", name="weather-get_weather", arguments="{}") for n in range(2)]
    asked.add_message(ChatMessageContent(role=AuthorRole.ASSISTANT, items=[TextContent(text="Let me look."), *calls]))
    results = [FunctionResultContent(id=f"call_{n}", name="weather-get_weather", result=f"r{n}") for n in range(2)]
    asked.add_message(ChatMessageContent(role=AuthorRole.TOOL, items=results))
    await service.get_chat_message_content(asked, NONE)
    _, assistant, *tools = azure.requests.last.body["messages"]
    assert assistant["content"] == "Let me look."
    assert len(assistant["tool_calls"]) == 2
    assert tools == [
        {"role": "tool", "tool_call_id": "call_0", "content": "r0"},
        {"role": "tool", "tool_call_id": "call_1", "content": "r1"},
    ]


async def test_6_an_answer_over_own_data_can_be_replayed(azure: Emulator, service: Any) -> None:
    context = {"citations": [{"content": "cited"}], "intent": "query"}
    azure.script(completion(content="From the data.", context=context))
    asked = history("Hi")
    asked.add_message(await service.get_chat_message_content(asked, NONE))
    asked.add_user_message("And?")
    await service.get_chat_message_content(asked, NONE)
    roles = [message["role"] for message in azure.requests.last.body["messages"]]
    assert roles == ["user", "assistant", "tool", "assistant", "user"]
    assert azure.requests.last.body["messages"][3]["content"] == "From the data."


@pytest.mark.parametrize("streamed", [False, True])
async def test_8_reasoning_is_heard_and_not_sent_back(azure: Emulator, service: Any, streamed: bool) -> None:
    asked = history("Hi")
    if streamed:
        azure.script(
            stream(
                chunk(role=None, reasoning_content="We "),
                chunk(role=None, reasoning_content="think."),
                chunk(content="Hello"),
                chunk("stop"),
            )
        )
        answer: Any = whole(await gathered(service.get_streaming_chat_message_content(asked, NONE)))
    else:
        azure.script(completion(content="Hello", reasoning_content="We think."))
        answer = await service.get_chat_message_content(asked, NONE)
    (thought,) = [item for item in answer.items if isinstance(item, ReasoningContent)]
    assert (thought.text, str(answer)) == ("We think.", "Hello")
    asked.add_message(answer)
    asked.add_user_message("And?")
    await service.get_chat_message_content(asked, NONE)
    assert azure.requests.last.body["messages"][1] == {"role": "assistant", "content": "Hello"}
    assert ChatHistory.restore_chat_history(asked.serialize()).messages[1].items


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_8_credentials_of_both_kinds_are_asked_anew_when_their_token_ends(
    azure: Emulator, asynchronous: bool
) -> None:
    fetched: list[str] = []

    class Sync:
        def get_token(self, *scopes: str, **_: Any) -> AccessToken:
            fetched.append(scopes[0])
            return AccessToken(azure.bearer_token, 0)  # expired at once

    class Async:
        async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
            return Sync().get_token(*scopes)

        async def close(self) -> None:
            """Nothing is open."""

    service = AzureConnectorChatCompletion(
        deployment_name="gpt-4o",
        endpoint=azure.endpoint,
        credential=Async() if asynchronous else Sync(),
        token_endpoint="https://cognitiveservices.azure.com",
    )
    assert fetched == []
    for _ in range(2):
        assert await service.get_chat_message_content(history("Say hello"), NONE)
    assert fetched == ["https://cognitiveservices.azure.com/.default"] * 2
    await service.client.close()


# Errors and metadata.


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (Reply(404, body={"error": {"code": "DeploymentNotFound", "message": "none"}}), DeploymentNotFoundError),
        (Reply(401, body={"error": {"code": "401", "message": "denied"}}), AccessTokenError),
        (
            Reply(429, body={"error": {"code": "429", "message": "slow"}}, headers={"retry-after": "999"}),
            QuotaExceededError,
        ),
    ],
    ids=["404", "401", "429"],
)
@pytest.mark.parametrize("streamed", [False, True])
async def test_errors_are_sk_exceptions_with_cause_and_hint(
    azure: Emulator, reply: Reply, cause: type[Any], streamed: bool
) -> None:
    service = AzureConnectorChatCompletion(
        model="gpt-4o", endpoint=azure.endpoint, api_key=azure.api_key, max_attempts=1
    )
    azure.script(reply, reply)

    async def ask() -> None:
        if streamed:
            await gathered(service.get_streaming_chat_message_content(history("Hi"), NONE))
        else:
            await service.get_chat_message_content(history("Hi"), NONE)

    with pytest.raises(ServiceResponseException, match="service failed to complete the prompt") as caught:
        await ask()
    error = caught.value.__cause__
    assert isinstance(error, cause)
    assert error.hint
    assert error.hint in str(caught.value)
    assert azure.api_key not in str(caught.value)
    await service.client.close()


@pytest.mark.parametrize("streamed", [False, True])
async def test_metadata_tell_deployment_attempts_and_verdicts(azure: Emulator, streamed: bool) -> None:
    service = AzureConnectorChatCompletion(
        model="gpt-5", endpoint=azure.endpoint, api_key=azure.api_key, deployment_mapping={"gpt-5": "gpt-4o"}
    )
    azure.script(Reply(503, body={"error": {"code": "503", "message": "busy"}}, headers={"retry-after-ms": "1"}))
    if streamed:
        answer: Any = whole(await gathered(service.get_streaming_chat_message_content(history("Say yes"), NONE)))
    else:
        answer = await service.get_chat_message_content(history("Say yes"), NONE)
    told = answer.metadata
    assert (told["deployment"], told["resource"], told["region"]) == ("gpt-4o", "default", "Sweden Central")
    assert told["served_model"].startswith("gpt-4o")
    assert [attempt["status"] for attempt in told["attempts"]] == [503, 200]
    assert told["prompt_filter_results"]["hate"] == {"filtered": False, "severity": "safe"}
    assert told["content_filter_results"]["violence"]["filtered"] is False
    assert told["filtered"] is False
    kept = ChatHistory(messages=[answer]).serialize()
    assert json.loads(kept)["messages"][0]["metadata"]["deployment"] == "gpt-4o"
    await service.client.close()


@pytest.mark.parametrize("order", [[2, 3], [3, 2]], ids=["before the usage", "after the usage"])
async def test_a_late_verdict_is_in_the_metadata(azure: Emulator, service: Any, order: list[int]) -> None:
    late = {"content_filter_results": {"hate": {"filtered": True, "severity": "high"}}}
    verdict = chunk("content_filter", choice=late)
    del verdict["choices"][0]["delta"]
    events = [chunk(content="bad"), chunk("stop"), verdict | {"id": "", "model": ""}, usage_chunk()]
    azure.script(Reply(events=[events[number] for number in (0, 1, *order)]))
    message = whole(await gathered(service.get_streaming_chat_message_content(history("Hi"), NONE)))
    assert message.metadata["filtered"] is True
    assert message.metadata["content_filter_results"]["hate"]["severity"] == "high"
    assert message.metadata["usage"].prompt_tokens == 10


async def test_an_answer_cut_by_the_filter(azure: Emulator, service: Any) -> None:
    azure.script(completion("content_filter", choice={"content_filter_results": {"hate": {"filtered": True}}}))
    answer = await service.get_chat_message_content(history("Hi"), NONE)
    assert answer.finish_reason is FinishReason.CONTENT_FILTER
    assert answer.metadata["filtered"] is True
