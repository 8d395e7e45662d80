"""A whole resource goes down under 200 calls at once and comes back: no call fails, and traffic returns."""

from __future__ import annotations

import asyncio
import time

import pytest

from azure_connector import AsyncAzureConnector, azure_info
from tests.reliability.asking import HELLO

AT_ONCE = 200
PROBE = 0.6


async def wait_until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("how", ["reset", "unavailable"])
async def test_a_resource_goes_down_under_load_and_comes_back(cloud, how):
    options = cloud.options(
        cooldown=0.3, probe_interval=PROBE, timeout=10.0, deployment_mapping={
            "gpt-4o": ["gpt-4o", ["gpt-4o@west", "gpt-4o@north"]]
        }
    )  # fmt: skip
    served: list[tuple[float, str]] = []
    failures: list[BaseException] = []
    stopping = asyncio.Event()

    async with AsyncAzureConnector(**options) as client:

        async def worker() -> None:
            while not stopping.is_set():
                try:
                    reply = await client.chat.completions.create(model="gpt-4o", messages=HELLO)
                    served.append((time.monotonic(), azure_info(reply).resource))
                except Exception as error:
                    failures.append(error)
                await asyncio.sleep(0.7)

        # Without a latency the emulators answer one by one, and nothing would be in flight when the outage begins.
        for azure in cloud:
            azure.latency = 0.02
        workers = [asyncio.create_task(worker()) for _ in range(AT_ONCE)]
        await wait_until(lambda: len(served) >= AT_ONCE)
        assert {resource for _, resource in served} == {"default"}
        cloud.east.down = how
        before = len(served)
        await wait_until(lambda: len(served) >= before + AT_ONCE + AT_ONCE // 2)
        elsewhere = {resource for _, resource in served[-AT_ONCE // 2 :]}
        assert "default" not in elsewhere
        assert elsewhere == {"west", "north"}, "its load is shared by the next rank"
        asked = len(cloud.east.requests)
        await asyncio.sleep(PROBE)
        probes = len(cloud.east.requests) - asked
        assert probes <= 2 * (PROBE / 0.3 + 1), "one call in a probe's time, not two hundred"
        cloud.east.down = ""
        back = time.monotonic()
        await wait_until(lambda: any(at > back and resource == "default" for at, resource in served))
        returned = next(at for at, resource in served if at > back and resource == "default")
        stopping.set()
        await asyncio.gather(*workers)
    assert failures == []
    # The slack is for the machine: 200 calls, three servers and this test take turns on one interpreter.
    assert returned - back < PROBE + 3
