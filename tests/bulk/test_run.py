"""`run` over files: formats, the journal, OUT that is there as a whole or not at all."""

from __future__ import annotations

import asyncio
import csv
import json
import sqlite3
import threading
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from azure_connector.bulk import Complete, Embed, TooManyErrorsError, arun, estimate, run
from azure_connector.bulk._journal import Journal
from azure_connector.bulk._journal_file import file_system
from azure_connector.bulk._results import Result
from azure_connector.emulator import Reply, faults
from azure_connector.emulator.counting import count_messages
from azure_connector.errors import ConfigurationError

from .conftest import parquet, rows

CHAT = Complete(model="gpt-4o-mini", prompt="Say {text}", max_tokens=20)
QUIET = {"progress": False}


def words(number: int) -> list[str]:
    return [f"w{n}" for n in range(number)]


def test_a_table_goes_through_and_the_journal_goes(azure):
    source = parquet(Path("in.parquet"), text=words(250), n=list(range(250)))
    summary = run(CHAT, source, "out.parquet", price=(1.0, 2.0), **QUIET)
    made = rows(Path("out.parquet"))
    assert [row["output"] for row in made] == words(250)
    assert [row["n"] for row in made] == list(range(250))
    assert (summary.rows, summary.failed, summary.journal) == (250, 0, None)
    assert summary.input_tokens == sum(row["input_tokens"] for row in made)
    assert summary.cost == pytest.approx((summary.input_tokens + 2 * summary.output_tokens) / 1e6)
    assert sorted(path.name for path in Path().iterdir()) == ["in.parquet", "out.parquet"]


async def test_arun_is_the_same_without_blocking(azure):
    source = parquet(Path("in.parquet"), text=words(20))
    summary = await arun(CHAT, source, "out.parquet", **QUIET)
    assert summary.rows == 20


async def test_arun_that_is_cancelled_keeps_what_is_done(azure):
    source = parquet(Path("in.parquet"), text=words(300))
    azure.latency = 0.05
    task = asyncio.create_task(arun(CHAT, source, "out.parquet", concurrency=8, **QUIET))
    assert await asyncio.to_thread(azure.requests.wait_for, 40)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    journal = sqlite3.connect("out.parquet.journal")
    kept = journal.execute("SELECT COUNT(*) FROM result").fetchone()[0]
    journal.close()
    assert 20 <= kept < 300
    asked = len(azure.requests)
    azure.latency = 0
    await arun(CHAT, source, "out.parquet", **QUIET)
    assert [row["output"] for row in rows(Path("out.parquet"))] == words(300)
    assert len(azure.requests) - asked == 300 - kept


def make_csv(path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["text", "zip"], ["a,b\nc", "00701"], ["", "00702"], ['q"q', "é"]])


def make_jsonl(path: Path) -> None:
    lines = [
        {"text": "a", "zip": 1, "more": [1, 2]},
        {"text": None, "zip": 2.5},
        {"text": "c", "zip": None, "late": True},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


@pytest.mark.parametrize("target", ["out.csv", "out.tsv", "out.jsonl", "out.parquet", "out.arrow"])
@pytest.mark.parametrize("source", ["in.csv", "in.jsonl"])
def test_every_format_in_and_out(azure, source, target):
    (make_csv if source.endswith("csv") else make_jsonl)(Path(source))
    summary = run(CHAT, source, target, **QUIET)
    assert summary.rows == 3
    assert summary.failed == 1
    found = read(Path(target))
    assert found[0]["output"] == found[0]["text"]
    assert found[1]["error_code"] in ("empty_input", "null_input")
    assert not found[1]["output"]
    assert found[2]["output"] == found[2]["text"]
    if source == "in.csv":
        assert [row["zip"] for row in found] == ["00701", "00702", "é"], "as it stood"
    elif target.endswith("parquet"):
        assert [row["zip"] for row in found] == [1.0, 2.5, None]
        assert [row["late"] for row in found] == [None, None, True]


def read(path: Path) -> list[dict]:
    match path.suffix:
        case ".parquet":
            return rows(path)
        case ".arrow":
            return pa.ipc.open_file(path).read_all().to_pylist()
        case ".jsonl":
            return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        case _:
            with path.open(newline="", encoding="utf-8") as file:
                return list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))


