"""What is measured. Each case runs in a process of its own (`python -m benchmarks.bulk.cases NAME`) and prints JSON."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from azure_connector import AsyncAzureConnector
from azure_connector.bulk import Complete, Embed, _batch_files, run
from azure_connector.emulator import Deployment, Emulator
from azure_connector.emulator.counting import count_messages

from .steady import Meter, answered

JOB = Complete(model="gpt-4o-mini", prompt="Classify: {text}", max_tokens=20)
TEXT = "The lift was out of order again, and nobody at the desk could say for how long. " * 2
KEY = "k" * 32
PEAK = Path("/proc/self/status")


def table(path: Path, rows: int) -> Path:
    """Written in pieces: a million Python strings would be the most that a run's process ever held."""
    with pq.ParquetWriter(path, pa.schema([("text", pa.string()), ("n", pa.int64())])) as writer:
        for first in range(0, rows, 100_000):
            numbers = range(first, min(rows, first + 100_000))
            writer.write_table(pa.table({"text": [f"{TEXT}{n}" for n in numbers], "n": list(numbers)}))
    return path


def served() -> tuple[subprocess.Popen[str], dict[str, int]]:
    command = [sys.executable, "-m", "benchmarks.bulk.server"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, json.loads(process.stdout.readline())


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(rows: int, work: Callable[[], Any]) -> dict[str, float]:
    began, spent = time.perf_counter(), cpu()
    work()
    seconds = time.perf_counter() - began
    return {"rows_per_second": rows / seconds, "cpu_us_per_row": (cpu() - spent) / rows * 1e6, "seconds": seconds}


def client(port: int) -> AsyncAzureConnector:
    return AsyncAzureConnector(azure_endpoint=f"http://127.0.0.1:{port}", api_key=KEY)


def throughput(rows: int) -> dict[str, Any]:
    """On a 20 ms server, 128 at once: the bare client, and a run with journal and files."""
    process, ports = served()
    with tempfile.TemporaryDirectory() as folder:
        source = table(Path(folder) / "in.parquet", rows)

        async def bare() -> None:
            made, gate = client(ports["even"]), asyncio.Semaphore(128)

            async def one(number: int) -> None:
                async with gate:
                    message = {"role": "user", "content": f"Classify: {TEXT}{number}"}
                    await made.chat.completions.create(model="gpt-4o-mini", messages=[message], max_tokens=20)

            await asyncio.gather(*(one(number) for number in range(rows)))
            await made.close()

        found = {"bare": timed(rows, lambda: asyncio.run(bare()))}
        target = Path(folder) / "out.parquet"
        how = {"concurrency": 128, "progress": False, "client": client(ports["even"])}
        found["bulk"] = timed(rows, lambda: run(JOB, source, target, **how))
        job = Embed(model="embed", column="text")
        how = {"progress": False, "client": client(ports["even"])}
        found["embed"] = timed(rows, lambda: run(job, source, Path(folder) / "e.parquet", **how))
    process.kill()
    return found


def overlap(rows: int) -> dict[str, float]:
    """Log-normal latencies (median 50 ms), 64 at once: rows a second by the size of the batches."""
    process, ports = served()
    found: dict[str, float] = {}
    for size in (100, 500, 2000):
        batches = pa.table({"text": [TEXT] * rows}).to_batches(size)
        made = client(ports["spread"])
        how = {"concurrency": 64, "client": made}
        found[str(size)] = timed(rows, lambda batches=batches, how=how: list(JOB.stream(batches, **how)))[
            "rows_per_second"
        ]
    process.kill()
    return found


def memory(rows: int) -> dict[str, float]:
    """The most memory that a run takes, in MB."""
    process, ports = served()
    with tempfile.TemporaryDirectory() as folder:
        source = table(Path(folder) / "in.parquet", rows)
        how = {"concurrency": 256, "progress": False, "client": client(ports["even"])}
        PEAK.with_name("clear_refs").write_text("5", encoding="ascii")  # the peak counts from here on
        found = timed(rows, lambda: run(JOB, source, Path(folder) / "out.parquet", **how))
    process.kill()
    peak = next(line for line in PEAK.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
    return {**found, "rows": rows, "rss_mb": int(peak.split()[1]) / 1024}


def pacing(
    rpm: int, capacity: int, slice_seconds: float, seconds: float = 100, halve: bool = False
) -> dict[str, float]:
    """Against the emulator's own counting: the quota's share that was used, and the share of 429s."""
    names = [Deployment("gpt-4o-mini", capacity=capacity, requests_per_minute=rpm, quota_slice=slice_seconds)]
    with Emulator(names, latency=0.3) as azure, tempfile.TemporaryDirectory() as folder:
        source = table(Path(folder) / "in.parquet", int(rpm * seconds / 60 * 2))
        environment = {**os.environ, "AZURE_OPENAI_ENDPOINT": azure.endpoint, "AZURE_OPENAI_API_KEY": azure.api_key}
        command = [
            sys.executable,
            "-m",
            "azure_connector.cli",
            "bulk",
            "complete",
            str(source),
            f"{folder}/out.parquet",
        ]
        command += ["--model", "gpt-4o-mini", "--prompt", "Classify: {text}", "--max-tokens", "20"]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        azure.requests.wait_for(20, timeout=60)
        azure.clear()
        if halve:
            time.sleep(seconds / 2)
            azure.resource.deploy([Deployment("gpt-4o-mini", capacity=capacity // 2, requests_per_minute=rpm // 2)])
            time.sleep(seconds / 2)
        else:
            time.sleep(seconds)
        statuses = Counter(request.status for request in azure.requests)
        process.kill()
        process.wait()
    message = {"role": "user", "content": f"Classify: {TEXT}100"}
    cost = count_messages([message]) + 20
    quota = min(rpm, capacity * 1000 / cost) * seconds / 60 * (0.75 if halve else 1)
    asked = sum(statuses.values())
    return {"used": statuses[200] / quota, "refused": statuses[429] / max(1, asked), "asked": asked}


def kills(rows: int, number: int = 10) -> dict[str, float]:
    """A run that is killed ten times, at ten places: rows that lack or are double, and calls that were repeated."""
    process, ports = served()
    with tempfile.TemporaryDirectory() as folder:
        source, target = table(Path(folder) / "in.parquet", rows), Path(folder) / "out.parquet"
        environment = {
            **os.environ,
            "AZURE_OPENAI_ENDPOINT": f"http://127.0.0.1:{ports['even']}",
            "AZURE_OPENAI_API_KEY": KEY,
        }
        command = [sys.executable, "-m", "azure_connector.cli", "bulk", "complete", str(source), str(target)]
        command += ["--model", "gpt-4o-mini", "--prompt", "Classify: {text}", "--concurrency", "64"]
        killed = 0
        for turn in range(number):
            working = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            while working.poll() is None and answered(ports["even"]) < rows * (turn + 1) / (number + 1):
                time.sleep(0.05)
            killed += working.poll() is None
            working.kill()
            working.wait()
        subprocess.run(command, env=environment, check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        made = pq.read_table(target, columns=["n", "error_code"]).to_pydict()
        asked = answered(ports["even"])
    process.kill()
    return {
        "killed": killed,
        "rows": len(made["n"]),
        "distinct": len(set(made["n"])),
        "errors": sum(code is not None for code in made["error_code"]),
        "repeated": asked - rows,
    }


def batch(rows: int) -> dict[str, float]:
    """Lines over the Batch API: some fail, the batches expire once, one is cancelled by somebody."""
    names = [Deployment("gpt-4o-mini-batch", "gpt-4o-mini", sku="GlobalBatch")]
    failing = {f"r{n}" for n in range(0, rows, 997)}
    with Emulator(names) as azure, tempfile.TemporaryDirectory() as folder:
        rules = azure.resource.batch_rules
        rules.lines_per_look, rules.expires_after_lines = rows // 24, rows // 3
        rules.line_status = lambda identity: 400 if identity in failing else None
        source = table(Path(folder) / "in.parquet", rows)
        made = AsyncAzureConnector(azure_endpoint=azure.endpoint, api_key=azure.api_key, timeout=600)
        job = Complete(model="gpt-4o-mini-batch", prompt="Say {n}", max_tokens=10)
        seen: list[str] = []

        def cancel_one(progress: Any) -> None:
            if not seen and "in_progress" in progress.note:
                seen.append(progress.note)
                last = list(azure.resource.batches.values())[-1]
                last.body["status"] = "cancelling"

        began = time.perf_counter()
        how = {"batch": True, "poll": 1.0, "client": made, "progress": cancel_one, "keep_journal": True}
        _batch_files.MAX_LINES = max(1, rows // 3)  # three files at least, whatever the size
        summary = run(job, source, Path(folder) / "out.parquet", **how)
        numbers = pq.read_table(Path(folder) / "out.parquet", columns=["n"]).column("n").to_pylist()
        return {
            "rows": len(numbers),
            "in_order": float(numbers == list(range(rows))),
            "batches": len(azure.resource.batches),
            "seconds": time.perf_counter() - began,
            **{f"error_{code}": number for code, number in summary.errors.items()},
        }


def ray_http(rows: int) -> dict[str, Any]:
    """Ray Data's own HTTP processor on the 20 ms server, beside our job on Ray and `run`, each in the middle of its
    rows; the first two in Ray's own environment."""
    python = next((path for path in PYTHONS if path.exists()), None)
    if python is None:
        raise SystemExit("Ray has an environment of its own: make test-engines, or ENGINES=/path/to/it")
    process, ports = served()
    found: dict[str, Any] = {"rows": rows}
    with tempfile.TemporaryDirectory(prefix="r") as folder:
        source = table(Path(folder) / "in.parquet", rows)
        for name in ("processor", "apply"):
            command = [str(python), "-m", "benchmarks.bulk.on_ray", name, str(source), str(ports["even"]), folder]
            done = subprocess.run([*command, str(rows)], capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(done.stderr[-3000:])
            found[name] = json.loads(done.stdout.splitlines()[-1])
        how = {"concurrency": 128, "progress": False, "client": client(ports["even"])}
        with Meter(ports["even"], rows, cpu) as meter:
            run(JOB, source, Path(folder) / "out.parquet", **how)
        found["run"] = meter.result()
    process.kill()
    return found


ROOT = Path(__file__).parents[2]
PYTHONS = (ROOT / ".venv-engines" / "bin" / "python", Path(os.environ.get("ENGINES", "/nowhere")) / "bin" / "python")

# A case, and its rows (for the pace: its seconds): a quick look, and all of it.
CASES: dict[str, tuple[Callable[[int], dict[str, Any]], int, int]] = {
    "throughput": (throughput, 4_000, 20_000),
    "overlap": (overlap, 2_000, 6_000),
    "ray": (ray_http, 2_000, 10_000),
    "memory_small": (memory, 5_000, 100_000),
    "memory_large": (memory, 50_000, 1_000_000),
    "pacing_10s": (lambda seconds: pacing(600, 10_000, 10.0, seconds), 40, 100),
    "pacing_1s": (lambda seconds: pacing(600, 10_000, 1.0, seconds), 40, 100),
    "pacing_tokens": (lambda seconds: pacing(2000, 50, 10.0, seconds), 60, 100),
    "pacing_halved": (lambda seconds: pacing(600, 10_000, 10.0, seconds, halve=True), 60, 100),
    "kills": (kills, 5_000, 100_000),
    "batch": (batch, 6_000, 120_000),
}

if __name__ == "__main__":
    case, small, full = CASES[sys.argv[1]]
    print(json.dumps(case(int(sys.argv[2]) if len(sys.argv) > 2 else small)))
