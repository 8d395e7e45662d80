"""One fetch at a time, however many threads, tasks and event loops wait for it."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from azure_connector.auth import Authenticator, AuthHeaders
from azure_connector.settings import AuthSettings, Resource
from azure_connector.settings._endpoint import Endpoint
from tests.support.waiting import PATIENCE, until, until_async

from .credentials import AsyncCredential, SyncCredential

Make = Callable[..., Authenticator]


def in_threads(count: int, work: Callable[[], str]) -> set[str]:
    barrier = threading.Barrier(count)

    def start() -> str:
        barrier.wait(PATIENCE)
        return work()

    with ThreadPoolExecutor(count) as pool:
        return set(pool.map(lambda _: start(), range(count)))


@pytest.mark.parametrize("credential", [SyncCredential(), AsyncCredential()], ids=["sync", "async"])
def test_64_threads_make_one_fetch(credential: SyncCredential | AsyncCredential, make: Make) -> None:
    authenticator = make(credential=credential)
    before = credential.asked
    tokens = in_threads(64, lambda: authenticator.headers()["Authorization"])
    assert len(tokens) == 1
    assert credential.asked == before + 1


@pytest.mark.parametrize("credential", [SyncCredential(), AsyncCredential()], ids=["sync", "async"])
async def test_200_tasks_make_one_fetch(credential: SyncCredential | AsyncCredential, make: Make) -> None:
    authenticator = make(credential=credential)
    headers = await asyncio.gather(*(authenticator.aheaders() for _ in range(200)))
    assert {one["Authorization"] for one in headers} == {"Bearer token-1"}
    assert credential.asked == 1


@pytest.mark.parametrize("credential", [SyncCredential(), AsyncCredential()], ids=["sync", "async"])
async def test_threads_and_tasks_share_one_fetch(credential: SyncCredential | AsyncCredential, make: Make) -> None:
    authenticator = make(credential=credential)
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(16) as pool:
        threads = [loop.run_in_executor(pool, authenticator.headers) for _ in range(16)]
        headers = await asyncio.gather(*threads, *(authenticator.aheaders() for _ in range(50)))
    assert len({one["Authorization"] for one in headers}) == 1
    assert credential.asked == 1


async def test_a_sync_credential_never_runs_on_the_loops_thread(make: Make) -> None:
    credential = SyncCredential()
    await make(credential=credential).aheaders()
    assert threading.current_thread() not in credential.threads


async def test_a_credential_that_blocks_holds_up_nothing_else_on_the_loop(make: Make) -> None:
    credential = SyncCredential()
    credential.gate.clear()
    waiting = asyncio.ensure_future(make(credential=credential).aheaders())
    await until_async(lambda: credential.threads)  # it blocks, and the loop goes on
    for _ in range(100):
        await asyncio.sleep(0)
    assert not waiting.done()
    credential.gate.set()
    assert (await waiting)["Authorization"] == "Bearer token-1"


async def test_an_async_credential_runs_on_the_loop_that_asks(make: Make) -> None:
    credential = AsyncCredential()
    await make(credential=credential).aheaders()
    assert credential.loops == [asyncio.get_running_loop()]


def test_a_sync_client_runs_an_async_credential_on_a_loop_of_its_own(make: Make) -> None:
    credential = AsyncCredential()
    authenticator = make(credential=credential)
    assert authenticator.headers()["Authorization"] == "Bearer token-1"
    assert credential.loops[0].is_running()
    authenticator.close()
    assert credential.loops[0].is_closed()


async def test_a_sync_client_inside_a_loop_does_not_wait_for_that_very_loop(make: Make) -> None:
    """A blocking call on the loop's thread cannot wait for a fetch that only this loop could finish."""
    credential = AsyncCredential()
    authenticator = make(credential=credential)
    waiting = asyncio.ensure_future(authenticator.aheaders())
    await asyncio.sleep(0)
    assert len(credential.loops) <= 1
    assert authenticator.headers(within=PATIENCE)["Authorization"].startswith("Bearer token-")
    await waiting


