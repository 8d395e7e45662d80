"""A program that forks while threads of it call, and whose children call, too."""

import asyncio
import os
import signal
import sys
import threading

from azure_connector import AsyncAzureConnector, AzureConnector

way, forks, endpoint = sys.argv[1], int(sys.argv[2]), sys.argv[3]
given = {"azure_endpoint": endpoint, "api_key": "k", "timeout": 30.0}
sync, asynchronous = AzureConnector(**given), AsyncAzureConnector(**given)


def ask(who):
    request = {"model": "gpt-4o", "messages": [{"role": "user", "content": who}]}
    if way == "sync":
        reply = sync.chat.completions.create(**request)
    else:
        reply = asyncio.run(asynchronous.chat.completions.create(**request))
    assert reply.choices[0].message.content == who, (who, reply.choices[0].message.content)


ask("parent")
stopping = threading.Event()
wrong = []


def load(name):
    while not stopping.is_set():
        try:
            ask(name)
        except BaseException as error:
            wrong.append(error)


threads = [threading.Thread(target=load, args=(f"thread {n}",)) for n in range(3)]
[thread.start() for thread in threads]
children = []
for number in range(forks):
    if (pid := os.fork()) == 0:
        status = 1
        signal.alarm(120)  # a child that is blocked is ended, and counts
        try:
            for turn in range(3):
                ask(f"child {number} {turn}")
            status = 0
        finally:
            os._exit(status)
    children.append(pid)
    if len(children) == 4:
        assert not any(os.waitpid(pid, 0)[1] for pid in children)
        children.clear()
assert not any(os.waitpid(pid, 0)[1] for pid in children)
stopping.set()
[thread.join() for thread in threads]
assert not wrong, wrong[:3]
sync.close()
asyncio.run(asynchronous.close())
print("done")
