"""The command, as its users start it; killed, interrupted and started again."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shlex
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from azure_connector.bulk import Complete, Progress, run
from azure_connector.emulator import Emulator, Reply

from .conftest import parquet, rows

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "azure_connector.cli", "bulk"]
JOB = ["--model", "gpt-4o-mini", "--prompt", "Say {text}", "--max-tokens", "20"]


@pytest.fixture
def environment(azure: Emulator) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}


def start(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def call(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """In this process: what only asks for an exit code and words need not wait for a new one."""
    from typer.testing import CliRunner

    from azure_connector.cli._app import app

    line = ["bulk", *arguments]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["azure-connector", *line])
        result = CliRunner().invoke(app, line, env=environment)
    return subprocess.CompletedProcess(line, result.exit_code, result.stdout, result.stderr)


def journalled(path: str) -> int:
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT COUNT(*) FROM result").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def asked(azure: Emulator) -> Iterator[str]:
    for request in azure.requests:
        if request.status == 200:
            yield request.body["messages"][-1]["content"]


def test_one_command_does_it(azure, environment):
    Path("in.csv").write_text("text,zip\na,007\nb,008\n", encoding="utf-8")
    done = call(environment, "complete", "in.csv", "out.jsonl", *JOB, "--param", "temperature=0", "--price", "1/2")
    assert done.returncode == 0, done.stderr
    assert "2 rows in out.jsonl" in done.stdout
    assert "cost" in done.stdout
    made = [json.loads(line) for line in Path("out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["output"], row["zip"]) for row in made] == [("a", "007"), ("b", "008")]
    assert azure.requests.last.body["temperature"] == 0
    done = call(environment, "embed", "in.csv", "e.parquet", "--model", "embed", "--column", "text", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == 2


def test_error_rows_are_exit_code_1_and_can_be_tried_again(azure, environment):
    source = parquet(Path("in.parquet"), text=["a", None, "c"])
    azure.script(Reply(400, {"error": {"code": "content_filter", "message": "no", "param": "prompt"}}))
    done = call(environment, "complete", str(source), "out.parquet", *JOB, "--concurrency", "1")
    assert done.returncode == 1
    assert "null_input 1" in done.stdout
    assert "content_filter 1" in done.stdout
    done = call(environment, "complete", str(source), "out.parquet", *JOB, "--concurrency", "1", "--retry-errors")
    assert done.returncode == 1
    assert [row["error_code"] for row in rows(Path("out.parquet"))] == [None, "null_input", None]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["complete", "no.csv", "out.csv", *JOB], "does not exist"),
        (["complete", "in.csv", "in.csv", *JOB], "OUT is IN"),
        (["complete", "in.csv", "out.csv", "--model", "gpt-4o-mini", "--prompt", "{txt}"], "It has: text"),
        (["complete", "in.csv", "out.csv", "--model", "gpt-4o-mini"], "--prompt"),
        (["complete", "in.csv", "out.csv", "--model", "none-such", "--prompt", "{text}"], "models"),
        (["complete", "in.csv", "out.csv", *JOB, "--param", "n"], "--param is NAME=VALUE"),
        (["complete", "in.csv", "out.csv", *JOB, "--share", "4/1"], "--share"),
        (["complete", "in.csv", "out.csv", *JOB, "--schema", "no.json"], "no.json"),
        (["complete", "in.csv", "out.csv", *JOB, "--price", "much"], "--price"),
        (["embed", "in.csv", "out.csv", "--model", "embed", "--column", "txt"], "It has: text"),
    ],
)
def test_what_cannot_run_is_exit_code_2_and_says_why(azure, environment, arguments, said):
    Path("in.csv").write_text("text\na\n", encoding="utf-8")
    done = call(environment, *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert Path("in.csv").read_text(encoding="utf-8") == "text\na\n"


def test_a_wrong_key_ends_at_once_and_the_mended_command_goes_on(azure, environment):
    source = parquet(Path("in.parquet"), text=[f"w{n}" for n in range(200)])
    done = call(environment | {"AZURE_OPENAI_API_KEY": "x" * 32}, "complete", str(source), "out.parquet", *JOB)
    assert done.returncode == 2
    assert "Every row would meet this" in done.stderr
    assert len(azure.requests) < 100
    line = done.stderr.strip().splitlines()[-1]
    assert shlex.split(line)[:2] == ["azure-connector", "bulk"]
    assert call(environment, *shlex.split(line)[2:]).returncode == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_an_interrupt_ends_politely_and_its_last_line_resumes(azure, environment, number, code):
    source = parquet(Path("in.parquet"), text=[f"w{n}" for n in range(150)])
    azure.latency = 0.1
    process = start(environment, "complete", str(source), "out.parquet", *JOB, "--concurrency", "8")
    assert azure.requests.wait_for(20, timeout=60)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == code, said
    assert "Traceback" not in said
    before = Counter(asked(azure))
    assert journalled("out.parquet.journal") == len(before), "what was running ended and is kept"
    azure.latency = 0
    line = said.strip().splitlines()[-1]
    again = call(environment, *shlex.split(line)[2:])
    assert again.returncode == 0, again.stderr
    assert set(Counter(asked(azure)).values()) == {1}, "no row was paid twice"
    assert [row["output"] for row in rows(Path("out.parquet"))] == [f"w{n}" for n in range(150)]


# One interpreter for all the runs that are killed: each is a fork of it, which has everything imported.
RUNNER = """
import os, sys
import pyarrow.parquet
from azure_connector.bulk import Complete, _local, run

