"""The helpers for text, objects and embeddings."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from types import ModuleType
from typing import Any

import pytest

from azure_connector import AsyncAzureConnector
from azure_connector.emulator import Emulator

PROMPT = "The city is Oslo, the country is Norway"


@pytest.fixture
def helpers(sample: Callable[[str], ModuleType]) -> ModuleType:
    return sample("helpers/generate")


async def test_whole_and_streamed_text_agree(azure: Emulator, helpers: ModuleType) -> None:
    async with AsyncAzureConnector() as client:
        whole = await helpers.generate_text(client, "Count to 12")
        pieces = [piece async for piece in helpers.stream_text(client, "Count to 12")]
    assert whole == "".join(pieces) == "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12."
    assert len(pieces) > 5


async def test_an_object_grows_until_it_is_whole(azure: Emulator, helpers: ModuleType) -> None:
    async with AsyncAzureConnector() as client:
        whole = await helpers.generate_object(client, PROMPT, helpers.City)
        steps = [step async for step in helpers.stream_object(client, PROMPT, helpers.City)]
    assert whole == steps[-1] == helpers.City(city="Oslo", country="Norway")
    assert {"city": "Oslo"} in steps
    assert all(len(before) <= len(after) for before, after in pairwise(steps[:-1]))


async def test_many_embeddings_keep_their_order_and_tell_their_progress(azure: Emulator, helpers: ModuleType) -> None:
    texts = [f"Sentence number {number}" for number in range(25)]
    told: list[int] = []
    async with AsyncAzureConnector() as client:
        vectors = await helpers.embed_many(client, texts, size=10, progress=told.append)
        alone = await helpers.embed(client, texts[17])
    assert sorted(told) == [5, 10, 10]
    assert len(vectors) == 25
    assert vectors[17] == pytest.approx(alone, abs=1e-6)


async def test_the_sample_runs_with_its_progress_bar(azure: Emulator, helpers: ModuleType, capsys: Any) -> None:
    await helpers.main()
    shown = capsys.readouterr().out
    for part in (
        "hello to Oslo",
        "hello to Bergen",
        "City(city='Oslo', country='Norway')",
        "1536 dimensions",
        "100%",
        "1000 vectors",
    ):
        assert part in shown
