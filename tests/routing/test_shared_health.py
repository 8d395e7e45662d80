from __future__ import annotations

import logging
import os
import signal
import threading
import time

import pytest
from pydantic import SecretStr

from azure_connector.deployments import Target
from azure_connector.errors import ConfigurationError
from azure_connector.routing import AttemptOutcome, Health, RetryPolicy
from azure_connector.routing._redis import RedisHealthStore
from tests.support.waiting import PATIENCE, until, until_async

fakeredis = pytest.importorskip("fakeredis")

WEST = "https://west.openai.azure.com"
EAST = "https://east.openai.azure.com"


class Process:
    """One process' health and its link to Redis; `names` are its own names for the two resources."""

    def __init__(self, server, west="west", east="east", client=None, **options):
        self.policy = RetryPolicy(cooldown=60.0)  # no test outlasts it
        self.health = Health(self.policy)
        self.a = Target(west, "a")
        self.a2 = Target(west, "a2")
        self.b = Target(east, "b")
        self.link = RedisHealthStore(
            self.health,
            client or fakeredis.FakeRedis(server=server),
            addresses={west: WEST, east: EAST},
            **{"interval": 0.02, **options},
        )

    def observe(self, target, kind, **fields):
        self.health.observe(target, AttemptOutcome(kind, **fields), self.health.clock())

    def ready_at(self, target):
        return self.health.view([target], self.health.clock())[0].ready_at

    def ready_in(self, target):
        now = self.health.clock()
        return self.health.view([target], now)[0].ready_at - now

    def row(self, key):
        return self.health.report(self.health.clock()).get(key)


@pytest.fixture
def server():
    return fakeredis.FakeServer()


@pytest.fixture
def start(server):
    started = []

    def make(**options):
        started.append(Process(server, **options))
        return started[-1]

    yield make
    for process in started:
        process.link.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "azure-connector-redis"]


def test_a_429_of_one_process_keeps_the_others_out_under_their_own_names(start):
    one, other = start(), start(west="default", east="second")
    one.observe(one.a, "rate_limited", retry_after=55.0)
    until(lambda: other.ready_in(other.a) > 0)
    assert other.ready_at(other.a) == pytest.approx(one.ready_at(one.a), abs=5)
    assert other.row("a@default").cause == "rate_limited"
    assert other.ready_in(other.b) == 0


def test_an_operation_s_outage_and_its_end_are_shared(start):
    one, other = start(), start()
    for _ in range(3):
        one.health.observe(one.a, AttemptOutcome("transient", 500), one.health.clock(), operation="/responses")

    def ready_in(operation):
        now = other.health.clock()
        return other.health.view([other.a], now, operation)[0].ready_at - now

    until(lambda: ready_in("/responses") > 0)
    assert ready_in("/chat/completions") == 0
    one.health.observe(one.a, AttemptOutcome("ok", 200), one.health.clock(), operation="/responses")
    until(lambda: ready_in("/responses") == 0)
    assert other.row("/responses:a@west").failing  # one probe of its own, then all
    assert other.health.claim(other.a, "me", other.health.clock(), "/responses")


@pytest.mark.parametrize("kind", ["unreachable", "timeout", "reset"])
def test_what_one_machine_s_network_did_is_not_shared(start, kind):
    one, other = start(), start()
    for _ in range(5):
        one.observe(one.a, kind)
    one.observe(one.b, "rate_limited", retry_after=55.0)
    until(lambda: other.ready_in(other.b) > 0)
    assert other.ready_in(other.a) == 0


def test_quotas_are_shared(start):
    one, other = start(), start()
    one.observe(one.a, "ok", remaining_tokens=500, limit_tokens=10_000, reset_tokens=30.0)
    until(lambda: other.row("a@west") is not None and other.row("a@west").quota_share is not None)
    assert other.row("a@west").quota_share == pytest.approx(0.05)
    assert other.health.view([other.a], other.health.clock())[0].weight == pytest.approx(0.5)


def test_a_process_that_starts_later_learns_what_holds(start):
    one = start()
    one.observe(one.a, "no_capacity", retry_after=55.0)
    until(lambda: one.link._client.zcard("azure-connector:cooling") == 1)
    other = start()
    until(lambda: other.ready_in(other.a) > 0)


def test_one_s_own_news_do_not_come_back_as_another_s(start):
    one = start()
    for _ in range(3):
        one.observe(one.a, "transient")
    until(lambda: one.link._client.zcard("azure-connector:cooling") == 1)
    one.observe(one.a, "ok")
    until(lambda: one.link._client.zcard("azure-connector:recovered") == 1)
    one.link.exchange()
    assert one.ready_in(one.a) == 0
    assert not one.row("a@west").failing


