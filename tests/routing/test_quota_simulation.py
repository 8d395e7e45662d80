from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "quota_simulation.py"


@pytest.fixture(scope="module")
def simulation():
    spec = importlib.util.spec_from_file_location("quota_simulation", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules["quota_simulation"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["quota_simulation"]


@pytest.fixture(scope="module")
def rows(simulation):
    peak = simulation.simulate(seed=3, begin=15.0 * 3600, end=15.5 * 3600)
    return {row.name: row for row in peak}


def test_at_the_peak_three_deployments_serve_more_than_one_or_a_random_one(rows):
    served = {name: len(row.served) for name, row in rows.items()}
    assert served["connector, three deployments"] > 1.1 * served["SDK, picks one of three at random"]
    assert served["connector, three deployments"] > 1.5 * served["SDK, first deployment only"]


def test_one_deployment_serves_its_quota_whoever_asks_and_is_asked_less(rows):
    naive, ours = rows["SDK, first deployment only"], rows["connector, first deployment only"]
    assert sum(job.tokens for job in ours.served) > 0.93 * sum(job.tokens for job in naive.served)
    assert ours.sent / len(ours.served) < 0.7 * naive.sent / len(naive.served)


def test_the_same_seed_gives_the_same_day(simulation):
    lines = [[row.line() for row in simulation.simulate(seed=4, begin=36_000.0, end=36_600.0)] for _ in range(2)]
    assert lines[0] == lines[1]


def test_a_deployment_counts_as_azure_does(simulation):
    deployment = simulation.Deployment(60_000)
    assert deployment.ask(0.0, 59_000).remaining_tokens == 1_000
    refused = deployment.ask(30.0, 1_001)
    assert (refused.kind, refused.retry_after) == ("rate_limited", 30.0)
    assert deployment.ask(30.5, 1_000).kind == "ok"
    assert deployment.ask(60.0, 60_000).kind == "ok"
    for _ in range(60):
        deployment.ask(70.0, 0)
    assert deployment.ask(70.5, 0).retry_after == 10.0  # refused ones count too, so it is the ten seconds' window
