"""The short form of `make chaos`: 320 calls through all doors in a storm of faults."""

from __future__ import annotations

import logging

from azure_connector.emulator.wire import Call
from tests.chaos.run import BATCH, storm_of_calls
from tests.chaos.storm import Storm
from tests.support.frameworks import needed

frameworks = needed("litellm", "semantic_kernel.connectors.ai.open_ai")


def request(text: str) -> Call:
    return Call("POST", "/x", "/x", "", {}, f'{{"input": "Repeat exactly: {text} alpha"}}'.encode(), connection=0)


def test_the_same_seed_deals_the_same_faults_in_any_order():
    one, other = Storm(7, 0.3), Storm(7, 0.3)
    for name in ("call-000001", "call-000002", "call-000001"):
        one.take(request(name))
    for name in ("call-000002", "call-000001", "call-000001"):
        other.take(request(name))
    assert one.attempts == other.attempts
    assert set(one.attempts) == {"call-000001", "call-000002"}


def test_every_call_ends_in_a_reply_or_in_an_error_that_says_why(caplog):
    caplog.set_level(logging.CRITICAL)
    report = storm_of_calls(320, seed=7)
    assert report.broken == [], report.table()
    assert sum(row["calls"] for row in report.rows.values()) == 320
    assert sum(row["answered after failover"] for row in report.rows.values()) > 20
    assert sum(number for kind, number in report.dealt.items() if kind) > 0.2 * sum(report.dealt.values())
    assert BATCH > 320, "one batch: what is left is counted once everything is closed"
