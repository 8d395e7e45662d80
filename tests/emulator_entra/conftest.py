"""An emulated Entra ID for these tests, and an environment without any Azure setting of the machine's own."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from azure_connector.emulator.entra import EntraID

SCOPE = "https://cognitiveservices.azure.com/.default"
AZURE_PREFIXES = ("AZURE_", "IDENTITY_", "MSI_", "IMDS_", "REQUESTS_CA", "CURL_CA", "SSL_CERT")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith(AZURE_PREFIXES) or name.lower() in {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}:
            monkeypatch.delenv(name)
    # azure-identity logs every expected failure as a warning with a traceback.
    monkeypatch.setattr(logging.getLogger("azure.identity"), "disabled", True)


@pytest.fixture
def entra() -> Iterator[EntraID]:
    with EntraID() as running:
        yield running
