"""Fixtures for tests of apps that use Azure OpenAI: a local resource, clients for it, and assertions on the wire.

pytest loads this module by its entry point. It imports neither the emulator nor the client before a fixture is asked
for, so that a run that uses none of them pays nothing.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .client import AsyncAzureConnector, AzureConnector
    from .emulator import Emulator
    from .emulator.assertions import Wire

MARKER = "azure_emulator"
_OPTION = "azure_deployments"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option of the ini file."""
    told = "deployments of the emulated Azure OpenAI resource: NAME or NAME=MODEL, one a line"
    parser.addini(_OPTION, told, type="linelist", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """The marker."""
    told = f"{MARKER}(**settings): arguments of azure_connector.emulator.Emulator for this test's azure_emulator"
    config.addinivalue_line("markers", told)


def _settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The emulator's arguments: of the ini file, then of markers, the nearest last."""
    given: dict[str, Any] = {}
    lines: list[str] = request.config.getini(_OPTION)
    if lines:
        pairs = (line.partition("=") for line in lines)
        given["deployments"] = {name.strip(): model.strip() or name.strip() for name, _, model in pairs}
    node = request.node
    for marker in [*node.iter_markers(MARKER)][::-1] if isinstance(node, pytest.Item) else []:
        given |= marker.kwargs
    here = request.path.parent if isinstance(node, pytest.Item) else Path()
    for name in ("record", "replay"):
        if isinstance(given.get(name), str):
            given[name] = here / given[name]  # beside the test
    return given


def _serve(request: pytest.FixtureRequest) -> Generator[Emulator]:
    from .emulator import Emulator

    with Emulator(**_settings(request)) as azure:
        yield azure


@pytest.fixture
def azure_emulator(request: pytest.FixtureRequest) -> Generator[Emulator]:
    """A local Azure OpenAI resource of this test's own, set up by `@pytest.mark.azure_emulator(...)`."""
    yield from _serve(request)


@pytest.fixture(scope="session")
def azure_emulator_session(request: pytest.FixtureRequest) -> Generator[Emulator]:
    """A local Azure OpenAI resource that all tests of this run (of this xdist worker) share."""
    yield from _serve(request)


@pytest.fixture
def azure_wire(azure_emulator: Emulator) -> Wire:
    """Assertions on what was sent to `azure_emulator`."""
    from .emulator.assertions import Wire

    return Wire(azure_emulator.requests)


@pytest.fixture
def azure_environment(azure_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """`azure_emulator`, with the environment variables that apps and SDKs find a resource by."""
    azure = azure_emulator
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", azure.endpoint)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", azure.api_key)
    monkeypatch.setenv("OPENAI_API_VERSION", "2025-04-01-preview")
    monkeypatch.setenv("AZURE_API_BASE", azure.endpoint)
    monkeypatch.setenv("AZURE_API_KEY", azure.api_key)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{azure.endpoint}/openai/v1/")
    monkeypatch.setenv("OPENAI_API_KEY", azure.api_key)
    return azure


def _client(azure: Emulator) -> Generator[AzureConnector]:
    from .client import AzureConnector

    with AzureConnector(endpoint=azure.endpoint, api_key=azure.api_key) as client:
        yield client


def _async_client(azure: Emulator) -> Generator[AsyncAzureConnector]:
    from .client import AsyncAzureConnector

    client = AsyncAzureConnector(endpoint=azure.endpoint, api_key=azure.api_key)
    yield client
    asyncio.run(_close(client))


async def _close(client: Any) -> None:
    closing = client.close()
    if inspect.isawaitable(closing):
        await closing


@pytest.fixture
def azure_client(azure_emulator: Emulator) -> Generator[AzureConnector]:
    """A client for `azure_emulator`."""
    yield from _client(azure_emulator)


@pytest.fixture
def azure_async_client(azure_emulator: Emulator) -> Generator[AsyncAzureConnector]:
    """An async client for `azure_emulator`; it needs no plugin for async fixtures."""
    yield from _async_client(azure_emulator)


@pytest.fixture(scope="session")
def azure_client_session(azure_emulator_session: Emulator) -> Generator[AzureConnector]:
    """A client for `azure_emulator_session`."""
    yield from _client(azure_emulator_session)


@pytest.fixture(scope="session")
def azure_async_client_session(azure_emulator_session: Emulator) -> Generator[AsyncAzureConnector]:
    """An async client for `azure_emulator_session`."""
    yield from _async_client(azure_emulator_session)