def test_arrow_streams_and_files_are_read(azure):
    table = pa.table({"text": words(5)})
    for name, make in (("a.arrow", pa.ipc.new_file), ("b.arrow", pa.ipc.new_stream)):
        with pa.OSFile(name, "wb") as file, make(file, table.schema) as writer:
            writer.write_table(table)
        assert run(CHAT, name, f"{name}.parquet", **QUIET).rows == 5


def test_embeddings_on_one_machine_have_one_size(azure):
    source = parquet(Path("in.parquet"), text=["a", None, "c"])
    run(Embed(model="embed", column="text", dimensions=8), source, "out.parquet", **QUIET)
    table = pq.read_table("out.parquet")
    assert table.schema.field("embedding").type.list_size == 8
    assert [None if one is None else len(one) for one in table.column("embedding").to_pylist()] == [8, None, 8]


def batch_lines(path: Path, number: int = 3) -> Path:
    lines = [
        {
            "custom_id": f"id-{n}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"messages": [{"role": "user", "content": f"Say b{n}"}]},
        }
        for n in range(number)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_a_batch_files_lines_run_at_once_and_give_a_batchs_lines(azure):
    azure.script(Reply(400, {"error": {"code": "content_filter", "message": "no", "param": "prompt"}}))
    summary = run(Complete(model="gpt-4o-mini"), batch_lines(Path("in.jsonl")), "out.jsonl", concurrency=1, **QUIET)
    made = read(Path("out.jsonl"))
    assert [line["custom_id"] for line in made] == ["id-0", "id-1", "id-2"]
    assert made[0]["response"] is None
    assert made[0]["error"]["code"] == "content_filter"
    assert made[1]["error"] is None
    assert made[1]["response"]["status_code"] == 200
    assert made[1]["response"]["body"]["choices"][0]["message"]["content"] == "b1"
    assert azure.requests.last.body["model"] == "gpt-4o-mini", "filled in where it was absent"
    assert summary.failed == 1


def test_no_rows_are_no_calls(azure):
    Path("in.csv").write_text("text,n\n", encoding="utf-8")
    assert run(CHAT, "in.csv", "out.parquet", **QUIET).rows == 0
    assert "output" in pq.read_table("out.parquet").schema.names
    assert not azure.requests


def test_only_the_first_rows(azure):
    source = parquet(Path("in.parquet"), text=words(50))
    assert run(CHAT, source, "out.parquet", limit=7, **QUIET).rows == 7
    assert len(azure.requests) == 7


def test_error_rows_are_tried_again_and_only_they(azure):
    source = parquet(Path("in.parquet"), text=words(10))
    azure.script(Reply(400, {"error": {"code": "content_filter", "message": "no", "param": "prompt"}}), times=3)
    summary = run(CHAT, source, "out.parquet", concurrency=1, **QUIET)
    assert summary.errors == {"content_filter": 3}
    assert summary.journal is not None, "kept: the rows may be tried again"
    azure.clear()
    again = run(CHAT, source, "out.parquet", **QUIET)
    assert again.errors == {"content_filter": 3}
    assert not azure.requests, "without being asked to, nothing is done twice"
    last = run(CHAT, source, "out.parquet", retry_errors=True, **QUIET)
    assert (last.failed, last.journal, len(azure.requests)) == (0, None, 3)
    assert [row["output"] for row in rows(Path("out.parquet"))] == words(10)


def test_too_many_error_rows_stop_the_run_and_keep_the_journal(azure):
    source = parquet(Path("in.parquet"), text=words(500))
    azure.script(Reply(400, {"error": {"code": "content_filter", "message": "no", "param": "prompt"}}), times=None)
    with pytest.raises(TooManyErrorsError, match="content_filter"):
        run(CHAT, source, "out.parquet", concurrency=2, max_errors=5, **QUIET)
    assert len(azure.requests) < 300
    assert not Path("out.parquet").exists()
    azure.requests.clear()
    with pytest.raises(TooManyErrorsError):
        run(CHAT, source, "other.parquet", concurrency=16, max_errors="10%", **QUIET)
    assert 100 <= len(azure.requests) < 500
    assert Path("out.parquet.journal").exists()


def test_refusals_of_rows_tell_the_pace_as_answers_do(azure):
    from azure_connector.bulk._session import open_session

    head = {f"x-ratelimit-{name}": "6000" for name in ("limit-requests", "remaining-requests")}
    azure.script(Reply(400, {"error": {"code": "content_filter", "param": "prompt"}}, headers=head), times=2)
    session = open_session(CHAT, concurrency=1)
    works, _ = session.rows.read_batch(0, pa.record_batch({"text": words(2)}), lambda row: True)
    session.calls.submit(works)
    while session.calls.pending:
        session.calls.collect(1.0)
    assert session.calls.pacer.rate(time.monotonic()) == pytest.approx(98, rel=0.01)
    session.close()


def test_a_job_that_ends_for_every_row_goes_on_later(azure, monkeypatch):
    import openai

    source = parquet(Path("in.parquet"), text=words(30))
    azure.script(Reply(401, {"error": {"code": "401", "message": "wrong key"}}), times=None)
    with pytest.raises(openai.AuthenticationError):
        run(CHAT, source, "out.parquet", **QUIET)
    azure.clear()
    assert run(CHAT, source, "out.parquet", **QUIET).rows == 30


def test_another_input_or_job_is_refused_and_restart_begins_anew(azure):
    source = parquet(Path("in.parquet"), text=words(10))
    run(CHAT, source, "out.parquet", keep_journal=True, **QUIET)
    before = Path("out.parquet").read_bytes()
    other = Complete(model="gpt-4o-mini", prompt="Repeat {text}", max_tokens=20)
    with pytest.raises(ConfigurationError, match=r"the job changed.*"):
        run(other, source, "out.parquet", **QUIET)
    parquet(Path("in.parquet"), text=words(11))
    with pytest.raises(ConfigurationError, match="the input changed"):
        run(CHAT, source, "out.parquet", **QUIET)
    assert Path("out.parquet").read_bytes() == before
    Path("out.parquet").unlink()
    assert run(CHAT, source, "out.parquet", restart=True, **QUIET).rows == 11


def test_an_output_that_is_not_this_runs_is_never_overwritten(azure):
    source = parquet(Path("in.parquet"), text=words(3))
    Path("out.parquet").write_bytes(b"precious")
    with pytest.raises(ConfigurationError, match="exists"):
        run(CHAT, source, "out.parquet", **QUIET)
    Path("out.parquet").unlink()
    run(CHAT, source, "out.parquet", keep_journal=True, **QUIET)
    Path("out.parquet").write_bytes(b"precious")
    for more in ({}, {"retry_errors": True}, {"restart": True}):
        with pytest.raises(ConfigurationError, match="not what this run wrote"):
            run(CHAT, source, "out.parquet", **more, **QUIET)
    assert Path("out.parquet").read_bytes() == b"precious"
    for target in ("in.parquet", "./in.parquet", str(source.resolve())):
        with pytest.raises(ConfigurationError, match="OUT is IN"):
            run(CHAT, source, target, **QUIET)
    Path("link.parquet").hardlink_to(source)
    with pytest.raises(ConfigurationError, match="OUT is IN"):
        run(CHAT, source, "link.parquet", **QUIET)


BROKEN = {
    "bom.csv": "\ufefftext\na\n".encode(),
    "utf16.csv": "text\na\n".encode("utf-16"),
    "bom.jsonl": b'\xef\xbb\xbf{"text": "a"}\n',
    "latin.csv": "text\né\n".encode("latin-1"),
    "ragged.csv": b"text,n\na,1\nb\n",
    "quote.csv": b'text,n\n"a,1\nb,2\n',
    "empty.csv": b"",
    "twice.csv": b"text,text\na,b\n",
    "cut.jsonl": b'{"text": "a"}\n{"text": "SECRETROW',
    "list.jsonl": b"[1]\n",
    "mixed.jsonl": b'{"text": "a"}\n{"text": {"b": 1}}\n',
    "no.parquet": b"PAR1 nothing",
    "no.arrow": b"nothing",
    "twins.jsonl": b'{"custom_id": "a", "body": {}}\n{"custom_id": "a", "body": {}}\n',
    "noid.jsonl": b'{"custom_id": "a", "body": {}}\n{"body": {}}\n',
    "nobody.jsonl": b'{"custom_id": "a", "body": {}}\n{"custom_id": "b"}\n',
    "what.xyz": b"?",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_read_costs_nothing(azure, name):
    Path(name).write_bytes(BROKEN[name])
    job = Complete(model="gpt-4o-mini") if name in ("twins.jsonl", "noid.jsonl", "nobody.jsonl") else CHAT
    with pytest.raises(ConfigurationError) as caught:
        run(job, name, "out.parquet", **QUIET)
    assert "SECRETROW" not in str(caught.value)
    assert not azure.requests
    assert [path.name for path in Path().iterdir()] == [name]


@pytest.mark.parametrize("name", ["bom.csv", "utf16.csv", "latin.csv"])
def test_what_is_said_of_another_encoding_mends_it(azure, name):
    import subprocess

    Path(name).write_bytes(BROKEN[name])
    with pytest.raises(ConfigurationError) as caught:
        run(CHAT, name, "out.parquet", **QUIET)
    command = str(caught.value).splitlines()[-1]
    subprocess.run(command[command.index("tail" if "tail" in command else "iconv") :], shell=True, check=True)
    assert run(CHAT, "clean.csv", "out.parquet", **QUIET).rows == 1


def test_a_spreadsheets_semicolons_are_columns(azure):
    Path("in.csv").write_text("n;text\n1,5;a\n", encoding="utf-8")
    run(CHAT, "in.csv", "out.parquet", **QUIET)
    assert [(row["n"], row["text"]) for row in rows(Path("out.parquet"))] == [("1,5", "a")]


def test_a_mistyped_model_can_be_corrected_when_nothing_was_paid(azure):
    import openai

    source = parquet(Path("in.parquet"), text=[None, "a", ""])  # two rows need no call: they are journalled at once
    with pytest.raises(openai.NotFoundError):
        run(Complete(model="gpt4", prompt="Say {text}"), source, "out.parquet", **QUIET)
    assert not list(Path().glob("*.journal*")), "nothing in it was paid for"
    job = Complete(model="gpt-4o-mini", prompt="Say {text}")
    run(job, source, "out.parquet", **QUIET)
    Path("out.parquet").unlink()
    with pytest.raises(ConfigurationError, match="the job changed"):
        run(Complete(model="gpt-4o-mini", prompt="Repeat {text}"), source, "out.parquet", **QUIET)
    nothing = parquet(Path("nothing.parquet"), text=[None])
    for prompt in ("Say {text}", "Repeat {text}"):  # killed before it could delete the journal
        made = run(Complete(model="gpt-4o-mini", prompt=prompt), nothing, "none.parquet", **QUIET)
        assert made.errors == {"null_input": 1}
        assert run(Complete(model="gpt-4o-mini", prompt=prompt), nothing, "none.parquet", **QUIET).rows == 1, "as it is"
        Path("none.parquet").unlink()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"concurrency": 0}, "concurrency"),
        ({"share": 1.5}, "share"),
        ({"rpm": 0}, "rpm"),
        ({"tpm": -1}, "tpm"),
        ({"limit": 0}, "limit"),
        ({"max_errors": "many"}, "max-errors"),
        ({"max_errors": -1}, "max-errors"),
        ({"format": "xlsx"}, "format"),
        ({"journal": Path("in.parquet")}, "journal"),
        ({"journal": Path("nowhere/x.journal")}, "journal"),
        ({"retry_errors": True, "restart": True}, "one of them"),
    ],
)
def test_options_that_cannot_be_used_are_refused_before_the_first_call(azure, options, said):
    source = parquet(Path("in.parquet"), text=words(3))
    before = source.read_bytes()
    with pytest.raises(ConfigurationError, match=said):
        run(CHAT, source, "out.parquet", **options, **QUIET)
    assert not azure.requests
    assert source.read_bytes() == before
    assert [path.name for path in Path().iterdir()] == ["in.parquet"]


