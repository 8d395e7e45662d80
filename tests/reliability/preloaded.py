"""A prefork server: a program that has called before it forks its workers, which call from threads."""

import asyncio
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from azure_connector import AsyncAzureConnector, AzureConnector

given = {"azure_endpoint": sys.argv[1], "api_key": "k", "timeout": 30.0}
sync, asynchronous = AzureConnector(**given), AsyncAzureConnector(**given)


def answer(who):
    request = {"model": "gpt-4o", "messages": [{"role": "user", "content": who}]}
    first = sync.chat.completions.create(**request)
    second = asyncio.run(asynchronous.chat.completions.create(**request))
    assert [one.choices[0].message.content for one in (first, second)] == [who, who]


def descriptors():
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def work(name):
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(answer, [f"{name} {number}" for number in range(16)]))
        before = descriptors()
        for turn in range(3):
            list(threads.map(answer, [f"{name} {turn} {number}" for number in range(16)]))
        # Each of the four threads may be within a call, with a loop of its own, when the first ones are counted.
        assert descriptors() <= before + 4, (before, descriptors())


answer("warm")
workers = []
for number in range(3):
    if (pid := os.fork()) == 0:
        status = 1
        signal.alarm(150)
        try:
            work(f"worker {number}")
            status = 0
        finally:
            os._exit(status)
    workers.append(pid)
work("parent")
ended = [os.waitpid(pid, 0)[1] for pid in workers]
assert not any(ended)
print("done")
