"""A machine without any setting of its own."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable

import pytest

__all__ = ["forget_azure"]

_PREFIXES = ("AZURE_", "IDENTITY_", "MSI_", "IMDS_", "REQUESTS_CA", "CURL_CA", "SSL_CERT")
_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})


def forget_azure(monkeypatch: pytest.MonkeyPatch, *, also: Iterable[str] = ()) -> None:
    """Takes Azure's variables and proxies out of the environment, and what azure-identity logs of expected failures.

    Args:
        also: further variables, in lower case.
    """
    names = _PROXIES | set(also)
    for name in list(os.environ):
        if name.startswith(_PREFIXES) or name.lower() in names:
            monkeypatch.delenv(name)
    monkeypatch.setattr(logging.getLogger("azure.identity"), "disabled", True)
