"""A service, a kernel with a plugin, and the emulator behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from semantic_kernel import Kernel

from azure_connector.emulator import Emulator
from sk_azure_plugin import AzureConnectorChatCompletion
from tests.sk.saying import Weather

DEPLOYMENTS = {
    name: name
    for name in (
        "gpt-4o",
        "gpt-4.1",
        "gpt-5",
        "gpt-5-mini",
        "gpt-5-pro",
        "o4-mini",
        "DeepSeek-R1",
        "text-embedding-3-small",
    )
}


@pytest.fixture(scope="session")
def resource() -> Iterator[Emulator]:
    """One emulator for all tests here: starting one takes longer than most of them."""
    with Emulator(DEPLOYMENTS) as emulator:
        yield emulator


@pytest.fixture(autouse=True)
def own_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """SK's templates replace asyncio's classes for the whole process, and its orchestrations then refuse their tasks.

    Only templates that call functions need that; none here does.
    """
    monkeypatch.setattr("nest_asyncio.apply", lambda *_: None)


@pytest.fixture
def azure(resource: Emulator) -> Emulator:
    """The shared emulator, with nothing recorded and nothing scripted."""
    resource.clear()
    return resource


@pytest_asyncio.fixture
async def service(azure: Emulator) -> AsyncIterator[AzureConnectorChatCompletion]:
    service = AzureConnectorChatCompletion(model="gpt-4o", endpoint=azure.endpoint, api_key=azure.api_key)
    yield service
    await service.client.close()


@pytest.fixture
def weather() -> Weather:
    return Weather()


@pytest.fixture
def kernel(service: AzureConnectorChatCompletion, weather: Weather) -> Kernel:
    kernel = Kernel()
    kernel.add_service(service)
    kernel.add_plugin(weather, "weather")
    return kernel
