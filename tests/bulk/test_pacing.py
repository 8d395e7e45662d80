"""The pacer in simulated time, against a service that counts as Azure counts."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azure_connector import RateLimits
from azure_connector.bulk._pacing import Pacer


@dataclass
class Azure:
    """A deployment: requests over a slice, requests and tokens over a minute; refused calls count."""

    rpm: int
    tpm: int
    slice: float = 10.0
    used: dict[str, tuple[float, float]] = field(default_factory=dict)
    served = refused = 0

    def window(self, name: str, length: float, now: float, amount: float) -> tuple[float, float]:
        start, used = self.used.get(name, (-math.inf, 0.0))
        if now - start >= length:
            start, used = now, 0.0
        self.used[name] = (start, used + amount)
        return self.used[name][1], start + length - now

    def call(self, now: float, tokens: int) -> tuple[bool, RateLimits, float]:
        requests, wait = self.window("requests", 60, now, 1)
        in_slice, slice_wait = self.window("slice", self.slice, now, 1)
        spent, token_wait = self.window("tokens", 60, now, 0)
        ok = True
        retry = 0.0
        if requests > self.rpm:
            ok, retry = False, wait
        elif in_slice > max(1, math.ceil(self.rpm * self.slice / 60)):
            ok, retry = False, slice_wait
        elif spent + tokens > self.tpm:
            ok, retry = False, token_wait
        else:
            spent, _ = self.window("tokens", 60, now, tokens)
        self.served += ok
        self.refused += not ok
        limits = RateLimits(self.rpm, max(0, self.rpm - int(requests)), self.tpm, max(0, self.tpm - int(spent)))
        return ok, limits, retry


@dataclass
class Worker:
    pacer: Pacer
    concurrency: int = 64
    running: int = 0
    timer: float = -1.0
    began: float = 0.0
    ended: float = math.inf


def simulate(
    azure: Azure,
    workers: list[Worker],
    seconds: float,
    *,
    tokens: int = 100,
    latency: float = 0.3,
    at: list[tuple[float, Callable[[], None]]] | None = None,
    seed: int = 1,
) -> None:
    """Rows without end: every worker starts one whenever its pacer lets it."""
    rng = random.Random(seed)
    events: list[tuple[float, int, object]] = []
    number = 0

    def push(when: float, what: object) -> None:
        nonlocal number
        number += 1
        heapq.heappush(events, (when, number, what))

    for worker in workers:
        push(worker.began, ("start", worker))
    for when, change in at or ():
        push(when, ("change", change))
    while events:
        now, _, event = heapq.heappop(events)
        if now > seconds:
            return
        kind, *rest = event
        if kind == "change":
            rest[0]()
            continue
        worker = rest[0]
        if kind == "reply":
            (ok, limits, retry), began = rest[1:]
            worker.running -= 1
            if ok:
                worker.pacer.answered("d@default", limits, now)
            else:
                worker.pacer.refused("d@default", retry, now, began)
        elif now < worker.timer:
            continue  # an older timer
        if now >= worker.ended:
            continue
        while worker.running < worker.concurrency:
            free = worker.pacer.next_start(now)
            if free > now:
                if worker.timer <= now or free < worker.timer:
                    worker.timer = free + 1e-9
                    push(worker.timer, ("start", worker))
                break
            worker.running += 1
            worker.pacer.started(now, tokens * 1.7)
            push(now + latency * (0.5 + rng.random()), ("reply", worker, azure.call(now, tokens), now))


def used(azure: Azure, minutes: float, tokens: int = 100) -> float:
    return max(azure.served / (azure.rpm * minutes), azure.served * tokens / (azure.tpm * minutes))


def share_refused(azure: Azure) -> float:
    return azure.refused / max(1, azure.served + azure.refused)


@pytest.mark.parametrize("slice_seconds", [10.0, 1.0])
@pytest.mark.parametrize(("rpm", "tpm"), [(600, 10_000_000), (6000, 100_000)], ids=["requests bind", "tokens bind"])
def test_one_process_takes_the_quota_and_earns_no_refusals(rpm, tpm, slice_seconds):
    azure = Azure(rpm, tpm, slice_seconds)
    simulate(azure, [Worker(Pacer())], 600)
    assert used(azure, 10) >= 0.95
    assert share_refused(azure) <= 0.01


def test_hours_at_a_small_quota_stay_within_it():
    azure = Azure(30, 30_000, 10.0)
    simulate(azure, [Worker(Pacer())], 4 * 3600, latency=2.0)
    assert used(azure, 240) >= 0.95
    assert share_refused(azure) <= 0.01


@pytest.mark.parametrize("slice_seconds", [10.0, 1.0])
def test_three_that_share_take_the_quota_together(slice_seconds):
    azure = Azure(600, 10_000_000, slice_seconds)
    simulate(azure, [Worker(Pacer(share=1 / 3), began=0.01 * n) for n in range(3)], 600)
    assert used(azure, 10) >= 0.90
    assert share_refused(azure) <= 0.01


def test_one_joins_and_one_leaves():
    azure = Azure(600, 10_000_000)
    pacers = [Pacer(share=1 / 2), Pacer(share=1 / 2), Pacer(share=1 / 3)]

    def set_shares(share: float) -> Callable[[], None]:
        def change() -> None:
            for pacer in pacers:
                pacer.share = share

        return change

    workers = [Worker(pacers[0]), Worker(pacers[1], ended=200), Worker(pacers[2], began=100)]
    simulate(azure, workers, 300, at=[(102, set_shares(1 / 3)), (203, set_shares(1 / 2))])
    assert used(azure, 5) >= 0.85
    assert share_refused(azure) <= 0.02


def test_two_that_do_not_know_each_other_share_all_the_same():
    azure = Azure(600, 10_000_000)
    simulate(azure, [Worker(Pacer()), Worker(Pacer())], 600)
    assert used(azure, 10) >= 0.80
    assert share_refused(azure) <= 0.10


def test_a_limit_that_is_halved_midway_is_followed():
    azure = Azure(6000, 100_000)

    def halve() -> None:
        azure.tpm = 50_000

    simulate(azure, [Worker(Pacer())], 600, at=[(300, halve)])
    assert azure.served * 100 >= 0.9 * (100_000 * 5 + 50_000 * 5)
    assert share_refused(azure) <= 0.03


def test_a_large_max_tokens_is_counted_as_azure_counts_it():
    """The estimate says 170 tokens, Azure counts 900: the pace follows Azure."""
    azure = Azure(6000, 90_000)
    simulate(azure, [Worker(Pacer())], 600, tokens=600)
    assert used(azure, 10, 600) >= 0.90
    assert share_refused(azure) <= 0.03


def test_before_the_first_header_four_start_in_a_second():
    pacer = Pacer()
    started = 0
    now = 0.0
    while now < 10:
        if pacer.next_start(now) <= now:
            pacer.started(now, 100)
            started += 1
        else:
            now = pacer.next_start(now)
    assert 38 <= started <= 44


def test_without_limits_nothing_holds_rows_back_until_a_refusal_does():
    pacer = Pacer()
    pacer.answered("d", RateLimits(), 0.0)
    assert math.isinf(pacer.rate(0.0))
    for n in range(1000):
        pacer.answered("d", RateLimits(), n / 100)
    pacer.refused("d", 1.0, 10.0)
    assert pacer.next_start(10.0) == pytest.approx(11.0)
    assert 40 <= pacer.rate(12.0) <= 60, "half of the hundred a second that were served"
    for n in range(1000):
        pacer.answered("d", RateLimits(), 12 + n / 100)
    assert pacer.rate(22.0) > 60, "and it comes back"


def test_a_refusal_pauses_all_starts_as_long_as_it_says():
    pacer = Pacer()
    pacer.answered("d", RateLimits(600, 599, 60_000, 59_000), 0.0)
    pacer.refused("d", 7.5, 1.0)
    assert pacer.next_start(1.0) == pytest.approx(8.5)
    assert pacer.pace(1.0).paused == pytest.approx(7.5)
    assert pacer.pace(1.0).refusals == 1


def test_another_deployment_goes_on_while_one_is_paused():
    pacer = Pacer()
    for target in ("a", "b"):
        pacer.answered(target, RateLimits(600, 599, 600_000, 599_000), 0.0)
    both = pacer.rate(0.0)
    pacer.refused("a", 30.0, 0.0)
    assert pacer.next_start(0.0) <= 0.0
    assert pacer.rate(0.0) == pytest.approx(both / 2)


def test_an_outage_pauses_and_one_reply_ends_the_pause():
    pacer = Pacer()
    pacer.answered("d", RateLimits(6000, 5999, 6_000_000, 5_999_000), 0.0)
    for _ in range(64):
        pacer.failed(1.0)
    assert pacer.next_start(1.0) > 1.0
    pacer.answered("d", RateLimits(6000, 5998, 6_000_000, 5_998_000), 1.1)
    assert pacer.next_start(1.1) <= 1.2


def test_the_users_own_caps_hold():
    azure = Azure(6000, 10_000_000)
    simulate(azure, [Worker(Pacer(rpm=60))], 600)
    assert azure.served <= 605
    azure = Azure(6000, 10_000_000)
    simulate(azure, [Worker(Pacer(tpm=6000))], 600)
    assert azure.served * 100 <= 6000 * 10 * 1.1


def test_a_quota_too_small_for_ten_requests_a_minute_is_measured_all_the_same():
    azure = Azure(20, 2000)
    simulate(azure, [Worker(Pacer(), concurrency=64)], 1800, tokens=127, latency=5.0)
    assert azure.served >= 0.85 * 15 * 30, "fifteen fit into a minute"


@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    rpm=st.integers(20, 3000),
    tokens=st.integers(1, 3000),
    per_request=st.sampled_from([100, 167, 1000, 10_000]),
    latency=st.floats(0.05, 20),
    seed=st.integers(0, 99),
)
def test_whatever_the_quota_few_are_refused_and_most_of_it_is_used(rpm, tokens, per_request, latency, seed):
    azure = Azure(rpm, rpm * per_request)
    if tokens > azure.tpm / 10:
        return
    simulate(azure, [Worker(Pacer(), concurrency=4000)], 600, tokens=tokens, latency=latency, seed=seed)
    # Before the first header four start in a second, whatever the quota is.
    assert azure.refused <= 4 * 1.5 * latency + 4 + 0.02 * azure.served
    # What was refused at first took requests of the first minute; after that nothing is lost.
    lost = azure.refused / (min(azure.rpm, azure.tpm / tokens) * 10)
    # Only whole requests fit into a minute.
    whole = min(azure.rpm, azure.tpm // tokens)
    assert azure.served / (whole * 10) >= 0.8 - lost - 2 * latency / 600
