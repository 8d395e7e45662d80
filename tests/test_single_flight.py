"""One caller does what all want done; the others wait, and take over where it is left undone."""

from __future__ import annotations

import asyncio
import threading

import pytest

from azure_connector._utils import SingleFlight, spawn


class Work:
    """Something that all callers want done once."""

    def __init__(self) -> None:
        self.done = False
        self.times = 0
        self.begun, self.may_end = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.times += 1
        self.begun.set()
        assert self.may_end.wait(30)
        self.done = True


def test_many_threads_do_it_once() -> None:
    flight, work = SingleFlight(), Work()

    def call() -> None:
        flight.run(work, is_done=lambda: work.done, patience=30)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert work.begun.wait(30)
    assert flight.is_busy
    work.may_end.set()
    for thread in threads:
        thread.join(30)
    assert (work.times, flight.is_busy) == (1, False)


async def test_who_waited_does_what_the_first_one_left_undone() -> None:
    flight, begun, tried, done = SingleFlight(), asyncio.Event(), [], False

    async def work() -> None:
        nonlocal done
        tried.append(len(tried))
        begun.set()
        if len(tried) == 1:
            await asyncio.Event().wait()  # until it is cancelled
        done = True

    first = asyncio.create_task(flight.arun(work, is_done=lambda: done, patience=30))
    await begun.wait()
    second = asyncio.create_task(flight.arun(work, is_done=lambda: done, patience=30))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert (tried, done) == ([0, 1], True)


async def test_a_sync_caller_does_not_wait_for_the_loop_that_it_blocks() -> None:
    flight, begun, done = SingleFlight(), asyncio.Event(), False

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    def work_at_once() -> None:
        nonlocal done
        done = True

    stuck = asyncio.create_task(flight.arun(work, is_done=lambda: done, patience=30))
    await begun.wait()
    flight.run(work_at_once, is_done=lambda: done, patience=30)
    assert done
    stuck.cancel()


def test_a_loop_that_ended_leaves_nobody_waiting() -> None:
    flight, done = SingleFlight(), False

    async def leave() -> None:
        begun = asyncio.Event()

        async def work() -> None:
            begun.set()
            await asyncio.Event().wait()

        spawn(flight.arun(work, is_done=lambda: done, patience=30))
        await begun.wait()

    def work() -> None:
        nonlocal done
        done = True

    asyncio.run(leave())
    flight.run(work, is_done=lambda: done, patience=30)
    assert done


def test_after_a_fork_nobody_is_at_it() -> None:
    flight, work = SingleFlight(), Work()
    thread = threading.Thread(target=lambda: flight.run(work, is_done=lambda: work.done, patience=30))
    thread.start()
    assert work.begun.wait(30)
    flight.after_fork()
    assert not flight.is_busy
    work.may_end.set()
    thread.join(30)


def test_nothing_is_spawned_without_a_loop() -> None:
    async def work() -> None: ...

    with pytest.raises(RuntimeError):
        spawn(work())
