"""The same job over the Batch API, against the emulator's: cut, submitted, resumed after a crash at every step."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from azure_connector.bulk import Complete, Embed, run
from azure_connector.bulk import _azure_batch as batches
from azure_connector.bulk._batch_files import Cut, cut
from azure_connector.bulk._work import Work
from azure_connector.emulator import Deployment, Emulator, faults
from azure_connector.errors import ConfigurationError

from .conftest import parquet, rows
from .test_run import batch_lines, read

CHAT = Complete(model="gpt-4o-mini-batch", prompt="Say {text}", max_tokens=20)
OPTIONS = {"progress": False, "batch": True, "poll": 0.02}


@pytest.fixture
def azure(monkeypatch):
    from azure_connector.bulk import _runtime

    names = [
        Deployment("gpt-4o-mini-batch", "gpt-4o-mini", sku="GlobalBatch"),
        Deployment("other-batch", "gpt-4o", sku="DataZoneBatch"),
        Deployment("gpt-4o-mini", capacity=10**6, requests_per_minute=10**7),
        Deployment("embed-batch", "text-embedding-3-small"),
    ]
    with Emulator(names) as emulator:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", emulator.endpoint)
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", emulator.api_key)
        yield emulator
        _runtime.runtime().forget()


@pytest.fixture
def small(monkeypatch):
    """Parts of ten lines."""
    monkeypatch.setattr(
        batches, "cut", lambda works, of, prefix, **more: cut(works, of, prefix, **{"max_lines": 10, **more})
    )


def words(number: int) -> list[str]:
    return [f"w{n}" for n in range(number)]


def table(number: int) -> Path:
    return parquet(Path("in.parquet"), text=words(number))


def created(azure: Emulator) -> list[dict]:
    return [
        request.body
        for request in azure.requests
        if (request.method, request.operation) == ("POST", "/batches") and request.status == 201
    ]


def inputs(azure: Emulator) -> list:
    return [file for file in azure.resource.files.values() if file.purpose == "batch"]


def test_a_table_goes_through_batches_and_nothing_is_left_behind(azure, small):
    summary = run(
        CHAT, parquet(Path("in.parquet"), text=[*words(25), None]), "out.parquet", price=(1.0, 2.0), **OPTIONS
    )
    made = rows(Path("out.parquet"))
    assert [row["output"] for row in made] == [*words(25), None]
    assert made[25]["error_code"] == "null_input"
    assert len(created(azure)) == 3
    assert not inputs(azure), "inputs are deleted"
    assert summary.cost == pytest.approx((summary.input_tokens + 2 * summary.output_tokens) / 2e6), "half the price"
    assert created(azure)[0]["endpoint"] == "/chat/completions"
    assert created(azure)[0]["output_expires_after"]["seconds"] >= 1_209_600


def test_structured_output_and_the_same_lines_as_at_once(azure, small):
    source = batch_lines(Path("in.jsonl"), 12)
    run(Complete(model="gpt-4o-mini-batch"), source, "out.jsonl", **OPTIONS)
    run(Complete(model="gpt-4o-mini"), source, "now.jsonl", progress=False)
    batch, now = read(Path("out.jsonl")), read(Path("now.jsonl"))
    assert (
        [line["custom_id"] for line in batch] == [line["custom_id"] for line in now] == [f"id-{n}" for n in range(12)]
    )
    for one, other in zip(batch, now, strict=True):
        assert one.keys() == other.keys()
        assert one["response"].keys() == other["response"].keys()
        said = [line["response"]["body"]["choices"][0]["message"]["content"] for line in (one, other)]
        assert said[0] == said[1]


def test_a_file_has_one_deployment_and_models_are_mapped_by_line(azure, monkeypatch):
    mapping = {"small": "gpt-4o-mini-batch", "large": "other-batch"}
    monkeypatch.setenv("AZURE_OPENAI_DEPLOYMENT_MAPPING", json.dumps(mapping))
    lines = [
        {
            "custom_id": f"i{n}",
            "body": {"model": ("small", "large")[n % 2], "messages": [{"role": "user", "content": f"Say {n}"}]},
        }
        for n in range(8)
    ]
    Path("in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    run(Complete(model="small"), "in.jsonl", "out.jsonl", **OPTIONS)
    made = read(Path("out.jsonl"))
    assert [line["response"]["body"]["choices"][0]["message"]["content"] for line in made] == [str(n) for n in range(8)]
    assert len(created(azure)) == 2


def test_failed_lines_that_may_pass_are_tried_again_and_the_others_are_error_rows(azure, small):
    tries: Counter[str] = Counter()

    def status(identity: str) -> int | None:
        tries[identity] += 1
        return {"r3": 400, "r5": 500, "r7": 503 if tries["r7"] < 2 else None}.get(identity)

    azure.resource.batch_rules.line_status = status
    summary = run(CHAT, table(12), "out.parquet", **OPTIONS)
    made = rows(Path("out.parquet"))
    assert {n: row["error_code"] for n, row in enumerate(made) if row["error_code"]} == {
        3: "bad_request",
        5: "unavailable",
    }
    assert made[7]["output"] == "w7"
    assert (tries["r3"], tries["r5"], tries["r7"], tries["r0"]) == (1, 3, 2, 1)
    assert summary.failed == 2


def test_expired_batches_are_submitted_again_for_what_is_missing(azure, small):
    azure.resource.batch_rules.expires_after_lines = 6
    run(CHAT, table(15), "out.parquet", **OPTIONS)
    assert [row["output"] for row in rows(Path("out.parquet"))] == words(15)


def test_a_batch_that_somebody_cancelled_leaves_error_rows(azure):
    source = table(30)
    azure.resource.batch_rules.lines_per_look = 10
    summary = run(CHAT, source, "out.parquet", detach=True, **OPTIONS)
    assert not summary.finished
    (identity,) = azure.resource.batches
    import httpx

    headers = {"api-key": azure.api_key}
    with httpx.Client(base_url=azure.endpoint, headers=headers, trust_env=False) as http:
        for _ in range(3):
            http.get(f"/openai/v1/batches/{identity}")
        http.post(f"/openai/v1/batches/{identity}/cancel")
    summary = run(CHAT, source, "out.parquet", **OPTIONS)
    assert summary.errors == {"batch_cancelled": 10}
    azure.resource.batch_rules.lines_per_look = 1000
    assert run(CHAT, source, "out.parquet", retry_errors=True, **OPTIONS).failed == 0
    assert [row["output"] for row in rows(Path("out.parquet"))] == words(30)


@pytest.mark.parametrize("late", [False, True])
def test_enqueued_tokens_are_waited_for(azure, small, late):
    rules = azure.resource.batch_rules
    run(CHAT, table(10), "first.parquet", **OPTIONS)
    rules.enqueued_tokens, rules.late_refusal = max(one.tokens for one in azure.resource.batches.values()) + 40, late
    run(CHAT, table(35), "out.parquet", **OPTIONS)
    assert [row["output"] for row in rows(Path("out.parquet"))] == words(35)
    assert all(count == 1 for count in Counter(done(azure)).values()), "no row was answered twice"


def done(azure: Emulator) -> list[tuple[str, str]]:
    """Which rows were answered, in which file: of the batches for out.parquet."""
    return [
        (json.loads(line)["custom_id"], "") for one in list(azure.resource.batches.values())[1:] for line in one.done
    ]


@pytest.mark.parametrize("limit", [{"max_bytes": 2500}, {"max_requests": 15}], ids=str)
def test_a_file_that_is_too_large_is_halved(azure, limit):
    for name, value in limit.items():
        setattr(azure.resource.batch_rules, name, value)
    run(CHAT, table(40), "out.parquet", **OPTIONS)
    assert [row["output"] for row in rows(Path("out.parquet"))] == words(40)
    assert len(created(azure)) >= 3
    assert not inputs(azure)


def test_the_other_form_of_the_endpoint_is_tried(azure, small):
    azure.resource.batch_rules.endpoint_form = "v1"
    run(CHAT, table(12), "out.parquet", **OPTIONS)
    assert [row["output"] for row in rows(Path("out.parquet"))] == words(12)
    assert {body["endpoint"] for body in created(azure)} == {"/v1/chat/completions"}


class CrashError(Exception):
    """As if the process had been killed."""


STEPS = ["_upload", "_created_once", "_retrieve", "_read", "_drop_file"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("at", [1, 2])
def test_a_crash_at_any_step_pays_nothing_twice(azure, small, monkeypatch, step, after, at):
    """Also between the service's answer and the journal: then the batch is found by its metadata."""
    source = table(25)
    real = getattr(batches.BatchRun, step)
    calls = 0

    def crashing(self, *arguments, **more):
        nonlocal calls
        calls += 1
        if calls == at and not after:
            raise CrashError
        result = real(self, *arguments, **more)
        if calls == at and after:
            raise CrashError
        return result

    with monkeypatch.context() as patch:
        patch.setattr(batches.BatchRun, step, crashing)
        with pytest.raises(CrashError):
            run(CHAT, source, "out.parquet", **OPTIONS)
    assert not Path("out.parquet").exists()
    run(CHAT, source, "out.parquet", **OPTIONS)
    assert [row["output"] for row in rows(Path("out.parquet"))] == words(25)
    assert len(created(azure)) == 3, "no batch was created twice"
    assert not inputs(azure) or step in ("_drop_file", "_upload"), "what is left expires by itself"


