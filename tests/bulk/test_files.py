"""Inputs, outputs and journals as data engineers have them: every odd type, name, place and disk."""

from __future__ import annotations

import datetime
import json
import sqlite3
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from azure_connector.bulk import Complete, _writers, run
from azure_connector.bulk._arrow import plain_values
from azure_connector.errors import ConfigurationError

from .conftest import parquet, rows

CHAT = Complete(model="gpt-4o-mini", prompt="Say {text}", max_tokens=20)
QUIET = {"progress": False}


def arrow(path: Path, **columns: pa.Array) -> Path:
    table = pa.table(columns)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    return path


def lines(path: str) -> list[dict]:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return [json.loads(line, parse_constant=refuse) for line in Path(path).read_text(encoding="utf-8").splitlines()]


FAR = 10**12  # seconds: the year 33658


def test_values_that_python_cannot_hold_are_text_in_text(azure):
    columns = {
        "bytes": pa.array([b"\x00\xff"]),
        "nan": pa.array([[float("nan"), 1.0, float("inf")]]),
        "far": pa.array([[{"at": -FAR}]], pa.list_(pa.struct([("at", pa.timestamp("s"))]))),
        "nowhere": pa.array([7], pa.timestamp("us", "Mars/Olympus")),
        "fine": pa.array([1], pa.time64("ns")),
        "days": pa.array([datetime.date(2024, 2, 29)]),
    }
    source = arrow(Path("in.arrow"), text=pa.array(["a"]), **columns)
    run(CHAT, source, "out.jsonl", **QUIET)
    (made,) = lines("out.jsonl")
    assert {name: made[name] for name in columns} == {
        "bytes": "AP8=",
        "nan": [None, 1.0, None],
        "far": [{"at": "-29719-04-05 22:13:20"}],
        "nowhere": 7,
        "fine": "00:00:00.000000001",
        "days": "2024-02-29",
    }
    run(CHAT, source, "out.csv", **QUIET)
    assert ',AP8=,"[null, 1.0, null]",' in Path("out.csv").read_text(encoding="utf-8")
    assert plain_values(pa.array([-FAR], pa.timestamp("s"))) == ["-29719-04-05 22:13:20"]


def test_a_type_that_out_cannot_hold_is_refused_before_the_first_call(azure):
    source = arrow(Path("in.arrow"), text=pa.array(["a"]), odd=pa.array([(1, 2, 3)], pa.month_day_nano_interval()))
    with pytest.raises(ConfigurationError, match=r"parquet cannot hold the column 'odd'[^.]*\.\n.*\.arrow"):
        run(CHAT, source, "out.parquet", **QUIET)
    assert not azure.requests
    assert run(CHAT, source, "out.arrow", **QUIET).rows == 1


def test_dictionaries_that_change_from_part_to_part_fit_into_an_arrow_file(azure, monkeypatch):
    monkeypatch.setattr("azure_connector.bulk._readers._BATCH", 10)
    words = [f"w{n}" for n in range(25)]
    nested = pa.StructArray.from_arrays([pa.array(words).dictionary_encode()], ["inner"])
    pq.write_table(pa.table({"text": pa.array(words).dictionary_encode(), "more": nested}), "in.parquet")
    run(CHAT, "in.parquet", "out.arrow", **QUIET)
    made = pa.ipc.open_file("out.arrow").read_all()
    assert made.column("text").to_pylist() == made.column("output").to_pylist() == words
    assert made.column("more").to_pylist() == [{"inner": word} for word in words]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.csv", b"text\tn\na\t1\n", None),
        ("p.csv", b"text|n\na|1\n", None),
        ("a.jsonl", b'{"text": "a", "n": 1.5}\n{"text": "b", "n": true}\n', "both true or false and numbers"),
        ("b.jsonl", b'{"text": "a", "n": 123456789012345678901234567890}\n', "beyond 64 bits"),
        ("c.jsonl", b"", "no rows"),
        ("d.jsonl", b'[{"text": "a"}]\n', "jq -c"),
        ("e.csv.gz", b"\x1f\x8b", "gunzip -k e.csv.gz"),
        ("f.csv", b"\x1f\x8bxx", "gunzip -k f.csv"),
    ],
)
def test_text_files(azure, name, content, said):
    Path(name).write_bytes(content)
    if said is None:
        assert run(CHAT, name, "out.csv", **QUIET).rows == 1
        return
    with pytest.raises(ConfigurationError, match=said):
        run(CHAT, name, "out.csv", **QUIET)
    assert not azure.requests
    assert not Path("out.csv.journal").exists()


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("-", "out.csv", "no stream"),
        ("in.csv", "-", "no stream"),
        ("s3://bucket/in.parquet", "out.csv", r"s3://bucket/in.parquet is no file of this machine"),
        ("in.csv", "abfss://c@a.dfs.core.windows.net/o.csv", "is no file of this machine"),
        ("parts", "out.csv", "python -c"),
        ("in.csv", "parts", "is a folder"),
        ("in.csv", "out.xlsx", "Name OUT by its format"),
        ("in.csv", "out.csv.gz", "is compressed"),
    ],
)
def test_places_that_are_no_file_here(azure, source, target, said):
    Path("in.csv").write_text("text\na\n", encoding="utf-8")
    Path("parts").mkdir()
    with pytest.raises(ConfigurationError, match=said):
        run(CHAT, source, target, **QUIET)
    assert not azure.requests


def test_a_link_stays_and_what_it_points_to_is_written(azure):
    source = parquet(Path("in.parquet"), text=["a"])
    Path("place").mkdir()
    Path("out.parquet").symlink_to("place/real.parquet")
    run(CHAT, source, "out.parquet", **QUIET)
    assert Path("out.parquet").is_symlink()
    assert [row["output"] for row in rows(Path("place/real.parquet"))] == ["a"]


def test_another_programs_database_is_no_journal(azure):
    with sqlite3.connect("precious.db") as database:
        database.execute("CREATE TABLE users (name)")
    database.close()
    before = Path("precious.db").read_bytes()
    source = parquet(Path("in.parquet"), text=["a"])
    for more in ({}, {"restart": True}):
        with pytest.raises(ConfigurationError, match="is no journal"):
            run(CHAT, source, "out.parquet", journal=Path("precious.db"), **more, **QUIET)
    assert Path("precious.db").read_bytes() == before
    assert sorted(path.name for path in Path().iterdir()) == ["in.parquet", "precious.db"]


def test_a_full_disk_costs_nothing(azure, monkeypatch):
    source = parquet(Path("in.parquet"), text=["a", "b"])

    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(_writers._Parquet, "write", full)
        with pytest.raises(ConfigurationError, match=r"No space left .*\n?.*--journal out.parquet.j"):
            run(CHAT, source, "out.parquet", **QUIET)
    assert sorted(path.name for path in Path().iterdir()) == ["in.parquet", "out.parquet.journal"]
    run(CHAT, source, "other.parquet", journal=Path("out.parquet.journal"), **QUIET)
    assert [row["output"] for row in rows(Path("other.parquet"))] == ["a", "b"]
    assert len(azure.requests) == 2
