"""Rows to requests and replies to results, without a network."""

from __future__ import annotations

import asyncio
import json
import pickle
from types import SimpleNamespace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, field_validator

from azure_connector.bulk import Complete, Embed
from azure_connector.bulk._embedding import EmbedRows, apportion
from azure_connector.bulk._rows import rows_of
from azure_connector.errors import ConfigurationError


def everything(row: int) -> bool:
    return True


def read(job, **columns):
    table = pa.table(columns)
    (batch,) = table.combine_chunks().to_batches()
    rows = rows_of(job)
    rows.check(batch.schema)
    works, results = rows.read_batch(0, batch, everything)
    return rows, works, results


def codes(results) -> dict[int, str]:
    return {result.row: result.error_code for result in results}


def test_a_template_reads_columns_and_braces_stay():
    job = Complete(model="m", prompt="{{json}} {text} of {n:03d} in {city!r}", max_tokens=9)
    _, works, results = read(job, text=["a"], n=[7], city=["Oslo"])
    assert works[0].body == {
        "model": "m",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "{json} a of 007 in 'Oslo'"}],
    }
    assert not results


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("{text.__class__}", "no attributes"),
        ("{text[0]}", "no attributes"),
        ("{}", "names no column"),
        ("{0}", "names no column"),
        ("{text", "is no template"),
        ("{text!z}", "after ! is r, s or a"),
        ("{text:9999999999}", "wider than"),
        ("  ", "is empty"),
        ("{n:{width}}", "inside the format"),
    ],
)
def test_a_template_gets_no_farther_than_a_column(prompt, said):
    with pytest.raises(ConfigurationError, match=said):
        Complete(model="m", prompt=prompt)


def test_cells_that_no_request_can_be_made_of_are_error_rows_without_a_call():
    values = [None, "", "  ", "fine", "é", "x" * 10_485_761]
    _, works, results = read(Complete(model="m", prompt="Say {text}"), text=values)
    assert codes(results) == {0: "null_input", 1: "empty_input", 2: "empty_input", 5: "context_length"}
    assert [work.rows for work in works] == [(3,), (4,)]


def test_numbers_and_dates_are_text_in_a_template_but_lists_and_bytes_are_not():
    import datetime

    for value in (1, 2.5, True, datetime.date(2026, 1, 2)):
        _, works, _ = read(Complete(model="m", prompt="{x}"), x=[value])
        assert works[0].body["messages"][0]["content"] == str(value)
    for value in ([1], b"raw", {"a": 1}):
        _, _, results = read(Complete(model="m", prompt="{x}"), x=[value])
        assert codes(results) == {0: "not_text"}
    _, _, results = read(Complete(model="m", prompt="{x}"), x=pa.array([float("nan")]))
    assert codes(results) == {0: "null_input"}


def test_one_empty_cell_beside_a_full_one_is_no_error():
    _, works, results = read(Complete(model="m", prompt="{title}: {body}"), title=["", "t"], body=["b", None])
    assert [work.rows for work in works] == [(0,)]
    assert codes(results) == {1: "null_input"}


@pytest.mark.parametrize(
    "job", [Complete(model="m", prompt="{txt}"), Complete(model="m", messages="txt"), Embed(model="m", column="txt")]
)
def test_a_column_that_is_not_there_is_named_with_those_that_are(job):
    with pytest.raises(ConfigurationError, match=r"'txt'.*It has: text, id"):
        job.output_schema(pa.schema([("text", pa.string()), ("id", pa.int64())]))


def test_messages_come_as_structs_or_json_and_anything_else_is_an_error_row():
    structs = [[{"role": "user", "content": "a", "name": None}], [], None]
    _, works, results = read(Complete(model="m", messages="chat"), chat=structs)
    assert works[0].body["messages"] == [{"role": "user", "content": "a"}]
    assert codes(results) == {1: "bad_messages", 2: "null_input"}
    texts = [json.dumps([{"role": "user", "content": "a"}]), "no json", "[1]", "{}", '[{"role": "user"}]', ""]
    _, works, results = read(Complete(model="m", messages="chat"), chat=texts)
    assert [work.rows for work in works] == [(0,)]
    assert codes(results) == dict.fromkeys(range(1, 5), "bad_messages") | {5: "empty_input"}


def test_a_function_may_make_the_prompt_and_its_fault_is_the_rows_without_its_words():
    def prompt(row):
        if row["n"] == 1:
            raise ValueError("secret of the row")
        return [{"role": "user", "content": row["text"]}] if row["n"] == 2 else row["text"].upper()

    _, works, results = read(Complete(model="m", prompt=prompt, system="S"), n=[0, 1, 2], text=["a", "b", "c"])
    assert [work.body["messages"][-1]["content"] for work in works] == ["A", "c"]
    assert works[0].body["messages"][0] == {"role": "system", "content": "S"}
    assert codes(results) == {1: "prompt_failed"}
    assert "secret" not in results[0].error


