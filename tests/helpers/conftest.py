"""Each helper in both of its forms, asked in the same words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from azure_connector import AsyncAzureConnector, AzureConnector, helpers
from azure_connector.emulator import Deployment, Emulator

Run = Callable[..., Any]


@pytest.fixture
def azure(bare_machine: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator(
        ["gpt-5", "gpt-4o", "text-embedding-3-small", Deployment("vectors", "text-embedding-3-large")]
    ) as made:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", made.endpoint)
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", made.api_key)
        yield made
        helpers.close_clients()


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest, azure: Emulator) -> Run:
    """Calls a helper by its sync name with a client of its kind; a stream comes as (pieces, result)."""

    def sync(name: str, *args: Any, **kwargs: Any) -> Any:
        with AzureConnector() as client:
            found = getattr(helpers, name)(*args, client=client, **kwargs)
            streams = isinstance(found, helpers.TextStream | helpers.ObjectStream)
            return (list(found), found.result()) if streams else found

    async def asynchronous(name: str, *args: Any, **kwargs: Any) -> Any:
        async with AsyncAzureConnector() as client:
            found = getattr(helpers, f"a{name}")(*args, client=client, **kwargs)
            if isinstance(found, helpers.AsyncTextStream | helpers.AsyncObjectStream):
                return [piece async for piece in found], await found.result()
            return await found

    if request.param == "sync":
        return sync
    return lambda *args, **kwargs: asyncio.run(asynchronous(*args, **kwargs))