@pytest.mark.parametrize("fault", [faults.reset("after"), faults.reset("before"), faults.failure(500)], ids=str)
def test_a_create_whose_answer_is_lost_is_not_repeated_blindly(azure, small, fault):
    azure.script(fault, path="/batches")
    run(CHAT, table(8), "out.parquet", **OPTIONS)
    assert [row["output"] for row in rows(Path("out.parquet"))] == words(8)
    assert len(azure.resource.batches) == 1


def test_an_outage_while_waiting_is_waited_out(azure, small, monkeypatch):
    for name, value in (("MAX_ATTEMPTS", "1"), ("COOLDOWN", "0"), ("FAILURES_BEFORE_COOLDOWN", "1000")):
        monkeypatch.setenv(f"AZURE_CONNECTOR_{name}", value)
    source = table(8)
    run(CHAT, source, "out.parquet", detach=True, **OPTIONS)
    azure.script(faults.failure(503), times=5)
    run(CHAT, source, "out.parquet", **OPTIONS)
    assert [row["output"] for row in rows(Path("out.parquet"))] == words(8)


def test_detached_batches_are_not_asked_at_once_as_well(azure, small):
    source = table(8)
    assert not run(CHAT, source, "out.parquet", detach=True, **OPTIONS).finished
    with pytest.raises(ConfigurationError, match="under way"):
        run(CHAT, source, "out.parquet", progress=False)


