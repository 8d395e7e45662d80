"""`job.stream` over real HTTP: order, overlap, error rows, one exception for what every row would meet."""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import struct

import pyarrow as pa
import pytest

from azure_connector import AsyncAzureConnector
from azure_connector.bulk import Complete, Embed
from azure_connector.emulator import Reply, faults
from azure_connector.errors import ConfigurationError

CHAT = Complete(model="gpt-4o-mini", prompt="Say {text}", max_tokens=20)


def table(number: int, name: str = "text") -> pa.Table:
    return pa.table({name: [f"w{n}" for n in range(number)], "n": list(range(number))})


def run(job, batches, **options) -> list[dict]:
    return [row for batch in job.stream(batches, **options) for row in batch.to_pylist()]


def test_batches_come_out_as_they_went_in(azure):
    batches = table(300).to_batches(37)
    out = list(CHAT.stream(batches, concurrency=16))
    assert [batch.num_rows for batch in out] == [batch.num_rows for batch in batches]
    made = [row for batch in out for row in batch.to_pylist()]
    assert [row["output"] for row in made] == [f"w{n}" for n in range(300)]
    assert all(row["attempts"] == 1 and row["finish_reason"] == "stop" and row["error"] is None for row in made)
    assert all(batch.schema.equals(CHAT.output_schema(batches[0].schema)) for batch in out)
    assert len(azure.requests) == 300
    assert azure.requests.last.body["max_tokens"] == 20


def test_rows_of_several_batches_are_under_way_at_once(azure):
    """The first row hangs; with one batch at a time, the second batch would wait for it."""
    azure.script(faults.slow_first_byte(1.0))
    seen = []

    def batches():
        for batch in table(40).to_batches(10):
            seen.append(len(azure.requests))
            yield batch

    out = run(CHAT, batches(), concurrency=8)
    assert [row["n"] for row in out] == list(range(40))
    assert len(seen) == 4


def test_no_batches_and_empty_batches(azure):
    assert run(CHAT, []) == []
    (out,) = CHAT.stream(table(1).slice(0, 0).to_batches() or [pa.RecordBatch.from_pylist([], table(1).schema)])
    assert out.num_rows == 0
    assert "output" in out.schema.names


def test_what_one_row_did_is_its_error_and_its_text_is_not_in_it(azure):
    secret = "PATIENT-4711"
    refusal = {"error": {"code": "content_filter", "message": f"about {secret}", "param": "prompt", "status": 400}}
    azure.script(Reply(400, refusal))
    long = {"error": {"code": "context_length_exceeded", "message": f"{secret} is long", "param": "messages"}}
    azure.script(Reply(400, long))
    azure.script(Reply(400, {"error": {"code": "BadRequest", "message": f"cannot read {secret}"}}))
    out = run(CHAT, pa.table({"text": [secret] * 3}).to_batches(), concurrency=1)
    assert [row["error_code"] for row in out] == ["content_filter", "context_length", "bad_request"]
    assert not any(secret in row["error"] for row in out)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_every_row_would_meet_is_one_exception_at_once(azure, status):
    code = {401: "401", 403: "403", 404: "DeploymentNotFound"}[status]
    azure.script(Reply(status, {"error": {"code": code, "message": "no"}}), times=None)
    import openai

    with pytest.raises(openai.APIStatusError) as caught:
        run(CHAT, table(500).to_batches(100), concurrency=4)
    assert caught.value.status_code == status
    assert len(azure.requests) <= 12, "the other rows were not asked"


def test_a_parameter_that_the_model_refuses_is_everybodys(azure):
    import openai

    azure.script(
        Reply(400, {"error": {"code": "invalid_value", "param": "temperature", "message": "too hot", "type": "x"}}),
        times=None,
    )
    job = Complete(model="gpt-4o-mini", prompt="{text}", params={"temperature": 9})
    with pytest.raises(openai.BadRequestError):
        run(job, table(50).to_batches(), concurrency=2)


def test_a_model_without_the_operation_is_everybodys(azure):
    import openai

    job = Embed(model="gpt-4o-mini", column="text")
    with pytest.raises(openai.BadRequestError, match="does not work with the specified model"):
        run(job, table(3000).to_batches(), concurrency=1)
    assert len(azure.requests) == 1


def test_a_busy_or_failing_service_is_asked_again_and_then_it_is_an_error_row(azure):
    azure.script(faults.too_many_requests(0.05), faults.failure(503), faults.reset("before"))
    out = run(CHAT, table(4).to_batches(), concurrency=1)
    assert [row["error_code"] for row in out] == [None] * 4
    assert sum(row["attempts"] for row in out) == len(azure.requests) == 7
    azure.clear()
    first, second = table(2).to_batches(1)

    def arriving():
        yield first
        assert azure.requests.wait_for(1)
        azure.script(faults.too_many_requests(0.05), times=None)
        yield second

    out = run(CHAT, arriving())
    assert [row["error_code"] for row in out] == [None, "rate_limited"]
    assert out[1]["attempts"] == len(azure.requests) - 1 == 4, "once, and three times from the end of the queue"


