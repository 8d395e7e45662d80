"""The quick ways give what the SDK's own ways give: the same objects, and the same bytes on the wire."""

from __future__ import annotations

import copy
import json
from typing import Any

import openai
import pytest
from openai._models import FinalRequestOptions, construct_type
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from azure_connector import AsyncAzureConnector, AzureConnector
from azure_connector._utils import _json as wire
from azure_connector.client import _resource_client as sending
from azure_connector.emulator import Reply
from azure_connector.replies._reader import build_chunk, build_completion
from azure_connector.requests import _posting as posting
from azure_connector.transport import _clients as transport
from azure_connector.transport import _json_request as lane
from azure_connector.transport._async_backend import http_library
from tests.speed.shapes import BROKEN_CHUNKS, BROKEN_COMPLETIONS, COMPLETIONS, RECORDED, STREAMS

HELLO = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hello to Åse 😀"}], "temperature": 0.5}


def declared(model: Any) -> set[str]:
    """The fields that were set; pydantic counts unknown ones among them, the SDK's construction does not."""
    return model.model_fields_set & set(type(model).model_fields)


def same(ours: Any, theirs: Any) -> None:
    assert type(ours) is type(theirs)
    assert ours == theirs
    assert ours.model_dump(warnings=False) == theirs.model_dump(warnings=False)
    sets = {"exclude_unset": True, "warnings": False}
    assert ours.model_dump_json(**sets) == theirs.model_dump_json(**sets)
    assert ours.model_extra == theirs.model_extra
    assert declared(ours) == declared(theirs)
    for mine, other in zip(ours.choices or (), theirs.choices or (), strict=True):
        assert type(mine) is type(other)
        assert mine.model_extra == other.model_extra
        assert declared(mine) == declared(other)


@pytest.mark.parametrize("body", [*(c for s in (*STREAMS.values(), *RECORDED.values()) for c in s), *BROKEN_CHUNKS])
def test_chunks_are_the_sdks_own(body):
    same(build_chunk(copy.deepcopy(body)), construct_type(type_=ChatCompletionChunk, value=copy.deepcopy(body)))


@pytest.mark.parametrize("body", [*COMPLETIONS.values(), *BROKEN_COMPLETIONS])
def test_completions_are_the_sdks_own(body):
    same(build_completion(copy.deepcopy(body)), construct_type(type_=ChatCompletion, value=copy.deepcopy(body)))


async def replies(client: Any, *, times: int = 2, **request: Any) -> list[Any]:
    """Asks as often as the short way needs to begin; the last reply, or its chunks."""
    found: Any = None
    for _ in range(times):
        found = client.chat.completions.create(**HELLO, **request)
        found = await found if isinstance(client, openai.AsyncOpenAI) else found
        if request.get("stream"):
            found = [chunk async for chunk in found] if hasattr(found, "__aiter__") else list(found)
    await client.close() if isinstance(client, openai.AsyncOpenAI) else client.close()
    return found if isinstance(found, list) else [found]


def stock(azure: Any) -> Any:
    return openai.AsyncAzureOpenAI(azure_endpoint=azure.endpoint, api_key=azure.api_key, api_version="2024-10-21")


def without(hook: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes a private hook away, or an optional library."""
    if hook == "_process_response":
        for kind in (sending.Sender, sending.AsyncSender):
            monkeypatch.delattr(kind, "_process_response")
        monkeypatch.setattr(lane.Lane, "of", classmethod(lambda cls, sender: None))
    elif hook == "lane":
        monkeypatch.delattr(openai._base_client.BaseClient, "_make_status_error_from_response")
    elif hook == "posting":
        monkeypatch.setattr(posting, "_names", frozenset())
    elif hook == "jiter":
        monkeypatch.setattr(wire, "_quick", None)
    elif hook == "aiohttp":
        monkeypatch.setattr(transport, "transport_class", lambda: None)


HOOKS = ["none", "_process_response", "lane", "posting", "jiter", "aiohttp"]
KINDS = [AzureConnector, AsyncAzureConnector]


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", STREAMS)
async def test_streams_equal_the_stock_clients(azure, monkeypatch, hook, kind, shape):
    without(hook, monkeypatch)
    azure.script(*(Reply(events=STREAMS[shape]) for _ in range(3)))
    ours = await replies(kind(azure_endpoint=azure.endpoint, api_key=azure.api_key), stream=True)
    theirs = await replies(stock(azure), times=1, stream=True)
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        if shape == "tools":  # a call's opening waits for its arguments, so only the whole is the same
            for choice in (*mine.choices, *other.choices):
                choice.delta.tool_calls = None
        same(mine, other)


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("kind", KINDS)
async def test_streamed_calls_equal_the_stock_clients(azure, monkeypatch, hook, kind):
    without(hook, monkeypatch)
    azure.script(*(Reply(events=STREAMS["tools"]) for _ in range(3)))
    ours = await replies(kind(azure_endpoint=azure.endpoint, api_key=azure.api_key), stream=True)
    theirs = await replies(stock(azure), times=1, stream=True)
    assert gathered(ours) == gathered(theirs) == [["call_1", "function", "f", '{"city": "Oslo"}']]


def gathered(chunks: list[Any]) -> list[list[str]]:
    """Each call's id, type, name and arguments, as its pieces add up."""
    calls: dict[int, list[str]] = {}
    for choice in (choice for chunk in chunks for choice in chunk.choices):
        for call in choice.delta.tool_calls or ():
            parts = (call.id, call.type, call.function.name, call.function.arguments)
            kept = calls.setdefault(call.index, [""] * len(parts))
            calls[call.index] = [have + (part or "") for have, part in zip(kept, parts, strict=True)]
    return list(calls.values())


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", COMPLETIONS)
async def test_completions_equal_the_stock_clients(azure, monkeypatch, hook, kind, shape):
    without(hook, monkeypatch)
    headers = {"x-request-id": "rid-1", "apim-request-id": "rid-1"}
    azure.script(*(Reply(body=COMPLETIONS[shape], headers=headers) for _ in range(3)))
    (ours,) = await replies(kind(azure_endpoint=azure.endpoint, api_key=azure.api_key))
    (theirs,) = await replies(stock(azure), times=1)
    same(ours, theirs)
    assert theirs._request_id == "rid-1"
    if hook != "_process_response":  # without it the SDK hands over no headers
        assert ours._request_id == theirs._request_id


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", [None, "2024-10-21"])
@pytest.mark.parametrize("stream", [False, True])
async def test_the_short_way_sends_the_same_bytes(azure, kind, version, stream):
    more: dict[str, Any] = {
        "extra_headers": {"X-Team": "a", "User-Agent": "mine", "X-Stainless-Lang": openai.omit},
        "extra_query": {"trace": "1"},
        "timeout": 12.5,
    }
    options = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key, "api_version": version}
    given = {name: value for name, value in options.items() if value is not None}
    await replies(kind(**given, default_headers={"X-Default": "d"}), stream=stream, **more)
    first, second = azure.requests
    assert (second.method, second.url, second.raw) == (first.method, first.url, first.raw)
    assert second.headers == first.headers
    assert second.headers["x-team"] == "a"
    assert second.headers["x-default"] == "d"
    assert second.query["trace"] == "1"