def test_what_azure_refuses_is_said_with_its_code(azure):
    job = Complete(model="gpt-4o-mini", prompt="Say {text}")
    for tried in (Complete(model="gpt-4o-mini", prompt="Sya {text}"), job):  # nothing was paid: it may be corrected
        with pytest.raises(ConfigurationError, match=r"(?s)invalid_request.*GlobalBatch"):
            run(tried, table(3), "out.parquet", **OPTIONS)
    run(job, table(3), "out.parquet", batch_deployment="gpt-4o-mini-batch", **OPTIONS)
    assert [row["output"] for row in rows(Path("out.parquet"))] == words(3)


def test_embeddings_are_refused_unless_asked_for_all_the_same(azure):
    job = Embed(model="embed-batch", column="text", dimensions=4)
    with pytest.raises(ConfigurationError, match="currently not supported"):
        run(job, table(3), "out.parquet", **OPTIONS)
    assert not azure.requests
    azure.resource.batch_rules.embeddings = True
    run(job, table(3), "out.parquet", batch_anyway=True, **OPTIONS)
    assert [len(row["embedding"]) for row in rows(Path("out.parquet"))] == [4, 4, 4]


@pytest.mark.parametrize("host", ["x.services.ai.azure.com", "x.cognitiveservices.azure.com"])
def test_hosts_without_batches_are_refused_before_anything_is_sent(azure, monkeypatch, host):
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", f"https://{host}")
    with pytest.raises(ConfigurationError, match=r"openai\.azure\.com"):
        run(CHAT, table(3), "out.parquet", **OPTIONS)


def test_parts_are_cut_by_lines_and_by_bytes():
    works = [Work((n,), {"model": "m", "messages": [{"role": "user", "content": "x" * 100}]}, 10.0) for n in range(100)]
    by_lines = list(cut(works, str, "", max_lines=30))
    assert [len(one.rows) for one in by_lines] == [30, 30, 30, 10]
    by_bytes = list(cut(works, str, "", max_bytes=1000))
    assert all(sum(len(line) + 1 for line in one.content) <= 1000 for one in by_bytes)
    assert [row for one in by_bytes for row in one.rows] == list(range(100))
    halves = by_lines[0].halves()
    assert isinstance(halves[0], Cut)
    assert halves[0].rows + halves[1].rows == by_lines[0].rows
    assert json.loads(by_lines[0].content[0])["custom_id"] == "r0"


def test_detach_status_and_fetch_by_the_command(azure):
    import os
    import shlex

    from .test_command import call

    source = table(6)
    azure.resource.batch_rules.line_status = lambda identity: 400 if identity == "r2" else None
    done = call(
        dict(os.environ),
        *("complete", str(source), "out.parquet", "--model", "gpt-4o-mini-batch", "--prompt", "Say {text}"),
        *("--batch", "--detach", "--poll", "0.05"),
    )
    assert done.returncode == 0, done.stderr
    assert not Path("out.parquet").exists()
    lines = [shlex.split(line)[2:] for line in done.stdout.splitlines() if "azure-connector bulk" in line]
    status = call(dict(os.environ), *lines[0])
    assert status.returncode == 0
    assert next(iter(azure.resource.batches)) in status.stdout
    fetched = call(dict(os.environ), *lines[1])
    assert fetched.returncode == 1, fetched.stderr
    assert [row["output"] for row in rows(Path("out.parquet"))] == [*words(2), None, *words(6)[3:]]
    assert len(created(azure)) == 1
    Path("out.parquet.journal").unlink()
    gone = call(dict(os.environ), *lines[0])
    assert gone.returncode == 2
    assert "has ended" in gone.stderr