@pytest.mark.parametrize("credential", [SyncCredential(), AsyncCredential()], ids=["sync", "async"])
def test_several_event_loops_one_after_another(credential: SyncCredential | AsyncCredential, make: Make) -> None:
    authenticator = make(credential=credential)

    async def ask() -> str:
        return (await authenticator.aheaders())["Authorization"]

    first = asyncio.run(ask())
    assert asyncio.run(ask()) == first
    assert authenticator.refused(401)
    assert asyncio.run(ask()) != first


def test_several_event_loops_at_once(make: Make) -> None:
    credential = AsyncCredential(delay=0.05)
    authenticator = make(credential=credential)

    async def ask() -> set[str]:
        headers = await asyncio.gather(*(authenticator.aheaders() for _ in range(20)))
        return {one["Authorization"] for one in headers}

    tokens = in_threads(8, lambda: ",".join(asyncio.run(ask())))
    # A loop may end in the middle of the fetch that it carries for others: then one of them starts again.
    assert len(tokens) <= 2
    assert credential.asked <= 2


async def test_cancelling_one_caller_leaves_the_fetch_to_the_others(make: Make) -> None:
    credential = SyncCredential()
    credential.gate.clear()
    authenticator = make(credential=credential)
    callers = [asyncio.ensure_future(authenticator.aheaders()) for _ in range(10)]
    await until_async(lambda: credential.threads)
    for caller in callers[:9]:
        caller.cancel()
    await asyncio.sleep(0)
    credential.gate.set()
    assert (await callers[9])["Authorization"] == "Bearer token-1"
    assert credential.asked == 1
    assert all(caller.cancelled() for caller in callers[:9])


async def test_cancelling_the_caller_that_started_an_async_fetch(make: Make) -> None:
    credential = AsyncCredential()
    credential.gate.clear()
    authenticator = make(credential=credential)
    first = asyncio.ensure_future(authenticator.aheaders())
    await until_async(lambda: credential.loops)
    second = asyncio.ensure_future(authenticator.aheaders())
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    credential.gate.set()
    assert (await second)["Authorization"] == "Bearer token-1"
    assert credential.asked == 1


def test_a_loop_that_stops_in_the_middle_of_a_fetch_is_not_waited_for(make: Make) -> None:
    credential = AsyncCredential(delay=30)
    authenticator = make(credential=credential)
    loop = asyncio.new_event_loop()
    started: list[asyncio.Future[AuthHeaders]] = []

    async def begin() -> None:
        started.append(asyncio.ensure_future(authenticator.aheaders()))
        await until_async(lambda: credential.loops)

    loop.run_until_complete(begin())
    assert len(credential.loops) == 1
    credential.delay = 0.01
    # The loop is neither closed nor running: its fetch will never end.
    assert authenticator.headers(within=PATIENCE)["Authorization"] == "Bearer token-1"
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


def test_a_loop_that_ends_takes_its_fetch_along_but_not_the_callers_elsewhere(make: Make) -> None:
    credential = AsyncCredential(delay=30)
    authenticator = make(credential=credential)
    begun, asking = threading.Event(), threading.Event()
    started: list[asyncio.Future[AuthHeaders]] = []

    async def begin() -> None:
        started.append(asyncio.ensure_future(authenticator.aheaders()))
        await until_async(lambda: credential.loops)
        begun.set()
        await until_async(asking.is_set)

    elsewhere = threading.Thread(target=lambda: asyncio.run(begin()))
    elsewhere.start()
    assert begun.wait(PATIENCE)
    credential.delay = 0.01
    asking.set()  # its loop ends while this thread asks, or just before
    assert authenticator.headers(within=PATIENCE)["Authorization"] == "Bearer token-1"
    elsewhere.join()


