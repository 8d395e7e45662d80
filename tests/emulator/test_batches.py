"""The Batch API: types of deployments, codes, limits, orders, partial results."""

from __future__ import annotations

import json

import openai
import pytest

from azure_connector.emulator import Deployment, Emulator


@pytest.fixture
def azure():
    names = [Deployment("b", "gpt-4o", sku="GlobalBatch"), Deployment("c", "gpt-4o", sku="DataZoneBatch"), "gpt-4o"]
    with Emulator(names, seed=3) as emulator:
        yield emulator


def line(number: int, model: str = "b", url: str = "/chat/completions", identity: str | None = None) -> dict:
    body = {"model": model, "messages": [{"role": "user", "content": f"Say {number}"}]}
    return {"custom_id": identity or f"r{number}", "method": "POST", "url": url, "body": body}


def upload(client: openai.OpenAI, lines: list[dict] | bytes, **more) -> str:
    content = lines if isinstance(lines, bytes) else "\n".join(map(json.dumps, lines)).encode()
    return client.files.create(file=("in.jsonl", content), purpose="batch", **more).id


def create(client: openai.OpenAI, lines, endpoint: str = "/v1/chat/completions"):
    return client.batches.create(input_file_id=upload(client, lines), endpoint=endpoint, completion_window="24h")


def ended(client: openai.OpenAI, identity: str):
    for _ in range(50):
        batch = client.batches.retrieve(identity)
        if batch.status in ("completed", "failed", "expired", "cancelled"):
            return batch
    raise AssertionError(batch.status)


def results(client: openai.OpenAI, identity: str | None) -> list[dict]:
    return [json.loads(text) for text in client.files.content(identity or "").text.splitlines()]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([], "empty_file"),
        (b"\xef\xbb\xbf" + json.dumps(line(1)).encode(), "invalid_json_line"),
        ([line(1, url="/embeddings")], "url_mismatch"),
        ([line(1, model="nope")], "model_not_found"),
        ([line(1), line(2, model="c")], "model_mismatch"),
        ([line(1), line(1)], "duplicate_custom_id"),
        ([line(1, model="gpt-4o")], "invalid_request"),
        ([line(n) for n in range(6)], "too_many_tasks"),
    ],
)
def test_a_file_that_is_wrong_fails_with_its_code(azure, v1, lines, code):
    azure.resource.batch_rules.max_requests = 5
    batch = ended(v1, create(v1, lines).id)
    assert batch.status == "failed"
    assert [one.code for one in batch.errors.data] == [code]


def test_results_come_in_another_order_and_the_error_file_is_empty(azure, v1):
    batch = ended(v1, create(v1, [line(n) for n in range(20)]).id)
    found = [one["custom_id"] for one in results(v1, batch.output_file_id)]
    assert sorted(found) == sorted(f"r{n}" for n in range(20))
    assert found != [f"r{n}" for n in range(20)]
    assert v1.files.content(batch.error_file_id).content == b""


def test_a_batch_that_expires_gives_what_is_done(azure, v1):
    azure.resource.batch_rules.expires_after_lines = 3
    batch = ended(v1, create(v1, [line(n) for n in range(5)]).id)
    assert batch.status == "expired"
    assert len(results(v1, batch.output_file_id)) == 3
    assert [one["error"]["code"] for one in results(v1, batch.error_file_id)] == ["batch_expired"] * 2


def test_a_cancelled_batch_gives_what_is_done(azure, v1):
    azure.resource.batch_rules.lines_per_look = 2
    made = create(v1, [line(n) for n in range(6)])
    for _ in range(3):
        v1.batches.retrieve(made.id)
    assert v1.batches.cancel(made.id).status == "cancelling"
    batch = ended(v1, made.id)
    assert batch.status == "cancelled"
    assert len(results(v1, batch.output_file_id)) == 4
    assert {one["error"]["code"] for one in results(v1, batch.error_file_id)} == {"batch_cancelled"}


@pytest.mark.parametrize("late", [False, True])
def test_enqueued_tokens_are_limited_at_once_or_later(azure, v1, late):
    rules = azure.resource.batch_rules
    rules.enqueued_tokens, rules.late_refusal = 100, late
    raw = v1.batches.with_raw_response.create(
        input_file_id=upload(v1, [line(1), line(2)]), endpoint="/chat/completions", completion_window="24h"
    )
    assert raw.headers["deployment-maximum-enqueued-tokens"] == "100"
    lines = [line(n) for n in range(3, 6)]
    if late:
        batch = ended(v1, create(v1, lines).id)
        assert [one.code for one in batch.errors.data] == ["token_limit_exceeded"]
    else:
        with pytest.raises(openai.BadRequestError, match="token limit") as caught:
            create(v1, lines)
        assert caught.value.code == "token_limit_exceeded"
    ended(v1, raw.parse().id)
    assert ended(v1, create(v1, lines[:2]).id).status == "completed", "room again"


def test_a_large_file_is_a_413_and_files_may_expire(azure, v1):
    azure.resource.batch_rules.max_bytes = 10
    with pytest.raises(openai.APIStatusError) as caught:
        upload(v1, [line(1)])
    assert caught.value.status_code == 413
    azure.resource.batch_rules.max_bytes = 10_000
    azure.resource.batch_rules.max_files = 1
    upload(v1, [line(1)])
    with pytest.raises(openai.BadRequestError):
        upload(v1, [line(1)])
    kept = upload(v1, [line(1)], expires_after={"anchor": "created_at", "seconds": 1_209_600})
    assert v1.files.retrieve(kept).expires_at > 0
    with pytest.raises(openai.BadRequestError):
        upload(v1, [line(1)], expires_after={"anchor": "created_at", "seconds": 60})


def test_embeddings_are_not_taken_unless_a_test_wants_them(azure, v1):
    with pytest.raises(openai.BadRequestError):
        create(v1, [line(1)], "/v1/embeddings")


def test_requests_may_be_checked_each_second(azure):
    import httpx

    now = [1000.0]
    with Emulator([Deployment("d", "gpt-4o", capacity=600, quota_slice=1.0)], clock=lambda: now[0]) as second:
        body = {"model": "d", "messages": [{"role": "user", "content": "hi"}]}
        with httpx.Client(base_url=second.endpoint, headers={"api-key": second.api_key}, trust_env=False) as http:
            found = [http.post("/openai/v1/chat/completions", json=body).status_code for _ in range(12)]
            assert found == [200] * 10 + [429] * 2
            now[0] += 1.0
            assert http.post("/openai/v1/chat/completions", json=body).status_code == 200
