"""An emulated Entra ID for these tests, and an environment without any Azure setting of the machine's own."""

from __future__ import annotations

import pytest

from tests.support.machine import forget_azure

SCOPE = "https://cognitiveservices.azure.com/.default"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_azure(monkeypatch)
