"""Spark and Ray themselves, each in its own process (`make test-engines`). A worker, an actor, a driver is killed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from azure_connector.emulator import Deployment, Emulator

from ..conftest import parquet

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
ROWS = 1000

pytestmark = [pytest.mark.engines, pytest.mark.timeout(300)]
needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="ray is not installed")
needs_spark = pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None or not (shutil.which("java") or os.environ.get("JAVA_HOME")),
    reason="pyspark or Java 17 is not installed",
)


@pytest.fixture
def azure():
    with Emulator([Deployment("gpt-4o-mini", capacity=10**6, requests_per_minute=10**7)]) as emulator:
        yield emulator


@pytest.fixture
def short() -> Iterator[str]:
    """A folder with a short name: Ray puts sockets below it, whose names may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="r", ignore_cleanup_errors=True) as folder:
        yield folder


def environment(azure: Emulator) -> dict[str, str]:
    return {
        **os.environ,
        "AZURE_OPENAI_ENDPOINT": azure.endpoint,
        "AZURE_OPENAI_API_KEY": azure.api_key,
        "PYTHONPATH": str(ROOT),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "RAY_USAGE_STATS_ENABLED": "0",
        "PYTHONWARNINGS": "default",
    }


def start(azure: Emulator, script: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(HERE / script), *arguments]
    with Path("log").open("ab") as log:
        return subprocess.Popen(command, env=environment(azure), stdout=log, stderr=log, start_new_session=True)


def finish(process: subprocess.Popen[bytes]) -> None:
    code = process.wait(timeout=280)
    assert code == 0, Path("log").read_text(encoding="utf-8", errors="replace")[-5000:]


def table(tmp_path: Path, number: int = ROWS) -> str:
    return str(parquet(tmp_path / "in.parquet", text=[f"w{n}" for n in range(number)], n=list(range(number))).resolve())


def check(target: Path, number: int = ROWS) -> None:
    made = pq.read_table(target).to_pylist()
    assert sorted(row["n"] for row in made) == list(range(number)), "every row once"
    assert all(row["output"] == f"w{row['n']}" and row["error"] is None for row in made)


def repeated(azure: Emulator) -> int:
    asked = Counter(request.body["messages"][0]["content"] for request in azure.requests if request.status == 200)
    return sum(asked.values()) - len(asked)


def no_secret(azure: Emulator, *folders: Path) -> None:
    for folder in folders:
        for file in folder.rglob("*"):
            if file.is_file():
                assert azure.api_key.encode() not in file.read_bytes(), file


@needs_spark
def test_spark_with_a_worker_that_is_killed(azure, tmp_path):
    finish(start(azure, "spark_job.py", table(tmp_path), str(tmp_path / "out"), str(tmp_path / "flag")))
    assert (tmp_path / "flag").exists()
    check(tmp_path / "out")
    assert repeated(azure) <= ROWS / 4, "one partition"
    no_secret(azure, tmp_path / "out")


@needs_ray
def test_ray_with_an_actor_that_is_killed(azure, tmp_path, short):
    finish(start(azure, "ray_job.py", table(tmp_path), str(tmp_path / "out"), str(tmp_path / "flag"), "-", short))
    assert (tmp_path / "flag").exists()
    check(tmp_path / "out")
    assert repeated(azure) <= 4 * 100, "the blocks that were open"
    no_secret(azure, tmp_path / "out", Path(short))


@needs_ray
def test_ray_with_a_driver_that_is_killed_and_its_own_checkpoint(azure, tmp_path, short):
    source = tmp_path / "in"
    source.mkdir()
    number = 2000
    for part in range(20):
        numbers = range(part * 100, part * 100 + 100)
        parquet(source / f"{part}.parquet", text=[f"w{n}" for n in numbers], n=list(numbers))
    arguments = (str(source), str(tmp_path / "out"), "-", str(tmp_path / "checkpoint"), short)
    azure.latency = 0.2
    first = start(azure, "ray_job.py", *arguments)
    assert azure.requests.wait_for(1500, timeout=200)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    azure.latency = 0.0
    azure.clear()
    finish(start(azure, "ray_job.py", *arguments))
    check(tmp_path / "out", number)
    again = {request.body["messages"][0]["content"] for request in azure.requests}
    assert len(again) <= number - 100, "what was written was not asked again"
