"""What is measured: each case gives CPU and wall seconds per call or chunk, or what else it counts."""

from __future__ import annotations

import asyncio
import gc
import resource
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

from .stacks import Stack

__all__ = ["CASES", "PORT_OF", "Case"]

SHORT = [
    {"role": "system", "content": "You are a helpful assistant."},
    {"role": "user", "content": "What is the capital of Sweden?"},
]
LONG = SHORT + [
    {"role": "user" if number % 2 else "assistant", "content": "Some words of a conversation. " * 10}
    for number in range(38)
]
AT_ONCE = 64

Case = Callable[[Stack, float], Awaitable[dict[str, float]]]


def _cpu() -> float:
    """CPU seconds of this process, user and system, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class _Clock:
    """Measures a block, with the garbage of what came before already collected."""

    def __enter__(self) -> _Clock:
        gc.collect()
        self.wall, self.cpu = time.perf_counter(), _cpu()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu, self.wall = _cpu() - self.cpu, time.perf_counter() - self.wall

    def per(self, count: float) -> dict[str, float]:
        return {"cpu": self.cpu / count, "wall": self.wall / count}


async def _in_sequence(stack: Stack, messages: list[dict[str, Any]], seconds: float) -> dict[str, float]:
    for _ in range(5):  # the first calls fill caches and make connections
        await stack.call(messages)
    count, end = 0, time.perf_counter() + seconds
    with _Clock() as clock:
        while time.perf_counter() < end or count < 3:
            await stack.call(messages)
            count += 1
    return clock.per(count)


async def alone(stack: Stack, seconds: float) -> dict[str, float]:
    """Calls of two messages, one after the other."""
    return await _in_sequence(stack, SHORT, seconds)


async def history(stack: Stack, seconds: float) -> dict[str, float]:
    """Calls of forty messages, one after the other."""
    return await _in_sequence(stack, LONG, seconds)


async def _at_once(stack: Stack, seconds: float, most: float) -> dict[str, float]:
    count, end = 0, time.perf_counter() + seconds

    async def worker() -> None:
        nonlocal count
        while count < most and (time.perf_counter() < end or count < 2 * AT_ONCE):
            count += 1
            await stack.call(SHORT)

    with _Clock() as clock:
        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return clock.per(count)


async def many(stack: Stack, seconds: float) -> dict[str, float]:
    """Calls of two messages, 64 at any time."""
    await asyncio.gather(*(stack.call(SHORT) for _ in range(AT_ONCE)))
    return await _at_once(stack, seconds, float("inf"))


async def load(stack: Stack, seconds: float) -> dict[str, float]:
    """2,000 calls of 20 ms, 64 at any time: calls per second. Slow stacks are stopped early; their rate is constant."""
    found = await _at_once(stack, 6 * seconds, 2000)
    return {**found, "per_second": 1 / found["wall"]}


async def _stream(stack: Stack) -> int:
    count = 0
    async for _ in stack.chunks(SHORT):
        count += 1
    return count


async def burst(stack: Stack, seconds: float) -> dict[str, float]:
    """Streams of 500 pieces as fast as they can be read; per chunk."""
    await _stream(stack)
    chunks, end = 0, time.perf_counter() + seconds
    with _Clock() as clock:
        while time.perf_counter() < end or not chunks:
            chunks += await _stream(stack)
    return clock.per(chunks)


async def paced(stack: Stack, seconds: float) -> dict[str, float]:
    """One stream of 500 pieces, one a millisecond; per chunk."""
    with _Clock() as clock:
        chunks = await _stream(stack)
    return clock.per(chunks)


async def first(stack: Stack, seconds: float) -> dict[str, float]:
    """Until the first chunk of a paced stream is there."""
    walls: list[float] = []
    cpu = 0.0
    for _ in range(8):
        with _Clock() as clock:
            async with aclosing(stack.chunks(SHORT)) as chunks:
                await anext(chunks)
                walls.append(time.perf_counter() - clock.wall)
        cpu += clock.cpu
    return {"cpu": cpu / len(walls), "wall": sorted(walls)[len(walls) // 2]}


async def memory(stack: Stack, seconds: float) -> dict[str, float]:
    """200 open streams: kilobytes each."""
    import psutil

    process = psutil.Process()

    async def opened() -> Any:
        chunks = stack.chunks(SHORT)
        await anext(chunks)
        return chunks

    kept = [await opened() for _ in range(8)]
    gc.collect()
    before = process.memory_info().rss
    kept += [await opened() for _ in range(200)]
    gc.collect()
    used = process.memory_info().rss - before
    for chunks in kept:
        await chunks.aclose()
    return {"kilobytes": used / 200 / 1024}


async def ten_streams(stack: Stack, seconds: float) -> dict[str, float]:
    """Ten streams one after the other; the runner asks the server for the connections."""
    with _Clock() as clock:
        for _ in range(10):
            await _stream(stack)
    return clock.per(10)


CASES: dict[str, Case] = {
    "alone": alone,
    "many": many,
    "history": history,
    "burst": burst,
    "paced": paced,
    "tools": burst,
    "first": first,
    "load": load,
    "memory": memory,
    "ten_streams": ten_streams,
    "tls_alone": alone,
    "tls_streams": ten_streams,
}
PORT_OF = {
    "alone": "plain",
    "many": "plain",
    "history": "plain",
    "burst": "burst",
    "paced": "paced",
    "tools": "tools",
    "first": "paced",
    "load": "delayed",
    "memory": "held",
    "ten_streams": "streams",
    "tls_alone": "tls_plain",
    "tls_streams": "tls_burst",
}