def reply(content, finish_reason="stop", refusal=None):
    message = SimpleNamespace(content=content, refusal=refusal)
    usage = SimpleNamespace(prompt_tokens=3, completion_tokens=2)
    return SimpleNamespace(choices=[SimpleNamespace(message=message, finish_reason=finish_reason)], usage=usage)


class Verdict(BaseModel):
    label: str
    score: int

    @field_validator("score")
    @classmethod
    def check(cls, value: int) -> int:
        if value > 10:
            raise ValueError("too high")
        return value


SCHEMA = {
    "type": "object",
    "properties": {"label": {"type": "string"}, "score": {"type": "integer"}},
    "required": ["label", "score"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "schema",
    [
        SCHEMA,
        Verdict,
        {"name": "v", "schema": SCHEMA},
        {"type": "json_schema", "json_schema": {"name": "v", "schema": SCHEMA}},
    ],
)
@pytest.mark.parametrize(
    ("text", "finish", "output", "code"),
    [
        ('{"label": "a", "score": 1}', "stop", '{"label": "a", "score": 1}', None),
        ("{'label': 'a', 'score': 1,}", "stop", '{"label": "a", "score": 1}', None),
        ('```json\n{"label": "a", "score": 1}\n```', "stop", '{"label": "a", "score": 1}', None),
        ('{"label": "a"}', "stop", '{"label": "a"}', "invalid_json"),
        ("no", "stop", "no", "invalid_json"),
        ('{"label": "a", "sco', "length", '{"label": "a", "sco', "invalid_json"),
    ],
)
def test_an_answer_is_json_of_the_schema_or_an_error_row(schema, text, finish, output, code):
    rows, works, _ = read(Complete(model="m", prompt="{t}", schema=schema), t=["x"])
    wanted = works[0].body["response_format"]
    assert wanted["type"] == "json_schema"
    assert wanted["json_schema"]["strict"] is True
    (result,) = rows.read_reply(works[0], reply(text, finish))
    assert (result.output, result.error_code) == (output, code)


def test_a_pydantic_classes_own_rules_count():
    rows, works, _ = read(Complete(model="m", prompt="{t}", schema=Verdict), t=["x"])
    (result,) = rows.read_reply(works[0], reply('{"label": "a", "score": 11}'))
    assert result.error_code == "invalid_json"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (reply("part", "content_filter"), "content_filter"),
        (reply(None), "no_answer"),
        (reply(None, refusal="no"), "refusal"),
    ],
)
def test_a_200_that_is_no_answer_is_an_error_row(given, code):
    rows, works, _ = read(Complete(model="m", prompt="{t}"), t=["x"])
    (result,) = rows.read_reply(works[0], given)
    assert result.error_code == code
    assert result.input_tokens == 3


def test_texts_are_packed_and_a_pack_can_be_halved():
    values = ["text"] * 300 + [None, "", "last"]
    rows, works, results = read(Embed(model="m", column="t", dimensions=8), t=values)
    assert isinstance(rows, EmbedRows)
    assert [len(work.rows) for work in works] == [256, 45]
    assert codes(results) == {300: "null_input", 301: "empty_input"}
    assert works[1].rows[-1] == 302
    assert works[0].body["encoding_format"] == "base64"
    one, two = works[1].halves()
    assert one.rows + two.rows == works[1].rows
    assert one.body["input"] + two.body["input"] == works[1].body["input"]
    assert one.tokens + two.tokens == pytest.approx(works[1].tokens)


def test_numbers_are_no_text_to_embed():
    _, works, results = read(Embed(model="m", column="t"), t=[1, 2])
    assert not works
    assert codes(results) == {0: "not_text", 1: "not_text"}


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**5), max_size=20))
def test_tokens_are_shared_out_whole(total, sizes):
    shares = apportion(total, sizes)
    assert len(shares) == len(sizes)
    assert all(share >= 0 for share in shares)
    assert sum(shares) == (total if sum(sizes) else 0)


def test_jobs_are_frozen_pickled_and_told_apart():
    job = Complete(model="m", prompt="{t}", schema=SCHEMA, settings={"azure_endpoint": "https://x.openai.azure.com"})
    assert pickle.loads(pickle.dumps(job)) == job
    assert pickle.loads(pickle.dumps(job)).fingerprint == job.fingerprint
    others = [Complete(model="m", prompt="{t} "), Complete(model="n", prompt="{t}"), Embed(model="m", column="t")]
    assert len({job.fingerprint, *(other.fingerprint for other in others)}) == 4
    with pytest.raises(AttributeError):
        job.model = "n"


