"""100,000 calls in one process, every tenth reply faulty: does its memory grow?

    python tests/soak/soak_memory.py --calls 100000

The service is a process of its own, so that only the client's memory is measured. Sync and async, plain and streamed
calls take turns. Ends with 1 if the process grows by 1 MB or more for each 10,000 calls after the first fifth, if a
call ends otherwise than in an answer or a typed error, or if descriptors are left.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil

from azure_connector import AsyncAzureConnector, AzureConnector, AzureErrorDetails

ASK: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
FAULTS = ("500", "429", "reset", "garbled", "cut", "page", "refused")
JSON, EVENTS = "application/json", "text/event-stream"


def reply(status: str, body: bytes, kind: str = JSON, *, more: int = 0, headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body) + more}\r\n{headers}\r\n"
    return head.encode() + body


def answer(streamed: bool) -> tuple[bytes, str]:
    if not streamed:
        message = {"role": "assistant", "content": "Hello!"}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        body = {"id": "x", "object": "chat.completion", "created": 1, "model": "gpt-4o", "choices": [choice]}
        return json.dumps(body).encode(), JSON
    head = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o"}
    deltas = [({"role": "assistant", "content": "Hel"}, None), ({"content": "lo!"}, None), ({}, "stop")]
    lines = [
        json.dumps({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})
        for delta, reason in deltas
    ]
    return "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"]).encode(), EVENTS


def faulty(fault: str, body: bytes, kind: str) -> tuple[bytes, bool]:
    """The reply, and whether the connection ends with it."""
    error = json.dumps({"error": {"code": fault, "message": "No."}}).encode()
    match fault:
        case "500":
            return reply("500 Error", error), False
        case "429":
            return reply("429 Busy", error, headers="retry-after-ms: 1\r\n"), False
        case "refused":
            return reply("400 Bad", error), False
        case "page":
            return reply("200 OK", b"<html>sorry</html>", "text/html"), False
        case "garbled":
            return reply("200 OK", body[: len(body) // 2], kind), False
        case "cut":
            return reply("200 OK", body[: len(body) // 2], kind, more=999), True
        case _:
            return b"", True


def serve(port: Any, share: float) -> None:
    """The service: raw HTTP on loopback, in a process of its own."""
    chance = random.Random(1)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                asked = await reader.readexactly(length)
                body, kind = answer(b'"stream":true' in asked.replace(b" ", b""))
                if chance.random() < share:
                    data, ends = faulty(chance.choice(FAULTS), body, kind)
                else:
                    data, ends = reply("200 OK", body, kind), False
                writer.write(data)
                await writer.drain()
                if ends:
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def turn(sync: AzureConnector) -> Callable[[], None]:
    def stream() -> None:
        for _ in sync.chat.completions.create(**ASK, stream=True):
            pass

    def plain() -> None:
        sync.chat.completions.create(**ASK)

    return lambda: random.choice([plain, stream])()  # noqa: PLW0108  # another one each time


def aturn(client: AsyncAzureConnector) -> Callable[[], Awaitable[None]]:
    async def stream() -> None:
        async for _ in await client.chat.completions.create(**ASK, stream=True):
            pass

    async def plain() -> None:
        await client.chat.completions.create(**ASK)

    return lambda: random.choice([plain, stream])()  # noqa: PLW0108  # another one each time


async def burst(ask: Callable[[], Awaitable[None]], calls: int, tally: Counter[str]) -> None:
    async def work(number: int) -> None:
        for _ in range(number):
            try:
                await ask()
            except Exception as error:
                note(error, tally)
            else:
                tally["answered"] += 1

    await asyncio.gather(*(work(calls // 10) for _ in range(10)))


def note(error: Exception, tally: Counter[str]) -> None:
    tally[type(error).__name__ if isinstance(error, AzureErrorDetails) else f"UNTYPED {error!r}"] += 1


def soak(endpoint: str, calls: int, tally: Counter[str]) -> list[float]:
    """Makes the calls, ten bursts of them; megabytes after each."""
    given: dict[str, Any] = {
        "azure_endpoint": endpoint,
        "api_key": "k",
        "timeout": 30.0,
        "cooldown": 0.01,
        "probe_interval": 0.01,
    }
    given["deployment_mapping"] = {"gpt-4o": ["a", "b", "c"]}  # the next one is asked at once, without a backoff
    sizes: list[float] = []
    with AzureConnector(**given) as sync:
        client = AsyncAzureConnector(**given)
        ask = turn(sync)
        for _ in range(10):
            for _ in range(calls // 20):
                try:
                    ask()
                except Exception as error:
                    note(error, tally)
                else:
                    tally["answered"] += 1
            asyncio.run(burst(aturn(client), calls // 20, tally))
            gc.collect()
            sizes.append(psutil.Process().memory_info().rss / 1024**2)
            print(f"{sum(tally.values()):>8} calls: {sizes[-1]:.1f} MB", flush=True)
        asyncio.run(client.close())
    return sizes


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--faults", type=float, default=0.1)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    mine, port = context.Pipe()
    service = context.Process(target=serve, args=(port, options.faults), daemon=True)
    service.start()
    endpoint = f"http://127.0.0.1:{mine.recv()}"
    tally: Counter[str] = Counter()
    before, began = len(list(Path("/proc/self/fd").iterdir())), time.monotonic()
    sizes = soak(endpoint, options.calls, tally)
    left = len(list(Path("/proc/self/fd").iterdir())) - before
    growth = (sizes[-1] - sizes[1]) / (options.calls * 0.8 / 10_000)
    print(dict(tally))
    print(f"{time.monotonic() - began:.0f} s; {growth:.2f} MB for each 10,000 calls; descriptors left: {left}")
    service.terminate()
    service.join()
    return int(growth >= 1 or left > 2 or any(name.startswith("UNTYPED") for name in tally))


if __name__ == "__main__":
    sys.exit(main())
