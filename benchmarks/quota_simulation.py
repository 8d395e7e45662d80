"""A day of quota, simulated: the connector's routing against the OpenAI SDK's own retries.

Nothing is sent and no clock is real: deployments count the way Azure counts, calls arrive by a daily pattern, and the
connector's rows run the package's own `Route` and `Health`. Every row sees the same calls at the same moments.

    python benchmarks/quota_simulation.py            # the table
    python benchmarks/quota_simulation.py --write    # and docs/images/quota.svg, docs/images/quota.md

What is modelled, and what is not:

- Tokens are counted per minute, in advance, with the caller's `max_tokens`; requests in windows of 10 seconds, refused
  ones included. A 429 names the time until its window ends. Microsoft documents these rules, not their exact windows.
- The SDK's rules are those of openai 2.54: two retries by default, `retry-after` obeyed up to 120 s, otherwise
  0.5 s doubling up to 8 s with a quarter of jitter. "Picks one at random" is what people put in front of several
  deployments when they have no router.
- A caller waits two minutes. What arrives later counts as failed, for every row alike.
- Where one deployment gets more calls than its quota allows, no client can serve more than the quota: rows differ in
  which calls are served. The SDK's callers ask again and again, so small calls slip in where a large one was refused;
  the connector leaves a deployment alone until the time that it named, and sends 40% fewer requests.
- Service times do not depend on load, the network never fails, and nobody else uses the quota: all of that is kinder
  than life, to every row.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median

from azure_connector.deployments import (
    Plan,
    Target,
)
from azure_connector.routing import (
    AttemptOutcome,
    BackOff,
    Health,
    RetryPolicy,
    Route,
    SendTo,
)

DAY = 86_400.0
UNEQUAL = (90_000, 60_000, 30_000)  # tokens a minute
EQUAL = (60_000, 60_000, 60_000)
PATIENCE = 120.0
REFUSAL_TIME = 0.1  # a 429 comes back quickly
TARGETS = (Target("west", "a", rank=0), Target("east", "b", rank=1), Target("north", "c", rank=1))


@dataclass(slots=True)
class Job:
    """One call: when it is made, what it asks for, how long a model works on it, and what became of it."""

    start: float
    tokens: int
    work: float
    done: float | None = None


def demand(hour: float) -> float:
    """Calls a minute: a quiet night, two peaks, and at the second more than three deployments can serve."""
    morning = 95 * math.exp(-((hour - 10.5) ** 2) / 4.5)
    afternoon = 130 * math.exp(-((hour - 15.5) ** 2) / 2.5)
    return 10 + morning + afternoon


def make_jobs(seed: int, begin: float = 0.0, end: float = DAY) -> list[Job]:
    """The day's calls, mostly short, some long; the same for every row."""
    chance = random.Random(seed)
    jobs: list[Job] = []
    now, busiest = begin, max(demand(minute / 60) for minute in range(24 * 60))
    while now < end:
        now += chance.expovariate(busiest / 60)
        if chance.random() * busiest < demand(now / 3600):
            tokens = int(min(8_000, 300 + chance.lognormvariate(6.8, 0.7)))
            jobs.append(Job(now, tokens, 0.4 + tokens / 400))
    return jobs


