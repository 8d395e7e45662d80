"""Many calls in a storm of faults, and what must hold of every one of them.

python -m tests.chaos.run --calls 10000 --seed 1
"""

from __future__ import annotations

import os

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # no download of a price table at import

import argparse
import asyncio
import contextlib
import gc
import inspect
import logging
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import openai
import psutil

from azure_connector.emulator import Emulator
from azure_connector.errors import Attempt, AzureErrorDetails, StreamInterruptedError
from tests.chaos.doors import Doors, Outcome, draw
from tests.chaos.storm import EXECUTED_NOTHING, MARK, Storm
from tests.support.waiting import PATIENCE

WORDS = "alpha beta gamma delta epsilon zeta eta theta iota kappa"
ATTEMPTS = 12  # four for each of three resources
HUNG = 60.0
BATCH = 500


@dataclass
class Report:
    """What was seen, and every promise that was broken.

    Attributes:
        rows: for each way: calls, calls that were answered at once, after failover, interrupted streams, refusals.
        broken: promises that did not hold, in words.
        dealt: how often each fault was dealt.
        rss: resident megabytes after each batch.
        left: tasks, threads, sockets and file descriptors that were left.
        seconds: the run's time.
    """

    rows: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    broken: list[str] = field(default_factory=list)
    dealt: Counter[str] = field(default_factory=Counter)
    rss: list[float] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)
    attempts: int = 0
    slowest: float = 0.0
    seconds: float = 0.0

    def judge(self, outcome: Outcome, met: list[str]) -> None:
        """Holds one call to what is promised."""
        way, row = outcome.way, self.rows[outcome.way.name]
        row["calls"] += 1
        self.attempts += len(met)
        self.slowest = max(self.slowest, outcome.seconds)
        text, error = "".join(outcome.delivered), typed(outcome.error)
        said = f"{outcome.identity} ({way.name}; met {met}; {outcome.error!r:.300})"
        if outcome.error is None:
            row["answered at once" if len(met) == 1 else "answered after failover"] += 1
            self._expect(text == outcome.expected, f"wrong or doubled answer {text!r}: {said}")
            self._expect(accounted(outcome.attempts, met), f"{outcome.attempts} told: {said}")
        elif isinstance(error, StreamInterruptedError) and way.stream and (text or error.partial.text):
            row["interrupted, with what arrived"] += 1
            self._expect(outcome.expected.startswith(text), f"wrong part of an answer {text!r}: {said}")
            self._expect(error.partial.text.startswith(text), f"partial {error.partial.text!r}: {said}")
            self._expect(accounted(error.attempts, met), f"{error.attempts} told: {said}")
        elif error is not None and not way.repeatable:
            row["not repeated, typed error"] += 1
            self._expect(bool(error.attempts) and bool(str(error)), f"an error that does not say why: {said}")
            self._expect(accounted(error.attempts, met), f"{error.attempts} told: {said}")
        else:
            row["failed"] += 1
            self._expect(False, f"a repeatable call failed, or by an error without a type: {said}")
        if not way.repeatable:
            unsure = [kind for kind in met[:-1] if kind not in EXECUTED_NOTHING]
            self._expect(not unsure, f"sent again after {unsure}, which may have been executed: {said}")

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.broken.append(otherwise)

    def table(self) -> str:
        """Everything as text."""
        columns = (
            "calls",
            "answered at once",
            "answered after failover",
            "interrupted, with what arrived",
            "not repeated, typed error",
            "failed",
        )
        total: Counter[str] = Counter()
        for row in self.rows.values():
            total.update(row)
        lines = [f"| way | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}"]
        for name, row in [*sorted(self.rows.items()), ("**all**", total)]:
            lines.append(f"| {name} | {' | '.join(str(row[column]) for column in columns)} |")
        faulty = sum(number for kind, number in self.dealt.items() if kind)
        share = faulty / max(1, sum(self.dealt.values()))
        kinds = ", ".join(f"{kind} {number}" for kind, number in sorted(self.dealt.items()) if kind)
        left = ", ".join(f"{number} {what}" for what, number in self.left.items())
        memory = f"{self.rss[0]:.0f} MB after the first batch, {self.rss[-1]:.0f} MB at the end" if self.rss else "-"
        return "\n".join(
            [
                *lines,
                "",
                f"attempts: {self.attempts}, of which {share:.0%} were faulty ({kinds})",
                f"time: {self.seconds:.0f} s; slowest call: {self.slowest:.1f} s",
                f"left at the end: {left}",
                f"memory: {memory}",
                f"promises broken: {len(self.broken)}",
                *(f"  {one}" for one in self.broken[:20]),
            ]
        )


def accounted(told: Sequence[Attempt] | None, met: list[str]) -> bool:
    """Whether a call tells of every request that reached a resource, and of others only that no reply came.

    A connection may turn out to be dead when it is used again: that is an attempt which nobody but the caller saw.
    """
    return told is None or len(met) <= len(told) <= len(met) + sum(attempt.status is None for attempt in told)


