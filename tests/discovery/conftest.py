"""A resource with privately named deployments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from azure_connector.emulator import Emulator

PRIVATE = {
    "blue-chat": "gpt-5",
    "house": "gpt-4o",
    "tiny": "gpt-5-mini",
    "thinker": "o4-mini",
    "vectors": "text-embedding-3-small",
}


@pytest.fixture
def azure() -> Iterator[Emulator]:
    with Emulator(PRIVATE) as emulator:
        yield emulator


@pytest.fixture
def settings(azure: Emulator) -> dict[str, Any]:
    return {"azure_endpoint": azure.endpoint, "api_key": azure.api_key, "discover": True, "max_attempts": 2}
