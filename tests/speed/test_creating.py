"""`create()` without the SDK's comparison: the same bytes, and everything that only the SDK can tell left to it."""

from __future__ import annotations

import inspect
import json
import pathlib
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import openai
import pydantic
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openai._utils import maybe_transform
from openai.resources.chat import AsyncCompletions, Completions
from openai.resources.responses import AsyncResponses, Responses
from openai.types.chat import ChatCompletionMessage, completion_create_params
from openai.types.responses import response_create_params

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector._utils import plain_copy
from azure_connector.client import _sdk_resources as creating
from tests.fitting.test_against_emulator import TOOLS

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8))
WORDS = st.sampled_from(
    ["role", "content", "type", "text", "function", "name", "id", "image_url", "input", "arguments"]
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)
CHAT_TYPES = (
    completion_create_params.CompletionCreateParamsNonStreaming,
    completion_create_params.CompletionCreateParamsStreaming,
)
RESPONSES_TYPES = (
    response_create_params.ResponseCreateParamsNonStreaming,
    response_create_params.ResponseCreateParamsStreaming,
)
TYPES = CHAT_TYPES + RESPONSES_TYPES
NAMES = {kind: sorted(kind.__annotations__) for kind in TYPES}

HELLO: list[Any] = [{"role": "user", "content": "Say hello to Oslo"}]
CHATS: dict[str, dict[str, Any]] = {
    "plain": {"messages": HELLO},
    "options": {
        "messages": HELLO,
        "extra_headers": {"X-Team": "a", "X-Stainless-Lang": openai.omit},
        "extra_query": {"trace": "1"},
        "extra_body": {"user": "u"},
        "timeout": 12.5,
    },
    "nothing given": {"messages": HELLO, "timeout": openai.NOT_GIVEN, "tools": openai.NOT_GIVEN, "user": openai.omit},
    "nulls": {"messages": HELLO, "extra_headers": None, "extra_query": None, "timeout": None, "stop": None},
    "tools": {"messages": HELLO, "tools": TOOLS, "tool_choice": "auto", "response_format": {"type": "text"}},
    "an iterator": {"messages": iter(HELLO)},
    "a tuple": {"messages": tuple(HELLO)},
    "a model": {"messages": [*HELLO, ChatCompletionMessage(role="assistant", content="Hm."), *HELLO]},
    "omitted inside": {"messages": [{"role": "user", "content": "Hi", "name": openai.NOT_GIVEN}]},
}
RESPONSES: dict[str, dict[str, Any]] = {
    "plain": {"input": "Say hello to Oslo", "reasoning": {"effort": "low"}},
    "items": {"input": HELLO, "instructions": "Be brief.", "extra_headers": {"X-Team": "a"}, "store": False},
    "a tuple": {"input": tuple(HELLO), "text": {"format": {"type": "text"}}},
}
PLAIN = {"plain", "options", "nothing given", "nulls", "tools", "items"}
CALLS = [("chat", name) for name in CHATS] + [("responses", name) for name in RESPONSES]


def bodies(kind: Any) -> Any:
    return st.dictionaries(st.sampled_from(NAMES[kind]), JSON, max_size=5)


@given(st.sampled_from(TYPES).flatmap(lambda kind: st.tuples(st.just(kind), bodies(kind))))
@example((TYPES[0], {"messages": HELLO, "tools": TOOLS}))
def test_the_comparison_leaves_plain_json_as_it_is(case: tuple[Any, dict[str, Any]]) -> None:
    kind, body = case
    assert plain_copy(body) == maybe_transform(body, kind)


def test_a_copy_is_nobody_elses() -> None:
    given: dict[str, Any] = {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]}
    copy = plain_copy(given)
    copy["messages"][0]["content"][0]["text"] = "changed"
    assert given["messages"][0]["content"][0]["text"] == "Hi"


class Point(pydantic.BaseModel):
    x: int = 0


