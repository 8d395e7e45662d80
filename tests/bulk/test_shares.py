"""Quotas shared by heartbeats in Redis, and the displays of progress."""

from __future__ import annotations

import io
import threading
import time

import fakeredis
import pytest

from azure_connector import ConnectorSettings
from azure_connector.bulk import _shares
from azure_connector.bulk._display import Bar, Caller, Lines, Silent, display_for
from azure_connector.bulk._pacing import Pace
from azure_connector.bulk._progress import Counter
from azure_connector.bulk._results import Result
from azure_connector.bulk._shares import Shares
from azure_connector.errors import ConfigurationError


class Told:
    """What a process was told, and a way to wait for it."""

    def __init__(self) -> None:
        self.share = 1.0
        self._changed = threading.Condition()

    def __call__(self, share: float) -> None:
        with self._changed:
            self.share = share
            self._changed.notify_all()

    def becomes(self, share: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: abs(self.share - share) < 1e-9, timeout=20)


def test_each_takes_its_part_while_it_is_there(monkeypatch):
    monkeypatch.setattr(_shares, "_INTERVAL", 0.02)
    server = fakeredis.FakeServer()
    told = [Told(), Told(), Told()]
    made = [Shares(fakeredis.FakeRedis(server=server), "d@x", one) for one in told[:2]]
    assert all(one.becomes(1 / 2) for one in told[:2])
    made.append(Shares(fakeredis.FakeRedis(server=server), "d@x", told[2]))
    other = Shares(fakeredis.FakeRedis(server=server), "other", Told())
    assert all(one.becomes(1 / 3) for one in told)
    made.pop().close()
    assert all(one.becomes(1 / 2) for one in told[:2]), "who leaves gives its part back"
    for one in [*made, other]:
        one.close()


def test_who_dies_is_forgotten(monkeypatch):
    monkeypatch.setattr(_shares, "_INTERVAL", 0.02)
    monkeypatch.setattr(_shares, "_FORGOTTEN", 0.3)
    server = fakeredis.FakeServer()
    fakeredis.FakeRedis(server=server).zadd("azure-connector:bulk:d", {"dead": time.time()})
    told = Told()
    shares = Shares(fakeredis.FakeRedis(server=server), "d", told)
    assert told.becomes(1 / 2)
    assert told.becomes(1.0)
    shares.close()


def test_a_redis_that_is_down_holds_nobody_up(monkeypatch, caplog):
    monkeypatch.setattr(_shares, "_INTERVAL", 0.01)
    server = fakeredis.FakeServer()
    server.connected = False
    told = Told()
    shares = Shares(fakeredis.FakeRedis(server=server), "d", told)
    deadline = time.monotonic() + 10
    while "Redis cannot be used" not in caplog.text and time.monotonic() < deadline:
        time.sleep(0.01)
    assert caplog.text.count("Redis cannot be used") == 1
    assert told.share == pytest.approx(1.0)
    shares.close()


def test_without_a_redis_there_is_nothing_to_share():
    settings = ConnectorSettings(azure_endpoint="https://x.openai.azure.com", api_key="k" * 32)
    assert Shares.of(settings, "d", Told()) is None
    with pytest.raises(ConfigurationError, match="redis_url cannot be read") as caught:
        Shares.of(settings.derived(redis_url="nonsense://:pw@host"), "d", Told())
    assert "pw" not in str(caught.value)


def moment(counter: Counter, now: float = 0.0):
    return counter.progress(now, Pace(9.8, 0.96, 3, 12.0))


def test_progress_says_what_a_user_wants_to_know():
    counter = Counter(1000, price=(1.0, 2.0))
    moment(counter, 0.0)
    counter.add(Result(n, "x", "stop", 100, 10, 1) for n in range(100))
    counter.add([Result(100, error_code="null_input")])
    said = str(moment(counter, 10.0))
    for part in ("101/1,000 rows", "10.1 rows/s", "10,000 tokens in", "1,000 out", "cost 0.012 ", "quota 96%"):
        assert part in said
    for part in ("3 times 429", "errors: null_input 1", "paused 12 s", "1 min 41 s left"):
        assert part in said


def test_a_limit_far_above_the_answers_is_told_of():
    counter = Counter(1000)
    counter.add(Result(n, "x", "stop", 100, 10, 1) for n in range(199))
    assert not counter.waste(1000)
    counter.add([Result(199, "x", "stop", 100, 10, 1)])
    assert "--max-tokens 1000 is far above the mean answer (10)" in counter.waste(1000)
    assert not counter.waste(40)
    assert not counter.waste(None)


def test_a_line_each_ten_seconds_a_bar_or_a_function(monkeypatch, capsys):
    counter = Counter(10)
    lines = Lines(interval=0.0)
    lines.show(moment(counter))
    assert "0/10 rows" in capsys.readouterr().err
    Lines(interval=1000).show(moment(counter))
    assert not capsys.readouterr().err
    assert isinstance(display_for(False), Silent)
    assert isinstance(display_for(True), Lines), "no terminal here"
    seen = []
    display = display_for(seen.append)
    assert isinstance(display, Caller)
    display.show(moment(counter))
    assert len(seen) == 1


def test_the_bar_on_a_terminal():
    from rich.console import Console

    out = io.StringIO()
    bar = Bar(Console(file=out, force_terminal=True, width=200))
    counter = Counter(10)
    counter.add([Result(0, "x")])
    bar.show(moment(counter))
    bar.close()
    assert "1/10 rows" in out.getvalue()