job = Complete(model="gpt-4o-mini", prompt="Say {text}", max_tokens=20)
for line in sys.stdin:
    child = os.fork()
    if not child:
        run(job, "in.parquet", "out.parquet", concurrency=16, progress=False)
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def test_killed_ten_times_every_row_is_there_once(azure, environment):
    number, concurrency, latency = 400, 16, 0.02
    source = parquet(Path("in.parquet"), text=[f"w{n}" for n in range(number)])
    azure.latency = latency
    chance = random.Random(4)
    runner = subprocess.Popen(
        [sys.executable, "-c", RUNNER], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    for _ in range(10):
        goal = len(azure.requests) + chance.randrange(1, 30)
        print("go", file=runner.stdin, flush=True)
        child = int(runner.stdout.readline())
        assert azure.requests.wait_for(goal, timeout=60)
        os.kill(child, signal.SIGKILL)
        assert int(runner.stdout.readline()) == -signal.SIGKILL
        assert not Path("out.parquet").exists()
    runner.communicate(timeout=30)
    done = call(environment, "complete", str(source), "out.parquet", *JOB, "--concurrency", str(concurrency))
    assert done.returncode == 0, done.stderr
    made = rows(Path("out.parquet"))
    assert [row["output"] for row in made] == [f"w{n}" for n in range(number)]
    repeated = len(list(asked(azure))) - number
    # In flight, and what came in the tenth of a second before a commit.
    assert repeated <= 10 * (concurrency + 0.1 * concurrency / latency + concurrency)
    assert sorted(path.name for path in Path().iterdir()) == ["in.parquet", "out.parquet"]


def test_a_run_that_works_can_be_looked_at(azure, environment):
    source = parquet(Path("in.parquet"), text=[f"w{n}" for n in range(60)])
    job = Complete(model="gpt-4o-mini", prompt="Say {text}", max_tokens=20)
    seen: list[str] = []

    def look(progress: Progress) -> None:
        if progress.done >= 10 and not seen:
            seen.append(call(environment, "status", "out.parquet").stdout)
            other = call(environment, "complete", str(source), "out.parquet", *JOB)
            assert other.returncode == 2, "but not worked on by two"
            line = other.stderr.strip().splitlines()[-1]
            assert "Another process works on out.parquet.journal" in other.stderr
            seen.append(call(environment, *shlex.split(line.partition("azure-connector bulk ")[2])).stdout)

    azure.latency = 0.1
    assert run(job, source, "out.parquet", concurrency=8, progress=look).rows == 60
    assert len(seen) == 2
    for said in seen:
        assert " of 60 rows are done, 0 of them error rows" in said
        assert int(said.split(" ", 1)[0]) >= 8
    assert sorted(path.name for path in Path().iterdir()) == ["in.parquet", "out.parquet"]


def test_progress_off_a_terminal_is_lines_and_results_can_be_piped(azure, environment):
    source = parquet(Path("in.parquet"), text=["a"])
    done = call(environment, "complete", str(source), "out.parquet", *JOB, "--json")
    assert json.loads(done.stdout)["rows"] == 1
    assert "\x1b" not in done.stderr


def test_the_estimate_says_what_it_would_use(azure, environment):
    source = parquet(Path("in.parquet"), text=["word"] * 100)
    done = call(environment, "complete", str(source), "out.parquet", *JOB, "--estimate", "--price", "1/2")
    assert done.returncode == 0
    assert "100 rows" in done.stdout
    assert "± 30 %" in done.stdout
    assert not azure.requests
    assert not Path("out.parquet").exists()


def test_help_needs_neither_pyarrow_nor_the_sdk(environment):
    code = (
        "import sys\nfrom azure_connector.cli import main\nsys.argv = ['azure-connector', 'bulk', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\nassert not {'pyarrow', 'openai'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "embed" in done.stdout