@pytest.mark.parametrize(
    "value", [(1,), {1}, Point(), pathlib.Path("x"), b"x", 1j, openai.NOT_GIVEN, type("S", (str,), {})()]
)
def test_what_is_not_plain_is_left_to_the_sdk(value: Any) -> None:
    with pytest.raises(TypeError):
        plain_copy({"messages": [{"content": value}]})


def arguments_of(door: str, name: str) -> dict[str, Any]:
    given = dict((CHATS if door == "chat" else RESPONSES)[name])
    if name == "an iterator":
        given["messages"] = iter(HELLO)
    return {"model": "gpt-5", **given}


async def ask(kind: Any, azure: Any, door: str, arguments: dict[str, Any], *, stream: bool) -> Any:
    more = {"stream": True} if stream else {}
    client = kind(azure_endpoint=azure.endpoint, api_key=azure.api_key)
    resource = client.responses if door == "responses" else client.chat.completions
    reply = resource.create(**arguments, **more)
    if isinstance(client, AsyncAzureConnector):
        async with client:
            reply = await reply
            return [one async for one in reply] if stream else reply
    with client:
        return list(reply) if stream else reply


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("door", "name"), CALLS, ids=lambda word: word)
@pytest.mark.parametrize("kind", [AzureConnector, AsyncAzureConnector])
async def test_both_ways_send_the_same(azure: Any, kind: Any, door: str, name: str, stream: bool) -> None:
    asked: list[bool] = []
    decide = creating._Operation.post

    def watched(self: Any, create: Any, arguments: Any) -> Any:
        found = decide(self, create, arguments)
        asked.append(found is not None)
        return found

    with patch.object(creating._Operation, "post", watched):
        quick = await ask(kind, azure, door, arguments_of(door, name), stream=stream)
    with patch.object(creating, "_is_the_sdks", lambda create: False):
        slow = await ask(kind, azure, door, arguments_of(door, name), stream=stream)
    assert asked == [name in PLAIN]
    assert type(quick) is type(slow)
    first, second = azure.requests
    assert (first.method, first.url, json.loads(first.raw)) == (second.method, second.url, json.loads(second.raw))
    assert first.headers == second.headers  # the length, too: only the order of words may differ


@pytest.mark.parametrize(
    "wrong", [{"messages": HELLO}, {"model": "gpt-5"}, {"model": "gpt-5", "messages": HELLO, "x": 1}]
)
async def test_wrong_arguments_are_the_sdks_to_refuse(azure: Any, wrong: dict[str, Any]) -> None:
    for kind in (AzureConnector, AsyncAzureConnector):
        with pytest.raises(TypeError, match=r"Missing required|unexpected keyword"):
            await ask(kind, azure, "chat", wrong, stream=False)
    assert len(azure.requests) == 0


@pytest.mark.parametrize(
    ("kind", "door", "owner"),
    [
        (AzureConnector, "chat", Completions),
        (AsyncAzureConnector, "chat", AsyncCompletions),
        (AzureConnector, "responses", Responses),
        (AsyncAzureConnector, "responses", AsyncResponses),
    ],
)
async def test_who_watches_create_sees_every_call(azure: Any, kind: Any, door: str, owner: Any) -> None:
    seen: list[Any] = []
    create: Callable[..., Any] = owner.create

    def watching(self: Any, **arguments: Any) -> Any:
        seen.append(arguments)
        return create(self, **arguments)

    given = arguments_of(door, "plain")
    with patch.object(owner, "create", watching):
        await ask(kind, azure, door, given, stream=False)
    assert seen == [given]


def test_it_looks_like_the_sdks() -> None:
    with AzureConnector(azure_endpoint="https://one.openai.azure.com", api_key="k" * 32) as client:
        assert inspect.signature(client.chat.completions.create) == inspect.signature(Completions(client).create)
        assert inspect.signature(client.responses.create) == inspect.signature(Responses(client).create)
        assert client.chat.completions.create.__doc__ == Completions.create.__doc__
        assert isinstance(client.chat.completions, Completions)
