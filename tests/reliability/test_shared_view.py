"""The shared view: what one process learns of Azure's limits holds for all, and Redis is never in the way."""

from __future__ import annotations

import gc
import logging
import threading
import time

import pytest

from azure_connector import AsyncAzureConnector, AzureConnector, ConfigurationError
from azure_connector.emulator import faults
from tests.reliability.asking import HELLO, tried
from tests.support.waiting import until

fakeredis = pytest.importorskip("fakeredis")


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "azure-connector-redis"]


@pytest.fixture
def redis(monkeypatch):
    """A Redis in this process, for whoever names its URL."""
    server = fakeredis.FakeServer()

    def from_url(url, **options):
        assert url == "redis://shared.test:6379/0"
        return fakeredis.FakeRedis(server=server)

    import redis

    monkeypatch.setattr(redis.Redis, "from_url", from_url)
    yield "redis://shared.test:6379/0"
    assert not threads(), "closing a client ends its thread"


async def test_a_429_of_one_client_keeps_the_other_away(cloud, redis):
    options = cloud.options(redis_url=redis)
    with AzureConnector(**options) as one:
        async with AsyncAzureConnector(**options) as other:
            cloud.east.script(faults.too_many_requests(30))
            assert tried(one.chat.completions.create(model="gpt-4o", messages=HELLO)) == [
                ("default", 429),
                ("west", 200),
            ]
            until(lambda: "gpt-4o@default" in other._state.routing.health.report(time.monotonic()))
            assert tried(await other.chat.completions.create(model="gpt-4o", messages=HELLO)) == [("west", 200)]


def test_a_client_that_was_closed_shares_again_when_it_is_used_again(cloud, redis):
    client = AzureConnector(**cloud.options(redis_url=redis))
    client.close()
    assert not threads()
    again = client.with_options(http_client=AzureConnector(**cloud.options())._client)
    again.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert len(threads()) == 1
    again.close()
    assert len(threads()) == 1, "a copy does not close what it shares"
    client.close()


def test_a_client_that_nobody_closed_leaves_no_thread(cloud, redis):
    client = AzureConnector(**cloud.options(redis_url=redis))
    assert len(threads()) == 1
    del client
    gc.collect()
    until(lambda: not threads())


def test_a_redis_that_is_down_stops_no_call(cloud, caplog):
    caplog.set_level(logging.WARNING, "azure_connector")
    with AzureConnector(**cloud.options(redis_url="redis://:secret-canary@127.0.0.1:1/0")) as client:
        client.chat.completions.create(model="gpt-4o", messages=HELLO)
        until(lambda: "Redis cannot be used" in caplog.text)
    assert "canary" not in caplog.text


def test_a_url_that_is_none(cloud):
    with pytest.raises(ConfigurationError, match="redis") as caught:
        AzureConnector(**cloud.options(redis_url="canary://nonsense"))
    assert "canary" not in str(caught.value)
