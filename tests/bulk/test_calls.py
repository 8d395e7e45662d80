"""Results between the loop and the journal, where Ctrl-C may come at any step."""

from __future__ import annotations

import asyncio
import itertools
import sys
from types import FrameType
from typing import Any

import pytest

from azure_connector.bulk._calls import Calls
from azure_connector.bulk._pacing import Pacer
from azure_connector.bulk._verdicts import NO_ANSWER
from azure_connector.bulk._work import failed


class Interrupt:
    """Raises at the step with a number, counted in the given functions."""

    def __init__(self, step: int) -> None:
        self.left = step

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_name not in ("collect", "keep"):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self


def test_an_interrupt_at_any_step_loses_no_result() -> None:
    loop = asyncio.new_event_loop()
    for step in itertools.count(1):
        calls: Calls = Calls(None, None, loop, Pacer(), 1)  # type: ignore[arg-type]
        for row in range(4):
            calls._deliver([failed(row, NO_ANSWER, 1)])
        kept: list[int] = []

        def keep(results: Any, kept: list[int] = kept) -> None:
            kept += [result.row for result in results]

        former = sys.gettrace()
        interrupt = Interrupt(step)
        sys.settrace(interrupt)
        try:
            calls.collect(0.0, keep)
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(former)
        calls.collect(0.0, keep)
        assert set(kept) == {0, 1, 2, 3}, step
        if interrupt.left > 0:
            break
    assert step > 20
    loop.close()


def test_an_error_comes_after_what_is_done() -> None:
    loop = asyncio.new_event_loop()
    calls: Calls = Calls(None, None, loop, Pacer(), 1)  # type: ignore[arg-type]
    calls._deliver([failed(0, NO_ANSWER, 1)])
    calls._deliver(ValueError("every row"))
    assert [result.row for result in calls.collect(0.0)] == [0]
    with pytest.raises(ValueError, match="every row"):
        calls.collect(0.0)
    assert calls.collect(0.0) == []
    loop.close()
