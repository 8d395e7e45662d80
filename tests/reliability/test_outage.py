"""A whole resource goes down under 200 calls at once and comes back: no call fails, and traffic returns."""

from __future__ import annotations

import asyncio
import time

import pytest

from azure_connector import AsyncAzureConnector, azure_info
from tests.reliability.asking import HELLO
from tests.support.waiting import until_async

AT_ONCE = 200
COOLDOWN = 0.3
PROBE = 0.6


@pytest.mark.parametrize("how", ["reset", "unavailable"])
async def test_a_resource_goes_down_under_load_and_comes_back(cloud, how):
    options = cloud.options(
        cooldown=COOLDOWN, probe_interval=PROBE, deployment_mapping={
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
                await asyncio.sleep(0.7)  # how often such a caller calls

        # Without a latency the emulators answer one by one, and nothing would be in flight when the outage begins.
        for azure in cloud:
            azure.latency = 0.02
        workers = [asyncio.create_task(worker()) for _ in range(AT_ONCE)]
        await until_async(lambda: len(served) >= AT_ONCE)
        assert {resource for _, resource in served} == {"default"}
        cloud.east.down = how
        before = len(served)
        await until_async(lambda: len(served) >= before + AT_ONCE + AT_ONCE // 2)
        elsewhere = {resource for _, resource in served[-AT_ONCE // 2 :]}
        assert "default" not in elsewhere
        assert elsewhere == {"west", "north"}, "its load is shared by the next rank"
        asked, began, before = len(cloud.east.requests), time.monotonic(), len(served)
        await until_async(lambda: len(served) >= before + AT_ONCE)
        probes, seconds = len(cloud.east.requests) - asked, time.monotonic() - began
        assert probes <= 2 * (seconds / COOLDOWN + 1), "one call in a probe's time, not two hundred"
        cloud.east.down = ""
        back = time.monotonic()
        await until_async(lambda: any(at > back and resource == "default" for at, resource in served))
        stopping.set()
        await asyncio.gather(*workers)
    assert failures == []
