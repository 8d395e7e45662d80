"""No input kills the emulator, stops it, or gets an answer that is not Azure's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from azure_connector.emulator import Emulator
from azure_connector.emulator.keeping import Newest
from azure_connector.emulator.limits import Limits
from azure_connector.emulator.parsing import parse

from .fuzzing import run
from .fuzzing_doors import run_doors

CHAT = "/openai/v1/chat/completions"
ASK: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Describe Oslo as JSON"}]}


def test_two_hundred_fuzzed_requests() -> None:
    report = run(200, seed=7)
    assert report.faults == []
    assert sum(report.statuses.values()) == 200
    assert report.statuses[200] > 10


def test_the_other_doors() -> None:
    assert run_doors(60, seed=3) == []


def structured(http: httpx.Client, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    named = {"name": "x", "schema": schema}
    body = {**ASK, "response_format": {"type": "json_schema", "json_schema": named}, **more}
    reply = http.post(CHAT, json=body)
    assert reply.status_code == 200, reply.text
    return reply.json()["choices"][0]


SELF = {"$ref": "#"}
ENDLESS: list[dict[str, Any]] = [
    {"type": "object", "properties": {"a": {"type": "string", "minLength": 10**10}}, "required": ["a"]},
    {"type": "object", "properties": {"a": {"type": "array", "minItems": 10**10, "items": {}}}, "required": ["a"]},
    {"type": "array", "minItems": 10**9, "items": {"type": "array", "minItems": 10**9, "items": {"type": "integer"}}},
    {"type": "object", "properties": dict.fromkeys("abcdefghij", SELF), "required": list("abcdefghij")},
    {"type": "array", "minItems": 10**9, "items": {"enum": ["a", "b"]}},
]


@pytest.mark.parametrize("schema", ENDLESS)
def test_a_schemas_numbers_are_bounded_by_the_models_output(http: httpx.Client, schema: dict[str, Any]) -> None:
    choice = structured(http, schema)
    assert choice["finish_reason"] == "length"
    assert len(choice["message"]["content"]) <= 16_384 * 9
    with pytest.raises(json.JSONDecodeError):
        json.loads(choice["message"]["content"])


@pytest.mark.parametrize("schema", ENDLESS[:1] + ENDLESS[3:4])
def test_tools_are_bounded_too(http: httpx.Client, schema: dict[str, Any]) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    choice = http.post(CHAT, json={**ASK, "tools": [tool], "tool_choice": "required"}).json()["choices"][0]
    assert choice["finish_reason"] == "length"
    assert len(choice["message"]["tool_calls"]) == 1


@pytest.mark.parametrize("pattern", ["(", "[", "(a+)+$", "a{99999999}", "(" * 200, "*", "((a{1000}){1000}){1000}"])
def test_patterns_that_are_none_or_never_end(http: httpx.Client, pattern: str) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}, "required": ["a"]}
    messages = [{"role": "user", "content": "a" * 60 + "! json"}]
    assert "a" in json.loads(structured(http, schema, messages=messages)["message"]["content"])


@pytest.mark.parametrize("kind", [["string", "null"], {"a": 1}, [], [[]], 5])
def test_types_that_are_no_words(http: httpx.Client, kind: Any) -> None:
    structured(http, {"anyOf": [{"type": kind}, {"type": "array", "items": {"type": kind}}, SELF]})
    structured(http, {"type": "object", "properties": {"a": {"type": kind}}, "required": ["a"]})
    embedded = {"model": "text-embedding-3-small", "input": "x", "encoding_format": {"a": 1}}
    assert http.post("/openai/v1/embeddings", json=embedded).status_code == 400


def test_loops_of_references_end(http: httpx.Client) -> None:
    for schema in ({"allOf": [SELF, SELF]}, {"anyOf": [SELF, SELF]}, {"$ref": "#/$defs/a", "$defs": {"a": SELF}}):
        structured(http, schema)


@pytest.mark.parametrize(
    "content",
    [
        b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "\\ud83d"}]}',
        b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "x"}], "temperature": NaN}',
        b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "x"}], "temperature": Infinity}',
        b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "x"}], "temperature": 1e999}',
        b"[" * 100_000,
        b'{"messages":' * 100_000,
        b"\xff\xfe{}",
    ],
)
def test_what_no_strict_reader_takes_is_no_json(http: httpx.Client, content: bytes) -> None:
    reply = http.post(CHAT, content=content)
    assert reply.status_code == 400
    assert "could not parse the JSON body" in reply.json()["error"]["message"]
    assert reply.headers["apim-request-id"]


def test_nested_too_deeply_is_refused_and_deep_enough_passes() -> None:
    assert parse("[" * 100 + "]" * 100)
    with pytest.raises(ValueError, match="deep"):
        parse("[" * 129 + "]" * 129)
    assert parse('{"a": "[[[[' + "{" * 500 + '"}') == {"a": "[[[[" + "{" * 500}
    assert isinstance(parse("9" * 40), float)


@pytest.mark.parametrize(
    "text", ["Say " + " " * 100_000 + "x", "[" + " " * 100_000, "A. " * 40_000, "1" * 9_000 + " + 1"]
)
def test_long_texts_do_not_take_for_ever(http: httpx.Client, text: str) -> None:
    reply = http.post(CHAT, json={**ASK, "messages": [{"role": "user", "content": text}], "max_tokens": 50})
    assert reply.status_code == 200


def test_a_batch_file_that_is_not_utf_8(http: httpx.Client) -> None:
    for content in (b"\xff\xfe\x00", b"\xef\xbb\xbf{}"):
        files = {"file": ("a.jsonl", content)}
        sent = http.post("/openai/v1/files", data={"purpose": "batch"}, files=files).json()
        body = {"input_file_id": sent["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        made = http.post("/openai/v1/batches", json=body).json()
        *_, ended = [http.get(f"/openai/v1/batches/{made['id']}").json() for _ in range(2)]
        assert (ended["status"], ended["errors"]["data"][0]["code"]) == ("failed", "invalid_json_line")


@pytest.fixture(scope="module")
def small() -> Iterator[Emulator]:
    limits = Limits(json_bytes=2_000, form_bytes=4_000, seconds=0.2, records=5, stored=3, file_bytes=1_000)
    with Emulator(limits=limits) as azure:
        yield azure


def test_bodies_are_limited_in_size(small: Emulator) -> None:
    with httpx.Client(base_url=small.endpoint, headers={"api-key": small.api_key}) as http:
        refused = http.post(CHAT, json={**ASK, "user": "x" * 5_000})
        assert (refused.status_code, refused.json()["error"]["code"]) == (413, "RequestEntityTooLarge")
        form = http.post("/openai/v1/files", data={"purpose": "batch"}, files={"file": ("a", b"x" * 3_000)})
        assert form.json()["error"]["code"] == "quota_exceeded"
        assert http.post("/openai/v1/files", files={"file": ("a", b"x" * 5_000)}).status_code == 413
        assert http.post(CHAT, json=ASK).status_code == 200


def test_a_body_that_does_not_come_is_a_timeout(small: Emulator) -> None:
    def slow() -> Iterator[bytes]:
        yield b"{"
        assert small.requests.wait_for(1)
        yield b"}"

    small.clear()
    with httpx.Client(base_url=small.endpoint, headers={"api-key": small.api_key}) as http:
        reply = http.post(CHAT, content=slow())
    assert (reply.status_code, reply.json()["error"]["code"]) == (408, "Timeout")


def test_only_the_newest_is_kept(small: Emulator) -> None:
    small.clear()
    with httpx.Client(base_url=small.endpoint, headers={"api-key": small.api_key}) as http:
        made = [http.post("/openai/v1/responses", json={"model": "gpt-4o", "input": "x"}).json() for _ in range(7)]
        found = [http.get(f"/openai/v1/responses/{one['id']}").status_code for one in made]
    assert found == [404] * 4 + [200] * 3
    assert len(small.requests) == 5
    assert small.requests.wait_for(14)
    kept = Newest[int](2)
    for name in "abca":
        kept[name] = 1
    assert list(kept) == ["c", "a"]


def test_what_is_kept_is_bounded_in_bytes_and_parsed_only_when_asked_for() -> None:
    with Emulator(limits=Limits(record_bytes=20_000, stored_bytes=100_000)) as azure:
        with httpx.Client(base_url=azure.endpoint, headers={"api-key": azure.api_key}) as http:
            body = {"model": "gpt-4o", "input": "x" * 4_000}
            made = [http.post("/openai/v1/responses", json=body).json()["id"] for _ in range(10)]
            found = [http.get(f"/openai/v1/responses/{one}").status_code for one in made]
        assert found == [404] * 6 + [200] * 4
        kept = azure.requests.snapshot()
        assert sum(len(one.raw) for one in kept) <= 20_000
        assert not any("body" in vars(one) for one in kept)
        assert next(one for one in kept if one.raw).body == body
    gone: list[int] = []
    weighed = Newest[int](most_bytes=10, weigh=lambda value: value, forget=gone.append)
    for name, value in (("a", 4), ("b", 5), ("a", 6), ("c", 40)):
        weighed[name] = value
    assert (list(weighed), gone) == (["c"], [6, 5])
    weighed.clear()
    for name in "de":
        weighed[name] = 5
    assert (list(weighed), gone) == (["d", "e"], [6, 5, 40])


def test_a_fault_of_its_own_is_an_envelope(azure: Emulator, http: httpx.Client) -> None:
    def broken(token: str) -> None:
        raise ZeroDivisionError(token)

    azure.resource.verify_bearer = broken
    headers = {"api-key": "", "authorization": "Bearer x"}
    with httpx.Client(base_url=azure.endpoint, headers={"authorization": headers["authorization"]}) as other:
        reply = other.get("/openai/v1/models")
    assert (reply.status_code, reply.json()["error"]["code"]) == (500, "InternalServerError")
    assert reply.headers["apim-request-id"]
    assert http.get("/openai/v1/models").status_code == 200