class Deployment:
    """Counts tokens by the minute and requests by ten seconds, as Azure does."""

    def __init__(self, tokens_per_minute: int) -> None:
        self._token_limit = tokens_per_minute
        self._request_limit = tokens_per_minute // 1000  # in ten seconds: six a minute for each thousand tokens
        self._minute = self._ten = -1
        self._tokens = self._requests = 0

    def ask(self, now: float, tokens: int) -> AttemptOutcome:
        """Serves or refuses a request that arrives now."""
        if (minute := int(now // 60)) != self._minute:
            self._minute, self._tokens = minute, 0
        if (ten := int(now // 10)) != self._ten:
            self._ten, self._requests = ten, 0
        self._requests += 1
        if self._requests > self._request_limit:
            return self._refuse((ten + 1) * 10 - now)
        if self._tokens + tokens > self._token_limit:
            return self._refuse((minute + 1) * 60 - now)
        self._tokens += tokens
        return AttemptOutcome(
            "ok",
            200,
            remaining_requests=self._request_limit - self._requests,
            limit_requests=self._request_limit,
            remaining_tokens=self._token_limit - self._tokens,
            limit_tokens=self._token_limit,
        )

    @staticmethod
    def _refuse(seconds: float) -> AttemptOutcome:
        return AttemptOutcome("rate_limited", 429, "429", retry_after=float(math.ceil(seconds)))


Fleet = dict[Target, Deployment]
# A client is a generator: it yields until when it sleeps, and returns when the call has ended.
Client = Callable[[Job, Fleet], Iterator[float]]


class Tally:
    """Requests that a row sent in all."""

    def __init__(self) -> None:
        self.sent = 0

    def ask(self, fleet: Fleet, target: Target, job: Job, now: float) -> AttemptOutcome:
        self.sent += 1
        return fleet[target].ask(now, job.tokens)


def sdk(tally: Tally, targets: tuple[Target, ...], max_retries: int, seed: int) -> Client:
    """The SDK's own retries, against one deployment or one picked at random for each call."""
    chance = random.Random(seed)

    def run(job: Job, fleet: Fleet) -> Iterator[float]:
        target, now = chance.choice(targets), job.start
        for attempt in range(max_retries + 1):
            outcome = tally.ask(fleet, target, job, now)
            if outcome.kind == "ok":
                job.done = now + job.work
                return
            now += REFUSAL_TIME
            yield now
            if attempt == max_retries:
                return
            wait = outcome.retry_after or 0.0
            if not 0 < wait <= 120:
                wait = min(0.5 * 2.0**attempt, 8.0) * (1 - 0.25 * chance.random())
            now += wait
            yield now

    return run


def connector(tally: Tally, targets: tuple[Target, ...], policy: RetryPolicy, seed: int) -> Client:
    """The package's routing."""
    chance = random.Random(seed)
    health = Health(policy)
    plan = Plan("gpt-5", targets, "mapping")

    def run(job: Job, fleet: Fleet) -> Iterator[float]:
        now = job.start
        route = Route(plan, health, policy, now, now + PATIENCE, rng=chance.random)
        step = route.first()
        while True:
            if isinstance(step, SendTo):
                outcome = tally.ask(fleet, step.target, job, now)
                now += job.work if outcome.kind == "ok" else REFUSAL_TIME
                yield now
                if outcome.kind == "ok":
                    route.succeeded(step.target, outcome, now)
                    job.done = now
                    return
                step = route.failed(step.target, outcome, now)
            elif isinstance(step, BackOff):
                now += step.seconds
                yield now
                step = route.resume(now)
            else:
                return

    return run


@dataclass
class Row:
    """What became of a day."""

    name: str
    jobs: list[Job]
    sent: int
    served: list[Job] = field(init=False)

    def __post_init__(self) -> None:
        self.served = [job for job in self.jobs if job.done is not None and job.done - job.start <= PATIENCE]

    @property
    def extra(self) -> list[float]:
        """Seconds that served callers waited beyond the model's own time."""
        return sorted(job.done - job.start - job.work for job in self.served if job.done is not None)

    def line(self) -> str:
        extra = self.extra
        failed = len(self.jobs) - len(self.served)
        return (
            f"| {self.name} | {len(self.served):,} | {failed:,} ({100 * failed / len(self.jobs):.1f}%) "
            f"| {median(extra):.1f} s | {extra[int(0.95 * len(extra))]:.1f} s | {self.sent / len(self.served):.2f} |"
        )


def play(jobs: list[Job], quotas: tuple[int, ...], client: Client) -> list[Job]:
    """Runs a day: wakes every call at its moments, in the order of time."""
    jobs = [Job(job.start, job.tokens, job.work) for job in jobs]
    fleet: Fleet = {target: Deployment(quota) for target, quota in zip(TARGETS, quotas, strict=True)}
    order = count()
    asleep = [(job.start, next(order), client(job, fleet)) for job in jobs]
    heapq.heapify(asleep)
    while asleep:
        _, _, call = heapq.heappop(asleep)
        if (until := next(call, None)) is not None:
            heapq.heappush(asleep, (until, next(order), call))
    return jobs


def simulate(seed: int = 1, begin: float = 0.0, end: float = DAY) -> list[Row]:
    """All rows for one seed, for a day or a part of it."""
    jobs = make_jobs(seed, begin, end)
    first = TARGETS[:1]
    makers: list[tuple[str, tuple[int, ...], Callable[[Tally], Client]]] = [
        ("SDK, first deployment only", UNEQUAL, lambda tally: sdk(tally, first, 2, seed)),
        ("SDK with 5 retries, first deployment only", UNEQUAL, lambda tally: sdk(tally, first, 5, seed)),
        ("connector, first deployment only", UNEQUAL, lambda tally: connector(tally, first, RetryPolicy(), seed)),
        ("SDK, picks one of three at random", UNEQUAL, lambda tally: sdk(tally, TARGETS, 2, seed)),
        ("connector, three deployments", UNEQUAL, lambda tally: connector(tally, TARGETS, RetryPolicy(), seed)),
        ("equal quotas: SDK, picks one of three", EQUAL, lambda tally: sdk(tally, TARGETS, 2, seed)),
        (
            "equal quotas: connector, three deployments",
            EQUAL,
            lambda tally: connector(tally, TARGETS, RetryPolicy(), seed),
        ),
    ]
    rows: list[Row] = []
    for name, quotas, make in makers:
        tally = Tally()
        rows.append(Row(name, play(jobs, quotas, make(tally)), tally.sent))
    return rows


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    head = "| client | served | failed | extra wait, median | extra wait, 95% | requests per served call |"
    return "\n".join([head, "|---|---|---|---|---|---|", *(row.line() for row in rows)])


def draw(rows: list[Row], path: Path) -> None:
    """Served calls over the day, beside what was asked for."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "quota"  # the same picture for the same numbers
    from matplotlib import pyplot

    step = 20  # minutes
    edges = [minute / 60 for minute in range(0, 24 * 60 + 1, step)]
    middles = [edge + step / 120 for edge in edges[:-1]]

    def per_minute(moments: list[float]) -> list[float]:
        bins = [0] * len(middles)
        for moment in moments:
            bins[min(int(moment / 60 / step), len(bins) - 1)] += 1
        return [number / step for number in bins]

    figure, axes = pyplot.subplots(figsize=(9, 4.2), layout="constrained")
    asked = per_minute([job.start for job in rows[0].jobs])
    axes.fill_between(middles, asked, color="#d9dde3", label="calls made")
    styles = {
        "SDK, first deployment only": ("#b5651d", "--"),
        "connector, first deployment only": ("#b5651d", "-"),
        "SDK, picks one of three at random": ("#1f5fa8", "--"),
        "connector, three deployments": ("#1f5fa8", "-"),
    }
    for row in rows:
        if (style := styles.get(row.name)) is not None:
            served = per_minute([job.start for job in row.served])
            axes.plot(middles, served, color=style[0], linestyle=style[1], linewidth=1.8, label=row.name)
    axes.set(
        xlabel="hour of the day", ylabel="calls a minute, by the time they were made", xlim=(0, 24), ylim=(0, None)
    )
    axes.set_title("Calls that were answered within two minutes (simulated)", loc="left", fontsize=11)
    axes.set_xticks(range(0, 25, 3))
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write docs/images/quota.svg and quota.md")
    options = parser.parse_args()
    rows = simulate(options.seed)
    text = table(rows)
    print(f"{len(rows[0].jobs):,} calls in 24 simulated hours, seed {options.seed}\n\n{text}")
    if options.write:
        images = Path(__file__).resolve().parent.parent / "docs" / "images"
        draw(rows, images / "quota.svg")
        (images / "quota.md").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