def test_a_caller_waits_no_longer_than_it_was_told(make: Make) -> None:
    credential = SyncCredential()
    credential.gate.clear()
    authenticator = make(credential=credential, within=0.05)
    with pytest.raises(Exception, match=r"no answer within 0\.05 s"):
        authenticator.headers()
    with pytest.raises(Exception, match=r"no answer within 0\.01 s"):
        asyncio.run(authenticator.aheaders(within=0.01))
    credential.gate.set()
    assert authenticator.headers(within=PATIENCE)["Authorization"] == "Bearer token-1"
    assert credential.asked == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_does_not_wait_for_its_parents_threads(make: Make) -> None:
    credential = SyncCredential()
    credential.gate.clear()
    authenticator = make(credential=credential)
    waiting = threading.Thread(target=authenticator.headers)
    waiting.start()
    until(lambda: credential.threads)
    child = os.fork()
    if child == 0:
        credential.gate = threading.Event()
        credential.gate.set()
        got = authenticator.headers(within=PATIENCE)["Authorization"]
        os._exit(0 if got == "Bearer token-1" else 1)
    assert os.waitpid(child, 0)[1] == 0
    credential.gate.set()
    waiting.join(PATIENCE)


EXIT = """
import asyncio, threading, time
from azure.core.credentials import AccessToken
from azure_connector.auth import AuthHeaders, Authenticator
from azure_connector.settings._endpoint import Endpoint
from azure_connector.settings._resources import AuthSettings, Resource

class Sync:
    def get_token(self, *scopes, **options):
        {sync}
        return AccessToken("token", int(time.time()) + 3600)

class Async:
    async def get_token(self, *scopes, **options):
        return Sync().get_token()

def of(credential):
    auth = AuthSettings(credential=credential)
    return Authenticator(Resource("default", Endpoint("https://r.openai.azure.com"), auth))

{work}
"""


CLEAN = """
a = of(Async()); a.headers()  # never closed
b = of(Async()); asyncio.run(b.aheaders()); b.headers(); asyncio.run(b.aclose())
c = of(Sync()); c.headers(); c.close()
d = of(None)
try:
    d.headers()
except Exception as error:
    assert "nothing is configured" in str(error)
"""
HUNG = """
a = of(Sync())
try:
    a.headers(within=0.05)
except Exception as error:
    print(type(error).__name__)
"""


@pytest.mark.parametrize(("sync", "work"), [("pass", CLEAN), ("threading.Event().wait()", HUNG)], ids=["clean", "hung"])
def test_the_interpreter_exits_cleanly(sync: str, work: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", EXIT.format(sync=sync, work=work)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ("" if work is CLEAN else "CredentialError\n")


def test_no_thread_is_left_after_close(make: Make) -> None:
    before = set(threading.enumerate())
    for credential in (SyncCredential(), AsyncCredential()):
        authenticator = make(credential=credential)
        authenticator.headers()
        authenticator.close()
        authenticator.close()
    assert set(threading.enumerate()) <= before


async def test_after_close_it_starts_again(make: Make) -> None:
    credential = AsyncCredential()
    authenticator = make(credential=credential)
    authenticator.headers()
    await authenticator.aclose()
    assert authenticator.refused(401)
    assert authenticator.headers()["Authorization"] == "Bearer token-2"
    await authenticator.aclose()


def test_an_authenticator_that_is_forgotten_stops_its_loop() -> None:
    credential = AsyncCredential()
    settings = AuthSettings(credential=credential)
    authenticator = Authenticator(Resource("default", Endpoint("https://r.example"), settings))
    authenticator.headers()
    del authenticator
    # Again and again: the loop's last callback may still have held the authenticator.
    until(lambda: gc.collect() is not None and credential.loops[0].is_closed())


def test_a_credential_in_hand_costs_next_to_nothing(make: Make) -> None:
    authenticator = make(credential=SyncCredential())
    authenticator.headers()

    def seconds_each(work: Callable[[], object]) -> float:
        """The CPU time of this thread, so that a busy machine does not count."""
        start = time.thread_time()
        work()
        return (time.thread_time() - start) / 5000

    async def ask() -> None:
        for _ in range(5000):
            await authenticator.aheaders()

    # About 0.3 µs each; it is the order of magnitude that matters.
    assert min(seconds_each(lambda: [authenticator.headers() for _ in range(5000)]) for _ in range(3)) < 10e-6
    assert min(seconds_each(lambda: asyncio.run(ask())) for _ in range(3)) < 10e-6
