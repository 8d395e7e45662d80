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
from azure_connector.client import _resource_client
from azure_connector.emulator import Reply
from azure_connector.replies import build_chunk
from azure_connector.replies._reader import build_completion
from azure_connector.requests import _call_options
from azure_connector.transport import _clients as transport
from azure_connector.transport import _json_request, http_library
from tests.speed.shapes import BROKEN_CHUNKS, BROKEN_COMPLETIONS, COMPLETIONS, RECORDED, STREAMS
from tests.support.tables import each_row

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


@each_row("body", [*(c for s in (*STREAMS.values(), *RECORDED.values()) for c in s), *BROKEN_CHUNKS])
def test_chunks_are_the_sdks_own(body):
    same(build_chunk(copy.deepcopy(body)), construct_type(type_=ChatCompletionChunk, value=copy.deepcopy(body)))


@each_row("body", [*COMPLETIONS.values(), *BROKEN_COMPLETIONS])
def test_completions_are_the_sdks_own(body):
    same(build_completion(copy.deepcopy(body)), construct_type(type_=ChatCompletion, value=copy.deepcopy(body)))


async def replies(client: Any, *, times: int = 2, **request: Any) -> list[Any]:
    """Asks more than once, since the headers' template is made by the first request; the last reply, or its chunks."""
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
        for kind in (_resource_client.ResourceClient, _resource_client.AsyncResourceClient):
            monkeypatch.delattr(kind, "_process_response")
    elif hook == "_build_request":
        monkeypatch.delattr(_resource_client._Shared, "_build_request")
    elif hook == "options":
        monkeypatch.setattr(_call_options, "_NAMES", frozenset())
    elif hook == "jiter":
        monkeypatch.setattr(wire, "_quick", None)
    elif hook == "aiohttp":
        monkeypatch.setattr(transport, "transport_class", lambda: None)


HOOKS = ["none", "_process_response", "_build_request", "options", "jiter", "aiohttp"]
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
async def test_our_requests_are_the_sdks_to_the_byte(azure, monkeypatch, kind, version, stream):
    more: dict[str, Any] = {
        "extra_headers": {"X-Team": "a", "User-Agent": "mine", "X-Stainless-Lang": openai.omit},
        "extra_query": {"trace": "1"},
        "timeout": 12.5,
    }
    options = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key, "api_version": version}
    given = {name: value for name, value in options.items() if value is not None}
    await replies(kind(**given, default_headers={"X-Default": "d"}), times=1, stream=stream, **more)
    without("_build_request", monkeypatch)
    await replies(kind(**given, default_headers={"X-Default": "d"}), times=1, stream=stream, **more)
    ours, theirs = azure.requests
    assert (ours.method, ours.url, ours.raw) == (theirs.method, theirs.url, theirs.raw)
    assert ours.headers == theirs.headers
    assert ours.headers["x-team"] == "a"
    assert ours.headers["x-default"] == "d"
    assert ours.query["trace"] == "1"


class TheUsersOwn(openai.DefaultHttpxClient):
    """An HTTP client that a user has derived."""


class BuildsItsOwn(openai.DefaultHttpxClient):
    """One that builds its requests in its own way."""

    def build_request(self, *args: Any, **kwargs: Any) -> Any:
        request = super().build_request(*args, **kwargs)
        request.headers["x-built"] = "by the user"
        return request


@pytest.mark.parametrize("way", ["plain", "raw", "users client", "embeddings", "responses", "logged"])
def test_one_way_to_send_serves_every_json_call(azure, monkeypatch, caplog, way):
    built: list[Any] = []
    build = _json_request.JsonRequestBuilder.build
    monkeypatch.setattr(
        _json_request.JsonRequestBuilder, "build", lambda self, options: built.append(build(self, options)) or built[-1]
    )
    given: dict[str, Any] = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key}
    with TheUsersOwn() as own, AzureConnector(**given, http_client=own if way == "users client" else None) as client:
        if way == "raw":
            client.chat.completions.with_raw_response.create(**HELLO)
        elif way == "embeddings":
            client.embeddings.create(model="text-embedding-3-small", input="x")
        elif way == "responses":
            client.responses.create(model="gpt-4o", input="x")
        elif way == "logged":
            with caplog.at_level("DEBUG", logger="openai"):
                client.chat.completions.create(**HELLO)
            assert "Request options" in caplog.text
        else:
            client.chat.completions.create(**HELLO)
    assert len(built) == 1
    assert built[0] is not None


