"""A program that forks while another of its threads holds every lock of this package; its child must not wait for any.

Prints the child's exit status.
"""

import gc
import os
import signal
import sys
import threading

import litellm

import litellm_adapter
from azure_connector import AzureConnector

gc.unfreeze()  # a launcher's forks have theirs out of sight
messages = [{"role": "user", "content": "Hi"}]
resources = {"west": {"azure_endpoint": sys.argv[1] + "/west", "api_key": "k"}}
given = {"azure_endpoint": sys.argv[1], "api_key": "k", "timeout": 30.0, "resources": resources}
litellm_adapter.register("raw", **given)
client = AzureConnector(**given)


def call():
    client.chat.completions.create(model="gpt-4o", messages=messages)
    client.with_options(timeout=20).chat.completions.create(model="gpt-4o", messages=messages)
    litellm.completion(model="raw/gpt-4o", messages=messages)


call()
LOCK, RLOCK = type(threading.Lock()), type(threading.RLock())
found = []
ours = ("azure_connector", "litellm_adapter")
for one in gc.get_objects():
    if str(type(one).__module__).startswith(ours) and not isinstance(one, type):
        names = {*getattr(one, "__dict__", {}), *getattr(type(one), "__slots__", ())}
        found += [value for name in names if isinstance(value := getattr(one, name, None), (LOCK, RLOCK))]
for name, module in list(sys.modules.items()):
    if name.startswith(ours):
        found += [value for value in vars(module).values() if isinstance(value, (LOCK, RLOCK))]
assert len(found) > 8, found
held, done = threading.Event(), threading.Event()


def hold():
    for lock in found:
        lock.acquire(blocking=False)
    held.set()
    done.wait()


threading.Thread(target=hold, daemon=True).start()
held.wait()
if (pid := os.fork()) == 0:
    signal.alarm(60)
    call()
    os._exit(0)
print(os.waitpid(pid, 0)[1], flush=True)
done.set()
os._exit(0)