def test_another_application_s_resources_and_garbage_are_left_alone(start, server):
    one = start()
    client = fakeredis.FakeRedis(server=server)
    later = int(time.time() * 1000) + 50_000
    client.zadd(
        "azure-connector:cooling", {"rate_limited|a@https://elsewhere": later, "nonsense": later, "x|a@": later}
    )
    client.hset("azure-connector:quota", mapping={f"a@{WEST}": "what", f"b@{EAST}": "7,soon", "\xff": ""})
    client.zadd("azure-connector:cooling", {f"rate_limited|b@{EAST}": later})
    until(lambda: one.ready_in(one.b) > 0)
    assert one.ready_in(one.a) == 0
    until(lambda: client.hlen("azure-connector:quota") == 0)


def test_what_is_in_redis_expires(start):
    one = start()
    one.observe(one.a, "rate_limited", retry_after=55.0, remaining_tokens=0)
    client = one.link._client
    until(lambda: client.exists("azure-connector:cooling") and client.exists("azure-connector:quota"))
    one.link.exchange()
    for name in ("cooling", "quota"):
        assert 0 < client.pttl(f"azure-connector:{name}") <= 120_000


def test_redis_down_means_one_warning_and_going_on_alone(start, server, caplog):
    one, other = start(), start()
    until(one.link._client.time)
    with caplog.at_level(logging.INFO, "azure_connector"):
        server.connected = False
        until(lambda: sum("Redis cannot be used" in line for line in caplog.messages) == 2)  # one for each process
        one.observe(one.a, "rate_limited", retry_after=55.0)
        assert one.ready_in(one.a) > 0
        server.connected = True
        until(lambda: sum("Redis is back" in line for line in caplog.messages) == 2)
    assert sum("Redis cannot be used" in line for line in caplog.messages) == 2
    one.observe(one.b, "rate_limited", retry_after=55.0)
    until(lambda: other.ready_in(other.b) > 0)


class Hanging:
    """A client whose every command hangs until it is let go."""

    def __init__(self):
        self.go = threading.Event()
        self.callers = set()

    def __getattr__(self, command):
        def hang(*arguments, **options):
            self.callers.add(threading.current_thread())
            self.go.wait(PATIENCE)
            raise OSError("timed out")

        return hang


def test_no_thread_waits_for_a_redis_that_hangs(start):
    client = Hanging()
    one = start(client=client)
    until(lambda: client.callers)
    for _ in range(1000):
        one.observe(one.a, "ok", remaining_tokens=500, limit_tokens=10_000)
        one.observe(one.a, "rate_limited", retry_after=55.0)
    assert threading.current_thread() not in client.callers
    assert one.ready_in(one.a) > 0
    client.go.set()


async def test_tasks_of_two_processes_share_too(start):
    one, other = start(), start()
    one.observe(one.a, "rate_limited", retry_after=55.0)
    await until_async(lambda: other.ready_in(other.a) > 0)


def test_closing_ends_the_thread_and_unhooks(start):
    one = start()
    assert one.health.store is one.link
    one.link.close()
    one.link.close()
    assert one.health.store is None
    one.observe(one.a, "rate_limited")
    one.link.cooled("a@west", 5.0, "rate_limited")
    assert one.link._thread is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")
def test_a_forked_child_is_not_stopped_by_locks_and_has_a_thread_of_its_own(start):
    one = start()
    with one.health._lock, one.link._lock:  # as other threads may pause_until them in that moment
        child = os.fork()
        if child == 0:
            signal.alarm(5)
            one.observe(one.a, "ok", remaining_tokens=1, limit_tokens=9)
            os._exit(0 if one.link._thread.is_alive() else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_what_waits_to_be_told_is_bounded_by_the_number_of_targets(start):
    client = Hanging()
    one = start(client=client)
    for _ in range(500):
        one.link.cooled("a@west", 5.0, "rate_limited")
        one.link.quota("a@west", 0.5, 5.0)
    assert len(one.link._news) == len(one.link._quotas) == 1
    client.go.set()


def test_a_url_is_never_shown():
    with pytest.raises(ConfigurationError) as caught:
        RedisHealthStore(Health(), SecretStr("ftp://user:CANARY@host"))
    assert "CANARY" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_a_url_makes_a_client_with_short_timeouts():
    link = RedisHealthStore(Health(), "redis://127.0.0.1:1/0", timeout=0.25)
    arguments = link._client.connection_pool.connection_kwargs
    assert arguments["socket_timeout"] == arguments["socket_connect_timeout"] == 0.25
    link.close()


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "redis", None)
    with pytest.raises(ConfigurationError, match=r'pip install "\.\[redis\]"'):
        RedisHealthStore(Health(), "redis://127.0.0.1:1/0")