@pytest.mark.parametrize("target", ["nowhere/out.parquet", "folder", "out", "out.txt"])
def test_an_output_that_cannot_be_written_is_found_out_first(azure, target):
    Path("folder").mkdir()
    source = parquet(Path("in.parquet"), text=words(3))
    with pytest.raises(ConfigurationError):
        run(CHAT, source, target, **QUIET)
    assert not azure.requests


def test_a_parquet_file_that_breaks_in_its_middle_keeps_what_is_done(azure):
    table = pa.table({"text": words(1500)})
    pq.write_table(table, "in.parquet", row_group_size=500, compression="none", use_dictionary=False)
    data = bytearray(Path("in.parquet").read_bytes())
    at = data.find(b"w1250")
    data[at - 1500 : at + 1500] = b"\xff" * 3000
    Path("in.parquet").write_bytes(data)
    with pytest.raises(ConfigurationError, match=r"cannot be read|ended after"):
        run(CHAT, "in.parquet", "out.parquet", **QUIET)
    assert Path("out.parquet.journal").exists()
    assert not Path("out.parquet").exists()
    assert len(azure.requests) > 100


def test_two_runs_of_one_journal_do_not_meet(azure):
    source = parquet(Path("in.parquet"), text=words(200))
    azure.latency = 0.1
    thread = threading.Thread(target=run, args=(CHAT, source, "out.parquet"), kwargs={"concurrency": 4, **QUIET})
    thread.start()
    assert azure.requests.wait_for(4)
    with pytest.raises(ConfigurationError, match="Another process works"):
        run(CHAT, source, "out.parquet", **QUIET)
    azure.latency = 0
    thread.join()
    assert [row["output"] for row in rows(Path("out.parquet"))] == words(200)


