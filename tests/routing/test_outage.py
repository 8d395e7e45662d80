"""Whole crowds of calls on simulated time, and real threads without a clock."""

from __future__ import annotations

import heapq
import random
import threading
from itertools import count

import pytest

from azure_connector.deployments import Plan, Target
from azure_connector.routing import AttemptOutcome, BackOff, GiveUp, Health, RetryPolicy, Route, SendTo

WEST = (Target("west", "a", rank=0), Target("west", "b", rank=0))
EAST = (Target("east", "c", rank=1),)


class Crowd:
    """Calls that begin at given moments and are answered by `answer(target, now) -> (kind, seconds)`."""

    def __init__(self, targets, answer, policy=None, seed=1):
        self.policy = policy or RetryPolicy()
        self.health = Health(self.policy)
        self.plan = Plan("m", targets, "mapping")
        self.answer = answer
        self.chance = random.Random(seed)
        self.sent = []  # (when, target)
        self.given_up = []
        self.served = []  # (when, target)

    def call(self, now):
        route = Route(self.plan, self.health, self.policy, now, now + 600.0, rng=self.chance.random)
        step = route.first()
        while not isinstance(step, GiveUp):
            if isinstance(step, BackOff):
                now += step.seconds
                yield now
                step = route.resume(now)
                continue
            assert isinstance(step, SendTo)
            self.sent.append((now, step.target))
            kind, seconds = self.answer(step.target, now)
            now += seconds
            yield now
            if kind == "ok":
                route.succeeded(step.target, AttemptOutcome("ok", 200), now)
                self.served.append((now, step.target))
                return
            step = route.failed(step.target, AttemptOutcome(kind, 503 if kind == "transient" else None), now)
        self.given_up.append(step)

    def run(self, moments):
        order = count()
        asleep = [(moment, next(order), self.call(moment)) for moment in moments]
        heapq.heapify(asleep)
        while asleep:
            _, _, call = heapq.heappop(asleep)
            if (until := next(call, None)) is not None:
                heapq.heappush(asleep, (until, next(order), call))


def outage(begin, end, kind, refusal=0.01, work=1.0):
    def answer(target, now):
        down = target.resource == "west" and begin <= now < end
        return (kind, refusal) if down else ("ok", work)

    return answer


@pytest.mark.parametrize("kind", ["unreachable", "transient", "reset"])
def test_a_resource_that_goes_down_under_200_calls_at_once_costs_no_call(kind):
    crowd = Crowd(WEST + EAST, outage(10.0, 60.0, kind))
    crowd.run([second + number / 200 for second in range(120) for number in range(200)])
    assert not crowd.given_up
    assert len(crowd.served) == 120 * 200
    during = [when for when, target in crowd.sent if target.resource == "west" and 11.0 <= when < 60.0]
    assert len(during) <= 2 * 50 / crowd.policy.probe_interval + 4, "only probes go there"
    back = min(when for when, target in crowd.served if target.resource == "west" and when > 60.0)
    assert back <= 60.0 + crowd.policy.probe_interval + 1.1, "traffic returns within the probe interval"
    after = [target.resource for when, target in crowd.sent if when > 60.0 + 2 * crowd.policy.probe_interval]
    assert set(after) == {"west"}


@pytest.mark.parametrize("kind", ["unreachable", "transient"])
def test_the_only_resource_down_for_some_seconds_costs_no_call_either(kind):
    """Its circuit is never waited for: every call's own backoff outlasts the outage."""
    crowd = Crowd(WEST[:1], outage(0.0, 5.0, kind))
    crowd.run([number / 1000 for number in range(200)])
    assert not crowd.given_up
    assert len(crowd.served) == 200
    assert max(when for when, _ in crowd.served) <= 5.0 + crowd.policy.max_backoff + 3.0


def test_slow_timeouts_of_a_probe_hold_nobody_else_up():
    crowd = Crowd(WEST + EAST, outage(5.0, 200.0, "timeout", refusal=30.0))
    crowd.run([second / 2 for second in range(400)])
    assert not crowd.given_up
    late = [when for when, target in crowd.sent if target.resource == "west" and 60.0 < when < 200.0]
    assert len(late) <= 2 * 140 / crowd.policy.probe_interval + 2


def test_threads_share_one_health_without_losing_anything():
    policy = RetryPolicy(cooldown=0.0, probe_interval=0.0, failures_before_cooldown=2, backoff=0.0, max_known=8)
    health = Health(policy)
    ended, errors = [], []
    barrier = threading.Barrier(8)

    def work(seed):
        chance = random.Random(seed)
        barrier.wait()
        try:
            for number in range(400):
                plan = Plan("m", (*WEST, *EAST, Target("north", f"d{number % 20}")), "mapping")
                now = float(number)
                route = Route(plan, health, policy, now, rng=chance.random)
                step = route.first()
                while not isinstance(step, GiveUp):
                    if isinstance(step, BackOff):
                        now += step.seconds
                        step = route.resume(now)
                        continue
                    kind = chance.choice(["ok", "ok", "transient", "unreachable", "rate_limited", "cancel"])
                    if kind == "cancel":
                        route.cancelled(step.target, now)
                        break
                    if kind == "ok":
                        route.succeeded(step.target, AttemptOutcome("ok", 200), now)
                        break
                    step = route.failed(step.target, AttemptOutcome(kind, retry_after=0.0), now)
                ended.append(1)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(ended) == 8 * 400
    assert len(health.report(1e9)) <= 8 + 3