@pytest.mark.parametrize(
    "settings",
    [
        {"api_key": "k" * 32},
        {"client_secret": "s"},
        {"azure_ad_token": "t"},
        {"redis_url": "redis://:pw@h"},
        {"proxy": "http://u:p@h"},
        {"default_headers": {"api-key": "x"}},
        {"credential": object()},
        {"resources": {"west": {"azure_endpoint": "https://w.openai.azure.com", "api_key": "k" * 32}}},
        {"azure_endpoint": "https://user:w0rd@x.openai.azure.com"},
        {"azure_endpoint": "https://gateway.example/openai?subscription-key=w0rd"},
    ],
)
def test_a_secret_does_not_travel_with_a_job(settings):
    with pytest.raises(ConfigurationError, match="key_vault_secret") as caught:
        Complete(model="m", prompt="{t}", settings=settings)
    assert "k" * 32 not in str(caught.value)
    assert "w0rd" not in str(caught.value)


@pytest.mark.parametrize(
    "params",
    [
        {"extra_headers": {"api-key": "w0rd"}},
        {"extra_query": {"subscription-key": "w0rd"}},
        {"extra_body": {"apiKey": "w0rd"}},
        {"extra_body": {"x-authorization": "Bearer w0rd" + "x" * 8}},
        {"extra_body": {"data_sources": [{"parameters": {"authentication": {"type": "api_key", "key": "w0rd"}}}]}},
        {"metadata": {"client_secret": "w0rd"}},
        {"user": "eyJhbGciOi.eyJzdWIiOi.w0rd"},
        {"tools": [{"type": "mcp", "server_url": "https://me:w0rd@host/x"}]},
    ],
)
def test_a_secret_does_not_travel_with_a_jobs_parameters(params):
    with pytest.raises(ConfigurationError, match="TOML file") as caught:
        Complete(model="m", prompt="{t}", params=params)
    assert "w0rd" not in str(caught.value)


def test_extra_body_is_a_part_of_the_body():
    identity = {"authentication": {"type": "system_assigned_managed_identity"}}
    schema = {"type": "object", "properties": {"api_key": {"type": "string", "description": "api_key: as it stands"}}}
    params = {"prompt_cache_key": "k", "extra_body": {"data_sources": [identity], "tools": [schema]}}
    _, (work,), _ = read(Complete(model="m", prompt="{t}", params=params), t=["x"])
    assert work.body == {
        "model": "m",
        "prompt_cache_key": "k",
        "data_sources": [identity],
        "tools": [schema],
        "messages": [{"role": "user", "content": "x"}],
    }


@pytest.mark.parametrize(
    "arguments",
    [
        {"model": ""},
        {"prompt": "{t}", "messages": "m"},
        {"messages": "m", "system": "s"},
        {"prompt": "{t}", "max_tokens": 0},
        {"prompt": "{t}", "params": {"messages": []}},
        {"prompt": "{t}", "params": {"stream": True}},
        {"prompt": "{t}", "params": {"extra_body": {"messages": []}}},
        {"prompt": "{t}", "params": {"extra_body": "x"}},
        {"prompt": "{t}", "params": {"timeout": 3}},
        {"prompt": "{t}", "params": {"temperature": float("nan")}},
        {"prompt": "{t}", "params": {"max_completion_tokens": 3}, "max_tokens": 3},
        {"prompt": "{t}", "params": {"extra_body": {"response_format": {}}}, "schema": {"type": "object"}},
        {"prompt": "{t}", "schema": {"type": "array"}},
        {"prompt": "{t}", "schema": {"type": "object", "properties": 3}},
        {"prompt": "{t}", "schema": {"type": "object", "properties": {"a": {"$ref": "#/$defs/None"}}}},
        {"prompt": "{t}", "schema": {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:9/a.json"}}}},
        {"prompt": asyncio.sleep},
        {"prompt": "{t}", "settings": {"azure_endpont": "x"}},
        {"system": "s"},
    ],
)
def test_a_job_that_makes_no_sense_is_refused_when_it_is_made(arguments):
    with pytest.raises(ConfigurationError):
        Complete(**{"model": "m", **arguments})


def test_added_columns_never_replace_the_inputs():
    schema = pa.schema([("t", pa.string()), ("output", pa.string())])
    with pytest.raises(ConfigurationError, match="--prefix"):
        Complete(model="m", prompt="{t}").output_schema(schema)
    made = Complete(model="m", prompt="{t}", prefix="new_").output_schema(schema)
    assert made.names[2:4] == ["new_output", "new_finish_reason"]
    assert {str(field.type) for field in made} == {"string", "int64"}, "what every engine takes"