def test_what_a_function_returns_and_is_no_json_is_its_rows_error(azure):
    def prompt(row):
        return [{"role": "user", "content": [{"type": "text", "text": {1, 2} if row["text"] == "w1" else "x"}]}]

    out = run(Complete(model="gpt-4o-mini", prompt=prompt, max_tokens=20), table(3).to_batches())
    assert [row["error_code"] for row in out] == [None, "bad_messages", None]


def test_an_outage_without_end_ends_the_job(azure, monkeypatch):
    import openai

    from azure_connector.bulk import _calls, _pacing

    monkeypatch.setattr(_calls, "_OUTAGE", 3)
    monkeypatch.setattr(_calls, "_OUTAGE_SECONDS", 0.0)
    monkeypatch.setattr(_pacing, "_OUTAGE", 1000)
    azure.script(faults.failure(503), times=None)
    with pytest.raises(openai.InternalServerError):
        run(CHAT, table(50).to_batches(), concurrency=8)
    assert len(azure.requests) < 50


def test_an_endpoint_that_is_not_there_ends_the_job(azure, monkeypatch):
    import openai

    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(openai.APIConnectionError):
        run(CHAT, table(200).to_batches())


def test_no_endpoint_and_columns_that_change_are_refused(azure, monkeypatch):
    monkeypatch.delenv("AZURE_OPENAI_ENDPOINT")
    with pytest.raises(ConfigurationError, match="No Azure OpenAI endpoint"):
        run(CHAT, table(1).to_batches())
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", azure.endpoint)
    with pytest.raises(ConfigurationError, match="different columns"):
        run(CHAT, [*table(1).to_batches(), *pa.table({"text": ["a"]}).to_batches()])


def test_embeddings_are_packed_and_stand_in_arrow_as_they_came(azure):
    job = Embed(model="embed", column="text", dimensions=16)
    values = [f"text {n}" for n in range(300)] + [None]
    (out,) = job.stream(pa.table({"text": values}).to_batches())
    assert len(azure.requests) == 2
    assert azure.requests[0].body["encoding_format"] == "base64"
    from azure_connector.emulator.embeddings import embed

    vector = out.column("embedding").to_pylist()
    assert vector[300] is None
    for n in (0, 255, 256, 299):
        wanted = struct.unpack("16f", struct.pack("16f", *embed(values[n], 16)))
        assert vector[n] == list(wanted)
    assert all(row["input_tokens"] > 0 for row in out.to_pylist()[:300])


def test_one_text_that_spoils_its_pack_is_found_by_halving(azure):
    values = [f"t{n}" for n in range(64)]
    values[41] = "word " * 9000
    out = run(Embed(model="embed", column="text", dimensions=4), pa.table({"text": values}).to_batches())
    assert [row["error_code"] for row in out] == [None if n != 41 else "context_length" for n in range(64)]
    assert all(row["embedding"] is not None for n, row in enumerate(out) if n != 41)
    assert len(azure.requests) <= 2 * 6 + 2


def test_structured_output_reaches_the_wire(azure):
    schema = {
        "type": "object",
        "properties": {"label": {"type": "string", "enum": ["good", "bad"]}},
        "required": ["label"],
        "additionalProperties": False,
    }
    out = run(Complete(model="gpt-4o-mini", prompt="Is {text} good?", schema=schema), table(3).to_batches())
    assert all(json.loads(row["output"])["label"] in ("good", "bad") for row in out)
    assert azure.requests.last.body["response_format"]["json_schema"]["strict"] is True


def test_a_client_of_the_callers_own_is_used(azure):
    client = AsyncAzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key, default_headers={"x-who": "me"})
    run(CHAT, table(2).to_batches(), client=client)
    assert azure.requests.last.headers["x-who"] == "me"


def test_a_stream_that_nobody_reads_on_ends_its_calls(azure):
    azure.latency = 0.2
    stream = CHAT.stream(table(400).to_batches(10), concurrency=4)
    next(stream)
    stream.close()
    asked = len(azure.requests)
    assert not azure.requests.wait_for(asked + 5, timeout=0.6)


def _in_a_process(pickled: bytes, environment: dict[str, str]) -> list[str]:
    os.environ.update(environment)
    job = pickle.loads(pickled)
    return [row["output"] for batch in job.stream(table(3).to_batches()) for row in batch.to_pylist()]


@pytest.mark.parametrize("method", ["spawn", "fork"])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_pickled_job_works_in_a_spawned_and_in_a_forked_process(azure, method):
    """As on Spark, whose workers are forked, and on Ray. The parent has a loop and a connector already."""
    run(CHAT, table(1).to_batches())
    environment = {"AZURE_OPENAI_ENDPOINT": azure.endpoint, "AZURE_OPENAI_API_KEY": azure.api_key}
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.apply(_in_a_process, (pickle.dumps(CHAT), environment)) == ["w0", "w1", "w2"]