def test_the_short_way_is_taken(azure, monkeypatch):
    sent: list[Any] = []
    send = lane.Lane.send
    monkeypatch.setattr(
        lane.Lane, "send", lambda self, request, **how: sent.append(request) or send(self, request, **how)
    )
    with AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        for _ in range(3):
            client.chat.completions.create(**HELLO)
        assert len(sent) == 2, "all but the first request, which tells what headers the SDK has"
        client.chat.completions.with_raw_response.create(**HELLO)
        assert len(sent) == 2, "raw replies are the SDK's to make"


@pytest.mark.parametrize(("logger", "level"), [(http_library().__name__, "INFO"), ("openai", "DEBUG")])
def test_who_reads_a_log_gets_all_of_it(azure, caplog, logger, level):
    with AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        client.chat.completions.create(**HELLO)
        with caplog.at_level(level, logger=logger):
            client.chat.completions.create(**HELLO)
    told = [record.getMessage() for record in caplog.records if record.name.startswith(logger)]
    assert any("HTTP Request: POST" in message for message in told)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"headers": {"X-Team": "a", "X-None": openai.NOT_GIVEN, "X-Omit": openai.omit}},
        {"params": {"trace": "1"}, "timeout": 12.5, "max_retries": 0, "idempotency_key": "k"},
        {"extra_json": {"a": 1}, "post_parser": len, "follow_redirects": False},
        {"timeout": openai.NOT_GIVEN, "security": {"bearer_auth": True}},
    ],
)
@pytest.mark.parametrize("body", [None, {"a": 1, "b": openai.NOT_GIVEN, "c": openai.omit}, [1, 2], object])
def test_request_options_are_the_sdks_own(given, body):
    ours = posting.post_options("/x", body, given)
    theirs = FinalRequestOptions.construct(method="post", url="/x", json_data=body, content=None, files=None, **given)
    assert type(ours) is type(theirs)
    assert {name: repr(value) for name, value in vars(ours).items()} == {n: repr(v) for n, v in vars(theirs).items()}
    assert ours.model_fields_set == theirs.model_fields_set


def test_request_options_are_nobody_elses():
    first = posting.post_options("/x", {"a": 1}, {"params": {"b": "1"}})
    second = posting.post_options("/y", None, {})
    assert (first.url, first.params) == ("/x", {"b": "1"})
    assert (second.url, second.params, second.model_fields_set & {"params"}) == ("/y", {}, set())


def test_what_only_the_sdk_can_tell_is_left_to_it(azure):
    assert posting.post_options("/x", {}, {"speed": 2}) is None
    with (
        AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client,
        pytest.raises(TypeError, match="both `body` and `content`"),
    ):
        client.post("/chat/completions", body=HELLO, content=b"{}", cast_to=ChatCompletion)


def test_values_that_json_does_not_know_are_sent_as_the_sdk_sends_them():
    from datetime import UTC, date, datetime

    import pydantic
    from openai._utils._json import openapi_dumps

    class Point(pydantic.BaseModel):
        x: int
        y: int = 0

    body = {"a": datetime(2026, 1, 2, tzinfo=UTC), "p": Point(x=1), "t": "Åse 😀", "n": [1, 2.5, None, True]}
    assert lane._encode(body).encode() == openapi_dumps(body)
    assert json.loads(lane._encode({"d": date(2026, 1, 2)})) == {"d": "2026-01-02"}
    for refused in ({"x": float("nan")}, {"x": object()}):
        with pytest.raises((ValueError, TypeError)):
            lane._encode(refused)


@pytest.mark.parametrize(
    "text", [b'"\\ud83d"', b"[NaN]", b"12345678901234567890123", b'{"a": 1, "a": 2}', b'"\xc3\xa5"']
)
def test_json_is_read_as_python_reads_it(text):
    assert repr(wire.parse_json(text)) == repr(json.loads(text))


@pytest.mark.parametrize("text", [b"", b"{", b'{"a": }', b"\xff", b"1 2"])
def test_what_is_no_json_is_a_value_error(text):
    with pytest.raises(ValueError):
        wire.parse_json(text)
