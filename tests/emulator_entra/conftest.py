"""An emulated Entra ID for these tests, and an environment without any Azure setting of the machine's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from azure_connector.emulator.entra import EntraID
from tests.support.machine import forget_azure

SCOPE = "https://cognitiveservices.azure.com/.default"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_azure(monkeypatch)


@pytest.fixture
def entra() -> Iterator[EntraID]:
    with EntraID() as running:
        yield running