def typed(error: BaseException | None) -> Any:
    """The connector's own error behind whatever a door raised."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, AzureErrorDetails) and isinstance(error, openai.OpenAIError):
            return error
        error = error.__cause__ or getattr(error, "original_exception", None) or error.__context__
    return None


@contextlib.contextmanager
def three_resources(storm: Storm) -> Iterator[tuple[list[Emulator], dict[str, Any]]]:
    """Three emulated resources in the storm, and settings that know them."""
    with Emulator(seed=1) as east, Emulator(seed=2) as west, Emulator(seed=3) as north:
        named = {"west": west, "north": north}
        mapping = {
            model: [model, [f"{model}@west", f"{model}@north"]]
            for model in ("gpt-4o", "gpt-5", "text-embedding-3-small")
        }
        for azure in (east, west, north):
            azure._app.script = storm  # type: ignore[assignment]  # it decides by the call, not by the order of arrival
        yield (
            [east, west, north],
            {
                "azure_endpoint": east.endpoint,
                "api_key": east.api_key,
                "resources": {
                    name: {"azure_endpoint": azure.endpoint, "api_key": azure.api_key} for name, azure in named.items()
                },
                "deployment_mapping": mapping,
                "max_attempts": ATTEMPTS,
                "timeout": 4.0,
                "cooldown": 0.2,
                "probe_interval": 0.3,
            },
        )


async def one_call(outcome: Outcome, pool: ThreadPoolExecutor, gate: asyncio.Semaphore) -> None:
    """Makes a call and notes how it ended."""
    prompt = f"Repeat exactly: {outcome.expected}"
    async with gate:
        began = time.monotonic()
        try:
            run = outcome.way.run
            async with asyncio.timeout(HUNG):
                if inspect.iscoroutinefunction(run):
                    await run(prompt, outcome)
                else:
                    await asyncio.get_running_loop().run_in_executor(pool, run, prompt, outcome)
        except Exception as error:  # whatever it is, the report judges it
            outcome.error = error
        outcome.seconds = time.monotonic() - began


def storm_of_calls(calls: int, seed: int, rate: float = 0.3, *, at_once: int = 24) -> Report:
    """Makes the calls, judges them, and looks for what they left behind.

    Args:
        calls: how many.
        seed: decides the order of the calls and the faults of each.
        rate: which share of the attempts has a fault.
        at_once: how many calls are on their way at a time.
    """
    storm, report, began = Storm(seed, rate), Report(), time.monotonic()
    here = psutil.Process()
    files, threads = here.num_fds(), set(threading.enumerate())
    with ThreadPoolExecutor(8, thread_name_prefix="chaos") as pool:
        asyncio.run(batches(calls, seed, storm, report, pool, asyncio.Semaphore(at_once)))
    gc.collect()
    report.dealt = storm.dealt
    others = [one for one in threading.enumerate() if one not in threads and not of_litellm(one)]
    report.left["threads"] = len(others)
    report.left["file descriptors"] = max(0, here.num_fds() - files)
    report.broken += [f"{number} {what} left" for what, number in report.left.items() if number]
    report.seconds = time.monotonic() - began
    return report


async def batches(
    calls: int, seed: int, storm: Storm, report: Report, pool: ThreadPoolExecutor, gate: asyncio.Semaphore
) -> None:
    """Makes the calls in batches; during every second one a whole resource is down for a while."""
    with three_resources(storm) as (clouds, options):
        doors = Doors(options)
        order = draw(doors, calls, seed)
        for start in range(0, calls, BATCH):
            batch = [
                Outcome(f"{MARK}{number:06d}", f"{MARK}{number:06d} {WORDS}", order[number])
                for number in range(start, min(start + BATCH, calls))
            ]
            down = outage(clouds[start // BATCH % len(clouds)]) if start // BATCH % 2 else asyncio.sleep(0)
            await asyncio.gather(down, *(one_call(outcome, pool, gate) for outcome in batch))
            for outcome in batch:
                report.judge(outcome, storm.attempts[outcome.identity])
            storm.clear()
            for azure in clouds:
                azure.clear()
                azure.resource.responses.__init__()
            del batch, outcome
            gc.collect()
            report.rss.append(psutil.Process().memory_info().rss / 2**20)
        await doors.close()
        del doors, order
        await settle(report, clouds)


async def outage(azure: Emulator) -> None:
    """A whole resource resets every connection for two seconds."""
    with azure.outage("reset"):
        await asyncio.sleep(2)


def of_litellm(thread: threading.Thread) -> bool:
    """Whether LiteLLM keeps a thread for its own logging."""
    return thread.name.startswith("litellm")


async def settle(report: Report, clouds: list[Emulator]) -> None:
    """Counts what is left once everything is closed."""
    ports = {int(azure.endpoint.rsplit(":", 1)[1]) for azure in clouds}

    def connected() -> int:
        found = psutil.Process().net_connections("tcp")
        return len([one for one in found if one.raddr and one.raddr.port in ports and one.status == "ESTABLISHED"])

    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        gc.collect()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        ours = [task for task in tasks if "litellm" not in repr(task).lower()]
        if not ours and not connected():
            break
        await asyncio.sleep(0.05)
    report.left["tasks"], report.left["connections"] = len(ours), connected()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=0.3, help="share of the attempts that are faulty")
    options = parser.parse_args()
    logging.getLogger("azure_connector").setLevel(logging.ERROR)
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    logging.getLogger("semantic_kernel").setLevel(logging.CRITICAL)
    report = storm_of_calls(options.calls, options.seed, options.rate)
    print(f"seed {options.seed}, {options.calls} calls, three resources\n\n{report.table()}")
    print("MB after each batch:", *(f"{size:.0f}" for size in report.rss))
    grown = report.rss[-1] / report.rss[len(report.rss) // 3] if len(report.rss) > 5 else 1.0
    if grown > 1.15:
        print(f"memory grew by {grown - 1:.0%} over the last two thirds")
    return 1 if report.broken or grown > 1.15 else 0


if __name__ == "__main__":
    sys.exit(main())