def test_a_file_that_is_no_journal_is_left_alone(azure):
    source = parquet(Path("in.parquet"), text=words(3))
    Path("out.parquet.journal").write_bytes(b"my diary" * 500)
    with pytest.raises(ConfigurationError, match="is no journal"):
        run(CHAT, source, "out.parquet", **QUIET)
    assert Path("out.parquet.journal").read_bytes() == b"my diary" * 500


def test_a_network_drive_is_no_place_for_a_journal(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/a / ext4 rw 0 0\nserver:/x /mnt/team\\040share nfs4 rw 0 0\n")
    assert file_system(Path("/mnt/team share/a/b.journal"), str(mounts)) == "nfs4"
    assert file_system(Path("/home/b.journal"), str(mounts)) == "ext4"


def test_a_row_that_is_done_stays_and_an_error_row_may_change(tmp_path):
    journal = Journal(tmp_path / "j", {"x": 1})
    journal.add([Result(0, "first"), Result(1, error_code="unavailable", error="e")])
    journal.commit(now=True)
    journal.add([Result(0, "second"), Result(1, "now"), Result(2, b"\x00\x01")])
    journal.commit(now=True)
    assert [result.output for result in journal.results()] == ["first", "now", b"\x00\x01"]
    assert journal.done(4) == bytearray([1, 1, 1, 0])
    journal.close()


def test_no_key_and_no_row_in_the_log_or_the_journals_notes(azure, caplog):
    import logging

    caplog.set_level(logging.DEBUG, logger="azure_connector")
    secret = "PATIENT-4711"
    azure.script(faults.failure(503), Reply(400, {"error": {"code": "x", "message": secret}}))
    run(CHAT, parquet(Path("in.parquet"), text=[secret] * 5), "out.parquet", keep_journal=True, concurrency=1, **QUIET)
    assert secret not in caplog.text
    assert azure.api_key not in caplog.text
    data = Path("out.parquet.journal").read_bytes()
    assert azure.api_key.encode() not in data + Path("out.parquet").read_bytes()


def test_the_estimate_sends_nothing_and_is_near(azure):
    texts = ["word " * (n % 50 + 1) for n in range(3000)]
    source = parquet(Path("in.parquet"), text=texts)
    found = estimate(CHAT, source, price=(1.0, 2.0), rpm=600, tpm=60_000)
    assert not azure.requests
    assert (found.rows, found.calls) == (3000, 3000)
    assert found.output_tokens == 60_000
    counted = sum(count_messages([{"role": "user", "content": f"Say {text}"}]) for text in texts)
    assert found.input_tokens == pytest.approx(counted, rel=0.3)
    assert found.batch_cost == pytest.approx(found.cost / 2)
    short = estimate(Embed(model="embed", column="text"), source, tpm=10**9)
    assert str(short).endswith("tokens in (± 30 %); less than a minute at that quota")
    assert found.minutes == pytest.approx(max(5, (found.input_tokens + found.output_tokens) / 60_000))


def test_progress_reaches_a_function(azure):
    seen = []
    run(CHAT, parquet(Path("in.parquet"), text=words(50)), "out.parquet", progress=seen.append, price=(1, 1))
    assert seen[-1].done == seen[-1].total == 50
    assert seen[-1].cost > 0
    assert "50/50 rows" in str(seen[-1])
