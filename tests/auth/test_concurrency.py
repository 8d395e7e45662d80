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
from azure_connector.settings._endpoint import Endpoint
from azure_connector.settings._resources import AuthSettings, Resource

from .credentials import AsyncCredential, SyncCredential

Make = Callable[..., Authenticator]


def in_threads(count: int, work: Callable[[], str]) -> set[str]:
    barrier = threading.Barrier(count)

    def start() -> str:
        barrier.wait(20)
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
    for _ in range(100):
        await asyncio.sleep(0)
    # The loop has turned a hundred times while the credential still blocks.
    assert not waiting.done()
    assert not credential.gate.is_set()
    credential.gate.set()
    assert (await waiting)["Authorization"] == "Bearer token-1"


async def test_a_second_of_blocking_leaves_a_ticking_task_ticking(make: Make) -> None:
    class Slow(SyncCredential):
        def get_token(self, *scopes: str, **options: object):
            time.sleep(1.0)  # the loop must not notice
            return self.next()

    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.ensure_future(tick())
    await make(credential=Slow()).aheaders()
    ticking.cancel()
    # A loop that stood still would have let it tick twice at most; a hundred times are due.
    assert ticks > 20


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
    assert authenticator.headers(within=10)["Authorization"].startswith("Bearer token-")
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
    await asyncio.sleep(0.01)
    for caller in callers[:9]:
        caller.cancel()
    await asyncio.sleep(0)
    credential.gate.set()
    assert (await callers[9])["Authorization"] == "Bearer token-1"
    assert credential.asked == 1
    assert all(caller.cancelled() for caller in callers[:9])


async def test_cancelling_the_caller_that_started_an_async_fetch(make: Make) -> None:
    credential = AsyncCredential(delay=0.05)
    authenticator = make(credential=credential)
    first = asyncio.ensure_future(authenticator.aheaders())
    await asyncio.sleep(0.01)
    second = asyncio.ensure_future(authenticator.aheaders())
    await asyncio.sleep(0)
    first.cancel()
    assert (await second)["Authorization"] == "Bearer token-1"
    assert credential.asked == 1


def test_a_loop_that_stops_in_the_middle_of_a_fetch_is_not_waited_for(make: Make) -> None:
    credential = AsyncCredential(delay=30)
    authenticator = make(credential=credential)
    loop = asyncio.new_event_loop()
    started: list[asyncio.Future[AuthHeaders]] = []

    async def begin() -> None:
        started.append(asyncio.ensure_future(authenticator.aheaders()))
        await asyncio.sleep(0.01)

    loop.run_until_complete(begin())
    assert len(credential.loops) == 1
    credential.delay = 0.01
    # The loop is neither closed nor running: its fetch will never end.
    assert authenticator.headers(within=10)["Authorization"] == "Bearer token-1"
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


def test_a_loop_that_ends_takes_its_fetch_along_but_not_the_callers_elsewhere(make: Make) -> None:
    credential = AsyncCredential(delay=30)
    authenticator = make(credential=credential)
    begun = threading.Event()
    started: list[asyncio.Future[AuthHeaders]] = []

    async def begin() -> None:
        started.append(asyncio.ensure_future(authenticator.aheaders()))
        await asyncio.sleep(0.01)
        begun.set()
        await asyncio.sleep(0.2)

    elsewhere = threading.Thread(target=lambda: asyncio.run(begin()))
    elsewhere.start()
    begun.wait(10)
    credential.delay = 0.01
    assert authenticator.headers(within=10)["Authorization"] == "Bearer token-1"
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
    assert authenticator.headers(within=10)["Authorization"] == "Bearer token-1"
    assert credential.asked == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_does_not_wait_for_its_parents_threads(make: Make) -> None:
    credential = SyncCredential()
    credential.gate.clear()
    authenticator = make(credential=credential)
    waiting = threading.Thread(target=authenticator.headers)
    waiting.start()
    while not credential.threads:
        time.sleep(0.001)
    child = os.fork()
    if child == 0:
        credential.gate = threading.Event()
        credential.gate.set()
        got = authenticator.headers(within=10)["Authorization"]
        os._exit(0 if got == "Bearer token-1" else 1)
    assert os.waitpid(child, 0)[1] == 0
    credential.gate.set()
    waiting.join(10)


EXIT = """
import asyncio, time
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


@pytest.mark.parametrize(("sync", "work"), [("pass", CLEAN), ("time.sleep(60)", HUNG)], ids=["clean", "hung"])
def test_the_interpreter_exits_cleanly(sync: str, work: str) -> None:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", EXIT.format(sync=sync, work=work)],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ("" if work is CLEAN else "CredentialError\n")
    assert time.monotonic() - started < 40


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
    end = time.monotonic() + 20
    while not credential.loops[0].is_closed() and time.monotonic() < end:
        gc.collect()  # again: the loop's last callback may still have held the authenticator
        time.sleep(0.005)
    assert credential.loops[0].is_closed()


def test_a_credential_in_hand_costs_next_to_nothing(make: Make) -> None:
    authenticator = make(credential=SyncCredential())
    authenticator.headers()

    async def ask(count: int) -> float:
        start = time.perf_counter()
        for _ in range(count):
            await authenticator.aheaders()
        return (time.perf_counter() - start) / count

    start = time.perf_counter()
    for _ in range(5000):
        authenticator.headers()
    # About 0.3 µs each; the bound is for machines that are busy with something else.
    assert (time.perf_counter() - start) / 5000 < 10e-6
    assert asyncio.run(ask(5000)) < 10e-6
