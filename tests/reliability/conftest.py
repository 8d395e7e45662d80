"""Three resources, each with its own key, and settings that know them all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from azure_connector.emulator import Emulator


class Cloud(NamedTuple):
    """The default resource and two named ones."""

    east: Emulator
    west: Emulator
    north: Emulator

    def options(self, **more: Any) -> dict[str, Any]:
        """Settings with all three; each resource has its own key."""
        named = {
            name: {"azure_endpoint": azure.endpoint, "api_key": azure.api_key}
            for name, azure in (("west", self.west), ("north", self.north))
        }
        own = {"azure_endpoint": self.east.endpoint, "api_key": self.east.api_key, "resources": named}
        return {**own, "deployment_mapping": {"gpt-4o": ["gpt-4o", "gpt-4o@west", "gpt-4o@north"]}, **more}

    def counts(self) -> tuple[int, int, int]:
        """Requests that reached each."""
        return len(self.east.requests), len(self.west.requests), len(self.north.requests)


@pytest.fixture(scope="package")
def running() -> Iterator[Cloud]:
    with Emulator() as east, Emulator(region="West US") as west, Emulator(region="Norway East") as north:
        yield Cloud(east, west, north)


@pytest.fixture
def cloud(running: Cloud) -> Cloud:
    for azure in running:
        azure.clear()
        azure.down = ""
        azure.latency = azure.chunk_latency = 0.0
    return running
