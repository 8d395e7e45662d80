from __future__ import annotations

import pytest

from azure_connector.deployments import Plan, Target
from azure_connector.routing import AttemptOutcome, Health, RetryPolicy, Route


class World:
    """Targets, a clock that only tests move, and no chance: `chance` is what the random numbers are."""

    A = Target("west", "a", "gpt-5", rank=0)
    A2 = Target("west", "a2", "gpt-5", rank=0)
    B = Target("east", "b", "gpt-5", rank=1)
    C = Target("north", "c", "gpt-5", rank=2)

    OK = AttemptOutcome("ok", 200)

    def __init__(self, **policy):
        self.now = 1000.0
        self.chance = 0.0
        self.policy = RetryPolicy(**policy)
        self.health = Health(self.policy, lambda: self.now)

    def plan(self, *targets, rule="mapping"):
        return Plan("gpt-5", targets or (self.A,), rule)

    def route(self, *targets, deadline=None, repeatable=True, rule="mapping", operation=""):
        until = None if deadline is None else self.now + deadline
        return Route(
            self.plan(*targets, rule=rule), self.health, self.policy, self.now, until,
            repeatable=repeatable, operation=operation, rng=lambda: self.chance,
        )  # fmt: skip

    def observe(self, target, kind, status=None, **fields):
        self.health.observe(target, AttemptOutcome(kind, status, **fields), self.now)

    def break_down(self, target, kind="transient"):
        for _ in range(self.policy.failures_before_cooldown):
            self.observe(target, kind, 500)

    def ready_in(self, target):
        return self.health.view([target], self.now)[0].ready_at - self.now

    @staticmethod
    def limited(retry_after=None, **fields):
        return AttemptOutcome("rate_limited", 429, "429", retry_after, **fields)

    @staticmethod
    def failed(kind="transient", status=500, **fields):
        return AttemptOutcome(kind, status if kind == "transient" else None, **fields)


@pytest.fixture
def world():
    return World()


@pytest.fixture
def make_world():
    return World
