"""The sample of the helpers."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from azure_connector.emulator import Emulator


def test_the_sample_runs_with_its_progress_bar(
    azure: Emulator, sample: Callable[[str], ModuleType], capsys: Any
) -> None:
    sample("helpers/generate").main()
    shown = capsys.readouterr().out
    for part in (
        "hello to Oslo",
        "hello to Bergen",
        "42",
        "(2 requests, ",
        "City(city='Oslo', country='Norway')",
        "1536 dimensions",
        "100%",
        "1000 vectors",
    ):
        assert part in shown