def test_a_client_that_builds_its_own_requests_is_let(azure):
    given: dict[str, Any] = {"azure_endpoint": azure.endpoint, "api_key": azure.api_key}
    with BuildsItsOwn() as own, AzureConnector(**given, http_client=own) as client:
        client.chat.completions.create(**HELLO)
    assert azure.requests[0].headers["x-built"] == "by the user"


def test_cookies_of_a_reply_come_back_with_the_next_request(azure):
    azure.script(Reply(body=COMPLETIONS["text"], headers={"set-cookie": "affinity=a1; Path=/"}))
    with AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        client.chat.completions.create(**HELLO)
        client.chat.completions.create(**HELLO)
    first, second = azure.requests
    assert "cookie" not in first.headers
    assert second.headers["cookie"] == "affinity=a1"


@pytest.mark.parametrize(("logger", "level"), [(http_library().__name__, "INFO"), ("openai", "DEBUG")])
def test_who_reads_a_log_gets_all_of_it(azure, caplog, logger, level):
    with AzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key) as client:
        client.chat.completions.create(**HELLO)
        with caplog.at_level(level, logger=logger):
            client.chat.completions.create(**HELLO)
    told = [record.getMessage() for record in caplog.records if record.name.startswith(logger)]
    assert any("HTTP Request: POST" in message for message in told)


@each_row(
    "given",
    [
        {},
        {"headers": {"X-Team": "a", "X-None": openai.NOT_GIVEN, "X-Omit": openai.omit}},
        {"params": {"trace": "1"}, "timeout": 12.5, "max_retries": 0, "idempotency_key": "k"},
        {"extra_json": {"a": 1}, "post_parser": len, "follow_redirects": False},
        {"timeout": openai.NOT_GIVEN, "security": {"bearer_auth": True}},
    ],
)
@each_row("body", [None, {"a": 1, "b": openai.NOT_GIVEN, "c": openai.omit}, [1, 2], object])
def test_request_options_are_the_sdks_own(given, body):
    ours = _call_options.post_options("/x", body, given)
    theirs = FinalRequestOptions.construct(method="post", url="/x", json_data=body, content=None, files=None, **given)
    assert type(ours) is type(theirs)
    assert {name: repr(value) for name, value in vars(ours).items()} == {n: repr(v) for n, v in vars(theirs).items()}
    assert ours.model_fields_set == theirs.model_fields_set


def test_request_options_are_nobody_elses():
    first = _call_options.post_options("/x", {"a": 1}, {"params": {"b": "1"}})
    second = _call_options.post_options("/y", None, {})
    assert (first.url, first.params) == ("/x", {"b": "1"})
    assert (second.url, second.params, second.model_fields_set & {"params"}) == ("/y", {}, set())


def test_what_only_the_sdk_can_tell_is_left_to_it(azure):
    assert _call_options.post_options("/x", {}, {"speed": 2}) is None
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
    assert _json_request._encode(body).encode() == openapi_dumps(body)
    assert json.loads(_json_request._encode({"d": date(2026, 1, 2)})) == {"d": "2026-01-02"}
    for refused in ({"x": float("nan")}, {"x": object()}):
        with pytest.raises((ValueError, TypeError)):
            _json_request._encode(refused)


@each_row("text", [b'"\\ud83d"', b"[NaN]", b"12345678901234567890123", b'{"a": 1, "a": 2}', b'"\xc3\xa5"'])
def test_json_is_read_as_python_reads_it(text):
    assert repr(wire.parse_json(text)) == repr(json.loads(text))


@each_row("text", [b"", b"{", b'{"a": }', b"\xff", b"1 2"])
def test_what_is_no_json_is_a_value_error(text):
    with pytest.raises(ValueError):
        wire.parse_json(text)
